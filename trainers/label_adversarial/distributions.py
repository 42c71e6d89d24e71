"""How far distributions of what a model says are from the labels' (Wang et al. 4.2, Figs. 5 and 6)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trainers.metrics import conditional_distance, difference, marginal_distance, mean_off_diagonal
from trainers.reports import Comparison
from trainers.reports.content import Measured

RESAMPLES = 300
"""Of the bootstrap, in each of which they are counted anew."""


def distances(labels: NDArray[np.floating], decisions: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return how far predicted distributions are from the labels': marginal and conditional, means."""
    marginals = marginal_distance(labels, decisions)
    return np.array([np.nanmean(marginals), mean_off_diagonal(conditional_distance(labels, decisions))])


def distances_of(comparison: Comparison) -> NDArray[np.float64]:
    """Return those of a model."""
    return distances(*cells(comparison))


def nearer(pairs: Sequence[tuple[Comparison, Comparison]]) -> list[Measured]:
    """Return by how much the second of each pair is nearer to the labels than the first, likewise.

    The mean over pairs, with the interval over subjects.
    """
    drawn = []
    for free, ours in pairs:
        labels, before = cells(free)
        subject = free.corpus.subject
        drawn.append(
            difference(
                distances,
                labels,
                cells(ours)[1],
                before,
                subject,
                resamples=RESAMPLES,
                seed=pairs[0][0].seed,
            )
        )
    value = np.mean([each.value for each in drawn], axis=0)
    low, high = np.nanquantile(np.mean([each.resampled for each in drawn], axis=0), [0.025, 0.975], axis=0)
    return [Measured(*map(float, ends)) for ends in zip(value, low, high, strict=True)]


def cells(comparison: Comparison) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Return (n, A) labels and decisions, both NaN where either is missing."""
    pairs = comparison.decisions
    assert pairs is not None
    return np.where(pairs.known, pairs.labels, np.nan), np.where(pairs.known, pairs.predictions, np.nan)
