"""The person's own resting face: what their blendshapes read when they do nothing.

Faces differ at rest: narrow eyes read as eyeSquint 0.5, a heavy brow as browDown 0.3. OpenFace subtracts the
running median of its features for the same reason (Baltrusaitis, Mahmoud and Robinson, "Cross-dataset
learning and person-specific normalisation for automatic Action Unit detection", 2015). Blendshapes only
rise when a muscle acts, so a low quantile is the better estimate: it holds until somebody keeps a muscle
tense for most of the time that is looked back upon.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from realtime.tracking.blendshapes import BLENDSHAPES
from realtime.types import Pose

# Both sides alike; `jaw` stands for jawLeft and jawRight, `mouth` for mouthLeft and mouthRight.
_RESTING = {
    "_neutral": 5e-6,
    "browDown": 0.02, "browInnerUp": 0.05, "browOuterUp": 0.08,
    "cheekPuff": 5e-4, "cheekSquint": 5e-7, "noseSneer": 1e-6,
    "eyeBlink": 0.10, "eyeSquint": 0.30, "eyeWide": 0.006,
    "eyeLookDown": 0.15, "eyeLookIn": 0.08, "eyeLookOut": 0.08, "eyeLookUp": 0.06,
    "jaw": 1e-3, "jawForward": 1e-3, "jawOpen": 0.02,
    "mouth": 2e-3, "mouthClose": 3e-3, "mouthDimple": 0.01, "mouthFrown": 1e-3, "mouthFunnel": 5e-3,
    "mouthLowerDown": 0.01, "mouthPress": 0.03, "mouthPucker": 0.02, "mouthRollLower": 0.03,
    "mouthRollUpper": 0.02, "mouthShrugLower": 0.01, "mouthShrugUpper": 0.01, "mouthSmile": 5e-3,
    "mouthStretch": 0.01, "mouthUpperUp": 0.01,
}  # fmt: skip

RESTING: NDArray[np.float32] = np.array(
    [_RESTING[name.removesuffix("Left").removesuffix("Right")] for name in BLENDSHAPES], np.float32
)
"""(52,) float32 in 0-1: the resting face of somebody not seen yet, in MediaPipe's order.

Round numbers, set by hand to the size that MediaPipe's network gives on relaxed faces looking at the camera.
They belong to MediaPipe's network, not to a bundle, so they live here."""
RESTING.flags.writeable = False


class NeutralBaseline:
    """Estimates each track's resting blendshapes while it is watched: causal, deterministic, bounded.

        baseline = NeutralBaseline()
        face.neutral = baseline.update(face.track_id, face.blendshapes, t, face.pose)

    Of each track the latest `window` seconds in view are kept at `rate` samples per second (240 rows of 52
    by default, 50 kB). With m seconds kept, the estimate is the mean of `RESTING`, weighing `prior` seconds,
    and of the samples' quantile, weighing m seconds. It starts at `RESTING` and never jumps. Samples are
    taken by the clock, so cameras of 15 and 60 frames a second agree.

    It has no upper limit of its own: a smile held from the first frame on slowly becomes the resting face.
    How much of that may count is for the head to say, which knows each blendshape's range; the embedded
    bundle lets a resting face lie at most two fifths of the range above `RESTING`.
    """

    def __init__(
        self,
        quantile: float = 0.2,
        *,
        window: float = 60.0,
        rate: float = 4.0,
        prior: float = 10.0,
        max_angle: float = math.radians(15.0),
    ) -> None:
        """Nobody is known yet.

        Args:
            quantile: 0-1; the order statistic at rank floor(quantile * (samples - 1)) is taken.
            window: seconds in view that are looked back upon.
            rate: samples per second.
            prior: seconds in view after which the person counts as much as `RESTING`.
            max_angle: radians; faces turned or nodded further are not learned from, because the pose
                itself changes blendshapes.

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
        self._quantile = quantile
        self._capacity = int(window * rate)
        self._rate = rate
        self._prior = prior
        self._max_angle = max_angle
        self._tracks: dict[int, _Track] = {}

    def update(
        self, track_id: int, blendshapes: NDArray[np.float32], t: float, pose: Pose | None = None
    ) -> NDArray[np.float32]:
        """Learn from one frame of one track, and return its resting face so far.

        Args:
            track_id: identity within the stream.
            blendshapes: (52,) float32 in 0-1, MediaPipe's order.
            t: seconds, on any clock that is the same for all frames of the track.
            pose: head rotation; None if unknown, which counts as frontal.

        Returns:
            (52,) float32 in 0-1, read-only.
        """
        track = self._tracks.get(track_id)
        if track is None:
            track = self._tracks[track_id] = _Track(self._capacity)
        slot = math.floor(t * self._rate)
        if slot != track.slot and self._is_frontal(pose):
            track.slot = slot
            track.add(blendshapes)
            track.neutral = self._estimate(track)
        return track.neutral

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
        estimate = (self._prior * RESTING + seen * own) / np.float32(self._prior + seen)
        neutral: NDArray[np.float32] = estimate.astype(np.float32)
        neutral.flags.writeable = False
        return neutral


class _Track:
    """The samples of one person: a ring, blendshapes by rows so that `np.partition` runs along memory."""

    def __init__(self, capacity: int) -> None:
        self.samples = np.empty((len(BLENDSHAPES), capacity), np.float32)
        self.count = 0
        self.slot: int | None = None
        self.neutral: NDArray[np.float32] = RESTING
        self._next = 0

    def add(self, blendshapes: NDArray[np.float32]) -> None:
        capacity = self.samples.shape[1]
        self.samples[:, self._next] = blendshapes
        self._next = (self._next + 1) % capacity
        self.count = min(self.count + 1, capacity)
