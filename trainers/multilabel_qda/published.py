"""The figures that Ghosh et al. report (`published.toml`), as tables that say whose they are."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from trainers.reports.content import Table

DATA = Path(__file__).with_name("published.toml")

NOT_OURS = (
    "The paper's figures are as printed, on real faces. Figures on another corpus can be set beside them, "
    "but not compared with them."
)


@cache
def published() -> dict[str, Any]:
    """Return what `published.toml` holds."""
    return tomllib.loads(DATA.read_text(encoding="utf-8"))


def published_tables() -> tuple[Table, ...]:
    """Return Tables I, II and III, figures from 0 to 1."""
    data = published()
    tables = [
        _table(
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
    return (*tables, _table(title, "Trained on the first, tested on the second.", cross["aus"], columns))


def _scaled(name: str, values: list[float]) -> list[float]:
    return [value / 100 for value in values] if name == "accuracy" else values


def _table(title: str, caption: str, aus: list[str], columns: dict[str, list[float]]) -> Table:
    *rows, mean = zip(*columns.values(), strict=True)
    return Table(
        title=title,
        caption=f"{len(aus)} AUs: {', '.join(aus)}. {caption}",
        head=("AU", *columns),
        rows=tuple((au, *row) for au, row in zip(aus, rows, strict=True)),
        summary=(("mean", *mean),),
        notes=(NOT_OURS,),
    )
