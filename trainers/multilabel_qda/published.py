"""The figures that Ghosh et al. report (`published.toml`), as tables that say whose they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from trainers.reports.content import Table
from trainers.reproduction.published_figures import figures_in, from_percent, published_columns

DATA = Path(__file__).with_name("published.toml")


def published() -> dict[str, Any]:
    """Return what `published.toml` holds."""
    return figures_in(DATA)


def published_tables() -> tuple[Table, ...]:
    """Return Tables I, II and III, figures from 0 to 1."""
    data = published()
    tables = [
        published_columns(
            f"{data['source']}, Table {each['table']}: leave one subject out, on {each['corpus']}",
            f"Corpus {each['corpus']}.",
            each["aus"],
            {name: _scaled(name, each[name]) for name in ("accuracy", "2AFC")},
        )
        for each in data["same"].values()
    ]
    cross = data["cross"]
    columns = {
        f"{pair} {name}": _scaled(name, figures[name])
        for pair, figures in cross["pairs"].items()
        for name in ("accuracy", "2AFC")
    }
    title = f"{data['source']}, Table {cross['table']}: from one corpus to another"
    return (
        *tables,
        published_columns(title, "Trained on the first, tested on the second.", cross["aus"], columns),
    )


def _scaled(name: str, values: list[float]) -> list[float]:
    return from_percent(values) if name == "accuracy" else values
