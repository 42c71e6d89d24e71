"""The figures that F. Zhang et al. report (`published.toml`), as tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from trainers.corpora.corpus import EXPRESSIONS
from trainers.reports.content import Table
from trainers.reproduction.published_figures import NOT_OURS, figures_in, from_percent

DATA = Path(__file__).with_name("published.toml")

CLASSES = dict(
    zip(("NE", "AN", "DI", "FE", "HA", "SA", "SU"), EXPRESSIONS, strict=True),
)
"""The paper's short names, and ours."""


def published() -> dict[str, Any]:
    """Return what `published.toml` holds."""
    return figures_in(DATA)


def mean_of(key: str, model: str) -> float:
    """Return a model's printed mean accuracy, 0 to 1: of "sfew", "emotionet" or "source_models"."""
    return float(published()[key]["models"][model][-1]) / 100


def published_table(key: str) -> Table:
    """Return accuracies per expression, 0 to 1, of the models of Table 2, 5 and 7, or 6 and 8."""
    data = published()[key]
    names = [CLASSES[short] for short in data["classes"]]
    columns = {model: from_percent(values) for model, values in data["models"].items()}
    *rows, mean = zip(*columns.values(), strict=True)
    return Table(
        title=f"{published()['source']}, Table {data['table']}: accuracy on {data['corpus']}",
        caption=f"{len(names)} expressions. Corpus {data['corpus']}.",
        head=("expression", *columns),
        rows=tuple((name, *row) for name, row in zip(names, rows, strict=True)),
        summary=(("mean", *mean),),
        notes=(NOT_OURS,),
    )
