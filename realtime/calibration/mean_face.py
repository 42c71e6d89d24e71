"""The person's mean picture so far: what is always there of a face is nobody's expression.

Ghosh, Laksana, Scherer and Morency, "A Multi-label CNN Approach to Cross-Domain Action Unit Detection"
(ACII 2015), section V, subtract the mean of all of a person's pictures, and assume that it is close to their
neutral face. Live it is the mean of those seen so far.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


class MeanFaces:
    """The running mean of each track's crops: causal, deterministic, bounded.

    Samples are taken by the clock, so cameras of 15 and 60 frames a second agree. The mean of the first
    `window` seconds in view is plain; from then on each sample counts for as much as one of so many, and
    what is long ago fades.
    """

    def __init__(self, *, window: float = 60.0, rate: float = 4.0) -> None:
        """Nobody is known yet.

        Args:
            window: seconds in view.
            rate: samples per second.

        Raises:
            ValueError: one is not above 0, or the window does not hold a sample.
        """
        if min(window, rate) <= 0.0 or window * rate < 1.0:
            raise ValueError(
                f"window {window}, rate {rate}: must be above 0, and the window must hold a sample"
            )
        self._most = int(window * rate)
        self._rate = rate
        self._tracks: dict[int, _Track] = {}

    def update(self, track_id: int, crop: NDArray[np.float32], t: float) -> NDArray[np.float32]:
        """Learn from one frame of one track, and return its mean so far.

        Args:
            track_id: identity within the stream.
            crop: (C, H, W) float32; not kept.
            t: seconds, on any clock that is the same for all frames of the track.

        Returns:
            (C, H, W) float32, read-only; of a track that is new, the crop itself.
        """
        track = self._tracks.get(track_id)
        if track is None:
            track = self._tracks[track_id] = _Track(np.zeros_like(crop))
        slot = math.floor(t * self._rate)
        if slot != track.slot:
            track.slot = slot
            track.count = min(track.count + 1, self._most)
            track.mean = track.mean + (crop - track.mean) / np.float32(track.count)
            track.mean.flags.writeable = False
        return track.mean

    def forget(self, track_id: int) -> None:
        """Drop a track that has ended; an unknown one is fine."""
        self._tracks.pop(track_id, None)

    def reset(self) -> None:
        """Drop all tracks: the source has restarted."""
        self._tracks.clear()


class _Track:
    def __init__(self, mean: NDArray[np.float32]) -> None:
        self.mean = mean
        self.count = 0
        self.slot: int | None = None
