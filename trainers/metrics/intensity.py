"""How well intensity is estimated: ICC(3,1), Pearson's correlation, RMSE and MAE; and false alarms.

Labels and predictions are (n, A) on one scale (0 to 5 in FACS), NaN where there is none. Figures are (A,)
float64, one per AU, over all frames given. An AU whose labels do not vary has no ICC and no correlation:
NaN, never 0. Closed forms for the reason given in `occurrence`; the tests hold them against SciPy,
scikit-learn and `rater_agreement`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainers.metrics.metric import Floats, SumMetric, paired, ratio

# A sum of squares about the mean below this share of the one about the origin is rounding, not variance.
ROUNDING = 1e-12
# Intensity A of FACS: what is read below it, no coder would have noted.
TRACE = 1.0


def _moments(labels: NDArray[Any], predictions: NDArray[Any]) -> list[NDArray[Any]]:
    """Return 1, x, y, x^2, y^2, x y for each cell, both counted from their column's mean."""
    x, y = paired(labels, predictions)
    known = ~np.isnan(x)
    x, y = np.where(known, x, 0.0), np.where(known, y, 0.0)
    # Both are unchanged by a shift; without it the differences of large sums would lose digits.
    n = np.maximum(known.sum(axis=0), 1)
    x, y = (np.where(known, v - v.sum(axis=0) / n, 0.0) for v in (x, y))
    return [known, x, y, x * x, y * y, x * y]


def _spreads(
    n: Floats, x: Floats, y: Floats, xx: Floats, yy: Floats, xy: Floats
) -> tuple[Floats, Floats, Floats]:
    """Return the sums of squares of x and of y and of their products, about the means."""
    size = np.maximum(n, 1)
    sxx, syy, sxy = xx - x * x / size, yy - y * y / size, xy - x * y / size
    return np.where(sxx > ROUNDING * xx, sxx, 0.0), np.where(syy > ROUNDING * yy, syy, 0.0), sxy


def _icc(*sums: Floats) -> Floats:
    sxx, syy, sxy = _spreads(*sums)
    return np.where(sxx > 0, ratio(2 * sxy, sxx + syy), np.nan)


def _pcc(*sums: Floats) -> Floats:
    sxx, syy, sxy = _spreads(*sums)
    return np.clip(ratio(sxy, np.sqrt(sxx) * np.sqrt(syy)), -1.0, 1.0)


def _errors(labels: NDArray[Any], predictions: NDArray[Any]) -> list[NDArray[Any]]:
    """Return 1, |x - y| and (x - y)^2 for each cell."""
    x, y = paired(labels, predictions)
    error = np.nan_to_num(np.abs(x - y))
    return [~np.isnan(x), error, error * error]


def _alarms(labels: NDArray[Any], predictions: NDArray[Any]) -> list[NDArray[Any]]:
    """Return 1 where the label is 0, and 1 where the prediction is above 1 there, for each cell."""
    x, y = paired(labels, predictions)
    rest = x == 0
    return [rest, rest & (y > TRACE)]


def _rmse(n: Floats, absolute: Floats, squared: Floats) -> Floats:
    return np.sqrt(ratio(squared, n))


def _mae(n: Floats, absolute: Floats, squared: Floats) -> Floats:
    return ratio(absolute, n)


icc = SumMetric("ICC(3,1)", _moments, _icc)
"""(labels, predictions) -> (A,) consistency of the model as a second rater (Shrout and Fleiss 1979).

For two raters (BMS - EMS) / (BMS + EMS) is twice the covariance over the sum of the variances. 0 for
predictions that do not vary, NaN for labels that do not.
"""

pcc = SumMetric("PCC", _moments, _pcc)
"""(labels, predictions) -> (A,) Pearson's correlation; NaN if the labels or the predictions do not vary."""

rmse = SumMetric("RMSE", _errors, _rmse)
"""(labels, predictions) -> (A,) root of the mean squared error, in the labels' unit."""

mae = SumMetric("MAE", _errors, _mae)
"""(labels, predictions) -> (A,) mean absolute error, in the labels' unit."""

false_alarms = SumMetric("above 1 at rest", _alarms, lambda absent, above: ratio(above, absent))
"""(labels, predictions) -> (A,) share of the cells labelled 0 that are predicted above 1, FACS' level A."""
