"""The person's own resting face: what their blendshapes read when they do nothing.

Faces differ at rest: narrow eyes read as eyeSquint 0.5, a heavy brow as browDown 0.3.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from realtime.calibration.resting_level import QUANTILE, RestingLevel
from realtime.tracking.blendshapes import BLENDSHAPES

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

FRONTAL_DEGREES = 15.0
"""Most that a head is turned or nodded when its blendshapes are learned from."""


class NeutralBaseline(RestingLevel):
    """Estimates each track's resting blendshapes while it is watched.

        baseline = NeutralBaseline()
        face.neutral = baseline.update(face.track_id, face.blendshapes, t, face.pose)

    By default 240 rows of 52 are kept of each track, 50 kB. The estimate starts at `RESTING`. It has no upper
    limit of its own: a smile held from the first frame on slowly becomes the resting face. How much of that
    may count is for the head to say, which knows each blendshape's range; the blendshape rule lets a resting
    face lie at most two fifths of the range above `RESTING`.
    """

    def __init__(
        self,
        quantile: float = QUANTILE,
        *,
        prior: float = 10.0,
        window: float = 60.0,
        rate: float = 4.0,
        max_angle: float = math.radians(FRONTAL_DEGREES),
    ) -> None:
        """Nobody is known yet. Arguments and errors as those of `RestingLevel`."""
        super().__init__(RESTING, quantile, prior=prior, window=window, rate=rate, max_angle=max_angle)
