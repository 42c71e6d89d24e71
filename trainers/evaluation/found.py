"""How many of a corpus' faces the landmarker finds, and from which poses."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from trainers.corpora.corpus import Corpus
from trainers.corpora.viewpoints import viewpoints
from trainers.evaluation.tracked import Tracked

WITHIN = (45.0, 35.0)
"""Degrees of yaw and pitch to either side within which a landmarker for cameras must work: the nine views of
yaw -40 to 40 and pitch -30 to 30, and what a held pose strays from its view."""

# Poses are kept as float32: 40 degrees may read 40.000002.
TOLERANCE = 1e-3


class FoundShare(NamedTuple):
    """Faces found, of how many pictures."""

    found: int
    pictures: int

    @property
    def share(self) -> float:
        """0 to 1, NaN without pictures."""
        return self.found / self.pictures if self.pictures else float("nan")


def found_per_pose(corpus: Corpus, tracked: Tracked) -> dict[str, FoundShare]:
    """Return the share found of each of the corpus' `viewpoints`, in their order; empty if it has none.

    Pictures whose viewpoint is unknown are left out.
    """
    tracked.check(corpus)
    groups = viewpoints(corpus)
    if groups is None:
        return {}
    return {name: _share(tracked.found[groups.name == name]) for name in groups.order}


def share_found(corpus: Corpus, tracked: Tracked, within: tuple[float, float] | None = WITHIN) -> FoundShare:
    """Return the share found among pictures with yaw and pitch within these degrees; None counts all."""
    tracked.check(corpus)
    return _share(tracked.found if within is None else tracked.found[within_angles(corpus.pose, within)])


def within_angles(pose: NDArray[np.floating], within: tuple[float, float]) -> NDArray[np.bool_]:
    """Return (n,) whether yaw and pitch lie within these degrees to either side; False where unknown."""
    limits = np.array(within) + TOLERANCE
    inside: NDArray[np.bool_] = (np.abs(pose[:, :2]) <= limits).all(axis=1)
    return inside


def _share(found: NDArray[np.bool_]) -> FoundShare:
    return FoundShare(int(found.sum()), len(found))
