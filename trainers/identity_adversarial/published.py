"""The figures that Z. Zhang et al. report on BP4D and DISFA (`published.toml`), as tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from trainers.reports.content import Table
from trainers.reproduction.published_figures import figures_in, from_percent, published_columns

DATA = Path(__file__).with_name("published.toml")


def published() -> dict[str, Any]:
    """Return what `published.toml` holds."""
    return figures_in(DATA)


def published_table(key: str) -> Table:
    """Return Table 1 ("bp4d") or 2 ("disfa"), F1 from 0 to 1."""
    data = published()[key]
    return published_columns(
        f"{published()['source']}, Table {data['table']}: F1 on {data['corpus']}",
        f"Corpus {data['corpus']}, 3 folds.",
        data["aus"],
        {name: from_percent(values) for name, values in data["models"].items()},
    )
