"""Steadies landmarks that jitter from picture to picture, as MediaPipe does where it follows one face.

The filter is the 1 Euro filter (Casiez, Roussel and Vogel, CHI 2012,
https://doi.org/10.1145/2207676.2208639): a low pass whose cut-off rises with speed, so that a still face does
not tremble and a moving one does not lag.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

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
        self._speed: NDArray[np.float64] | None = None
        self._smooth: NDArray[np.float64] | None = None
        self._rate = FIRST_RATE

    def __call__(self, landmarks: NDArray[np.float32], t: float) -> NDArray[np.float32]:
        """Return `landmarks` (n, 3), px, steadied; `t` in seconds. Unchanged where time stands still."""
        if self._t is not None and t <= self._t:
            return landmarks
        if self._t is not None:
            self._rate = 1.0 / (t - self._t)
        self._t = t
        raw = landmarks.astype(np.float64)
        if self._raw is None or self._smooth is None or self._speed is None:
            self._raw, self._smooth, self._speed = raw, raw, np.zeros_like(raw)
            return landmarks
        size = float(np.ptp(raw[:, 0]) + np.ptp(raw[:, 1])) / 2
        if size < 1e-6:
            return landmarks
        speed = (raw - self._raw) * (self._rate / size)
        self._speed = self._speed + self._share(SPEED_CUTOFF) * (speed - self._speed)
        share = self._share(LEAST_CUTOFF + CUTOFF_PER_SPEED * np.abs(self._speed))
        self._smooth = self._smooth + share * (raw - self._smooth)
        self._raw = raw
        return self._smooth.astype(np.float32)

    def _share(self, cutoff: NDArray[np.float64] | float) -> NDArray[np.float64]:
        """Return the new value's share in a low pass with this cut-off, Hz."""
        return np.asarray(1.0 / (1.0 + self._rate / (2 * math.pi * cutoff)))
