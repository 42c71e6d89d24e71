"""How well expressions are recognised: the confusion matrix and the accuracy of each class.

Labels and predictions are (n,) names as in `Corpus.expression`; frames where either is "" do not count.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainers.corpora.corpus import EXPRESSIONS
from trainers.errors import ProtocolError
from trainers.metrics.metric import Floats, SumMetric, ratio


def confusion(
    labels: NDArray[np.str_], predictions: NDArray[np.str_], classes: Sequence[str] = EXPRESSIONS
) -> NDArray[np.int64]:
    """Return (C, C) counts: row the labelled class, column the predicted one, in the order of `classes`.

    Raises:
        ProtocolError: if there is another class, or the numbers of labels and predictions differ.
    """
    from sklearn.metrics import confusion_matrix  # type: ignore[import-untyped]

    known = _known(labels, predictions, classes)
    if not known.any():
        return np.zeros((len(classes), len(classes)), dtype=np.int64)
    counts: NDArray[np.int64] = confusion_matrix(labels[known], predictions[known], labels=list(classes))
    return counts


def _hits(labels: NDArray[Any], predictions: NDArray[Any]) -> list[NDArray[np.bool_]]:
    """Return which frames are of each class and which of these are recognised, each (n, C)."""
    known = _known(labels, predictions, EXPRESSIONS)
    of_class = (labels[:, None] == np.array(EXPRESSIONS)) & known[:, None]
    return [of_class, of_class & (predictions == labels)[:, None]]


def _known(
    labels: NDArray[np.str_], predictions: NDArray[np.str_], classes: Sequence[str]
) -> NDArray[np.bool_]:
    if labels.ndim != 1 or labels.shape != predictions.shape:
        raise ProtocolError(
            f"expressions are {labels.shape} and predictions {predictions.shape}: both must be (frames,)"
        )
    odd = np.setdiff1d(np.concatenate([labels, predictions]), [*classes, ""])
    if odd.size:
        raise ProtocolError(f"expression {odd[0]!r}: must be one of {', '.join(classes)}, or empty")
    known: NDArray[np.bool_] = (labels != "") & (predictions != "")
    return known


def _share(of_class: Floats, recognised: Floats) -> Floats:
    return ratio(recognised, of_class)


class_accuracy = SumMetric("accuracy", _hits, _share)
"""(labels, predictions) -> (7,) share of each of `EXPRESSIONS` that is recognised, NaN for absent ones."""


def mean_accuracy(labels: NDArray[np.str_], predictions: NDArray[np.str_]) -> float:
    """Return the mean of `class_accuracy` over the classes that are there; NaN if none is.

    The "Ave." of F. Zhang et al. Tables 2 to 8: classes weigh alike, however rare. Its
    interval is `bootstrap(class_accuracy, ...).mean_interval()`.
    """
    accuracies = class_accuracy(labels, predictions)
    there = accuracies[~np.isnan(accuracies)]
    return float(there.mean()) if there.size else np.nan
