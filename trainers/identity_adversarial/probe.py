"""How well features tell who somebody is: a fresh classifier of people on features that stay as they are.

The paper says that features of ATF are "invariant to subject identities", and shows the loss of the head that
they were trained against. That head may simply have lost: only one that is trained anew can tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainers.metrics import bootstrap
from trainers.reports.content import Measured

LEARNT = 0.7
"""Of each person's pictures, in the order of the recording, the first part teaches and the rest test. A
frame's neighbours are almost itself: dealt at random they would give it away."""
RESAMPLES = 1000


@dataclass(frozen=True, eq=False)
class Probed:
    """How often the probe names the right person.

    Attributes:
        accuracy: 0 to 1, with its interval over people.
        chance: of whoever names the most frequent person.
        right: (n,) of each tested frame, 1 where it named the right person, else 0.
        subject: (n,) who it was.
    """

    accuracy: Measured
    chance: float
    right: NDArray[np.float64]
    subject: NDArray[np.str_]


def subject_probe(
    features: NDArray[np.floating],
    subject: NDArray[np.str_],
    order: NDArray[np.integer],
    *,
    seed: int,
) -> Probed:
    """Train a linear classifier of people on a part of these pictures, and test it on the others.

    Args:
        features: (n, D), of frozen networks; rows with NaN are left out.
        subject: (n,) whose they are.
        order: (n,) place in the person's recording.
    """
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    known = ~np.isnan(features).any(axis=1)
    features, subject, order = features[known], subject[known], order[known]
    learns = np.zeros(len(subject), dtype=np.bool_)
    for name in np.unique(subject):
        rows = np.flatnonzero(subject == name)
        rows = rows[np.argsort(order[rows], kind="stable")]
        learns[rows[: round(LEARNT * len(rows))]] = True
    mean, spread = features[learns].mean(axis=0), features[learns].std(axis=0)
    scaled = (features - mean) / np.where(spread > 0, spread, 1.0)
    probe = LogisticRegression(max_iter=300, C=0.1, random_state=seed)
    with threadpool_limits(1):
        probe.fit(scaled[learns], subject[learns])
        right = probe.predict(scaled[~learns]) == subject[~learns]
    right = right.astype(np.float64)
    subject = subject[~learns]
    _, counts = np.unique(subject, return_counts=True)
    return Probed(_mean_over_people(right, subject, seed), float(counts.max() / counts.sum()), right, subject)


def named_more(one: Sequence[Probed], other: Sequence[Probed], *, seed: int) -> Measured:
    """Return how much more often people are named from one network's features than from another's.

    Paired over people, as in `trainers.metrics.difference`.

    Args:
        one, other: of the same frames in the same order; folds and seeds alike one after the other.
    """
    apart = np.concatenate([a.right - b.right for a, b in zip(one, other, strict=True)])
    subject = np.concatenate([probed.subject for probed in one])
    return _mean_over_people(apart, subject, seed)


def _mean_over_people(values: NDArray[np.float64], subject: NDArray[np.str_], seed: int) -> Measured:
    """Return the mean of all frames, with its interval over people."""
    drawn = bootstrap(
        lambda labels, drawn_values: np.array([drawn_values.mean()]),
        values,
        values,
        subject,
        resamples=RESAMPLES,
        seed=seed,
    )
    low, high = drawn.interval()
    return Measured(float(drawn.value[0]), float(low[0]), float(high[0]))
