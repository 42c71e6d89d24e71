"""The progress bar of long jobs, on standard error and only where that is a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress_bar(doing: str, total: int, unit: str) -> Iterator[Callable[[int], None]]:
    """Show a bar with rate and remaining time; yields what to call with how many more are done.

    Args:
        doing: what is being done: "rendering faces-studio".
        total: how many there will be.
        unit: of what: "pictures".
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text("" if speed is None else f"{speed:.1f} {unit}/s")

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn(f"{{task.completed}} of {{task.total}} {unit}"),
        Rate(),
        TimeRemainingColumn(),
    )
    # Rates over the last minutes: subjects come in one by one, several seconds apart.
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal, speed_estimate_period=120
    ) as bar:
        task = bar.add_task(doing, total=total)
        yield lambda more: bar.advance(task, more)
