"""Stable identities for faces: which detection of this frame is which person of the last.

MediaPipe's order of faces is no identity. Each track predicts where its face is now (constant velocity)
and remembers how its skin, brows and lips look; detections are assigned to tracks by the cheapest total
of both. Position alone would swap two people who cross; appearance alone would swap
two who look alike. A track that loses its face waits `max_gap` seconds for it to come back.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.compiled import compiled
from realtime.tracking.assignment import cheapest_pairs
from realtime.tracking.extent import Extent

# Mesh points that show skin, brows and lips of any face, spread over it: forehead, cheeks, nose, chin.
APPEARANCE_POINTS = (
    10, 151, 9, 67, 297, 69, 299, 8, 6, 5, 4, 50, 280, 205, 425, 117, 346, 187, 411, 36, 266,
    152, 199, 200, 175, 0, 17, 61, 291, 70, 300, 105, 334, 132, 361, 172, 397,
)  # fmt: skip
_POINTS = np.array(APPEARANCE_POINTS)
# Two pictures of one person under one light differ by about 0.05-0.1 in mean log colour, two people by
# 0.2-0.6: at this weight one unit (one face width) of distance weighs as much as a quite different face.
APPEARANCE_WEIGHT = 2.0
SIZE_WEIGHT = 0.5
# A face may be this many of its own widths from where it was predicted, and this much more per second lost.
REACH = 0.8
REACH_PER_SECOND = 2.0
VELOCITY_SHARE = 0.4
APPEARANCE_SHARE = 0.1
REFUSED = 1e6


@dataclass(slots=True)
class _Track:
    track_id: int
    centre: complex
    size: float
    velocity: complex
    appearance: NDArray[np.float64]
    t: float


class Identities:
    """Assigns stable track ids, counted from 1 and never reused."""

    def __init__(self, max_gap: float = 1.0) -> None:
        self._max_gap = max_gap
        self._tracks: list[_Track] = []
        self._next_id = 1

    @property
    def alive(self) -> frozenset[int]:
        """Ids of the tracks that are followed or still waited for."""
        return frozenset(track.track_id for track in self._tracks)

    def reset(self) -> None:
        """End every track; later faces get new ids."""
        self._tracks.clear()

    def assign(
        self,
        image: NDArray[np.uint8],
        landmarks: Sequence[NDArray[np.float32]],
        extents: Sequence[Extent],
        t: float,
    ) -> list[int]:
        """Return a track id for each face of one frame.

        Args:
            image: (H, W, 3) uint8 RGB.
            landmarks: per face (478, 3), x and y in pixels.
            extents: per face, of these landmarks.
            t: seconds, when the frame was taken.
        """
        self._tracks = [track for track in self._tracks if t - track.t <= self._max_gap]
        seen = [_observe(image, *face) for face in zip(landmarks, extents, strict=True)]
        ids = [0] * len(seen)
        if seen and self._tracks:
            cost = np.array([[_cost(track, face, t) for face in seen] for track in self._tracks])
            for row, column in cheapest_pairs(cost):
                if cost[row, column] < REFUSED:
                    track = self._tracks[row]
                    _follow(track, seen[column], t)
                    ids[column] = track.track_id
        for column, (centre, size, appearance) in enumerate(seen):
            if ids[column] == 0:
                ids[column] = self._next_id
                self._tracks.append(_Track(self._next_id, centre, size, 0j, appearance, t))
                self._next_id += 1
        return ids


# Places in the picture are complex numbers, x + iy px: in Python a tenth of the cost of NumPy's pairs.
_Observation = tuple[complex, float, NDArray[np.float64]]


def _observe(image: NDArray[np.uint8], landmarks: NDArray[np.float32], extent: Extent) -> _Observation:
    """Centre (px), size (px) and appearance (log RGB at fixed mesh points) of one face."""
    size = max(1.0, math.sqrt(extent.width * extent.height))
    appearance = np.empty((len(_POINTS), 3))
    _look(image, landmarks, _POINTS, appearance)
    return complex(*extent.centre), size, appearance


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
def _unlikeness(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Mean absolute difference of two appearances (n, 3)."""
    total = 0.0
    for k in range(one.shape[0]):
        for c in range(one.shape[1]):
            total += abs(one[k, c] - other[k, c])
    return total / one.size


@compiled
def _approach(appearance: NDArray[np.float64], latest: NDArray[np.float64], share: float) -> None:
    """Move an appearance (n, 3) towards the latest by a share of the way."""
    for k in range(appearance.shape[0]):
        for c in range(appearance.shape[1]):
            appearance[k, c] += share * (latest[k, c] - appearance[k, c])


def _cost(track: _Track, face: _Observation, t: float) -> float:
    """How unlikely it is that `face` is `track`; REFUSED if out of reach."""
    centre, size, appearance = face
    gap = t - track.t
    expected = track.centre + track.velocity * gap
    scale = max(track.size, size)
    # After a loss the prediction is worth little: the last seen place counts as much.
    distance = min(abs(centre - expected), abs(centre - track.centre)) / scale
    if distance > REACH + REACH_PER_SECOND * gap:
        return REFUSED
    predicted = abs(centre - expected) / scale
    look = _unlikeness(appearance, track.appearance)
    return predicted + APPEARANCE_WEIGHT * look + SIZE_WEIGHT * abs(math.log(size / track.size))


def _follow(track: _Track, face: _Observation, t: float) -> None:
    """Move a track to where its face was found."""
    centre, size, appearance = face
    gap = t - track.t
    if gap > 0:
        velocity = (centre - track.centre) / gap
        track.velocity += VELOCITY_SHARE * (velocity - track.velocity)
    track.centre, track.size, track.t = centre, size, t
    _approach(track.appearance, appearance, APPEARANCE_SHARE)
