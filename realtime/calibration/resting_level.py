"""How low a person's numbers lie at rest, learnt while they are watched."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from realtime.types import Pose

QUANTILE = 0.2
"""Of what is seen of somebody, the part that is taken for rest lies below."""


class RestingLevel:
    """Estimates each track's resting level of K numbers: causal, deterministic, bounded.

    OpenFace subtracts the running median of its features for the same reason (Baltrusaitis, Mahmoud and
    Robinson, "Cross-dataset learning and person-specific normalisation for automatic Action Unit detection",
    2015). Where numbers only rise when a muscle acts, a low quantile is the better estimate: it holds until
    somebody keeps a muscle tense for most of the time that is looked back upon.

    Of each track the latest `window` seconds in view are kept at `rate` samples per second. With m seconds
    kept, the estimate is the mean of `usual`, weighing `prior` seconds, and of the samples' quantile,
    weighing m seconds. It starts at `usual`. Samples are taken by the clock, so cameras of 15 and 60 frames a
    second agree.
    """

    def __init__(
        self,
        usual: NDArray[np.float32],
        quantile: float = QUANTILE,
        *,
        prior: float,
        window: float = 60.0,
        rate: float = 4.0,
        max_angle: float = math.inf,
    ) -> None:
        """Nobody is known yet.

        Args:
            usual: (K,) float32, the level of somebody not seen yet.
            quantile: 0-1; the order statistic at rank floor(quantile * (samples - 1)) is taken.
            prior: seconds in view after which the person counts as much as `usual`.
            window: seconds in view that are looked back upon.
            rate: samples per second.
            max_angle: radians; faces turned or nodded further are not learned from, because the pose
                itself changes the numbers.

        Raises:
            ValueError: a number out of its range.
        """
        if not 0.0 <= quantile <= 1.0:
            raise ValueError(f"quantile {quantile}: must be 0-1")
        if min(window, rate, prior, max_angle) <= 0.0 or window * rate < 1.0:
            raise ValueError(
                f"window {window}, rate {rate}, prior {prior}, max_angle {max_angle}: must be above 0, "
                "and the window must hold a sample"
            )
        self._usual = usual
        self._quantile = quantile
        self._capacity = int(window * rate)
        self._rate = rate
        self._prior = prior
        self._max_angle = max_angle
        self._tracks: dict[int, _Track] = {}

    def of(self, track_id: int) -> NDArray[np.float32]:
        """Return a track's resting level so far, (K,) float32, read-only; `usual` if it is not known."""
        track = self._tracks.get(track_id)
        return self._usual if track is None else track.level

    def update(
        self, track_id: int, values: NDArray[np.float32], t: float, pose: Pose | None = None
    ) -> NDArray[np.float32]:
        """Learn from one frame of one track, and return its resting level so far.

        Args:
            track_id: identity within the stream.
            values: (K,) float32.
            t: seconds, on any clock that is the same for all frames of the track.
            pose: head rotation; None if unknown, which counts as frontal.

        Returns:
            (K,) float32, read-only.
        """
        track = self._tracks.get(track_id)
        if track is None:
            track = self._tracks[track_id] = _Track(self._usual, self._capacity)
        slot = math.floor(t * self._rate)
        if slot != track.slot and self._is_frontal(pose):
            track.slot = slot
            track.add(values)
            track.level = self._estimate(track)
        return track.level

    def forget(self, track_id: int) -> None:
        """Drop a track that has ended; an unknown one is fine."""
        self._tracks.pop(track_id, None)

    def reset(self) -> None:
        """Drop all tracks."""
        self._tracks.clear()

    def _is_frontal(self, pose: Pose | None) -> bool:
        return pose is None or max(abs(pose.yaw), abs(pose.pitch)) <= self._max_angle

    def _estimate(self, track: _Track) -> NDArray[np.float32]:
        rank = math.floor(self._quantile * (track.count - 1))
        own = np.partition(track.samples[:, : track.count], rank, axis=1)[:, rank]
        seen = track.count / self._rate
        estimate = (self._prior * self._usual + seen * own) / np.float32(self._prior + seen)
        level: NDArray[np.float32] = estimate.astype(np.float32)
        level.flags.writeable = False
        return level


class _Track:
    """The samples of one person: a ring, one row for each number so that `np.partition` runs along memory."""

    def __init__(self, usual: NDArray[np.float32], capacity: int) -> None:
        self.samples = np.empty((usual.size, capacity), np.float32)
        self.count = 0
        self.slot: int | None = None
        self.level = usual
        self._next = 0

    def add(self, values: NDArray[np.float32]) -> None:
        capacity = self.samples.shape[1]
        self.samples[:, self._next] = values
        self._next = (self._next + 1) % capacity
        self.count = min(self.count + 1, capacity)
