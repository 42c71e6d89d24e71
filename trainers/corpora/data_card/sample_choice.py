"""Which pictures of a corpus to show: every AU, viewpoint, expression and look among them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainers.corpora.corpus import EXPRESSIONS, Corpus
from trainers.corpora.viewpoints import viewpoints

DEFAULT_SAMPLES = 48
HIGH = 4.0
"""An AU is shown at this intensity or above, or at its highest where it never gets there."""
# How much a second picture of a person, each further AU and each degree of turning count against a picture
# that is to make one AU plain.
COST_OF_REPEATING = 1.0
COST_OF_AU = 1.0
COST_OF_DEGREE = 0.05


def choose_samples(corpus: Corpus, count: int = DEFAULT_SAMPLES) -> NDArray[np.int64]:
    """Return `count` rows (all, if there are fewer) that cover what the corpus shows.

    There is one aim per AU (shown at `HIGH` or more), viewpoint, expression and domain. One aim after the
    other is met: an AU by the picture that shows it most plainly, the rest by pictures that meet most aims
    at once. While there are more aims than pictures left, all are met that latter way. Once all are met, it
    begins again. Nothing is drawn at random.
    """
    aims, n_aus = _aims(corpus)
    clutter = COST_OF_AU * (corpus.intensity >= 1).sum(axis=1)
    turning = COST_OF_DEGREE * np.abs(np.nan_to_num(corpus.pose[:, :2])).sum(axis=1)
    people, person = np.unique(corpus.subject, return_inverse=True)
    shown = np.zeros(len(people))
    free = np.ones(len(corpus), dtype=np.bool_)
    unmet = np.ones(aims.shape[1], dtype=np.bool_)
    chosen: list[int] = []
    while free.any() and len(chosen) < count:
        possible = unmet & aims[free].any(axis=0)
        if not possible.any():
            unmet = np.ones_like(unmet)  # every row meets an aim: that of its domain
            continue
        aim = int(np.argmax(possible))
        candidates = np.flatnonzero(free & aims[:, aim])
        met = aims[candidates][:, possible].sum(axis=1)
        repeating = COST_OF_REPEATING * shown[person[candidates]]
        if aim < n_aus and possible.sum() <= count - len(chosen):
            cost = repeating + clutter[candidates] + turning[candidates]
        else:
            cost = repeating / (1 + repeating) - met
        row = int(candidates[np.argmin(cost)])
        chosen.append(row)
        free[row] = False
        shown[person[row]] += 1
        unmet &= ~aims[row]
    return np.array(chosen, dtype=np.int64)


def _aims(corpus: Corpus) -> tuple[NDArray[np.bool_], int]:
    """(n, K) whether a row meets an aim, and how many of the first aims are AUs'."""
    columns = []
    for intensity in np.nan_to_num(corpus.intensity).T:
        top = intensity.max(initial=0.0)
        columns.append((intensity >= min(HIGH, top)) & (top >= 1))
    n_aus = len(columns)
    if (groups := viewpoints(corpus)) is not None:
        columns += [groups.name == name for name in groups.order]
    columns += [corpus.expression == name for name in EXPRESSIONS]
    columns += [corpus.domain == name for name in np.unique(corpus.domain)]
    return np.stack(columns, axis=1), n_aus
