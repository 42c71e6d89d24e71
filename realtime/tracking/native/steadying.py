"""Steadies landmarks that jitter from picture to picture, as MediaPipe does where it follows one face.

The filter is the 1 Euro filter (Casiez, Roussel and Vogel, CHI 2012,
https://doi.org/10.1145/2207676.2208639): a low pass whose cut-off rises with speed, so that a still face does
not tremble and a moving one does not lag.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from engines.compiled import compiled

# MediaPipe's values for faces. Speeds are in faces per second, so that they mean the same near and far.
LEAST_CUTOFF = 0.05
"""Hz, at rest."""
CUTOFF_PER_SPEED = 80.0
"""How much the cut-off rises, Hz, with a speed of one face a second."""
SPEED_CUTOFF = 1.0
"""Hz, of the low pass on the speed itself."""
FIRST_RATE = 30.0
"""Pictures a second, until two have come."""


class Steady:
    """The 1 Euro filter on all coordinates of one face's landmarks."""

    def __init__(self) -> None:
        self._t: float | None = None
        self._raw: NDArray[np.float64] | None = None
        self._speed = self._smooth = np.empty((0, 3))
        self._rate = FIRST_RATE

    def __call__(self, landmarks: NDArray[np.float32], t: float) -> NDArray[np.float32]:
        """Return `landmarks` (n, 3), px, steadied; `t` in seconds. Unchanged where time stands still."""
        if self._t is not None and t <= self._t:
            return landmarks
        if self._t is not None:
            self._rate = 1.0 / (t - self._t)
        self._t = t
        if self._raw is None:
            self._raw = landmarks.astype(np.float64)
            self._smooth, self._speed = self._raw.copy(), np.zeros_like(self._raw)
            return landmarks
        steadied = np.empty_like(landmarks)
        moved = _follow(landmarks, self._rate, self._raw, self._speed, self._smooth, steadied)
        return steadied if moved else landmarks


@compiled
def _follow(
    landmarks: NDArray[np.float32],
    rate: float,
    raw: NDArray[np.float64],
    speed: NDArray[np.float64],
    smooth: NDArray[np.float64],
    steadied: NDArray[np.float32],
) -> bool:
    """Take one picture's landmarks (n, 3) into `raw`, `speed` and `smooth`, and write them steadied.

    Returns:
        False, with nothing written, where the face has no size.
    """
    left = right = float(landmarks[0, 0])
    top = bottom = float(landmarks[0, 1])
    for k in range(len(landmarks)):
        x, y = float(landmarks[k, 0]), float(landmarks[k, 1])
        left, right = min(left, x), max(right, x)
        top, bottom = min(top, y), max(bottom, y)
    size = ((right - left) + (bottom - top)) / 2
    if size < 1e-6:
        return False
    steady = _share(SPEED_CUTOFF, rate)
    for k in range(landmarks.shape[0]):
        for axis in range(landmarks.shape[1]):
            now = float(landmarks[k, axis])
            speed[k, axis] += steady * ((now - raw[k, axis]) * (rate / size) - speed[k, axis])
            share = _share(LEAST_CUTOFF + CUTOFF_PER_SPEED * abs(speed[k, axis]), rate)
            smooth[k, axis] += share * (now - smooth[k, axis])
            raw[k, axis] = now
            steadied[k, axis] = np.float32(smooth[k, axis])
    return True


@compiled
def _share(cutoff: float, rate: float) -> float:
    """Return the new value's share in a low pass with this cut-off, Hz, at this rate, Hz."""
    return 1.0 / (1.0 + rate / (2 * math.pi * cutoff))
