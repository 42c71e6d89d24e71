"""A z-buffer: which triangle each pixel sees, and where in it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engines.compiled import compiled

# How far outside a triangle, as a share of its height, a pixel's centre still counts as inside: rounding
# would otherwise leave holes along the edges that two triangles share.
EDGE = 1e-6


@compiled
def rasterise(
    screen: NDArray[np.float32],
    faces: NDArray[np.int32],
    depth: NDArray[np.float32],
    seen: NDArray[np.int32],
    weights: NDArray[np.float32],
) -> None:
    """Draw triangles into a z-buffer.

    Args:
        screen: (V, 3) float32 per vertex: x, y in pixels counted from the picture's edge, and the inverse
            depth (1 / z, larger is nearer; linear in screen space under perspective).
        faces: (F, 3) int32 vertex indices; either side is drawn.
        depth: (H, W) float32 inverse depth, filled by the caller with 0 (infinitely far); updated.
        seen: (H, W) int32 face index per pixel, filled by the caller with -1; updated.
        weights: (H, W, 2) float32 perspective-correct barycentric weights of the face's second and third
            vertex at the pixel's centre; updated.

    A vertex with inverse depth <= 0 lies behind the camera: its triangles are left out. Of triangles equally
    near the first one stays.
    """
    height, width = depth.shape
    for f in range(faces.shape[0]):
        a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
        za, zb, zc = screen[a, 2], screen[b, 2], screen[c, 2]
        if za <= 0.0 or zb <= 0.0 or zc <= 0.0:
            continue
        ax, ay = float(screen[a, 0]), float(screen[a, 1])
        bx, by = float(screen[b, 0]), float(screen[b, 1])
        cx, cy = float(screen[c, 0]), float(screen[c, 1])
        area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
        if abs(area) < 1e-9:
            continue
        # Pixel (x, y) has its centre at +0.5.
        left = max(0, int(np.ceil(min(ax, bx, cx) - 0.5)))
        right = min(width - 1, int(np.floor(max(ax, bx, cx) - 0.5)))
        top = max(0, int(np.ceil(min(ay, by, cy) - 0.5)))
        bottom = min(height - 1, int(np.floor(max(ay, by, cy) - 0.5)))
        scale = 1.0 / area
        for y in range(top, bottom + 1):
            py = y + 0.5
            for x in range(left, right + 1):
                px = x + 0.5
                wb = ((px - ax) * (cy - ay) - (cx - ax) * (py - ay)) * scale
                wc = ((bx - ax) * (py - ay) - (px - ax) * (by - ay)) * scale
                wa = 1.0 - wb - wc
                if wa < -EDGE or wb < -EDGE or wc < -EDGE:
                    continue
                z = wa * za + wb * zb + wc * zc
                if z > depth[y, x]:
                    depth[y, x] = z
                    seen[y, x] = f
                    weights[y, x, 0] = wb * zb / z
                    weights[y, x, 1] = wc * zc / z


@compiled
def vertex_normals(
    vertices: NDArray[np.float32], faces: NDArray[np.int32], normals: NDArray[np.float32]
) -> None:
    """Fill `normals` (V, 3) with unit normals: the mean of the adjoining faces' weighted by area."""
    normals[:] = 0.0
    for f in range(faces.shape[0]):
        a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
        ux = vertices[b, 0] - vertices[a, 0]
        uy = vertices[b, 1] - vertices[a, 1]
        uz = vertices[b, 2] - vertices[a, 2]
        vx = vertices[c, 0] - vertices[a, 0]
        vy = vertices[c, 1] - vertices[a, 1]
        vz = vertices[c, 2] - vertices[a, 2]
        nx = uy * vz - uz * vy
        ny = uz * vx - ux * vz
        nz = ux * vy - uy * vx
        for i in range(3):
            v = faces[f, i]
            normals[v, 0] += nx
            normals[v, 1] += ny
            normals[v, 2] += nz
    for v in range(normals.shape[0]):
        length = np.sqrt(normals[v, 0] ** 2 + normals[v, 1] ** 2 + normals[v, 2] ** 2)
        if length > 0.0:
            normals[v, 0] /= length
            normals[v, 1] /= length
            normals[v, 2] /= length
