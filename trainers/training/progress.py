"""What a training tells while it runs: a bar on a terminal, and a line for each look, anywhere."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from trainers.training.metrics_log import Line

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

# How often the losses beside the bar are read: on a GPU reading them waits for it.
ITERATIONS_BETWEEN_READS = 10


class Report:
    """Tells nothing; what a loop calls, and what others override."""

    def begin(self, total: int, done: int, epoch: int) -> None:
        """So many iterations there are, so many are done, so many make an epoch."""

    def advance(self, losses: Callable[[], dict[str, float]]) -> None:
        """One more iteration is done; `losses` gives the means since the last look."""

    def look(self, line: Line, better: bool) -> None:
        """The validation rows were looked at; `better` than ever."""

    def note(self, text: str) -> None:
        """Say something."""

    @contextmanager
    def reading(self, what: str, total: int) -> Iterator[Callable[[int], None]]:
        """Tell of work before training; yields what to call with how much more is done."""
        yield lambda more: None


class TerminalReport(Report):
    """Rich's bars on standard error, and one plain line per look."""

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(stderr=True, soft_wrap=True)
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._iteration = self._total = self._epoch = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def begin(self, total: int, done: int, epoch: int) -> None:
        """Show the bar."""
        self._iteration, self._total, self._epoch = done, total, epoch
        self._bar = training_bars(self._console)
        self._task = self._bar.add_task(self._where(), total=total, completed=done, unit="it", losses="")
        self._bar.start()

    def advance(self, losses: Callable[[], dict[str, float]]) -> None:
        """Move the bar."""
        self._iteration += 1
        assert self._bar is not None and self._task is not None
        fields: dict[str, Any] = {}
        if not self._bar.disable and self._iteration % ITERATIONS_BETWEEN_READS == 0:
            fields["losses"] = in_words(losses())
        self._bar.update(self._task, advance=1, description=self._where(), **fields)

    def look(self, line: Line, better: bool) -> None:
        """Print a line."""
        trained, validated = in_words(line["train"]), in_words(line["validation"])
        parts = [
            f"{part} {words}" for part, words in (("train", trained), ("validation", validated)) if words
        ]
        mark = " (best so far)" if better else ""
        self.note(f"epoch {line['epoch']:g}, iteration {line['iteration']}: {'; '.join(parts)}{mark}")

    def note(self, text: str) -> None:
        """Print a line above the bar."""
        console = self._bar.console if self._bar is not None else self._console
        console.print(text, highlight=False, markup=False, soft_wrap=True)

    @contextmanager
    def reading(self, what: str, total: int) -> Iterator[Callable[[int], None]]:
        """Show a bar of its own while it lasts."""
        with training_bars(self._console) as bar:
            task = bar.add_task(what, total=total, unit="pictures", losses="")
            yield lambda more: bar.advance(task, more)

    def _where(self) -> str:
        return epoch_in_words(self._iteration, self._total, self._epoch)


def training_bars(console: Console, *, digits: str = ".1f", period: float = 60) -> Progress:
    """Return bars with the fields "unit", of what is counted, and "losses".

    Args:
        console: they are shown there if it is a terminal.
        digits: format of the rate.
        period: seconds over which the rate is measured.
    """
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Task as Shown
    from rich.table import Column
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Shown) -> Text:
            speed = task.finished_speed or task.speed
            return Text("" if speed is None else f"{speed:{digits}} {task.fields['unit']}/s")

    losses = Column(ratio=1, no_wrap=True, overflow="ellipsis")
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        Rate(),
        TimeRemainingColumn(),
        # Of what does not fit into the line, the losses go first.
        TextColumn("{task.fields[losses]}", markup=False, table_column=losses),
        console=console,
        transient=True,
        disable=not console.is_terminal,
        expand=True,
        speed_estimate_period=period,
    )


def epoch_in_words(iteration: int, total: int, epoch: int) -> str:
    """Return the epoch in which an iteration lies, of how many; `epoch` iterations make one."""
    epochs = math.ceil(total / epoch)
    return f"epoch {min(iteration // epoch + 1, epochs)} of {epochs}"


def in_words(figures: dict[str, float]) -> str:
    """Return losses and means over AUs as one line; single AUs are in the log."""
    shown = {name: value for name, value in figures.items() if "/" not in name or name.startswith("loss/")}
    if "loss" in shown and len([name for name in shown if name.startswith("loss/")]) == 1:
        shown = {name: value for name, value in shown.items() if not name.startswith("loss/")}
    return ", ".join(f"{name.removeprefix('loss/')} {value:.4g}" for name, value in shown.items())
