"""A subject made ready to act: meshes joined, textures painted; every frame then only moves vertices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainers.corpora.rendering import lighting
from trainers.corpora.rendering.action_units import unit_matrix
from trainers.corpora.rendering.anatomy import Anatomy, Eyeball, anatomy, centred, eyeballs
from trainers.corpora.rendering.hair import STYLES, hair
from trainers.corpora.rendering.head_model import HeadModel, blended, head_model
from trainers.corpora.rendering.parts import (
    Material,
    Part,
    glasses,
    head_materials,
    lashes,
    shoulders,
    teeth,
)
from trainers.corpora.rendering.skin import lip_colour, paint_skin
from trainers.corpora.rendering.subject import Subject

JAW_UNITS = ("jawOpen", "jawForward", "jawLeft", "jawRight")
# Thickness of the lids over the eyeball, mm.
LID_THICKNESS = 0.6


@dataclass(frozen=True, eq=False)
class Actor:
    """One subject's meshes and paint. V vertices of the head first, then those of its parts; T in all.

    Attributes:
        subject: who it is.
        rest: (T, 3) float32 resting positions, mm from the point between the eyes; axes as `HeadModel`'s.
        units: (52, T, 3) float32 displacement of each face unit.
        faces: (F, 3) int32; material: (F,) int32.
        surface: (T, 2) float32 where on the chart (or on the part's own surface) a vertex lies.
        lips, cavity: (T,) float32 share of lip, and depth behind the lips in mm.
        neck: (T,) float32 1: turns with the head; 0: stays with the shoulders.
        eyes: left and right.
        near_eye: the skin vertices that must stay outside each eyeball.
        unit_matrix: from Action Units to face units, see `action_units.unit_matrix`.
        albedo, still: the skin's colour and resting relief on the chart.
        paint, finish: what `lighting.shade` wants.
    """

    subject: Subject
    rest: NDArray[np.float32]
    units: NDArray[np.float32]
    faces: NDArray[np.int32]
    material: NDArray[np.int32]
    surface: NDArray[np.float32]
    lips: NDArray[np.float32]
    cavity: NDArray[np.float32]
    neck: NDArray[np.float32]
    eyes: tuple[Eyeball, Eyeball]
    near_eye: tuple[NDArray[np.int64], NDArray[np.int64]]
    unit_matrix: NDArray[np.float32]
    albedo: NDArray[np.float32]
    still: NDArray[np.float32]
    paint: NDArray[np.float32]
    finish: NDArray[np.float32]

    def vertices(self, units: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the (T, 3) vertices for (52,) face units."""
        moved = self.rest + blended(units, self.units)
        # A linear lid cuts through the round eye half-way: lay it on the eyeball.
        for eye, near in zip(self.eyes, self.near_eye, strict=True):
            out = moved[near] - eye.centre
            distance = np.linalg.norm(out, axis=1)
            least = eye.radius + LID_THICKNESS
            inside = (distance < least) & (out[:, 2] < 0.0)
            moved[near[inside]] = eye.centre + out[inside] * (least / distance[inside])[:, None]
        return np.ascontiguousarray(moved, dtype=np.float32)


def make_actor(subject: Subject) -> Actor:
    """Return the subject ready to act; a tenth of a second or two."""
    model, known = head_model(), anatomy()
    head = centred(model, model.neutral(subject.phenotypes, subject.changes))
    eyes = eyeballs(model, head)
    parts = _parts(model, known, head, eyes, subject)
    offsets = np.cumsum([len(head), *(len(part.vertices) for part in parts)])
    lips = model.mask("lips")
    mouth = _mouth(known, head)
    cavity = np.where(model.mask("mouth interior") > 0.35, np.maximum(0.0, head[:, 2] - mouth[2] - 4.0), 0.0)
    cavity = np.where(model.of_part("tongue"), np.maximum(4.0, head[:, 2] - mouth[2]), cavity)
    jaw = _jaw_maps(model, head)
    units = [model.unit_shapes]
    for part in parts:
        moved = np.zeros((len(model.unit_names), len(part.vertices), 3), dtype=np.float32)
        bound = part.bind >= 0
        moved[:, bound] = model.unit_shapes[:, part.bind[bound]]
        if part.jaw:
            for unit, affine in jaw.items():
                moved[unit] = np.column_stack([part.vertices, np.ones(len(part.vertices))]) @ affine
        units.append(moved)
    rng = np.random.default_rng(subject.seed)
    style = STYLES[subject.hair_style]
    receded = None if subject.hair_style == "bald" else style[1]
    albedo, still = paint_skin(subject.complexion, np.array(subject.hair_colour, np.float32), receded, rng)
    return Actor(
        subject=subject,
        rest=np.concatenate([head, *(part.vertices for part in parts)]),
        units=np.concatenate(units, axis=1),
        faces=np.concatenate(
            [model.faces, *(part.faces + start for part, start in zip(parts, offsets, strict=False))]
        ).astype(np.int32),
        material=np.concatenate(
            [head_materials(model), *(np.full(len(part.faces), part.material, np.int32) for part in parts)]
        ),
        surface=np.concatenate([known.chart, *(part.surface for part in parts)]),
        # What lies deeper in the mouth than this is no lip, whatever the mask says.
        lips=np.concatenate([lips * (cavity < 6.0), np.zeros(offsets[-1] - len(head))]).astype(np.float32),
        cavity=np.concatenate(
            [
                cavity,
                *((part.vertices[:, 2] - mouth[2]) * (part.material == Material.TEETH) for part in parts),
            ]
        ).astype(np.float32),
        neck=np.concatenate([known.neck, *(part.neck for part in parts)]),
        eyes=eyes,
        near_eye=known.near_eye,
        unit_matrix=unit_matrix(model),
        albedo=albedo,
        still=still,
        paint=_paint(subject),
        finish=_finish(subject, rng),
    )


def _parts(
    model: HeadModel,
    known: Anatomy,
    head: NDArray[np.float32],
    eyes: tuple[Eyeball, Eyeball],
    subject: Subject,
) -> list[Part]:
    lip_width = np.ptp(head[model.mask("lips") > 0.5, 0])
    collar = float(np.random.default_rng([subject.seed, 1]).uniform(9.0, 25.0))
    parts = [
        *teeth(_mouth(known, head), float(lip_width)),
        *lashes(known, head, subject.lash_length),
        *hair(model, known, head, subject.hair_style, subject.hair_volume),
        shoulders(head[known.collar], 400.0 - 50.0 * subject.phenotypes["gender"], collar),
    ]
    if subject.glasses is not None:
        shape, wire, _ = subject.glasses
        on_nose = (np.abs(known.average[:, 0]) < 4.0) & (np.abs(known.average[:, 1] - 6.0) < 5.0)
        bridge = head[on_nose & model.of_part("skin")]
        ears = head[model.mask("ears") > 0.5]
        tops = np.array([side[side[:, 1].argmin()] for side in (ears[ears[:, 0] > 0], ears[ears[:, 0] < 0])])
        parts.append(glasses(eyes, bridge[bridge[:, 2].argmin()], tops, shape, wire))
    return parts


def _mouth(known: Anatomy, head: NDArray[np.float32]) -> NDArray[np.float32]:
    """Where the closed lips meet in the middle."""
    line = (np.abs(known.average[:, 0]) < 3.0) & (np.abs(known.average[:, 1] - 72.0) < 2.5)
    front = head[line & (known.average[:, 2] < -22.0)]
    return np.array([0.0, front[:, 1].mean(), front[:, 2].mean()], dtype=np.float32)


def _jaw_maps(model: HeadModel, head: NDArray[np.float32]) -> dict[int, NDArray[np.float32]]:
    """Per jaw unit the (4, 3) affine map from a place on the resting head to its displacement.

    Fitted to the tongue, which the head model moves with the jaw bone.
    """
    tongue = model.of_part("tongue")
    places = np.column_stack([head[tongue], np.ones(int(tongue.sum()))]).astype(np.float64)
    maps = {}
    for name in JAW_UNITS:
        unit = model.unit(name)
        moved = model.unit_shapes[unit][tongue].astype(np.float64)
        maps[unit] = np.linalg.lstsq(places, moved, rcond=None)[0].astype(np.float32)
    return maps


def _paint(subject: Subject) -> NDArray[np.float32]:
    paint = np.zeros((8, 3), dtype=np.float32)
    paint[lighting.IRIS] = subject.iris_colour
    paint[lighting.SCLERA] = (0.66, 0.62, 0.58)
    paint[lighting.LIP] = lip_colour(subject.complexion)
    paint[lighting.MOUTH] = (0.24, 0.055, 0.05)
    paint[lighting.HAIR_ROOT] = subject.hair_colour
    paint[lighting.FRAME_PAINT] = subject.glasses[2] if subject.glasses else (0.0, 0.0, 0.0)
    paint[lighting.CLOTH_PAINT] = subject.cloth_colour
    paint[lighting.CLOTH_TRIM] = subject.cloth_trim
    return paint


def _finish(subject: Subject, rng: np.random.Generator) -> NDArray[np.float32]:
    finish = np.zeros(6, dtype=np.float32)
    finish[lighting.OIL] = subject.complexion.oil
    finish[lighting.IRIS_ANGLE] = rng.uniform(0.37, 0.41)
    finish[lighting.PUPIL] = rng.uniform(0.34, 0.55)
    finish[lighting.STRAND] = rng.uniform(0.35, 0.6)
    finish[lighting.CLOTH_PATTERN] = subject.cloth_pattern
    finish[lighting.SEED] = rng.uniform(0.0, 100.0)
    return finish
