"""Figures that a paper reports, from the `published.toml` beside its method, as tables of their own."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from trainers.reports.content import Table

NOT_OURS = (
    "The paper's figures are as printed, on real faces. Figures on another corpus can be set beside them, "
    "but not compared with them."
)


@cache
def figures_in(path: Path) -> dict[str, Any]:
    """Return what a file of published figures holds; its comments say what each list is."""
    return tomllib.loads(path.read_text(encoding="utf-8"))


def from_percent(values: Sequence[float]) -> list[float]:
    """Return percentages as 0 to 1."""
    return [value / 100 for value in values]


def published_columns(
    title: str,
    where: str,
    aus: Sequence[str],
    columns: Mapping[str, Sequence[float]],
    note: str = NOT_OURS,
) -> Table:
    """Return columns of a figure per AU as a table, the printed mean apart.

    Args:
        where: on what they were measured, for the caption.
        columns: name -> one figure per AU, then the mean as printed.
    """
    *rows, mean = zip(*columns.values(), strict=True)
    return Table(
        title=title,
        caption=f"{len(aus)} AUs: {', '.join(aus)}. {where}",
        head=("AU", *columns),
        rows=tuple((au, *row) for au, row in zip(aus, rows, strict=True)),
        summary=(("mean", *mean),),
        notes=(note,),
    )
