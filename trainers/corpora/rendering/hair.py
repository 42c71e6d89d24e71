"""Hair: a cap grown from the scalp, and for long hair a curtain that hangs from it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainers.corpora.rendering.anatomy import AXIS_DEPTH, AXIS_RADIUS, Anatomy, open_rim
from trainers.corpora.rendering.head_model import HeadModel
from trainers.corpora.rendering.parts import Material, Part, free_part, grid_faces
from trainers.corpora.rendering.rasteriser import vertex_normals

# name -> thickness of the cap, how far the hairline has receded, length below the eyes (0: none); mm
STYLES: dict[str, tuple[float, float, float]] = {
    "bald": (0.0, 0.0, 0.0),
    "shaved": (0.0, 0.0, 0.0),
    "cropped": (4.0, 3.0, 0.0),
    "short": (9.0, 0.0, 0.0),
    "receding": (7.0, 26.0, 0.0),
    "full": (17.0, -3.0, 0.0),
    "afro": (34.0, 0.0, 0.0),
    "tied": (6.0, 0.0, 0.0),
    "bob": (15.0, -2.0, 85.0),
    "long": (15.0, 0.0, 190.0),
    "fringe": (15.0, -38.0, 110.0),
}


def hairline(chart: NDArray[np.floating], receded: float) -> NDArray[np.floating]:
    """Return the signed distance inside the hair's edge at (n, 2) chart points, roughly in mm.

    The edge runs over the forehead, down the temples to the sideburns, round the ear and across the nape.
    """
    u, v = np.abs(chart[..., 0]), chart[..., 1]
    forehead = np.interp(
        u,
        [0, 25, 50, 68, 84, 96, 108, 122, 136, 150, 175, 200, 300],
        [-74, -74, -66, -50, -34, -12, 12, 26, 10, -8, 40, 82, 88],
    )
    recession = receded * np.exp(-((u / 62.0) ** 2)) + 0.7 * receded * np.exp(-(((u - 55.0) / 22.0) ** 2))
    return np.asarray(forehead - recession - v)


def hair(
    model: HeadModel, anatomy: Anatomy, head: NDArray[np.float32], style: str, volume: float
) -> list[Part]:
    """Return the hair of one subject.

    Args:
        head: (V, 3) the subject's resting head.
        style: one of `STYLES`.
        volume: 0.6 to 1.5, multiplies the thickness.
    """
    thickness, receded, length = STYLES[style]
    if thickness == 0.0:
        return []
    inside = hairline(anatomy.chart, receded)
    inside = np.where(model.of_part("skin") & (model.mask("ears") < 0.3), inside, -50.0)
    faces = model.faces[(inside[model.faces] > -3.0).all(axis=1)]
    used, compact = np.unique(faces, return_inverse=True)
    normals = np.zeros_like(head)
    vertex_normals(head, model.faces, normals)
    compact = compact.reshape(faces.shape)
    u = anatomy.chart[used, 0]
    ragged = inside[used] + (5.0 * np.sin(1.7 * u) + 3.0 * np.sin(0.61 * u)) * min(1.0, 9.0 / thickness)
    cover = np.clip(ragged / (22.0 + 0.6 * thickness), 0.0, 1.0)
    grown = thickness * volume * cover**0.7
    # Thicker on the crown than on the sides.
    crown = np.clip((-40.0 - head[used, 1]) / 70.0, 0.0, 1.0)
    if style != "afro":
        grown = grown * (0.55 + 0.45 * crown)
    ripple = np.sin(head[used] / 7.0).sum(axis=1) if style == "afro" else np.sin(head[used, 0] / 11.0)
    grown = grown + 0.06 * thickness * ripple * cover
    # The rim is tucked into the skin, or one could look under the cap.
    grown[open_rim(compact)] = -1.0
    cap = Part(
        vertices=(head[used] + normals[used] * grown[:, None]).astype(np.float32),
        faces=compact.astype(np.int32),
        material=Material.HAIR,
        surface=anatomy.chart[used],
        bind=used.astype(np.int64),
        jaw=False,
        neck=anatomy.neck[used],
    )
    parts = [cap]
    if style == "tied":
        parts.append(_bun(head))
    if length > 0.0:
        parts.append(_curtain(head, length, thickness * volume))
    return parts


def _bun(head: NDArray[np.float32]) -> Part:
    """A knot of hair on the back of the crown."""
    back = np.array([0.0, head[:, 1].min() + 22.0, AXIS_DEPTH + 78.0])
    theta, phi = np.meshgrid(
        np.linspace(0, np.pi, 9), np.linspace(0, 2 * np.pi, 14, endpoint=False), indexing="ij"
    )
    ball = 30.0 * np.stack(
        [np.sin(theta) * np.cos(phi), np.cos(theta), np.sin(theta) * np.sin(phi)], axis=-1
    ).reshape(-1, 3)
    surface = np.stack([phi.ravel() * 40.0, theta.ravel() * 30.0], axis=1)
    return free_part(back + ball, grid_faces(9, 14, closed=True), Material.HAIR, surface)


def _curtain(head: NDArray[np.float32], length: float, thickness: float) -> Part:
    """Hair that hangs from beside one cheek round the back to the other."""
    turn = np.linspace(np.radians(80.0), np.radians(280.0), 41)
    drop = np.linspace(-45.0, length, 12)
    half = (
        np.abs(head[(np.abs(head[:, 1]) < 30.0) & (np.abs(head[:, 2] - AXIS_DEPTH) < 15.0), 0]).max() - 12.0
    )
    back = head[:, 2].max() - AXIS_DEPTH
    rows, surface = [], []
    for y in drop:
        share = (y - drop[0]) / (drop[-1] - drop[0])
        flare = 4.0 + thickness * (0.35 + 0.75 * np.sin(np.pi * min(1.0, share * 0.8)))
        wave = 1.5 * np.sin(y / 23.0 + 3.0 * turn)
        x = (half + flare + wave) * np.sin(turn)
        # At the nape the head is narrower than at the crown: hair follows a little.
        depth = (back + flare - 28.0 * share) * -np.cos(turn)
        depth = np.where(depth < 0.0, depth * 0.55, depth)
        rows.append(np.stack([x, np.full_like(x, y), AXIS_DEPTH - 6.0 + depth], axis=1))
        surface.append(np.stack([AXIS_RADIUS * turn, np.full_like(x, y)], axis=1))
    part = free_part(
        np.concatenate(rows), grid_faces(len(drop), len(turn)), Material.HAIR, np.concatenate(surface)
    )
    hang = 1.0 - 0.6 * np.clip((part.vertices[:, 1] - 40.0) / 150.0, 0.0, 1.0)
    return Part(
        part.vertices, part.faces, part.material, part.surface, part.bind, False, hang.astype(np.float32)
    )
