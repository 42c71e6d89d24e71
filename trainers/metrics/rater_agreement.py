"""Intraclass correlations of any number of raters.

Shrout and Fleiss, "Intraclass correlations: uses in assessing rater reliability", Psychological Bulletin
86 (1979) 420-428. `intensity.icc` is their ICC(3,1) for two raters, label and model, one AU at a time.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from trainers.errors import ProtocolError


class Intraclass(NamedTuple):
    """The reliability of a single rating, in the paper's three designs.

    Attributes:
        icc_11: one-way random: each target has raters of its own.
        icc_21: two-way random, agreement: the raters stand for others, and their means should agree.
        icc_31: two-way mixed, consistency: these raters only, whose means may differ.
    """

    icc_11: float
    icc_21: float
    icc_31: float


def intraclass(ratings: NDArray[np.floating]) -> Intraclass:
    """Return ICC(1,1), ICC(2,1) and ICC(3,1) of n targets by k raters.

    Args:
        ratings: (n, k); targets that a rater left out (NaN) do not count.

    Each is NaN where it is 0 / 0: fewer than two targets, or ratings without variance.

    Raises:
        ProtocolError: if there are fewer than two raters.
    """
    if ratings.ndim != 2 or ratings.shape[1] < 2:
        raise ProtocolError(f"ratings are {ratings.shape}: expected (targets, raters) of two raters or more")
    whole = ratings[~np.isnan(ratings).any(axis=1)].astype(np.float64)
    n, k = whole.shape
    if n < 2:
        return Intraclass(np.nan, np.nan, np.nan)
    targets, judges, mean = whole.mean(axis=1), whole.mean(axis=0), whole.mean()
    # The paper's names: mean squares between targets, within them, between judges, and of the residual.
    bms = k * ((targets - mean) ** 2).sum() / (n - 1)
    wms = ((whole - targets[:, None]) ** 2).sum() / (n * (k - 1))
    jms = n * ((judges - mean) ** 2).sum() / (k - 1)
    ems = ((whole - targets[:, None] - judges + mean) ** 2).sum() / ((n - 1) * (k - 1))
    # Squares this small are what the subtractions above leave of equal numbers.
    nothing = 1e-26 * (whole * whole).max()

    def share(numerator: float, denominator: float) -> float:
        return float(numerator / denominator) if denominator > nothing else np.nan

    return Intraclass(
        share(bms - wms, bms + (k - 1) * wms),
        share(bms - ems, bms + (k - 1) * ems + k * (jms - ems) / n),
        share(bms - ems, bms + (k - 1) * ems),
    )
