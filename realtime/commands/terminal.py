"""The running view: AU bars, pose, expression and stage times in a terminal, or plain lines in a log."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Mapping
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from realtime.commands.view_text import face_text, latency_text, one_line, progress, stages_text
from realtime.stage_times import StageTimes
from realtime.types import FrameResult, StreamStatus

# Drawing takes a few ms of pure Python, which the pipeline may have to wait for: not too often.
REDRAW_S = 0.2
FAREWELL_S = 1.0
SILENCE_S = 2.0
PLAIN_LINE_S = 1.0
# A column of one face is about this wide; further faces are named below.
FACE_WIDTH = 62
# Rows it takes to show everything; on the usual 24 the expression bars give way.
TALL_HEIGHT = 34


class View(AbstractContextManager["View"]):
    """Shows results as they come, drawn in a thread of its own.

    A terminal that takes nothing (Ctrl-S, a dead connection) stops the drawing and nothing else, and a
    reader that has gone (`| head`) ends it.

    Attributes:
        total: number of frames the source holds, None if unknown; set it once the source is open.
        gone: True once whoever read the output has gone.
    """

    interval_s = REDRAW_S

    def __init__(self, console: Console, times: StageTimes | None) -> None:
        self.total: int | None = None
        self.gone = False
        self._console = console
        self._times = times
        self._rate = _Rate()
        self._latest: FrameResult | None = None
        self._drawn: FrameResult | None = None
        self._since = time.monotonic()
        self._lines: deque[str] = deque()
        self._leave = threading.Event()
        self._thread = threading.Thread(target=self._draw_on, name="view", daemon=True)

    def show(self, result: FrameResult) -> None:
        """Take the latest result; it is drawn when it is time to."""
        self._rate.count(result)
        self._latest = result
        self._since = time.monotonic()

    def note(self, status: StreamStatus) -> None:
        """Take a stream's latest status, where it is shown."""

    def say(self, line: str) -> None:
        """Print a line, beside what is drawn."""
        self._lines.append(line)

    def draw(self, result: FrameResult) -> None:
        """Draw one result now, in the calling thread."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave.set()
        self._thread.join(FAREWELL_S)

    def _draw_on(self) -> None:
        try:
            while not self._leave.wait(self.interval_s):
                self._draw_news()
            self._draw_news()
            self._end()
        except OSError:
            self.gone = True

    def _draw_news(self) -> None:
        while self._lines:
            self._console.print(self._lines.popleft(), highlight=False, soft_wrap=True, markup=False)
        result = self._latest
        if result is not None and (result is not self._drawn or self.silence):
            self._drawn = result
            self.draw(result)

    @property
    def silence(self) -> str:
        """How long no frame has come, in words; "" while they come."""
        seconds = time.monotonic() - self._since
        return f"no frame for {seconds:.0f} s" if seconds > SILENCE_S else ""

    def _end(self) -> None:
        """Leave the terminal in order."""


class _Console(Console):
    """A console that tells of a reader who has gone, instead of ending the program."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def console_for(stream: TextIO) -> Console:
    """Return the console that views and summaries are printed on."""
    return _Console(file=stream)


def make_view(
    console: Console, times: StageTimes | None, title: str, thresholds: Mapping[str, float] | None = None
) -> View:
    """Return the full view on a terminal, plain lines elsewhere.

    Args:
        console: where to draw.
        times: stage times to show; None if they are not known, as for a subscriber.
        title: what is shown, e.g. the source as the user gave it.
        thresholds: per AU, the probability from which it is shown as present; 0.5 where not given.
    """
    if console.is_terminal and not console.is_dumb_terminal:
        return FullView(console, times, title, thresholds)
    return PlainView(console, times)


class NoView(View):
    """Shows nothing but what is said."""

    def __init__(self) -> None:
        super().__init__(Console(), None)

    def draw(self, result: FrameResult) -> None:
        """Do nothing."""


class PlainView(View):
    """One line a second, for logs and pipes."""

    interval_s = PLAIN_LINE_S

    def draw(self, result: FrameResult) -> None:
        """Print one line."""
        rate = self.silence or f"{self._rate.fps:.1f} fps"
        parts = [progress(result, self.total), rate, f"dropped {result.dropped}"]
        parts += [one_line(face) for face in result.faces] or ["no face"]
        if self._times:
            parts.append(latency_text(self._times))
        self._console.print(" | ".join(parts), highlight=False, soft_wrap=True, markup=False)


class FullView(View):
    """Bars that move, redrawn in place."""

    def __init__(
        self,
        console: Console,
        times: StageTimes | None,
        title: str,
        thresholds: Mapping[str, float] | None = None,
    ) -> None:
        super().__init__(console, times)
        self._title = title
        self._thresholds = thresholds or {}
        self._live = Live(console=console, auto_refresh=False, transient=False)

    def __enter__(self) -> Self:
        self._live.start()
        self._live.update(Text(f" LiveFACS  {self._title}  opening …"), refresh=True)
        return super().__enter__()

    def draw(self, result: FrameResult) -> None:
        """Redraw in place."""
        self._live.update(self.render(result), refresh=True)

    def _end(self) -> None:
        self._live.stop()

    def render(self, result: FrameResult) -> RenderableType:
        """The whole picture for one result."""
        head = Text.assemble(
            (" LiveFACS ", "bold reverse"),
            " ",
            (f"{self.silence or f'{self._rate.fps:.1f} fps'}  ", "bold"),
            f"dropped {result.dropped}  {progress(result, self.total)}  {self._title}",
            f"  {result.size[0]}x{result.size[1]}  {result.model}",
            no_wrap=True,
            overflow="ellipsis",
        )
        tall = self._console.height >= TALL_HEIGHT
        gap = [Text("")] if tall else []
        lines: list[RenderableType] = [head, *gap]
        fitting = max(1, self._console.width // FACE_WIDTH)
        if result.faces:
            grid = Table.grid(padding=(0, 2))
            grid.add_row(
                *(face_text(face, self._thresholds, with_expressions=tall) for face in result.faces[:fitting])
            )
            lines.append(grid)
            lines += [Text(f" {one_line(face)}", style="dim") for face in result.faces[fitting:]]
        else:
            lines.append(Text(" no face in the picture", style="dim"))
        if self._times:
            lines += [*gap, stages_text(self._times)]
        return Group(*lines)


class _Rate:
    """Frames per second over about the last second, by capture time."""

    def __init__(self) -> None:
        self.fps = 0.0
        self._since: float | None = None
        self._frames = 0

    def count(self, result: FrameResult) -> None:
        if self._since is None or result.t_capture < self._since:
            self._since, self._frames = result.t_capture, 0
            return
        self._frames += 1
        elapsed = result.t_capture - self._since
        if elapsed >= 1.0:
            self.fps = self._frames / elapsed
            self._since, self._frames = result.t_capture, 0
