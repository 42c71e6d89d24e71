"""The figures that Wang et al. report on BP4D and DISFA (`published.toml`), as tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from trainers.reports.content import Table
from trainers.reproduction.published_figures import figures_in, from_percent, published_columns

DATA = Path(__file__).with_name("published.toml")

NOT_OURS = (
    "The paper's figures are as printed, on real faces, with every label. Figures on another corpus can be "
    "set beside them, but not compared with them."
)


def published() -> dict[str, Any]:
    """Return what `published.toml` holds."""
    return figures_in(DATA)


def published_table(key: str) -> Table:
    """Return Tables 1 and 2 ("bp4d") or 3 ("disfa"), figures from 0 to 1."""
    data = published()[key]
    return published_columns(
        f"{published()['source']}, Table {data['table']}: fully supervised, on {data['corpus']}",
        f"Corpus {data['corpus']}, 3 folds.",
        data["aus"],
        {
            f"{model} {figure}": from_percent(figures[figure])
            for figure in ("F1", "AUC", "accuracy")
            for model, figures in data["models"].items()
        },
        NOT_OURS,
    )
