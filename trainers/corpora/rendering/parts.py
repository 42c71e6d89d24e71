"""What a subject wears or has besides the head's own mesh: teeth, lashes, glasses, shoulders.

Every part is a small mesh in millimetres on one subject's resting head, with the rule by which it follows
the face: bound to a vertex of the head, to the jaw, or to nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from trainers.corpora.rendering.anatomy import Anatomy, Eyeball
from trainers.corpora.rendering.head_model import PARTS, HeadModel


class Material(IntEnum):
    """What a triangle is made of: how it is painted and lit."""

    SKIN = 0
    LEFT_EYE = 1
    RIGHT_EYE = 2
    TONGUE = 3
    TEETH = 4
    HAIR = 5
    LASHES = 6
    FRAME = 7
    CLOTH = 8


@dataclass(frozen=True, eq=False)
class Part:
    """A mesh of n vertices and f triangles.

    Attributes:
        vertices: (n, 3) float32 on the resting head, millimetres from the point between the eyes.
        faces: (f, 3) int32 into `vertices`.
        material: of all its triangles.
        surface: (n, 2) float32 coordinates for painting, whose meaning is the material's.
        bind: (n,) int64 vertex of the head it moves with; -1: none.
        jaw: whether it moves with the jaw bone.
        neck: (n,) float32 1: turns with the head, 0: stays with the shoulders.
    """

    vertices: NDArray[np.float32]
    faces: NDArray[np.int32]
    material: Material
    surface: NDArray[np.float32]
    bind: NDArray[np.int64]
    jaw: bool
    neck: NDArray[np.float32]


def free_part(
    vertices: NDArray[np.floating],
    faces: NDArray[np.integer],
    material: Material,
    surface: NDArray[np.floating] | None = None,
    *,
    jaw: bool = False,
    neck: float = 1.0,
) -> Part:
    """Return a part that no vertex of the face moves."""
    n = len(vertices)
    return Part(
        vertices=np.ascontiguousarray(vertices, dtype=np.float32),
        faces=np.ascontiguousarray(faces, dtype=np.int32),
        material=material,
        surface=np.zeros((n, 2), np.float32) if surface is None else surface.astype(np.float32),
        bind=np.full(n, -1, dtype=np.int64),
        jaw=jaw,
        neck=np.full(n, neck, dtype=np.float32),
    )


def grid_faces(rows: int, columns: int, *, closed: bool = False) -> NDArray[np.int32]:
    """Triangles of a (rows x columns) grid of vertices in row order; `closed` joins last to first column."""
    grid = np.indices((rows - 1, columns if closed else columns - 1))
    r, c = grid.reshape(2, -1)
    d = (c + 1) % columns
    a, b, e, f = r * columns + c, r * columns + d, (r + 1) * columns + c, (r + 1) * columns + d
    return np.concatenate([np.stack([a, e, b], axis=1), np.stack([b, e, f], axis=1)]).astype(np.int32)


def teeth(mouth: NDArray[np.float32], width: float) -> list[Part]:
    """Return the upper and the lower row of teeth.

    Args:
        mouth: (3,) where the closed lips meet in the middle.
        width: from corner to corner of the mouth, mm.

    The arch is half an ellipse behind the lips; surface coordinates are the arc length from the middle in
    tooth widths and the height in the crown, 0 at the gum to 1 at the edge.
    """
    rows = []
    for upper in (True, False):
        half = 0.46 * width if upper else 0.40 * width
        depth = 1.05 * half
        angle = np.linspace(-np.pi / 2, np.pi / 2, 33)
        x, z = half * np.sin(angle), depth * (1.0 - np.cos(angle))
        teeth_along = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(z)))])
        teeth_along = (teeth_along - teeth_along[-1] / 2) / (8.0 if upper else 6.0)
        gum, edge = (-6.0, 3.6) if upper else (10.0, 2.6)
        front = 5.5 if upper else 6.5
        vertices, surface = [], []
        for share in np.linspace(-0.7, 1.0, 5):  # a little gum shows above the crowns
            height = gum + share * (edge - gum)
            bulge = 1.2 * share * (1.0 - share)
            vertices.append(
                np.stack([x, np.full_like(x, height), z + front - bulge], axis=1) + mouth[None, :]
            )
            surface.append(np.stack([teeth_along, np.full_like(x, share)], axis=1))
        rows.append(
            free_part(
                np.concatenate(vertices),
                grid_faces(5, len(x)),
                Material.TEETH,
                np.concatenate(surface),
                jaw=not upper,
            )
        )
    return rows


def lashes(anatomy: Anatomy, head: NDArray[np.float32], length: float) -> list[Part]:
    """Return the lashes of the four lids: tufts that stand out from each lid's margin and move with it."""
    parts = []
    for (side, lid), margin in anatomy.lids.items():
        spread = 1.0 if side == "left" else -1.0
        lift = -0.75 if lid == "upper" else 0.55
        # Three tufts between neighbouring vertices of the margin, each bound to the nearer one.
        place = np.arange(0.0, len(margin) - 1.001, 1 / 3)
        first = place.astype(int)
        share = (place - first)[:, None]
        ends = head[margin[first]], head[margin[first + 1]]
        root = ends[0] * (1.0 - share) + ends[1] * share + np.array([0.0, 0.25 * np.sign(lift), -0.25])
        half = 0.13 * (ends[1] - ends[0])
        along = place / (len(margin) - 1)
        ahead = np.stack(
            [spread * (0.15 + 0.5 * along), np.full_like(along, lift), np.full_like(along, -0.8)]
        )
        ahead = (ahead / np.linalg.norm(ahead, axis=0)).T
        reach = length * (0.55 + 0.45 * along) * (1.0 if lid == "upper" else 0.45)
        corners = np.stack([root - half, root + half, root + ahead * reach[:, None]], axis=1).reshape(-1, 3)
        parts.append(
            Part(
                vertices=corners.astype(np.float32),
                faces=np.arange(len(corners), dtype=np.int32).reshape(-1, 3),
                material=Material.LASHES,
                surface=np.zeros((len(corners), 2), dtype=np.float32),
                bind=np.repeat(margin[np.where(share[:, 0] < 0.5, first, first + 1)], 3),
                jaw=False,
                neck=np.ones(len(corners), dtype=np.float32),
            )
        )
    return parts


