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

from engines.compiled import compiled

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
    screen = _on_plane(landmarks, len(face.vertices), face.indices, width, height, per_pixel)
    matrix = np.eye(4)
    if not _solve(screen, face.points, face.weights, matrix):
        first = _scale(procrustes(face.points, screen * (1.0, 1.0, -1.0), face.weights))
        second = _scale(procrustes(face.points, _off_plane(screen, first), face.weights))
        matrix = procrustes(face.points, _off_plane(screen, first * second), face.weights)
    return matrix.astype(np.float32)


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


@compiled
def _on_plane(
    landmarks: NDArray[np.float32],
    n: int,
    indices: NDArray[np.int64],
    width: int,
    height: int,
    per_pixel: float,
) -> NDArray[np.float64]:
    """Return the chosen landmarks (k, 3) on the near plane, cm: x right, y up, z away from the camera.

    Depths count from the mean of the first n landmarks.
    """
    depth = 0.0
    for i in range(n):
        depth += landmarks[i, 2]
    depth /= n
    screen = np.empty((len(indices), 3))
    for k, i in enumerate(indices):
        screen[k, 0] = (landmarks[i, 0] - width / 2) * per_pixel
        screen[k, 1] = (height / 2 - landmarks[i, 1]) * per_pixel
        screen[k, 2] = (landmarks[i, 2] - depth) * per_pixel
    return screen


@compiled
def _solve(
    screen: NDArray[np.float64],
    points: NDArray[np.float64],
    weights: NDArray[np.float64],
    matrix: NDArray[np.float64],
) -> bool:
    """Do what `head_matrix` does with a screen, without SciPy, which numba's singular values would need.

    Returns:
        False where the face is so flat or mirrored that only singular values help; `matrix` (4, 4) is then
        of no use.
    """
    target = np.empty_like(screen)
    scale = 0.0
    for turn in range(3):
        for k in range(len(screen)):
            x, y, z = screen[k, 0], screen[k, 1], screen[k, 2]
            if turn == 0:
                target[k, 0], target[k, 1], target[k, 2] = x, y, -z
            else:
                depth = (z + NEAR) / max(scale, 1e-12)
                target[k, 0], target[k, 1], target[k, 2] = x * depth / NEAR, y * depth / NEAR, -depth
        if not _align(points, target, weights, matrix):
            return False
        size = math.sqrt(matrix[0, 0] ** 2 + matrix[1, 0] ** 2 + matrix[2, 0] ** 2)
        scale = size if turn == 0 else scale * size
    return True


@compiled
def _align(
    source: NDArray[np.float64],
    target: NDArray[np.float64],
    weights: NDArray[np.float64],
    matrix: NDArray[np.float64],
) -> bool:
    """Fill `matrix` as `procrustes` does; False where the rotation is not to be had this way."""
    total = weights.sum()
    middle_s, middle_t = np.zeros(3), np.zeros(3)
    for k in range(len(weights)):
        for axis in range(3):
            middle_s[axis] += weights[k] * source[k, axis] / total
            middle_t[axis] += weights[k] * target[k, axis] / total
    design = np.zeros((3, 3))
    spread = 0.0
    for k in range(len(weights)):
        for column in range(3):
            s = source[k, column] - middle_s[column]
            spread += weights[k] * s * s
            for row in range(3):
                design[row, column] += weights[k] * (target[k, row] - middle_t[row]) * s
    rotation = design.copy()
    if not _to_rotation(rotation):
        return False
    scale = (rotation * design).sum() / max(spread, 1e-12)
    for row in range(3):
        moved = 0.0
        for column in range(3):
            matrix[row, column] = scale * rotation[row, column]
            moved += matrix[row, column] * middle_s[column]
        matrix[row, 3] = middle_t[row] - moved
    return True


@compiled
def _to_rotation(matrix: NDArray[np.float64]) -> bool:
    """Replace a (3, 3) matrix by the rotation nearest to it.

    By Newton's iteration to the polar factor (Higham, "Computing the polar decomposition - with
    applications", 1986): X becomes the mean of X and its inverse transposed. False if it does not settle, or
    if the nearest orthogonal matrix is a mirror.
    """
    largest = np.abs(matrix).max()
    if not largest > 0.0:
        return False
    x = matrix / largest
    cofactors = np.empty((3, 3))
    for _ in range(30):
        for r in range(3):
            for c in range(3):
                r1, r2, c1, c2 = (r + 1) % 3, (r + 2) % 3, (c + 1) % 3, (c + 2) % 3
                cofactors[r, c] = x[r1, c1] * x[r2, c2] - x[r1, c2] * x[r2, c1]
        determinant = x[0, 0] * cofactors[0, 0] + x[0, 1] * cofactors[0, 1] + x[0, 2] * cofactors[0, 2]
        if not determinant > 1e-9:
            return False
        change = 0.0
        for r in range(3):
            for c in range(3):
                value = 0.5 * (x[r, c] + cofactors[r, c] / determinant)
                change = max(change, abs(value - x[r, c]))
                x[r, c] = value
        if change < 1e-13:
            matrix[:] = x
            return True
    return False
