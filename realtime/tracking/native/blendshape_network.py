"""MediaPipe's blendshapes: 52 numbers from 146 of the landmarks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engines.compiled import compiled
from engines.engine import Engine

LANDMARKS = (
    0, 1, 4, 5, 6, 7, 8, 10, 13, 14, 17, 21, 33, 37, 39, 40, 46, 52, 53, 54, 55, 58, 61, 63, 65, 66, 67, 70,
    78, 80, 81, 82, 84, 87, 88, 91, 93, 95, 103, 105, 107, 109, 127, 132, 133, 136, 144, 145, 146, 148, 149,
    150, 152, 153, 154, 155, 157, 158, 159, 160, 161, 162, 163, 168, 172, 173, 176, 178, 181, 185, 191, 195,
    197, 234, 246, 249, 251, 263, 267, 269, 270, 276, 282, 283, 284, 285, 288, 291, 293, 295, 296, 297, 300,
    308, 310, 311, 312, 314, 317, 318, 321, 323, 324, 332, 334, 336, 338, 356, 361, 362, 365, 373, 374, 375,
    377, 378, 379, 380, 381, 382, 384, 385, 386, 387, 388, 389, 390, 397, 398, 400, 402, 405, 409, 415, 454,
    466, 468, 469, 470, 471, 472, 473, 474, 475, 476, 477,
)  # fmt: skip
"""Those that the network takes, in its order (MediaPipe's `face_blendshapes_graph`)."""
SHAPES = 52
INPUT = "serving_default_input_points:0"
OUTPUT = "StatefulPartitionedCall:0"


class BlendshapeNetwork:
    """Reads blendshapes from landmarks.

    Args:
        engine: MediaPipe's blendshape network; closed by its owner.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._seen = np.array(LANDMARKS)

    def __call__(self, faces: Sequence[NDArray[np.floating]] | NDArray[np.floating]) -> NDArray[np.float32]:
        """Return (n, 52) float32, 0-1, of the n faces' landmarks (478, 2 or more), in any place and scale."""
        if not len(faces):
            return np.empty((0, SHAPES), np.float32)
        points = np.empty((len(faces), len(self._seen), 2), np.float32)
        for taken, face in zip(points, faces, strict=True):
            _take(face, self._seen, taken)
        return np.asarray(self._engine.infer({INPUT: points})[OUTPUT])


@compiled
def _take(face: NDArray[np.floating], seen: NDArray[np.int64], taken: NDArray[np.float32]) -> None:
    """Fill `taken` (n, 2) with the x and y of n landmarks of a face."""
    for k, i in enumerate(seen):
        taken[k, 0], taken[k, 1] = face[i, 0], face[i, 1]
