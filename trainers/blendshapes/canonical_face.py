"""MediaPipe's canonical face with irises, and its blendshape network, out of `face_landmarker.task`.

Only for deriving `leakage.toml`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engines.litert_engine import LiteRtEngine
from realtime.tracking.native.blendshape_network import BlendshapeNetwork
from realtime.tracking.native.task_file import read_task_file

# Corners, then upper and lower lid of the subject's right and left eye.
_EYES = ((33, 133, 159, 145), (362, 263, 386, 374))
# An iris is 11.7 mm wide, an eye's opening about 27 mm from corner to corner.
_IRIS_RADIUS = 0.5 * 11.7 / 27.0


@contextmanager
def blendshape_network(task: Path) -> Iterator[BlendshapeNetwork]:
    """Open the blendshape network of a `.task` file. Raises FaceModelError or EngineError."""
    with LiteRtEngine(read_task_file(task).blendshapes, f"face model {task}: blendshape network") as engine:
        yield BlendshapeNetwork(engine)


def canonical_face(task: Path) -> NDArray[np.float64]:
    """Return MediaPipe's canonical face with irises: (478, 3), cm, x right, y down, z into the scene.

    The mesh has no irises; they are put into the middle of each eye, looking ahead. Raises FaceModelError.
    """
    face = read_task_file(task).face.vertices * (1.0, -1.0, -1.0)
    irises = []
    for corners in _EYES:
        centre = face[list(corners)].mean(axis=0)
        radius = _IRIS_RADIUS * np.linalg.norm(face[corners[0]] - face[corners[1]])
        ring = np.array([(0, 0, 0), (1, 0, 0), (0, -1, 0), (-1, 0, 0), (0, 1, 0)])
        irises.append(centre + radius * ring)
    return np.concatenate([face, *irises])
