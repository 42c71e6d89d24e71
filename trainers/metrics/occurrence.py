"""How well occurrence is decided: F1, accuracy, precision and recall over frames.

Labels and decisions are (n, A): 0 or 1, NaN where there is none; `decide` makes decisions of scores.
Figures are (A,) float64, one per AU, over all frames given ("frame F1"). The closed forms, instead of
scikit-learn's functions, leave out NaN cells per AU and resample by subject in one matrix product; the
tests hold them against scikit-learn.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainers.errors import ProtocolError
from trainers.metrics.metric import Floats, SumMetric, paired, ratio


def decide(scores: NDArray[np.floating], thresholds: float | NDArray[np.floating] = 0.5) -> Floats:
    """Return (n, A) decisions: 1 where a score reaches its AU's threshold, else 0; NaN stays NaN.

    Args:
        scores: (n, A).
        thresholds: one for all, or (A,) one per AU as a bundle's manifest has them.
    """
    return np.where(np.isnan(scores), np.nan, scores >= thresholds)


def require_binary(values: NDArray[Any], what: str) -> None:
    """Refuse values that are neither 0, 1 nor NaN.

    Raises:
        ProtocolError: naming the first such value.
    """
    odd = values[~np.isnan(values) & (values != 0) & (values != 1)]
    if odd.size:
        raise ProtocolError(f"{what} hold {odd[0]:g}: occurrence is 0, 1 or NaN; threshold scores first")


def _outcomes(labels: NDArray[Any], decisions: NDArray[Any]) -> list[NDArray[np.bool_]]:
    """Return the true positives, false positives, false negatives and true negatives, each (n, A)."""
    labels, decisions = paired(labels, decisions)
    require_binary(labels, "labels")
    require_binary(decisions, "decisions")
    return [
        (labels == 1) & (decisions == 1),
        (labels == 0) & (decisions == 1),
        (labels == 1) & (decisions == 0),
        (labels == 0) & (decisions == 0),
    ]


def _f1(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> Floats:
    # Without a positive label F1 is 0 whatever is decided: that says nothing about the decisions.
    return np.where(tp + fn > 0, ratio(2 * tp, 2 * tp + fp + fn), np.nan)


def _accuracy(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> Floats:
    return ratio(tp + tn, tp + fp + fn + tn)


def _precision(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> Floats:
    return ratio(tp, tp + fp)


def _recall(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> Floats:
    return ratio(tp, tp + fn)


f1 = SumMetric("F1", _outcomes, _f1)
"""(labels, decisions) -> (A,) 2 precision recall / (precision + recall), as Z. Zhang et al. 4.3.

NaN without a positive label; 0 if there are some and none is found.
"""

accuracy = SumMetric("accuracy", _outcomes, _accuracy)
"""(labels, decisions) -> (A,) share of the labelled frames decided right; NaN if no frame is labelled."""

precision = SumMetric("precision", _outcomes, _precision)
"""(labels, decisions) -> (A,) share of the frames decided active that are; NaN if none is decided active."""

recall = SumMetric("recall", _outcomes, _recall)
"""(labels, decisions) -> (A,) share of the active frames that are found; NaN without a positive label."""
