"""The head's position and rotation, solved from landmarks and a canonical face.

A weighted orthogonal Procrustes problem (Akca, "Generalized Procrustes analysis and its applications in
photogrammetry", 2003, section 2.4), solved as MediaPipe's face geometry does: under a camera with 63 degrees
of vertical view, the depth scale estimated twice before the landmarks are taken off the perspective.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

VERTICAL_VIEW = math.radians(63.0)
NEAR = 1.0
"""Distance, cm, of the plane onto which landmarks are first put."""


@dataclass(frozen=True, slots=True)
class CanonicalFace:
    """An average face, and the landmarks by which a head's position is solved.

    Attributes:
        vertices: (n, 3) float64, cm, of the first n landmarks; x to the image's right, y up, z towards the
            viewer.
        indices: (k,) int64, the landmarks that count.
        points: (k, 3) float64, their vertices.
        weights: (k,) float64, how much each counts.
    """

    vertices: NDArray[np.float64]
    indices: NDArray[np.int64]
    points: NDArray[np.float64]
    weights: NDArray[np.float64]


def head_matrix(
    landmarks: NDArray[np.float32], width: int, height: int, face: CanonicalFace
) -> NDArray[np.float32]:
    """Return the (4, 4) float32 matrix from the canonical face (cm) to camera space.

    Args:
        landmarks: (478, 3), px.
        width, height: of the picture, px.
        face: the canonical face.
    """
    per_pixel = 2.0 * NEAR * math.tan(VERTICAL_VIEW / 2) / height
    # The plane's axes: x right, y up, z away from the camera. Depths count from the mean of all landmarks.
    screen = landmarks[face.indices].astype(np.float64)
    screen[:, 0] = (screen[:, 0] - width / 2) * per_pixel
    screen[:, 1] = (height / 2 - screen[:, 1]) * per_pixel
    screen[:, 2] = (
        screen[:, 2] - float(landmarks[: len(face.vertices), 2].mean(dtype=np.float64))
    ) * per_pixel
    first = _scale(procrustes(face.points, screen * (1.0, 1.0, -1.0), face.weights))
    second = _scale(procrustes(face.points, _off_plane(screen, first), face.weights))
    solved = procrustes(face.points, _off_plane(screen, first * second), face.weights)
    return solved.astype(np.float32)


def procrustes(
    source: NDArray[np.float64], target: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the (4, 4) similarity (rotation, scale, translation; no mirror) nearest to source -> target.

    Args:
        source, target: (k, 3).
        weights: (k,), not negative, some positive.
    """
    shares = weights / weights.sum()
    middle_s, middle_t = shares @ source, shares @ target
    s, t = source - middle_s, target - middle_t
    weighted = s * weights[:, None]
    design = t.T @ weighted
    # Compiled, this would need SciPy: numba calls its LAPACK.
    u, _, v = np.linalg.svd(design)
    rotation = u @ v
    if np.linalg.det(rotation) < 0:
        u[:, 2] *= -1.0
        rotation = u @ v
    scale = (rotation * design).sum() / max((s * weighted).sum(), 1e-12)
    matrix = np.eye(4)
    matrix[:3, :3] = scale * rotation
    matrix[:3, 3] = middle_t - scale * (rotation @ middle_s)
    return matrix


def _off_plane(screen: NDArray[np.float64], scale: float) -> NDArray[np.float64]:
    """Move points of the near plane along their rays to where a face of this scale would have them."""
    depth = (screen[:, 2:] + NEAR) / max(scale, 1e-12)
    return np.concatenate([screen[:, :2] * depth / NEAR, -depth], axis=1)


def _scale(matrix: NDArray[np.float64]) -> float:
    return math.hypot(*matrix[:3, 0].tolist())
