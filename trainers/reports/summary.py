"""The table that a report opens with, and the line that a command ends with."""

from __future__ import annotations

from trainers.reports.content import Measured, Report, Table, percent, shown


def summary_table(report: Report) -> Table:
    """Return the main figures of all sections."""
    rows = []
    for name, figure, over, in_percent in report.headlines:
        value, ends = _texts(figure, in_percent)
        rows.append((name, f"{value} {ends}".strip(), over))
    return Table(
        title="In short",
        caption=str(report.settings.get("caption", "")),
        head=("figure", "value [95 % interval]", "over"),
        rows=tuple(rows),
        notes=("Intervals: percentile bootstrap over subjects.",),
    )


def summary_line(report: Report) -> str:
    """Return the main figures in one line."""
    return ", ".join(
        f"{name} {_texts(figure, in_percent)[0]}" for name, figure, _, in_percent in report.headlines
    )


def _texts(figure: Measured, in_percent: bool) -> tuple[str, str]:
    if not in_percent:
        return shown(figure)
    ends = f"[{percent(figure.low)}, {percent(figure.high)}]" if figure.has_interval else ""
    return percent(figure.value), ends
