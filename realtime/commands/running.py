"""Running what was put together: shown, ended by Ctrl-C, and reported at its end."""

from __future__ import annotations

import gc
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from realtime.errors import LiveFacsError

PATIENCE_S = 2.5
SLOW_START = (
    "opening; the first start on a machine compiles its code for some ten seconds, a GPU takes longer"
)

if TYPE_CHECKING:
    from realtime.bookkeeping import Summary
    from realtime.commands.terminal import View
    from realtime.pipeline import Pipeline
    from realtime.streams import Streams
    from realtime.types import StreamStatus


def run_and_report(pipeline: Pipeline, *, quiet: bool, thresholds: Mapping[str, float]) -> Summary:
    """Run a pipeline to its end or to Ctrl-C, showing it; print the summary.

    Raises the first error of a sink that failed on the way, after everything else is done.
    """
    from realtime.commands.summary import print_summary
    from realtime.commands.terminal import NoView, console_for, make_view

    console = console_for(sys.stdout)
    label = pipeline.source.label
    title = label if "://" in label else Path(label).name
    shown = NoView() if quiet else make_view(console, pipeline.times, title, thresholds)
    with _running(pipeline, shown, lambda: print_summary(pipeline, console)):
        shown.total = pipeline.source.total
        pipeline.watching = _telling_changes(shown.say)
        for sink in pipeline.sinks:
            shown.say(sink.destination)
        for result in pipeline:
            shown.show(result)
            if shown.gone and not pipeline.sinks:
                pipeline.stop()  # nobody is left to run for
    if pipeline.failures:
        raise pipeline.failures[0]
    return pipeline.summary


def run_streams_and_report(streams: Streams, *, quiet: bool) -> None:
    """Run several pipelines to their end or to Ctrl-C, showing them; print a summary of each.

    Raises LiveFacsError for what failed on the way, after everything else is done.
    """
    from realtime.commands.streams_view import make_streams_view
    from realtime.commands.summary import print_summaries
    from realtime.commands.terminal import NoView, console_for

    console = console_for(sys.stdout)
    pipelines = streams.pipelines
    shown = NoView() if quiet else make_streams_view(console, streams.pipelines)
    for name, pipeline in pipelines.items():
        pipeline.watching = in_turn(shown.note, _telling_changes(shown.say, f"{name}: "))
    with _running(streams, shown, lambda: print_summaries(pipelines, console)):
        for destination in dict.fromkeys(sink.destination for p in pipelines.values() for sink in p.sinks):
            shown.say(destination)
        published = any(pipeline.sinks for pipeline in pipelines.values())
        for result in streams:
            shown.show(result)
            if shown.gone and not published:
                streams.stop()
    failures = [*streams.failures.values(), *(f for p in pipelines.values() for f in p.failures)]
    if failures:
        raise LiveFacsError("; ".join(dict.fromkeys(map(str, failures))))


@contextmanager
def _running(target: Pipeline | Streams, shown: View, report: Callable[[], None]) -> Iterator[None]:
    """Open what is run, and its view; close both after it, and report."""
    opened = False
    gc.collect()
    patience = threading.Timer(PATIENCE_S, shown.say, (SLOW_START,))
    patience.daemon = True
    patience.start()
    try:
        # The view first: what it takes to draw for the first time must not cost a camera its first frames.
        with ending_on_signals(target), shown, target:
            opened = True
            patience.cancel()
            # What start-up made stays for good: keep the collector from walking through it, again and
            # again, in the middle of frames.
            gc.freeze()
            yield
    finally:
        patience.cancel()
        gc.unfreeze()
        if opened:
            with suppress(OSError):  # whoever read our output may have gone
                report()


def _telling_changes(say: Callable[[str], None], whose: str = "") -> Callable[[StreamStatus], None]:
    """Return what tells of a source that is not as it was: lost, found again, and why."""
    last: list[str | None] = ["live", None]

    def tell(status: StreamStatus) -> None:
        now = [status.state, status.detail]
        if now != last and "connecting" not in (status.state, last[0]) and status.state != "ended":
            say(whose + (f"{status.state}: {status.detail}" if status.detail else f"{status.state} again"))
        last[:] = now

    return tell


def in_turn(*takers: Callable[[StreamStatus], None]) -> Callable[[StreamStatus], None]:
    """Return what gives a status to each of several."""

    def give(status: StreamStatus) -> None:
        for take in takers:
            take(status)

    return give


class Stoppable(Protocol):
    """What can be asked to end."""

    opened: bool

    @property
    def stopping(self) -> bool:
        """Whether it has been asked to."""

    def stop(self) -> None:
        """Ask it to; from any thread or signal handler."""


@contextmanager
def ending_on_signals(target: Stoppable) -> Iterator[None]:
    """End cleanly at the first Ctrl-C or SIGTERM; before the run has begun, or at a second one, at once."""

    def end(number: int, frame: object) -> None:
        if not target.opened or target.stopping:
            raise KeyboardInterrupt
        target.stop()

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
