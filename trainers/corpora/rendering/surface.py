"""What each pixel sees of the surface: place, normal, the furrows that bend it, and how open it lies.

All arrays are of the supersampled picture, H x W.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from engines.compiled import compiled
from trainers.corpora.rendering.parts import Material

# As a plain number: compiled code knows no enumerations.
SKIN = int(Material.SKIN)
# Square of the step in depth from one sample to the next, mm^2, that is a silhouette and not a slope.
SILHOUETTE = 9.0


@compiled
def surface_points(
    seen: NDArray[np.int32],
    weights: NDArray[np.float32],
    faces: NDArray[np.int32],
    attributes: NDArray[np.float32],
    points: NDArray[np.float32],
) -> None:
    """Interpolate (V, A) vertex attributes at each pixel that sees a triangle into (H, W, A) `points`."""
    height, width = seen.shape
    count = attributes.shape[1]
    for y in range(height):
        for x in range(width):
            f = seen[y, x]
            if f < 0:
                continue
            a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
            wb, wc = weights[y, x, 0], weights[y, x, 1]
            wa = 1.0 - wb - wc
            for k in range(count):
                points[y, x, k] = wa * attributes[a, k] + wb * attributes[b, k] + wc * attributes[c, k]


@compiled
def bilinear(image: NDArray[np.float32], row: float, column: float) -> float:
    """Sample a (H, W) image between its pixels' centres; beyond the border, the border."""
    r = min(max(row, 0.0), image.shape[0] - 1.001)
    c = min(max(column, 0.0), image.shape[1] - 1.001)
    i, j = int(r), int(c)
    fr, fc = r - i, c - j
    top = (1 - fc) * image[i, j] + fc * image[i, j + 1]
    low = (1 - fc) * image[i + 1, j] + fc * image[i + 1, j + 1]
    value: float = (1 - fr) * top + fr * low
    return value


@compiled
def bend_normals(
    material: NDArray[np.int32],
    seen: NDArray[np.int32],
    points: NDArray[np.float32],
    relief: NDArray[np.float32],
    chart: NDArray[np.float32],
    scratch: NDArray[np.float32],
) -> None:
    """Bend the skin's normals by the relief painted on the chart (bump mapping in screen space).

    After Mikkelsen (2010), "Bump mapping unparametrized surfaces on the GPU".

    Args:
        material: (F,) of each face; seen: (H, W) face per sample, -1 for none.
        points: (H, W, A): 0-2 position, 3-5 normal (updated), 6-7 chart u, v.
        relief: (rows, columns) height in mm over the chart; chart: its origin u, v and texel (mm).
        scratch: (H, W), overwritten.
    """
    height, width = seen.shape
    for y in range(height):
        for x in range(width):
            f = seen[y, x]
            if f >= 0 and material[f] == SKIN:
                row = (points[y, x, 7] - chart[1]) / chart[2] - 0.5
                column = (points[y, x, 6] - chart[0]) / chart[2] - 0.5
                scratch[y, x] = bilinear(relief, row, column)
    for y in range(1, height - 1):
        for x in range(1, width - 1):
            f = seen[y, x]
            if f < 0 or material[f] != SKIN:
                continue
            fx, fy = seen[y, x + 1], seen[y + 1, x]
            if fx < 0 or fy < 0 or material[fx] != SKIN or material[fy] != SKIN:
                continue
            ax = points[y, x + 1, 0] - points[y, x, 0]
            ay = points[y, x + 1, 1] - points[y, x, 1]
            az = points[y, x + 1, 2] - points[y, x, 2]
            bx = points[y + 1, x, 0] - points[y, x, 0]
            by = points[y + 1, x, 1] - points[y, x, 1]
            bz = points[y + 1, x, 2] - points[y, x, 2]
            if az * az > SILHOUETTE or bz * bz > SILHOUETTE:
                continue
            nx, ny, nz = points[y, x, 3], points[y, x, 4], points[y, x, 5]
            r1x, r1y, r1z = by * nz - bz * ny, bz * nx - bx * nz, bx * ny - by * nx
            r2x, r2y, r2z = ny * az - nz * ay, nz * ax - nx * az, nx * ay - ny * ax
            det = ax * r1x + ay * r1y + az * r1z
            if abs(det) < 1e-6:
                continue
            du = (scratch[y, x + 1] - scratch[y, x]) / det
            dv = (scratch[y + 1, x] - scratch[y, x]) / det
            nx -= du * r1x + dv * r2x
            ny -= du * r1y + dv * r2y
            nz -= du * r1z + dv * r2z
            length = math.sqrt(nx * nx + ny * ny + nz * nz)
            points[y, x, 3] = nx / length
            points[y, x, 4] = ny / length
            points[y, x, 5] = nz / length


# Offsets of the occlusion samples in the unit disc: two rings, turned against each other.
DISC = np.array(
    [(math.cos(a), math.sin(a)) for a in np.arange(8) * (math.pi / 4)]
    + [(0.45 * math.cos(a), 0.45 * math.sin(a)) for a in np.arange(6) * (math.pi / 3) + 0.4],
    dtype=np.float32,
)


# Occlusion is soft: this many samples in each direction share one estimate.
SHARED = 2


@compiled
def occlusion(
    seen: NDArray[np.int32],
    points: NDArray[np.float32],
    disc: NDArray[np.float32],
    reach: float,
    pixels: float,
    open_sky: NDArray[np.float32],
) -> None:
    """Fill `open_sky` (H, W) with how much of the surroundings each point sees, 0 to 1.

    Screen-space ambient occlusion: neighbours within `reach` mm (`pixels` pixels at the face's distance)
    that rise above a point's tangent plane shade it, the steeper the more.
    """
    height, width = seen.shape
    count = disc.shape[0]
    for y in range(0, height, SHARED):
        for x in range(0, width, SHARED):
            if seen[y, x] < 0:
                continue
            px, py, pz = points[y, x, 0], points[y, x, 1], points[y, x, 2]
            nx, ny, nz = points[y, x, 3], points[y, x, 4], points[y, x, 5]
            dark = 0.0
            for k in range(count):
                sx = x + int(disc[k, 0] * pixels)
                sy = y + int(disc[k, 1] * pixels)
                if sx < 0 or sy < 0 or sx >= width or sy >= height or seen[sy, sx] < 0:
                    continue
                dx = points[sy, sx, 0] - px
                dy = points[sy, sx, 1] - py
                dz = points[sy, sx, 2] - pz
                length = math.sqrt(dx * dx + dy * dy + dz * dz) + 1e-3
                rise = (dx * nx + dy * ny + dz * nz) / length
                if rise > 0.08:
                    dark += (rise - 0.08) * min(1.0, (2.2 * reach / length) ** 2)
            open_sky[y, x] = max(0.08, 1.0 - 1.9 * dark / count)
    for y in range(height):
        for x in range(width):
            top, left = y - y % SHARED, x - x % SHARED
            # Beside the silhouette the block's own sample may have missed the person.
            open_sky[y, x] = open_sky[top, left] if seen[top, left] >= 0 else 1.0
