"""What the figures per Action Unit share: pairs of label and prediction, and rows that weigh by subject.

A figure that is made of sums over rows needs the rows once only: summed per subject, they answer for every
resampling of the subjects. So each metric states its figure for weighted subjects, and the plain figure is
the one where all weigh 1; a confidence interval can then never follow another formula than its figure.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from trainers.errors import ProtocolError

Floats = NDArray[np.float64]


class Metric(ABC):
    """A figure per column (AU or expression) of labels against predictions; NaN where it is undefined.

    Attributes:
        name: as tables print it.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, labels: NDArray[Any], predictions: NDArray[Any]) -> Floats:
        """Return the (A,) figures of all rows.

        Args:
            labels: (n, A), NaN where nobody labelled.
            predictions: (n, A) of the same columns, NaN where there is none. A cell counts if both are
                there: print `counted` beside the figure, or faces that were not found flatter it.

        Raises:
            ProtocolError: if the shapes differ or a value is none that the metric knows.
        """
        everyone = np.zeros(len(labels), dtype=np.int64)
        figures: Floats = self.weighted(labels, predictions, everyone, np.ones((1, 1)))[0]
        return figures

    @abstractmethod
    def weighted(
        self,
        labels: NDArray[Any],
        predictions: NDArray[Any],
        subject: NDArray[np.int64],
        weights: Floats,
    ) -> Floats:
        """Return the (R, A) figures of R weightings of the subjects.

        Args:
            labels, predictions: as `__call__`.
            subject: (n,) whose row it is, 0 to S - 1.
            weights: (R, S) how many times the rows of each subject count.
        """


class SumMetric(Metric):
    """A metric that is a function of sums over the rows.

    Args:
        name: as tables print it.
        terms: (labels, predictions) -> the K arrays (n, A) to be summed, 0 in cells that do not count.
        figure: the K sums, each (R, A) -> (R, A).
    """

    def __init__(
        self,
        name: str,
        terms: Callable[[NDArray[Any], NDArray[Any]], Sequence[NDArray[Any]]],
        figure: Callable[..., Floats],
    ) -> None:
        super().__init__(name)
        self._terms = terms
        self._figure = figure

    def weighted(
        self,
        labels: NDArray[Any],
        predictions: NDArray[Any],
        subject: NDArray[np.int64],
        weights: Floats,
    ) -> Floats:
        """Return the (R, A) figures from the sums of each subject; see `Metric.weighted`."""
        n = len(subject)
        rows_of = csr_array((np.ones(n), (subject, np.arange(n))), shape=(weights.shape[1], n))
        terms = self._terms(labels, predictions)
        return self._figure(*(weights @ (rows_of @ term.astype(np.float64)) for term in terms))


def paired(labels: NDArray[Any], predictions: NDArray[Any]) -> tuple[Floats, Floats]:
    """Return both as (n, A) float64, NaN in both where either is.

    Raises:
        ProtocolError: if they are not (n, A) of the same shape.
    """
    if labels.ndim != 2 or labels.shape != predictions.shape:
        raise ProtocolError(
            f"labels are {labels.shape} and predictions {predictions.shape}: "
            "both must be (frames, AUs), with the same frames and AUs"
        )
    missing = np.isnan(labels) | np.isnan(predictions)
    return (
        np.where(missing, np.nan, labels).astype(np.float64),
        np.where(missing, np.nan, predictions).astype(np.float64),
    )


def counted(labels: NDArray[Any], predictions: NDArray[Any]) -> NDArray[np.int64]:
    """Return (A,) how many frames have both a label and a prediction: the n behind every figure."""
    known, _ = paired(labels, predictions)
    frames: NDArray[np.int64] = np.count_nonzero(~np.isnan(known), axis=0).astype(np.int64)
    return frames


def ratio(numerator: NDArray[Any], denominator: NDArray[Any]) -> Floats:
    """Return numerator / denominator, NaN where the denominator is 0."""
    quotient = np.full(np.broadcast_shapes(numerator.shape, denominator.shape), np.nan)
    np.divide(numerator, denominator, out=quotient, where=denominator != 0)
    return quotient
