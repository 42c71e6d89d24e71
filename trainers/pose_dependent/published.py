"""The figures that Zhou et al. report on FERA 2017 (`published.toml`), as tables that say whose they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from trainers.reports.content import Table
from trainers.reproduction.published_figures import figures_in

DATA = Path(__file__).with_name("published.toml")

PARTITIONS = {"validation": "validation partition", "test": "test partition"}
NOT_OURS = (
    "The paper's figures are as printed, on FERA 2017, renders of BP4D's real faces. Figures on another "
    "corpus can be set beside them, but not compared with them."
)


def published() -> dict[str, Any]:
    """Return what `published.toml` holds; its comments say what each list is."""
    return figures_in(DATA)


def published_per_au(model: str, partition: str, metric: str) -> dict[str, float]:
    """Return AU -> figure, and "mean" as printed.

    Args:
        model: "baseline", "pose-invariant", "pose-dependent" or "mixed".
        partition: "validation" or "test".
        metric: "RMSE", "PCC" or "ICC".

    Raises:
        KeyError: the paper does not report it.
    """
    values = published()["models"][model][partition][metric]
    return dict(zip((*published()["aus"], "mean"), values, strict=True))


def published_tables() -> tuple[Table, ...]:
    """Return Tables I and IV (models side by side) and II, III and V (per pose, RMSE and ICC apart)."""
    data = published()
    tables = [
        _side_by_side("I", "validation", ("baseline", "pose-invariant", "pose-dependent")),
        _side_by_side("IV", "test", ("baseline", "mixed")),
    ]
    for model, partitions in data["per_pose"].items():
        for partition, figures in partitions.items():
            for metric in ("RMSE", "ICC"):
                *rows, mean = figures[metric]
                tables.append(
                    Table(
                        title=f"{data['source']}, Table {figures['table']}: {metric} of the {model} model",
                        caption=_caption(partition),
                        head=("pose", *data["poses"]),
                        rows=tuple((au, *row) for au, row in zip(data["aus"], rows, strict=True)),
                        summary=(("mean", *mean),),
                        notes=(f"VI: all poses together. {NOT_OURS}",),
                    )
                )
    return tuple(tables)


def _side_by_side(number: str, partition: str, models: tuple[str, ...]) -> Table:
    data = published()
    columns = {
        f"{model} {metric}": data["models"][model][partition][metric]
        for model in models
        for metric in ("RMSE", "PCC", "ICC")
        if metric in data["models"][model][partition]
    }
    *rows, mean = zip(*columns.values(), strict=True)
    return Table(
        title=f"{data['source']}, Table {number}: models on the {PARTITIONS[partition]}",
        caption=_caption(partition),
        head=("AU", *columns),
        rows=tuple((au, *row) for au, row in zip(data["aus"], rows, strict=True)),
        summary=(("mean", *mean),),
        notes=(NOT_OURS,),
    )


def _caption(partition: str) -> str:
    data = published()
    listed = ", ".join(data["aus"])
    return f"{len(data['aus'])} AUs: {listed}. Corpus {data['corpus']}, {PARTITIONS[partition]}."
