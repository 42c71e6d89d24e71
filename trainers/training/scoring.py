"""The figures of merit that every task has for free, from whatever it predicts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trainers import metrics
from trainers.corpora.corpus import EXPRESSIONS

if TYPE_CHECKING:
    from trainers.training.samples import Samples


def standard_figures(samples: Samples, predicted: Mapping[str, NDArray[np.float32]]) -> dict[str, float]:
    """Return figures by name for each prediction that has labels to be compared with; NaN where undefined.

    "au_intensity": icc, pcc, rmse, mae; "au_occurrence" at 0.5: f1, accuracy, and auc; all as mean over AUs
    ("icc") and per AU ("icc/AU12"). "expression": expression_accuracy. "pose_group": pose_group_accuracy.
    """
    figures: dict[str, float] = {}
    if "au_intensity" in predicted:
        label, scores = samples.columns["intensity"], predicted["au_intensity"]
        for metric in (metrics.icc, metrics.pcc, metrics.rmse, metrics.mae):
            name = "icc" if metric is metrics.icc else metric.name.lower()
            figures |= _per_au(name, metric(label, scores), samples.facts.aus)
    if "au_occurrence" in predicted:
        label, scores = samples.columns["occurrence"], predicted["au_occurrence"]
        decided = metrics.decide(scores)
        figures |= _per_au("f1", metrics.f1(label, decided), samples.facts.aus)
        figures |= _per_au("accuracy", metrics.accuracy(label, decided), samples.facts.aus)
        figures |= _per_au("auc", metrics.auc(label, scores), samples.facts.aus)
    if "expression" in predicted and (samples.corpus.expression != "").any():
        named = np.array(EXPRESSIONS)[predicted["expression"].argmax(axis=1)]
        figures["expression_accuracy"] = metrics.mean_accuracy(samples.corpus.expression, named)
    label = samples.columns["pose_group"]
    if "pose_group" in predicted and (label >= 0).any():
        right = predicted["pose_group"].argmax(axis=1) == label
        figures["pose_group_accuracy"] = float(right[label >= 0].mean())
    return figures


def _per_au(name: str, values: NDArray[Any], aus: tuple[str, ...]) -> dict[str, float]:
    known = values[~np.isnan(values)]
    mean = float(known.mean()) if known.size else float("nan")
    return {name: mean, **{f"{name}/{au}": float(value) for au, value in zip(aus, values, strict=True)}}
