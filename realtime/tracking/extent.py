"""Where a face's landmarks reach in the picture: measured in one pass."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engines.compiled import compiled

Box = tuple[float, float, float, float]
"""x and y of the left upper corner, width, height; px."""


class Extent(NamedTuple):
    """The bounding box of a face's landmarks.

    Attributes:
        x, y: px, left upper corner.
        width, height: px.
        inside: 0-1, the share of landmarks inside the picture.
    """

    x: float
    y: float
    width: float
    height: float
    inside: float

    @property
    def centre(self) -> tuple[float, float]:
        """(x, y) in pixels."""
        return self.x + self.width / 2, self.y + self.height / 2


def extent_of(landmarks: NDArray[np.float32], width: int, height: int) -> Extent:
    """Measure a face's landmarks (n, 2 or more; px) in a picture of `width` x `height` pixels."""
    return Extent(*_measure(landmarks, width, height))


@compiled
def _measure(
    landmarks: NDArray[np.float32], width: int, height: int
) -> tuple[float, float, float, float, float]:
    # NumPy needs some 60 us for these five numbers between two frames, when all its code is out of cache.
    low_x = low_y = np.inf
    high_x = high_y = -np.inf
    inside = 0
    for i in range(landmarks.shape[0]):
        x, y = landmarks[i, 0], landmarks[i, 1]
        low_x, high_x = min(low_x, x), max(high_x, x)
        low_y, high_y = min(low_y, y), max(high_y, y)
        if 0 <= x < width and 0 <= y < height:
            inside += 1
    return low_x, low_y, high_x - low_x, high_y - low_y, inside / landmarks.shape[0]


def overlap(one: Extent | Box, other: Extent | Box) -> float:
    """Return the intersection over union, 0-1, of two bounding boxes."""
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (one[2] * one[3] + other[2] * other[3] - shared)
