"""Confidence intervals that respect that frames of one person are not independent: subjects are resampled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainers.errors import ProtocolError
from trainers.metrics.metric import Floats, Metric

# A figure that rests on one subject is defined in 63 % of the resamples (1 - 1/e), one that rests on two in
# 86 %. Below this share an interval would show the spread of one person's repeats.
LEAST_DEFINED = 0.8


@dataclass(frozen=True, eq=False)
class Bootstrap:
    """A figure and what it becomes when the subjects are drawn again.

    Attributes:
        value: (A,) the figures of all rows, NaN where undefined.
        resampled: (R, A) the figures of R draws.
        subjects: how many subjects there are to draw from.
    """

    value: Floats
    resampled: Floats
    subjects: int

    @property
    def mean(self) -> float:
        """The mean over the AUs that have a figure; NaN if none has."""
        return float(_row_means(self.value[None])[0])

    def interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """Return the (A,) lower and upper ends of the percentile interval.

        NaN with a single subject, and where the figure rests on so few subjects (or none) that it is
        undefined in more than a fifth of the draws.
        """
        return self._quantiles(self.resampled, level)

    def mean_interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return the lower and upper end for `mean`; each draw's mean is over the AUs defined in it."""
        low, high = self._quantiles(_row_means(self.resampled)[:, None], level)
        return float(low[0]), float(high[0])

    def _quantiles(self, figures: Floats, level: float) -> tuple[Floats, Floats]:
        enough = (~np.isnan(figures)).mean(axis=0) >= LEAST_DEFINED
        ends = np.full((2, figures.shape[1]), np.nan)
        if self.subjects > 1 and enough.any():
            tails = [(1 - level) / 2, (1 + level) / 2]
            ends[:, enough] = np.nanquantile(figures[:, enough], tails, axis=0)
        return ends[0], ends[1]


def bootstrap(
    metric: Metric | Callable[[NDArray[Any], NDArray[Any]], NDArray[Any] | float],
    labels: NDArray[Any],
    predictions: NDArray[Any],
    subject: NDArray[np.str_],
    *,
    resamples: int = 1000,
    seed: int,
) -> Bootstrap:
    """Draw as many subjects as there are, with replacement, `resamples` times; each comes with all rows.

    Percentile bootstrap of clusters (Efron and Tibshirani, An Introduction to the Bootstrap, 1993,
    chapter 13; Davison and Hinkley, Bootstrap Methods and their Application, 1997, section 3.8).

    Args:
        metric: one of this package, which answers from sums per subject; or any function
            (labels, predictions) -> number or (A,), which is called anew for each draw's rows.
        labels, predictions: n rows, as the metric takes them.
        subject: (n,) whose row it is, as in `Corpus`.
        seed: of the draws; the same seed draws the same.

    Raises:
        ProtocolError: if there is no row, or the rows do not match.
    """
    if not len(labels) == len(predictions) == len(subject) or len(subject) == 0:
        raise ProtocolError(
            f"{len(labels)} labels, {len(predictions)} predictions and {len(subject)} subjects: "
            "a bootstrap needs the same number of each, and at least one"
        )
    names, code = np.unique(subject, return_inverse=True)
    s = len(names)
    draws = np.random.default_rng(seed).multinomial(s, np.full(s, 1 / s), size=resamples)
    if isinstance(metric, Metric):
        weights = draws.astype(np.float64)
        return Bootstrap(metric(labels, predictions), metric.weighted(labels, predictions, code, weights), s)
    rows_of = np.split(np.argsort(code, kind="stable"), np.cumsum(np.bincount(code))[:-1])
    figures = []
    for draw in draws:
        rows = np.concatenate([rows_of[k] for k in np.repeat(np.arange(s), draw)])
        figures.append(np.atleast_1d(metric(labels[rows], predictions[rows])))
    return Bootstrap(
        np.atleast_1d(np.asarray(metric(labels, predictions), dtype=np.float64)),
        np.asarray(figures, dtype=np.float64),
        s,
    )


def _row_means(figures: Floats) -> Floats:
    """Return each row's mean over its numbers, NaN where it has none."""
    known = ~np.isnan(figures)
    total = np.where(known, figures, 0.0).sum(axis=1)
    count = known.sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
