"""How a face looks, for telling people apart: the colours of skin, brows and lips at fixed mesh points."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from engines.compiled import compiled

# Mesh points that show skin, brows and lips of any face, spread over it: forehead, cheeks, nose, chin.
APPEARANCE_POINTS = (
    10, 151, 9, 67, 297, 69, 299, 8, 6, 5, 4, 50, 280, 205, 425, 117, 346, 187, 411, 36, 266,
    152, 199, 200, 175, 0, 17, 61, 291, 70, 300, 105, 334, 132, 361, 172, 397,
)  # fmt: skip
_POINTS = np.array(APPEARANCE_POINTS)
# How much a single point counts at most, in log colour.
MOST_APART = 0.5

Appearance = NDArray[np.float64]
"""(n, 3) log RGB at the n points."""


def appearance_of(image: NDArray[np.uint8], landmarks: NDArray[np.float32]) -> Appearance:
    """Return how the face with these landmarks (478, 3; px) looks in an (H, W, 3) RGB picture."""
    appearance = np.empty((len(_POINTS), 3))
    _look(image, landmarks, _POINTS, appearance)
    return appearance


@compiled
def _look(
    image: NDArray[np.uint8],
    landmarks: NDArray[np.float32],
    points: NDArray[np.int64],
    appearance: NDArray[np.float64],
) -> None:
    """Fill `appearance` (n, 3) with the log colours of the picture at n of the landmarks."""
    last_column, last_row = image.shape[1] - 1, image.shape[0] - 1
    for k, point in enumerate(points):
        x, y = int(landmarks[point, 0]), int(landmarks[point, 1])
        x, y = min(max(x, 0), last_column), min(max(y, 0), last_row)
        for c in range(3):
            # In log colour a change of exposure is a small shift; +16 keeps sensor noise in shadows quiet.
            appearance[k, c] = math.log(image[y, x, c] + 16.0)


@compiled
def unlikeness(one: Appearance, other: Appearance) -> float:
    """Return the mean absolute difference of two appearances, that of each point capped.

    Where a head turns, its far points lie on whatever is behind it.
    """
    total = 0.0
    for k in range(one.shape[0]):
        apart = 0.0
        for c in range(one.shape[1]):
            apart += abs(one[k, c] - other[k, c])
        total += min(apart / one.shape[1], MOST_APART)
    return float(total / len(one))


@compiled
def approach(appearance: Appearance, latest: Appearance, share: float) -> None:
    """Move an appearance towards the latest, in place, by a share of the way."""
    for k in range(appearance.shape[0]):
        for c in range(appearance.shape[1]):
            appearance[k, c] += share * (latest[k, c] - appearance[k, c])
