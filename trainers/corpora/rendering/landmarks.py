"""MediaPipe's 478 landmarks on the head model, so that every picture knows where they truly are.

The first 468 lie on the head's triangles. Which, is derived by `derive_landmarks` from MediaPipe's own
findings on frontal renders and kept in `landmarks.csv`; the last ten are the irises, known exactly.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from trainers.corpora.rendering.actor import Actor
from trainers.corpora.rendering.camera import Camera, project
from trainers.corpora.rendering.head_model import head_model
from trainers.corpora.rendering.lighting import IRIS_ANGLE

ON_SKIN = 468
# MediaPipe's iris rings start towards the picture's right and go up, left, down; right eye first.
_RING = np.array([(1.0, 0.0), (0.0, -1.0), (-1.0, 0.0), (0.0, 1.0)])


@cache
def on_triangles() -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return (468, 3) vertices and (468, 3) weights of the landmarks that lie on the skin."""
    table = np.loadtxt(str(files(__package__) / "landmarks.csv"), delimiter=",", comments="#")
    corners = head_model().faces[table[:, 0].astype(np.int64)]
    weights = np.column_stack([1.0 - table[:, 1] - table[:, 2], table[:, 1:]])
    return corners, weights.astype(np.float32)


def landmarks(
    actor: Actor, vertices: NDArray[np.float32], eyes: NDArray[np.float32], camera: Camera
) -> NDArray[np.float32]:
    """Return (478, 2) float32 pixels from the picture's edge, MediaPipe's order.

    Args:
        vertices: (T, 3) camera-space positions (`Rendered.vertices`).
        eyes: (2, 6) left and right: centre and gaze in camera space (`Rendered.eyes`).
    """
    corners, weights = on_triangles()
    points = (vertices[corners] * weights[:, :, None]).sum(axis=1)
    irises = []
    for side in (1, 0):  # the subject's right eye comes first
        centre, ahead = eyes[side, :3], eyes[side, 3:]
        across = np.cross(np.array([0.0, 1.0, 0.0]), ahead)
        across /= -np.linalg.norm(across)
        down = np.cross(across, ahead)
        radius, angle = actor.eyes[side].radius, float(actor.finish[IRIS_ANGLE])
        rim = centre + radius * (
            np.cos(angle) * ahead + np.sin(angle) * (_RING[:, :1] * across + _RING[:, 1:] * down)
        )
        irises.append(np.concatenate([(centre + radius * ahead)[None], rim]))
    return project(np.concatenate([points, *irises]).astype(np.float32), camera)[:, :2]
