"""How often Action Units occur, alone and together, and how far predictions differ in that from labels.

All take (n, A) occurrences 0, 1 or NaN; of each pair of AUs those frames count that have both.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trainers.metrics.metric import Floats, SumMetric, paired, ratio
from trainers.metrics.occurrence import require_binary


class _Pairs(NamedTuple):
    """Frames counted for each two AUs i and j, each (A, A)."""

    both: Floats  # i and j are active
    first: Floats  # i is active and j is known
    second: Floats  # j is active and i is known
    known: Floats  # i and j are known


def _pairs(occurrence: NDArray[Any]) -> _Pairs:
    require_binary(occurrence, "occurrences")
    known = (~np.isnan(occurrence)).astype(np.float64)
    active = (occurrence == 1).astype(np.float64)
    return _Pairs(active.T @ active, active.T @ known, known.T @ active, known.T @ known)


def marginal(occurrence: NDArray[np.floating]) -> Floats:
    """Return (A,) P(AU_i), the base rates; NaN where nothing is labelled."""
    pairs = _pairs(occurrence)
    return ratio(np.diag(pairs.both), np.diag(pairs.known))


def conditional(occurrence: NDArray[np.floating]) -> Floats:
    """Return (A, A) P(AU_i | AU_j) at [i, j]; NaN where AU_j never occurs on a frame that labels AU_i."""
    pairs = _pairs(occurrence)
    return ratio(pairs.both, pairs.second)


def _rates(labels: NDArray[Any], decisions: NDArray[Any]) -> list[NDArray[Any]]:
    labels, decisions = paired(labels, decisions)
    require_binary(labels, "labels")
    require_binary(decisions, "decisions")
    return [~np.isnan(labels), labels == 1, decisions == 1]


def _rate_difference(n: Floats, labelled: Floats, decided: Floats) -> Floats:
    return ratio(np.abs(decided - labelled), n)


marginal_distance = SumMetric("marginal distance", _rates, _rate_difference)
"""(labels, decisions) -> (A,) |P(AU_i) decided - P(AU_i) labelled| (Wang et al., Fig. 5b)."""


def conditional_distance(labels: NDArray[np.floating], decisions: NDArray[np.floating]) -> Floats:
    """Return (A, A) |P(AU_i | AU_j) decided - labelled| at [i, j] (Wang et al., Fig. 6).

    The paper does not say which axis of its figure is the condition. Its single figure ("average
    absolute difference") is `mean_off_diagonal` of this. NaN where AU_j never occurs in either.
    """
    labels, decisions = paired(labels, decisions)
    return np.abs(conditional(decisions) - conditional(labels))


def mean_off_diagonal(matrix: NDArray[np.floating]) -> float:
    """Return the mean of a square matrix' numbers but for the diagonal; NaN if there is none."""
    rest = matrix[~np.eye(len(matrix), dtype=np.bool_)]
    rest = rest[~np.isnan(rest)]
    return float(rest.mean()) if rest.size else np.nan


def phi(occurrence: NDArray[np.floating]) -> Floats:
    """Return (A, A) Phi coefficients, -1 to 1: Pearson's correlation of two binary labels.

    Ghosh et al. Fig. 4; `with_neutral` first gives their 13th label. NaN where one of the two is
    always or never active.
    """
    both, first, second, known = _pairs(occurrence)
    spread = np.sqrt(first * (known - first)) * np.sqrt(second * (known - second))
    return np.clip(ratio(known * both - first * second, spread), -1.0, 1.0)


def with_neutral(occurrence: NDArray[np.floating]) -> Floats:
    """Return (n, A + 1): a last column is 1 where no AU is active, 0 where one is (Ghosh et al. VI).

    NaN where none is known to be active and one is unlabelled.
    """
    unknown = np.isnan(occurrence).any(axis=1)
    neutral = np.where((occurrence == 1).any(axis=1), 0.0, np.where(unknown, np.nan, 1.0))
    return np.column_stack([occurrence, neutral]).astype(np.float64)
