"""Every Action Unit moves what FACS says, the right way, by a plausible number of millimetres."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from trainers.corpora.behaviour import AUS
from trainers.corpora.rendering.action_units import MOST, UNITS, face_units, unit_matrix
from trainers.corpora.rendering.actor import LID_THICKNESS, Actor
from trainers.corpora.rendering.head_model import HeadModel
from trainers.corpora.rendering.landmarks import on_triangles
from trainers.corpora.rendering.renderer import Moment

Points = NDArray[np.float32]

# What is measured on the face, mm, of (468, 3) landmarks by MediaPipe's numbers; y points down, z into the
# scene, x to the subject's left. Pairs are left and right.
MEASURES: Mapping[str, Callable[[Points], float]] = {
    "inner brows, height": lambda p: -p[[285, 55], 1].mean(),
    "outer brows, height": lambda p: -p[[300, 70], 1].mean(),
    "inner brows, apart": lambda p: p[285, 0] - p[55, 0],
    "upper lids, height": lambda p: -p[[386, 159], 1].mean(),
    "lower lids, height": lambda p: -p[[374, 145], 1].mean(),
    "lids, open": lambda p: (p[[374, 145], 1] - p[[386, 159], 1]).mean(),
    "cheeks, height": lambda p: -p[[330, 101], 1].mean(),
    "nostrils, height": lambda p: -p[[358, 129], 1].mean(),
    "upper lip, height": lambda p: -p[0, 1],
    "lower lip, height": lambda p: -p[17, 1],
    "mouth corners, height": lambda p: -p[[291, 61], 1].mean(),
    "mouth corners, depth": lambda p: p[[291, 61], 2].mean(),
    "mouth, width": lambda p: p[291, 0] - p[61, 0],
    "lips, forward": lambda p: -p[[0, 17, 13, 14], 2].mean(),
    "lips, parted": lambda p: p[14, 1] - p[13, 1],
    "lips, red": lambda p: (p[13, 1] - p[0, 1]) + (p[17, 1] - p[14, 1]),
    "chin, height": lambda p: -p[152, 1],
}
# AU -> what changes at intensity 5, from least to most in mm. FACS Manual (Ekman, Friesen and Hager 2002),
# "appearance changes"; the amounts are those of a face of average size.
EXPECTED: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "AU01": {"inner brows, height": (4, 11), "outer brows, height": (-1, 2)},
    "AU02": {"outer brows, height": (3, 9), "inner brows, height": (-1, 2)},
    "AU04": {"inner brows, height": (-9, -3), "inner brows, apart": (-14, -4)},
    "AU05": {"upper lids, height": (2.5, 7), "lower lids, height": (-1, 1)},
    "AU06": {"cheeks, height": (3, 10), "lower lids, height": (0.5, 5)},
    "AU07": {"lids, open": (-7, -2), "lower lids, height": (1, 5)},
    "AU09": {"nostrils, height": (2.5, 8), "inner brows, height": (-9, -1), "upper lip, height": (0.5, 6)},
    "AU10": {"upper lip, height": (3, 8), "nostrils, height": (1, 5), "chin, height": (-1, 1)},
    "AU12": {"mouth corners, height": (6, 16), "mouth, width": (6, 20)},
    "AU14": {"mouth corners, depth": (2, 8), "lips, parted": (-2, 1)},
    "AU15": {"mouth corners, height": (-11, -4), "inner brows, height": (-0.5, 0.5)},
    "AU17": {"lower lip, height": (3, 10), "upper lip, height": (0.5, 5)},
    "AU18": {"lips, forward": (3, 12), "mouth, width": (-16, -5)},
    "AU20": {"mouth, width": (6, 20), "mouth corners, height": (-7, 0)},
    "AU22": {"lips, forward": (1, 8), "mouth, width": (-12, -3)},
    "AU23": {"lips, red": (-12, -2), "lips, parted": (-6, 1), "mouth, width": (-8, 0)},
    "AU24": {"lower lip, height": (1, 8), "lips, parted": (-4, 1), "mouth corners, height": (-1, 4)},
    "AU25": {"lips, parted": (4, 12), "chin, height": (-4, 0)},
    "AU26": {"chin, height": (-20, -7), "lips, parted": (8, 28)},
    "AU28": {"lips, red": (-16, -4), "lips, forward": (-12, -2)},
    "AU45": {"lids, open": (-14, -7), "upper lids, height": (-16, -7)},
}
# AUs of both sides alone: no unit on the midline takes part.
SIDED = tuple(au for au in AUS if all(unit.endswith("Side") for unit in UNITS[au]))


@pytest.fixture(scope="module")
def face(actor: Actor, model: HeadModel) -> Callable[..., Points]:
    """Return a function: moment -> (468, 3) landmarks of the plain person looking straight ahead."""
    corners, weights = on_triangles()

    def of(moment: Moment) -> Points:
        vertices = actor.vertices(units_of(actor, model, moment))
        return np.asarray((vertices[corners] * weights[:, :, None]).sum(axis=1))

    return of


def units_of(actor: Actor, model: HeadModel, moment: Moment) -> NDArray[np.float32]:
    style = actor.subject.expressiveness
    return face_units(model, actor.unit_matrix, moment.left, moment.right, moment.gaze, style)


def test_every_action_unit_of_the_corpus_is_drawn_and_tested() -> None:
    assert tuple(UNITS) == tuple(EXPECTED) == AUS


@pytest.mark.parametrize("au", AUS)
def test_it_moves_what_facs_says(au: str, face: Callable[..., Points], moment: Callable[..., Moment]) -> None:
    rest, moved = face(moment()), face(moment(**{au: 5.0}))
    for name, (least, most) in EXPECTED[au].items():
        change = MEASURES[name](moved) - MEASURES[name](rest)
        assert least <= change <= most, f"{au}: {name} changes by {change:.1f} mm"


@pytest.mark.parametrize("au", AUS)
def test_it_grows_with_the_intensity(
    au: str, face: Callable[..., Points], moment: Callable[..., Moment]
) -> None:
    name, (least, _) = next(iter(EXPECTED[au].items()))
    measured = [MEASURES[name](face(moment(**{au: level}))) for level in (0.0, 1.0, 2.0, 3.0, 4.0, 5.0)]
    steps = np.diff(measured) * (1 if least >= 0 else -1)
    assert (steps > 0).all(), f"{au}: {name} {np.round(measured, 2)}"


@pytest.mark.parametrize("au", AUS)
def test_both_sides_are_mirror_images(
    au: str, face: Callable[..., Points], moment: Callable[..., Moment], actor: Actor, model: HeadModel
) -> None:
    """Vertices, not landmarks: those were found on asymmetrical faces."""
    head = slice(0, len(model.template))
    rest = actor.vertices(np.zeros(52, np.float32))[head]
    moved = actor.vertices(units_of(actor, model, moment(**{au: 5.0})))[head] - rest
    mirror = np.array([-1, 1, 1], np.float32)
    distance, other = cKDTree(rest * mirror).query(rest)
    paired = (distance < 0.05) & ~model.of_part("tongue")
    assert paired.mean() > 0.7
    difference = np.linalg.norm(moved[paired] - (moved * mirror)[other[paired]], axis=1)
    assert np.quantile(difference, 0.98) < 0.5, f"{au}: {np.quantile(difference, 0.98):.2f} mm"


@pytest.mark.parametrize("au", SIDED)
@pytest.mark.parametrize("side", ["left", "right"])
def test_one_sided_action_moves_that_side(
    au: str, side: str, face: Callable[..., Points], moment: Callable[..., Moment]
) -> None:
    rest = face(moment())
    both = np.linalg.norm(face(moment(**{au: 5.0})) - rest, axis=1)
    one = np.linalg.norm(face(moment(**{au: (5.0, 0.0) if side == "left" else (0.0, 5.0)})) - rest, axis=1)
    acting = rest[:, 0] * (1 if side == "left" else -1)
    there, elsewhere = acting > 15, acting < -15
    assert one[there].mean() == pytest.approx(both[there].mean(), rel=0.1)
    assert one[elsewhere].mean() < 0.12 * one[there].mean()


def test_units_on_the_midline_get_half_of_each_side(model: HeadModel) -> None:
    matrix = unit_matrix(model)
    au, jaw = AUS.index("AU26"), model.unit("jawOpen")
    assert matrix[0, au, jaw] == matrix[1, au, jaw] == pytest.approx(UNITS["AU26"]["jawOpen"] / 2)
    smile = AUS.index("AU12")
    assert matrix[0, smile, model.unit("mouthSmileLeft")] == pytest.approx(UNITS["AU12"]["mouthSmileSide"])
    assert matrix[1, smile, model.unit("mouthSmileLeft")] == 0


def test_closed_lids_meet(face: Callable[..., Points], moment: Callable[..., Moment]) -> None:
    for intensities in ({"AU45": 5.0}, {"AU45": 5.0, "AU05": 5.0}, {"AU45": 5.0, "AU07": 5.0}):
        assert MEASURES["lids, open"](face(moment(**intensities))) < 1.5
    assert MEASURES["lids, open"](face(moment())) > 6


def test_a_closed_lid_has_nothing_left_to_squint(
    actor: Actor, model: HeadModel, moment: Callable[..., Moment]
) -> None:
    units = units_of(actor, model, moment(AU45=5.0, AU07=5.0, AU06=5.0, AU05=(5.0, 0.0)))
    for name in ("eyeSquintLeft", "eyeSquintRight", "eyeWideLeft", "eyeWideRight"):
        assert units[model.unit(name)] == 0
    assert units[model.unit("cheekSquintLeft")] > 0.9
    winking = units_of(actor, model, moment(AU45=(5.0, 0.0), AU07=5.0))
    assert winking[model.unit("eyeSquintLeft")] == 0
    assert winking[model.unit("eyeSquintRight")] > 0.9


@settings(max_examples=30, deadline=None)
@given(
    intensity=st.lists(st.floats(0, 5, width=32), min_size=2 * len(AUS), max_size=2 * len(AUS)),
    gaze=st.tuples(st.floats(-25, 25), st.floats(-15, 15)),
)
def test_no_face_is_overdone_and_no_lid_cuts_into_an_eye(
    actor: Actor, model: HeadModel, intensity: list[float], gaze: tuple[float, float]
) -> None:
    left, right = np.array(intensity, np.float32).reshape(2, -1)
    units = units_of(actor, model, Moment(left, right, gaze, (0, 0, 0)))
    assert units.min() >= 0
    assert units.max() <= MOST
    vertices = actor.vertices(units)
    assert np.isfinite(vertices).all()
    for eye, near in zip(actor.eyes, actor.near_eye, strict=True):
        before = vertices[near][vertices[near, 2] < eye.centre[2]]
        distance = np.linalg.norm(before - eye.centre, axis=1)
        assert distance.min() >= eye.radius + LID_THICKNESS - 0.01


@pytest.mark.parametrize(
    ("gaze", "active"),
    [
        ((20.0, 0.0), {"eyeLookOutRight", "eyeLookInLeft"}),
        ((-20.0, 0.0), {"eyeLookOutLeft", "eyeLookInRight"}),
        ((0.0, 12.0), {"eyeLookDownLeft", "eyeLookDownRight"}),
        ((0.0, -12.0), {"eyeLookUpLeft", "eyeLookUpRight"}),
    ],
)
def test_lids_follow_the_gaze(
    actor: Actor,
    model: HeadModel,
    moment: Callable[..., Moment],
    gaze: tuple[float, float],
    active: set[str],
) -> None:
    units = units_of(actor, model, moment(gaze=gaze))
    assert {str(model.unit_names[i]) for i in np.flatnonzero(units)} == active
    rest = units_of(actor, model, moment())
    assert not rest.any()


def test_expressiveness_scales_each_face_unit(
    actor: Actor, model: HeadModel, moment: Callable[..., Moment]
) -> None:
    style = np.ones(52, np.float32)
    style[model.unit("jawOpen")] = 0.8
    act = moment(AU26=5.0)
    units = face_units(model, actor.unit_matrix, act.left, act.right, act.gaze, style)
    assert units[model.unit("jawOpen")] == pytest.approx(0.8 * UNITS["AU26"]["jawOpen"])
