"""The running view of several streams: a row for each."""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import NamedTuple

from rich.console import Console, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from realtime.commands.terminal import PLAIN_LINE_S, View
from realtime.commands.view_text import one_line
from realtime.types import FrameResult, StreamStatus

LINES_EVERY_S = 5.0
STATE_STYLES = {"live": "green", "ended": "dim"}


def make_streams_view(console: Console, names: Collection[str]) -> View:
    """Return a table on a terminal, plain lines elsewhere."""
    if console.is_terminal and not console.is_dumb_terminal:
        return StreamsTable(console, names)
    return StreamsLines(console, names)


class Cells(NamedTuple):
    """A stream in words: name, state, rate, frames, dropped, latency p50 / p99, the first face."""

    name: str
    state: str
    rate: str = ""
    frames: str = "0"
    dropped: str = "0"
    latency: str = ""
    seen: str = ""


def cells_of(status: StreamStatus, result: FrameResult | None) -> Cells:
    """Put a stream's status and its latest result into words."""
    live = status.state == "live"
    rate = f"{status.fps:.1f}" + ("" if status.captured_fps is None else f" of {status.captured_fps:.1f}")
    latency = (status.stages or {}).get("latency")
    faces = result.faces if result is not None and live else ()
    seen = [status.detail or "", one_line(faces[0]) if faces else ""]
    if len(faces) > 1:
        seen.append(f"and {len(faces) - 1} more")
    return Cells(
        name=status.stream,
        state=status.state,
        rate=f"{rate} fps" if live else "",
        frames=str(status.frames),
        dropped=str(status.dropped),
        latency=f"{1000 * latency.p50:.1f} / {1000 * latency.p99:.1f} ms" if latency else "",
        seen="  ".join(filter(None, seen)),
    )


class _StreamsView(View):
    """Shows every stream, also one of which nothing has come yet."""

    def __init__(self, console: Console, names: Collection[str]) -> None:
        super().__init__(console, None)
        self._names = dict.fromkeys(names)  # in this order, and those that are heard of later
        self._latest_of: dict[str, FrameResult] = {}
        self._status_of: dict[str, StreamStatus] = {}

    def note(self, status: StreamStatus) -> None:
        """Take a stream's latest status."""
        self._names.setdefault(status.stream)
        self._status_of[status.stream] = status

    def show(self, result: FrameResult) -> None:
        """Take a stream's latest result; it is drawn when it is time to."""
        self._latest_of[result.stream] = result

    def draw(self, result: FrameResult | None = None) -> None:
        """Draw all streams now, in the calling thread."""
        raise NotImplementedError

    def _draw_news(self) -> None:
        super()._draw_news()
        if self._status_of:
            self.draw()

    def _cells(self, name: str) -> Cells:
        """What is said of a stream."""
        status = self._status_of.get(name)
        return Cells(name, "connecting") if status is None else cells_of(status, self._latest_of.get(name))


class StreamsLines(_StreamsView):
    """A line for each stream every few seconds, for logs and pipes."""

    interval_s = PLAIN_LINE_S
    _printed = float("-inf")

    def draw(self, result: FrameResult | None = None) -> None:
        """Print them; at the end there is the summary instead."""
        now = time.monotonic()
        ended = all(status.state == "ended" for status in self._status_of.values())
        if ended or now - self._printed < LINES_EVERY_S:
            return
        self._printed = now
        for name in tuple(self._names):
            cells = self._cells(name)
            parts = [name, cells.state, cells.rate, f"frames {cells.frames}", f"dropped {cells.dropped}"]
            parts += [f"latency {cells.latency}" if cells.latency else "", cells.seen]
            line = " | ".join(filter(None, parts))
            self._console.print(line, highlight=False, soft_wrap=True, markup=False)


class StreamsTable(_StreamsView):
    """A table that is redrawn in place."""

    def __init__(self, console: Console, names: Collection[str]) -> None:
        super().__init__(console, names)
        self._live = Live(console=console, auto_refresh=False, transient=False)

    def __enter__(self) -> StreamsTable:
        self._live.start()
        self._live.update(Text(" LiveFACS  opening …"), refresh=True)
        super().__enter__()
        return self

    def draw(self, result: FrameResult | None = None) -> None:
        """Redraw in place."""
        self._live.update(self.render(), refresh=True)

    def _end(self) -> None:
        self._live.stop()

    def render(self) -> RenderableType:
        """The table as it is now."""
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
        for heading in ("stream", "state", "taken", "frames", "dropped", "latency p50 / p99"):
            table.add_column(
                heading, no_wrap=True, justify="left" if heading in ("stream", "state") else "right"
            )
        table.add_column("face", no_wrap=True, overflow="ellipsis", ratio=1)
        for name in tuple(self._names):
            cells = self._cells(name)
            state = Text(cells.state, STATE_STYLES.get(cells.state, "bold yellow"))
            table.add_row(Text(name, "bold"), state, *map(Text, cells[2:]))
        return table
