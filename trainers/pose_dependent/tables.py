"""Tables of several models: Zhou et al. Tables I and IV, what one gains on another, the paper's beside ours.

Tables per pose of one model (II, III and V) are `trainers.reports.per_view`'s.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from trainers.corpora.viewpoints import viewpoints
from trainers.errors import ProtocolError
from trainers.metrics import icc
from trainers.pose_dependent.model_comparison import ModelComparison, compare_models
from trainers.pose_dependent.published import NOT_OURS, PARTITIONS, published, published_per_au
from trainers.reports.comparison import Comparison, Figures, listed
from trainers.reports.content import Headline, Measured, Section, Table

REPORTED_ON = {"pose-invariant": "validation", "pose-dependent": "validation", "mixed": "test"}
"""The partition on which the paper tells the ICC of each model's AUs."""


def comparison_section(comparisons: Sequence[Comparison]) -> Section:
    """Return the models' figures side by side, and how much ICC each gains on the first.

    Args:
        comparisons: of the same rows, one per model, told apart by `Predictions.model`; the first is the
            reference: the pose-invariant model, for the paper's question. Cells count that all models have.

    Raises:
        ProtocolError: fewer than two models, or see `compare_models`.
    """
    if len(comparisons) < 2:
        raise ProtocolError("models compared: give two or more, the reference first")
    compared = compare_models(comparisons)
    reference, *others = compared.models
    gains = {model: compared.gain(model) for model in others}
    tables = (_side_by_side(compared), _gains(compared, gains), _per_pose(compared))
    figures: dict[str, Any] = {
        "models": {
            model: {metric.name: measured.as_json(compared.aus) for metric, measured in by_metric.items()}
            for model, by_metric in compared.figures.items()
        },
        f"ICC gained on {reference}": {model: gain.as_json(compared.aus) for model, gain in gains.items()},
    }
    headlines = tuple(
        Headline(f"mean ICC gained by {model} on {reference}", gain.mean, gain.over)
        for model, gain in gains.items()
    )
    return Section(
        "models",
        "Models compared",
        tuple(table for table in tables if table is not None),
        figures,
        headlines,
    )


def beside_paper(comparisons: Mapping[str, Comparison]) -> Table:
    """Return the paper's ICC of its AUs and ours, each column with its corpus.

    Args:
        comparisons: of the same rows, by the paper's names for the models: "pose-invariant",
            "pose-dependent" or "mixed".

    Raises:
        ProtocolError: see `compare_models`.
    """
    compared = compare_models(tuple(comparisons.values()))
    aus = published()["aus"]
    shared = [au for au in aus if au in compared.aus]
    columns: dict[str, dict[str, Measured]] = {}
    for name in comparisons:
        partition = REPORTED_ON[name]
        theirs = published_per_au(name, partition, "ICC")
        column = f"paper, {published()['corpus']} {PARTITIONS[partition]}: {name}"
        columns[column] = {au: Measured(theirs[au]) for au in aus}
    for name, comparison in comparisons.items():
        figures = compared.figures[comparison.predictions.model][icc]
        columns[f"ours, {comparison.corpus.name}: {name}"] = dict(
            zip(compared.aus, figures.each, strict=True)
        )
    means = [float(np.mean([column[au].value for au in shared] or [math.nan])) for column in columns.values()]
    nothing = Measured(math.nan)
    return Table(
        title="ICC: the paper's on FERA 2017, and ours",
        caption=f"The paper's: {published()['source']}. Ours: {compared.base.caption(listed(shared))}",
        head=("AU", *columns),
        rows=tuple((au, *(column.get(au, nothing) for column in columns.values())) for au in aus),
        summary=((f"mean of {len(shared)}", *means),),
        notes=(f"–: undefined or not labelled in our corpus. {NOT_OURS}",),
    )


def _side_by_side(compared: ModelComparison) -> Table:
    columns = {
        f"{model} {metric.name}": figures
        for model, by_metric in compared.figures.items()
        for metric, figures in by_metric.items()
    }
    return Table(
        title="RMSE, PCC and ICC of each model",
        caption=compared.caption,
        head=("AU", *columns),
        rows=tuple(
            (au, *(figures.each[k].value for figures in columns.values()))
            for k, au in enumerate(compared.aus)
        ),
        summary=(("mean", *(figures.mean.value for figures in columns.values())),),
        notes=(
            "As Zhou et al. Tables I and IV. –: undefined; the mean is over the AUs that have a figure.",
        ),
    )  # fmt: skip


def _gains(compared: ModelComparison, gains: Mapping[str, Figures]) -> Table:
    clear = [
        f"{model} {name}"
        for model, gain in gains.items()
        for name, figure in zip((*compared.aus, "mean"), (*gain.each, gain.mean), strict=True)
        if figure.has_interval and (figure.low > 0 or figure.high < 0)
    ]
    return Table(
        title=f"ICC gained on {compared.models[0]}",
        caption=compared.caption,
        head=("AU", *gains),
        rows=tuple((au, *(gain.each[k] for gain in gains.values())) for k, au in enumerate(compared.aus)),
        summary=(("mean", *(gain.mean for gain in gains.values())),),
        notes=(
            "With 95 % intervals of the difference, the same subjects drawn for both models. "
            f"Intervals that exclude 0: {', '.join(clear) or 'none'}.",
        ),
    )


def _per_pose(compared: ModelComparison) -> Table | None:
    """Return each model's mean ICC per view or pose; None if there is one only."""
    groups = viewpoints(compared.base.corpus)
    if groups is None:
        return None
    means = {
        name: [
            compared.base.figures(icc, compared.labels, predictions, groups.name == name).mean
            for predictions in compared.predictions.values()
        ]
        for name in groups.order
    }
    values = np.array([[mean.value for mean in row] for row in means.values()])
    least, most = values.min(axis=0), values.max(axis=0)
    ratio = np.divide(least, most, out=np.full_like(least, np.nan), where=most > 0)
    everything = [by_metric[icc].mean for by_metric in compared.figures.values()]
    return Table(
        title=f"Mean ICC per {groups.kind} of each model",
        caption=compared.caption,
        head=(groups.kind, *compared.models),
        rows=tuple((name, *row) for name, row in means.items()),
        summary=(("VI", *everything), ("worst / best", *ratio.tolist())),
        notes=(f"{groups.explanation} VI: all rows together (view-independent).",),
    )
