"""Where things are on the head: the chart that textures are painted in, eyes, lids, lips, scalp, neck.

All of it is measured once on the average adult head. Subjects keep the same vertices, so what is known of
a vertex (its place in the chart, its lid) holds for everybody; only its position differs.

The chart unrolls the head about a vertical axis: u is the arc length to the subject's left of the nose, v
the height below the eyes, both in millimetres of the average head. On the front of the face that is
nearly the frontal view, so brows and wrinkles are painted in plain millimetres.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from trainers.corpora.rendering.head_model import HeadModel, head_model
from trainers.corpora.rendering.rasteriser import rasterise

# The axis of the chart: this far behind the eyes, and the radius that makes u a length on the face's front.
AXIS_DEPTH = 70.0
AXIS_RADIUS = 95.0
# The part of the chart that has a texture, and its texels' size.
U_RANGE = (-150.0, 150.0)
V_RANGE = (-125.0, 150.0)
TEXEL = 0.5
CHART_SIZE = (round((V_RANGE[1] - V_RANGE[0]) / TEXEL), round((U_RANGE[1] - U_RANGE[0]) / TEXEL))

ADULT = {"gender": 0.5, "age": 0.62}


@dataclass(frozen=True, eq=False)
class Anatomy:
    """What is known of each of the head's V vertices. Left is the subject's left (+x).

    Attributes:
        average: (V, 3) float32 the average adult head, millimetres from the point between the eyes.
        chart: (V, 2) float32 (u, v) in millimetres.
        lids: (side, upper or lower) -> vertex indices along the lid's margin, from nose to temple.
        near_eye: per side (left, right), the skin vertices that may touch the eyeball.
        neck: (V,) float32 1 where the neck moves with the head, 0 where it rests on the shoulders.
        collar: vertex indices of the neck's open rim, in order around it.
    """

    average: NDArray[np.float32]
    chart: NDArray[np.float32]
    lids: dict[tuple[str, str], NDArray[np.int64]]
    near_eye: tuple[NDArray[np.int64], NDArray[np.int64]]
    neck: NDArray[np.float32]
    collar: NDArray[np.int64]


@dataclass(frozen=True)
class Eyeball:
    """A sphere: centre in millimetres and radius."""

    centre: NDArray[np.float32]
    radius: float


def eyeballs(model: HeadModel, head: NDArray[np.float32]) -> tuple[Eyeball, Eyeball]:
    """Return the left and right eye of a head: the sphere that fits its eye vertices best."""
    return _sphere(head[model.of_part("left eye")]), _sphere(head[model.of_part("right eye")])


def _sphere(points: NDArray[np.float32]) -> Eyeball:
    """Least squares: |p|^2 = 2 c.p + (r^2 - |c|^2) is linear in c and the rest."""
    p = points.astype(np.float64)
    system = np.column_stack([2.0 * p, np.ones(len(p))])
    solution = np.linalg.lstsq(system, (p**2).sum(axis=1), rcond=None)[0]
    centre = solution[:3]
    return Eyeball(centre.astype(np.float32), float(np.sqrt(solution[3] + centre @ centre)))


def centred(model: HeadModel, head: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the head moved so that the origin lies between the eyes."""
    left, right = eyeballs(model, head)
    return head - (left.centre + right.centre) / 2.0


