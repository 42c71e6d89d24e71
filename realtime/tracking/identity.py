"""Stable identities for faces: which detection of this frame is which person of the last.

MediaPipe's order of faces is no identity. Each track predicts where its face is now (constant velocity)
and remembers how large it is and how it looks; detections go to tracks by the greatest total likelihood.
Position alone would swap two people who cross; appearance alone would swap two who look alike. A track that
loses its face waits for it to come back: longer, and near whoever is in front, where somebody hides it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from realtime.tracking.appearance import Appearance, appearance_of, approach, unlikeness
from realtime.tracking.assignment import cheapest_pairs
from realtime.tracking.extent import Extent, overlap

# What a face does between two frames is taken to spread like Laplace's distribution: scale just after it was
# seen, and growth of the scale with each second since. Places are in widths of the face, from where it was
# predicted; sizes are logarithms, and grow no further from MOST_GROWTH.
STRAY, STRAY_PER_SECOND = 0.06, 1.5
GROWTH, GROWTH_PER_SECOND, MOST_GROWTH = 0.05, 0.3, 0.5
# After so many seconds a face may be anywhere, at this cost.
ROAMING, ANYWHERE = 2.0, 2.0
# The same of looks (`unlikeness`): pictures of one person differ by 0.02 to 0.15, two people by 0.07 to 0.4.
LOOK = 0.06
# A hidden face comes back about so many widths from whoever hides it, however long it takes.
BESIDE = 0.8
# Faces nearer than this, in widths, may hide one another.
HIDING = 1.0
# At this cost, the negative logarithm of a likelihood, somebody new is as likely.
NEW = 6.0
# Boxes that overlap more than this (intersection over union) are of one face, found twice. Of two people at
# that place one is hidden.
SAME_FACE = 0.4
# A face that is first seen touching another is somebody only when it has been seen so often on end: where one
# face covers another, a mesh may span both.
BELIEVED = 3
# Seconds, over which a velocity is averaged.
STEADYING = 0.05
# How much of each new picture goes into what is known of somebody's looks and size, alone and in a crowd.
ALONE, CROWDED = (0.1, 1.0), (0.03, 0.03)


@dataclass(slots=True)
class _Track:
    track_id: int  # 0 until it is believed
    centre: complex
    size: float
    velocity: complex
    appearance: Appearance
    t: float
    sightings: int = 0
    behind: _Track | None = None


class Identities:
    """Assigns stable track ids, counted from 1 and never reused.

    Args:
        max_gap: seconds that a track waits for a face that it lost.
        hidden_gap: the same where somebody else is in front of it.
    """

    def __init__(self, max_gap: float = 3.0, hidden_gap: float = 10.0) -> None:
        self._max_gap = max_gap
        self._hidden_gap = hidden_gap
        self._tracks: list[_Track] = []
        self._next_id = 1

    @property
    def alive(self) -> frozenset[int]:
        """Ids of the tracks that are followed or still waited for."""
        return frozenset(track.track_id for track in self._tracks if track.track_id)

    def reset(self) -> None:
        """End every track; later faces get new ids."""
        self._tracks.clear()

    def assign(
        self,
        image: NDArray[np.uint8],
        landmarks: Sequence[NDArray[np.float32]],
        extents: Sequence[Extent],
        t: float,
    ) -> list[int | None]:
        """Return a track id for each face of one frame; None for one that is another, found twice.

        Args:
            image: (H, W, 3) uint8 RGB.
            landmarks: per face (478, 3), x and y in pixels.
            extents: per face, of these landmarks.
            t: seconds, when the frame was taken.
        """
        self._tracks = [track for track in self._tracks if t - track.t <= self._patience(track)]
        known = len(self._tracks) > 0
        seen = [_observe(image, *face) for face in zip(landmarks, extents, strict=True)]
        fitting = self._fitting(seen, t)
        kept = _once_each(extents, [cost for _, cost in fitting]) if len(seen) > 1 else range(len(seen))
        ids: list[int | None] = [None] * len(seen)
        followed = []
        for number in kept:
            track, face = fitting[number][0], seen[number]
            alone = not any(_touches(face, other) for other in self._tracks if other is not track)
            if track is None:
                track = _Track(0, *face[:2], 0j, face[2], t)
                self._tracks.append(track)
            else:
                _follow(track, face, t, *(ALONE if alone else CROWDED))
            track.sightings += 1
            if not track.track_id and (alone or not known or track.sightings == BELIEVED):
                track.track_id = self._next_id
                self._next_id += 1
            if track.track_id:
                ids[number] = track.track_id
                followed.append(track)
        if len(followed) < len(self._tracks):
            self._tracks = [track for track in self._tracks if track.track_id or track.t == t]
            _hide(self._tracks, followed, t)
        return ids

    def _patience(self, track: _Track) -> float:
        return self._max_gap if track.behind is None else self._hidden_gap

    def _fitting(self, seen: Sequence[_Observation], t: float) -> list[tuple[_Track | None, float]]:
        """Return the track of each face, None for somebody new, and at what cost it fits."""
        fitting: list[tuple[_Track | None, float]] = [(None, NEW)] * len(seen)
        if seen and self._tracks:
            # What is less likely than somebody new is out of the question, however much less.
            cost = np.array([[min(NEW, _cost(track, face, t)) for face in seen] for track in self._tracks])
            for row, column in cheapest_pairs(cost):
                if cost[row, column] < NEW:
                    fitting[column] = self._tracks[row], float(cost[row, column])
        return fitting


# Places in the picture are complex numbers, x + iy px: in Python a tenth of the cost of NumPy's pairs.
_Observation = tuple[complex, float, Appearance]


def _observe(image: NDArray[np.uint8], landmarks: NDArray[np.float32], extent: Extent) -> _Observation:
    """Centre (px), size (px) and appearance of one face."""
    size = max(1.0, math.sqrt(extent.width * extent.height))
    return complex(*extent.centre), size, appearance_of(image, landmarks)


def _cost(track: _Track, face: _Observation, t: float) -> float:
    """How unlikely it is that `face` is `track`: a negative logarithm of likelihood, but for a constant."""
    centre, size, appearance = face
    gap = max(0.0, t - track.t)  # time may step back
    scale = max(track.size, size)
    # After a loss the prediction is worth little: the last seen place counts as much.
    strayed = min(abs(centre - track.centre - track.velocity * gap), abs(centre - track.centre)) / scale
    spread = STRAY + STRAY_PER_SECOND * gap
    place = strayed / spread + 2.0 * math.log(spread)
    place = min(place, ANYWHERE - 2.0 * math.log(min(1.0, gap / ROAMING + 1e-3)))
    if track.behind is not None:
        place = min(place, abs(centre - track.behind.centre) / scale / BESIDE + 2.0 * math.log(BESIDE))
    spread = min(GROWTH + GROWTH_PER_SECOND * gap, MOST_GROWTH)
    growth = abs(math.log(size / track.size)) / spread + math.log(spread)
    return place + growth + unlikeness(appearance, track.appearance) / LOOK


def _once_each(extents: Sequence[Extent], costs: Sequence[float]) -> list[int]:
    """Return which faces to keep where one was found twice: those that fit their tracks best."""
    kept: list[int] = []
    for number in sorted(range(len(costs)), key=costs.__getitem__):
        if all(overlap(extents[number], extents[other]) <= SAME_FACE for other in kept):
            kept.append(number)
    return sorted(kept)


def _touches(face: _Observation, track: _Track) -> bool:
    """Tell whether a face is so near to another's track that one may cover a part of the other."""
    centre, size, _ = face
    return abs(centre - track.centre) < HIDING * max(size, track.size)


def _follow(track: _Track, face: _Observation, t: float, looks: float, grows: float) -> None:
    """Move a track to where its face was found, and learn of its looks and size by these shares."""
    centre, size, appearance = face
    gap = t - track.t
    if gap > 0:
        velocity = (centre - track.centre) / gap
        track.velocity += gap / (gap + STEADYING) * (velocity - track.velocity)
    track.centre, track.t, track.behind = centre, t, None
    track.size += grows * (size - track.size)
    approach(track.appearance, appearance, looks)


def _hide(tracks: Sequence[_Track], followed: Sequence[_Track], t: float) -> None:
    """Note of each lost track whether somebody is before it."""
    for track in tracks:
        if track.behind is None and track.t < t:
            expected = track.centre + track.velocity * (t - track.t)
            for other in followed:
                if abs(expected - other.centre) < HIDING * max(track.size, other.size):
                    track.behind = other