def tube(
    path: NDArray[np.floating], radius: float, *, closed: bool = False, sides: int = 6
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Return the vertices and triangles of a round wire along (n, 3) points."""
    ahead = np.roll(path, -1, axis=0) - np.roll(path, 1, axis=0) if closed else np.gradient(path, axis=0)
    ahead = ahead / np.linalg.norm(ahead, axis=1, keepdims=True)
    across = np.cross(ahead, np.array([0.3, 0.2, 1.0]))
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    up = np.cross(ahead, across)
    angle = np.linspace(0.0, 2.0 * np.pi, sides, endpoint=False)
    ring = np.cos(angle)[None, :, None] * across[:, None, :] + np.sin(angle)[None, :, None] * up[:, None, :]
    vertices = (path[:, None, :] + radius * ring).reshape(-1, 3)
    faces = grid_faces(len(path), sides, closed=True)
    if closed:
        n = len(path)
        last = grid_faces(2, sides, closed=True)
        faces = np.concatenate([faces, np.where(last < sides, last + (n - 1) * sides, last - sides)])
    return vertices, faces.astype(np.int32)


def glasses(
    eyes: tuple[Eyeball, Eyeball],
    nose_bridge: NDArray[np.float32],
    ears: NDArray[np.float32],
    shape: float,
    thickness: float,
) -> Part:
    """Return a pair of glasses.

    Args:
        eyes: left and right.
        nose_bridge: (3,) where the bridge rests.
        ears: (2, 3) left and right, where the temples end.
        shape: roundness of the rims, 2 (circle) to 5 (nearly a rectangle).
        thickness: radius of the wire, mm.
    """
    meshes = []
    front = min(eye.centre[2] - eye.radius for eye in eyes) - 9.0
    front = min(front, float(nose_bridge[2]) - 3.0)
    angle = np.linspace(0.0, 2.0 * np.pi, 40, endpoint=False)
    c, s = np.cos(angle), np.sin(angle)
    # A superellipse: |x/a|^n + |y/b|^n = 1.
    radius = (np.abs(c) ** shape + np.abs(s) ** shape) ** (-1.0 / shape)
    for eye, ear in zip(eyes, ears, strict=True):
        side = np.sign(eye.centre[0])
        centre = np.array([eye.centre[0] + side * 1.0, eye.centre[1] + 3.0, front])
        bow = 0.006 * (23.0 * radius * c * side + 30.0) ** 2 * 0.15
        rim = np.stack([23.0 * radius * c, 18.0 * radius * s, bow], axis=1) + centre
        meshes.append(tube(rim, thickness, closed=True))
        hinge = centre + np.array([side * 23.5, -6.0, 3.0])
        elbow = np.array([ear[0] + side * 2.0, hinge[1] + 2.0, ear[2] - 12.0])
        share = np.linspace(0.0, 1.0, 8)[:, None]
        meshes.append(tube(hinge + share * (elbow - hinge), thickness, sides=5))
    left, right = (eye.centre[0] for eye in eyes)
    share = np.linspace(-1.0, 1.0, 9)
    middle = (left + right) / 2
    gap = (left - right) / 2 - 22.0
    bridge = np.stack(
        [middle + share * gap, np.full(9, eyes[0].centre[1] - 2.0) - 3.0 * (1 - share**2), np.full(9, front)],
        axis=1,
    )
    meshes.append(tube(bridge, thickness, sides=5))
    offsets = np.cumsum([0, *(len(v) for v, _ in meshes)])
    vertices = np.concatenate([v for v, _ in meshes])
    faces = np.concatenate([f + o for (_, f), o in zip(meshes, offsets, strict=False)])
    return free_part(vertices, faces, Material.FRAME)


def shoulders(rim: NDArray[np.float32], width: float, collar: float) -> Part:
    """Return the clothed upper body below the neck; it stays where it is while the head turns.

    Args:
        rim: (n, 3) the neck's open edge in order around it.
        width: from shoulder to shoulder, mm.
        collar: how far the cloth reaches up the neck, mm.
    """
    middle = rim.mean(axis=0)
    angle = np.linspace(-np.pi, np.pi, 40, endpoint=False)
    rows: list[NDArray[np.float64]] = []
    neck = np.linalg.norm((rim - middle)[:, [0, 2]], axis=1).mean()
    # Height below the rim's middle, half width, half depth.
    profile: Sequence[tuple[float, float, float]] = (
        (-collar, neck * 1.02, neck * 1.05),
        (4.0, neck * 1.12, neck * 1.12),
        (20.0, neck * 1.7, neck * 1.3),
        (45.0, width * 0.40, neck * 1.55),
        (75.0, width * 0.485, neck * 1.75),
        (130.0, width * 0.5, neck * 1.95),
        (330.0, width * 0.5, neck * 2.05),
    )
    for drop, half, depth in profile:
        x, z = half * np.sin(angle), -depth * np.cos(angle)
        # The neck leans forward: its front edge lies lower than its back.
        tilt = 0.32 * z if drop < 40.0 else 0.1 * z
        rows.append(np.stack([x, np.full_like(x, drop) - tilt, z], axis=1) + middle)
    vertices = np.concatenate(rows)
    share = np.repeat(np.linspace(0.0, 1.0, len(profile)), len(angle))
    surface = np.stack([np.tile(angle, len(profile)) * 100.0, share * 100.0], axis=1)
    return free_part(
        vertices, grid_faces(len(profile), len(angle), closed=True), Material.CLOTH, surface, neck=0.0
    )


def head_materials(model: HeadModel) -> NDArray[np.int32]:
    """Return the (F,) material of each of the head's own triangles."""
    names = {"skin": Material.SKIN, "tongue": Material.TONGUE}
    names |= {"left eye": Material.LEFT_EYE, "right eye": Material.RIGHT_EYE}
    by_part = np.array([names[name] for name in PARTS], dtype=np.int32)
    return by_part[model.part[model.faces[:, 0]]]