def chart_of(points: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return (n, 2) chart coordinates of (n, 3) points of the average head."""
    angle = np.arctan2(points[:, 0], AXIS_DEPTH - points[:, 2])
    return np.stack([AXIS_RADIUS * angle, points[:, 1]], axis=1).astype(np.float32)


def chart_grid() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return u and v of each texel's centre, both (rows, columns) of `CHART_SIZE`."""
    rows, columns = CHART_SIZE
    u = U_RANGE[0] + (np.arange(columns, dtype=np.float32) + 0.5) * TEXEL
    v = V_RANGE[0] + (np.arange(rows, dtype=np.float32) + 0.5) * TEXEL
    grid_u, grid_v = np.meshgrid(u, v)
    return grid_u, grid_v


@cache
def anatomy() -> Anatomy:
    """Return the anatomy of the head model."""
    model = head_model()
    average = centred(model, model.neutral(ADULT, {}))
    eyes = eyeballs(model, average)
    skin = model.of_part("skin")
    near = []
    for eye in eyes:
        distance = np.linalg.norm(average - eye.centre, axis=1)
        near.append(
            np.flatnonzero(skin & (distance < eye.radius + 9.0) & (average[:, 2] < eye.centre[2] + 4.0))
        )
    lids = {}
    for side in ("left", "right"):
        margin = _seen_beside(model, average, f"{side} eye")
        margin = margin[np.argsort(np.abs(average[margin, 0]))]
        inner, outer = average[margin[0]], average[margin[-1]]
        along = (average[margin, 0] - inner[0]) / (outer[0] - inner[0])
        middle = inner[1] + along * (outer[1] - inner[1])
        lids[side, "upper"] = margin[average[margin, 1] <= middle + 0.3]
        lids[side, "lower"] = margin[average[margin, 1] >= middle - 0.3]
    # The neck bends between the jaw's angle and the collar bones.
    height = average[:, 1] - 0.35 * np.maximum(average[:, 2] - 60.0, 0.0)
    neck = 1.0 - np.clip((height - 75.0) / 45.0, 0.0, 1.0)
    front = np.clip((75.0 - average[:, 2]) / 20.0, 0.0, 1.0) * np.clip(
        (128.0 - average[:, 1]) / 8.0, 0.0, 1.0
    )
    return Anatomy(
        average=average,
        chart=chart_of(average),
        lids=lids,
        near_eye=(near[0], near[1]),
        neck=np.maximum(neck * neck * (3.0 - 2.0 * neck), front).astype(np.float32),
        collar=_collar(model, average),
    )


def _seen_beside(model: HeadModel, head: NDArray[np.float32], part: str) -> NDArray[np.int64]:
    """Vertices of the skin that border on an eye as seen from straight ahead: the lids' margins."""
    of_eye = model.of_part(part)
    centre = head[of_eye].mean(axis=0)
    size, extent = 800, 50.0
    screen = np.empty_like(head)
    screen[:, :2] = (head[:, :2] - centre[:2]) * (size / extent) + size / 2
    screen[:, 2] = 1.0 / (head[:, 2] - head[:, 2].min() + 100.0)
    depth = np.zeros((size, size), dtype=np.float32)
    seen = np.full((size, size), -1, dtype=np.int32)
    weights = np.zeros((size, size, 2), dtype=np.float32)
    rasterise(screen, model.faces, depth, seen, weights)
    eye = np.where(seen >= 0, of_eye[model.faces[seen, 0]], False)
    beside = np.zeros_like(eye)
    for axis in (0, 1):
        for step in (-1, 1):
            beside |= np.roll(eye, step, axis=axis)
    edge = beside & ~eye & (seen >= 0)
    full = np.concatenate([1.0 - weights.sum(axis=2, keepdims=True), weights], axis=2)
    nearest = full[edge].argmax(axis=1)
    vertices, counts = np.unique(model.faces[seen[edge], nearest], return_counts=True)
    return vertices[counts >= 3]


def open_rim(faces: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return the vertices on the open edges of a mesh, sorted: edges that belong to one triangle only."""
    edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    unique, counts = np.unique(edges, axis=0, return_counts=True)
    return np.unique(unique[counts == 1]).astype(np.int64)


def _collar(model: HeadModel, head: NDArray[np.float32]) -> NDArray[np.int64]:
    """The neck's open edge, ordered by the angle around it; the skin has no other."""
    rim = open_rim(model.faces[model.of_part("skin")[model.faces[:, 0]]])
    middle = head[rim].mean(axis=0)
    return rim[np.argsort(np.arctan2(head[rim, 0] - middle[0], head[rim, 2] - middle[2]))]
