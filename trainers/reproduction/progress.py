"""What a reproduction tells while it runs: how many networks are done, and how far the present one is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Self

from trainers.training.metrics_log import Line
from trainers.training.progress import (
    ITERATIONS_BETWEEN_READS,
    Report,
    epoch_in_words,
    in_words,
    training_bars,
)

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID


class Bars:
    """Rich's bars on standard error, one below the other; elsewhere only lines that stay."""

    def __init__(self) -> None:
        from rich.console import Console

        self.console: Console = Console(stderr=True, soft_wrap=True)
        self._progress: Progress = training_bars(self.console, digits=".2g", period=120)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def note(self, text: str) -> None:
        """Print a line above the bars."""
        self._progress.console.print(text, highlight=False, markup=False, soft_wrap=True)

    @contextmanager
    def doing(self, what: str, total: int, unit: str) -> Iterator[Callable[[int], None]]:
        """Show a bar while it lasts; yields what to call with how many more are done."""
        bar = self.add(what, total, unit)
        try:
            yield lambda more: self._progress.advance(bar, more)
        finally:
            self.remove(bar)

    def add(self, what: str, total: int, unit: str, done: int = 0) -> TaskID:
        """Show a bar until it is removed."""
        return self._progress.add_task(what, total=total, completed=done, unit=unit, losses="")

    def move(self, bar: TaskID, what: str | None = None, losses: str | None = None, by: int = 1) -> None:
        """Move a bar, and change what it says."""
        if losses is None:
            self._progress.update(bar, advance=by, description=what)
        else:
            self._progress.update(bar, advance=by, description=what, losses=losses)

    def remove(self, bar: TaskID) -> None:
        """Take a bar away."""
        self._progress.remove_task(bar)

    @property
    def shown(self) -> bool:
        """Whether anybody sees the bars."""
        return not self._progress.disable


class RunReport(Report):
    """The bar of one training, named after it. Looks at the validation rows move it and print nothing."""

    def __init__(self, bars: Bars, name: str) -> None:
        self._bars, self._name = bars, name
        self._bar: TaskID | None = None
        self._iteration = self._total = 0
        self._epoch = 1

    def begin(self, total: int, done: int, epoch: int) -> None:
        """Show the bar."""
        self._iteration, self._total, self._epoch = done, total, epoch
        self._bar = self._bars.add(self._where(), total, "it", done)

    def advance(self, losses: Callable[[], dict[str, float]]) -> None:
        """Move the bar."""
        self._iteration += 1
        assert self._bar is not None
        read = self._bars.shown and self._iteration % ITERATIONS_BETWEEN_READS == 0
        self._bars.move(self._bar, self._where(), in_words(losses()) if read else None)

    def look(self, line: Line, better: bool) -> None:
        """Nothing: metrics.jsonl has it."""

    def note(self, text: str) -> None:
        """Say whose remark it is, and make it."""
        self._bars.note(f"{self._name}: {text}")

    @contextmanager
    def reading(self, what: str, total: int) -> Iterator[Callable[[int], None]]:
        """Show a bar of its own while it lasts."""
        with self._bars.doing(f"{self._name}: {what}", total, "pictures") as progress:
            yield progress

    def end(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bars.remove(self._bar)

    def _where(self) -> str:
        return f"{self._name}: {epoch_in_words(self._iteration, self._total, self._epoch)}"
