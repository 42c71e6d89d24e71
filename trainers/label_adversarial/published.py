"""The figures that Wang et al. report on BP4D and DISFA (`published.toml`), as tables."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from trainers.reports.content import Table

DATA = Path(__file__).with_name("published.toml")

NOT_OURS = (
    "The paper's figures are as printed, on real faces, with every label. Figures on another corpus can be "
    "set beside them, but not compared with them."
)


@cache
def published() -> dict[str, Any]:
    """Return what `published.toml` holds."""
    return tomllib.loads(DATA.read_text(encoding="utf-8"))


def published_table(key: str) -> Table:
    """Return Tables 1 and 2 ("bp4d") or 3 ("disfa"), figures from 0 to 1."""
    data = published()[key]
    columns = {
        f"{model} {figure}": [value / 100 for value in values]
        for figure in ("F1", "AUC", "accuracy")
        for model, figures in data["models"].items()
        for values in (figures[figure],)
    }
    *rows, mean = zip(*columns.values(), strict=True)
    return Table(
        title=f"{published()['source']}, Table {data['table']}: fully supervised, on {data['corpus']}",
        caption=f"{len(data['aus'])} AUs: {', '.join(data['aus'])}. Corpus {data['corpus']}, 3 folds.",
        head=("AU", *columns),
        rows=tuple((au, *row) for au, row in zip(data["aus"], rows, strict=True)),
        summary=(("mean", *mean),),
        notes=(NOT_OURS,),
    )
