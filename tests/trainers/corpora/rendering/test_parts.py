"""Teeth, lashes, hair, glasses and shoulders: meshes that sit where they belong and move as they should."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from trainers.corpora.rendering.actor import Actor, make_actor
from trainers.corpora.rendering.anatomy import anatomy, chart_of, open_rim
from trainers.corpora.rendering.hair import STYLES, hair, hairline
from trainers.corpora.rendering.head_model import HeadModel
from trainers.corpora.rendering.parts import Material, grid_faces, head_materials, tube
from trainers.corpora.rendering.rasteriser import vertex_normals
from trainers.corpora.rendering.subject import Subject


def of(actor: Actor, material: Material) -> np.ndarray:
    """Numbers of the vertices of one material."""
    return np.unique(actor.faces[actor.material == material])


def acting(actor: Actor, model: HeadModel, **units: float) -> np.ndarray:
    weights = np.zeros(52, np.float32)
    for name, value in units.items():
        weights[model.unit(name)] = value
    return actor.vertices(weights)


def test_arrays_of_an_actor_fit_together(actor: Actor, model: HeadModel) -> None:
    t = len(actor.rest)
    assert actor.units.shape == (52, t, 3)
    assert len(actor.faces) == len(actor.material)
    assert actor.faces.max() == t - 1
    for column in (actor.surface, actor.lips, actor.cavity, actor.neck):
        assert len(column) == t
        assert column.dtype == np.float32
    assert 0 <= actor.lips.min() <= actor.lips.max() <= 1
    assert 0 <= actor.neck.min() <= actor.neck.max() <= 1
    assert set(np.unique(actor.material)) >= set(Material) - {Material.FRAME}


def test_the_same_subject_is_the_same_actor(actor: Actor, person: Subject) -> None:
    again = make_actor(person)
    for field in dataclasses.fields(actor):
        value = getattr(actor, field.name)
        if isinstance(value, np.ndarray):
            np.testing.assert_array_equal(value, getattr(again, field.name))


def test_materials_of_the_head(model: HeadModel) -> None:
    material = head_materials(model)
    assert material.shape == (len(model.faces),)
    assert set(np.unique(material)) == {
        Material.SKIN,
        Material.LEFT_EYE,
        Material.RIGHT_EYE,
        Material.TONGUE,
    }
    left = model.faces[material == Material.LEFT_EYE]
    assert model.template[left, 0].min() > 0


def test_grid_faces_cover_the_grid_once() -> None:
    flat = np.stack([*np.meshgrid(np.arange(4.0), np.arange(3.0)), np.zeros((3, 4))], axis=-1).reshape(-1, 3)
    faces = grid_faces(3, 4)
    a, b, c = (flat[faces[:, k]] for k in range(3))
    area = np.cross(b - a, c - a)[:, 2] / 2
    assert np.abs(area.sum()) == pytest.approx(6.0)
    assert len(set(np.sign(area))) == 1, "all turn the same way"
    assert len(open_rim(grid_faces(3, 4, closed=True))) == 8


def test_a_closed_tube_has_no_ends_and_the_radius() -> None:
    angle = np.linspace(0, 2 * np.pi, 30, endpoint=False)
    path = np.stack([20 * np.cos(angle), 20 * np.sin(angle), np.zeros(30)], axis=1)
    vertices, faces = tube(path, 1.5, closed=True)
    assert len(open_rim(faces)) == 0
    away = np.hypot(np.hypot(vertices[:, 0], vertices[:, 1]) - 20, vertices[:, 2])
    np.testing.assert_allclose(away, 1.5, atol=0.05)
    assert len(open_rim(tube(path[:10], 1.5)[1])) > 0


def test_lower_teeth_go_with_the_jaw_and_upper_ones_stay(actor: Actor, model: HeadModel) -> None:
    rest, opened = acting(actor, model), acting(actor, model, jawOpen=1.0)
    teeth = of(actor, Material.TEETH)
    moved = np.linalg.norm(opened[teeth] - rest[teeth], axis=1)
    upper = moved < 1e-6
    assert upper.sum() == (~upper).sum()
    assert moved[~upper].min() > 10
    assert (opened[teeth[~upper], 1] > rest[teeth[~upper], 1]).all(), "downwards"
    assert rest[teeth[~upper], 1].min() > rest[teeth[upper], 1].min() + 2
    lips = np.flatnonzero(actor.lips > 0.5)
    assert rest[teeth, 2].min() > rest[lips, 2].min(), "behind the lips"
    assert np.ptp(rest[teeth, 0]) < np.ptp(rest[lips, 0])


def test_lashes_move_with_their_lids(actor: Actor, model: HeadModel) -> None:
    lashes = of(actor, Material.LASHES)
    rest, closed = acting(actor, model), acting(actor, model, eyeBlinkLeft=1.0)
    fallen = closed[lashes, 1] - rest[lashes, 1]
    left = rest[lashes, 0] > 0
    assert fallen[left].max() > 6
    assert np.abs(fallen[~left]).max() < 0.5
    for eye in actor.eyes:
        near = np.linalg.norm(rest[lashes] - eye.centre, axis=1)
        assert (near < eye.radius + 14).sum() == pytest.approx(len(lashes) / 2, rel=0.05)


@pytest.mark.parametrize("style", [style for style in STYLES if STYLES[style][0] > 0])
def test_hair_grows_outward_from_the_scalp_and_leaves_the_face_free(
    style: str, actor: Actor, model: HeadModel
) -> None:
    known, head = anatomy(), actor.rest[: len(model.template)]
    cap, *more = hair(model, known, head, style, 1.0)
    above = np.linalg.norm(cap.vertices - head[cap.bind], axis=1)
    assert 0.4 * STYLES[style][0] < above.max() < 1.3 * STYLES[style][0] + 2
    normals = np.zeros_like(head)
    vertex_normals(head, model.faces, normals)
    outward = ((cap.vertices - head[cap.bind]) * normals[cap.bind]).sum(axis=1)
    rim = np.isin(np.arange(len(cap.vertices)), open_rim(cap.faces))
    assert (outward[rim] < 0).all(), "tucked into the skin"
    assert outward[~rim].mean() > 0.3 * STYLES[style][0]
    chart = chart_of(known.average[cap.bind])
    assert not ((np.abs(chart[:, 0]) < 40) & (chart[:, 1] > -20)).any(), "not on brows, eyes and cheeks"
    assert bool(more) == (style == "tied" or STYLES[style][2] > 0)
    if STYLES[style][2]:
        assert more[-1].vertices[:, 1].max() == pytest.approx(STYLES[style][2], abs=1)


def test_bald_and_shaved_heads_have_no_mesh_of_hair(model: HeadModel, actor: Actor) -> None:
    for style in ("bald", "shaved"):
        assert hair(model, anatomy(), actor.rest[: len(model.template)], style, 1.0) == []


def test_a_receding_hairline_recedes() -> None:
    front = np.array([[0.0, -80.0], [55.0, -60.0], [150.0, -60.0]])
    young, old = hairline(front, 0.0), hairline(front, 26.0)
    assert young[0] > 0 > old[0]
    assert old[1] < young[1] - 10
    assert old[2] == pytest.approx(young[2], abs=1.0), "the back of the head keeps its hair"
    np.testing.assert_array_equal(hairline(front * (-1, 1), 5.0), hairline(front, 5.0))


def test_glasses_stand_before_the_eyes_and_move_with_nothing(person: Subject, model: HeadModel) -> None:
    wearing = make_actor(dataclasses.replace(person, glasses=(3.0, 1.0, (0.1, 0.1, 0.1))))
    frame = of(wearing, Material.FRAME)
    rest = wearing.rest
    assert rest[frame, 2].min() < min(eye.centre[2] - eye.radius for eye in wearing.eyes) - 5
    for eye in wearing.eyes:
        around = frame[(np.abs(rest[frame, 0] - eye.centre[0]) < 26) & (rest[frame, 2] < eye.centre[2])]
        assert np.ptp(rest[around, 0]) > 35
        assert rest[around, 1].min() < eye.centre[1] - 10 < eye.centre[1] + 10 < rest[around, 1].max()
    assert rest[frame, 2].max() > 40, "the temples reach the ears"
    assert not wearing.units[:, frame].any()
    assert (wearing.neck[frame] == 1).all()


def test_shoulders_stay_when_the_head_turns_and_close_around_the_neck(actor: Actor) -> None:
    cloth = of(actor, Material.CLOTH)
    assert (actor.neck[cloth] == 0).all()
    assert not actor.units[:, cloth].any()
    assert 350 < np.ptp(actor.rest[cloth, 0]) < 410
    collar = actor.rest[anatomy().collar]
    assert actor.rest[cloth, 1].min() < collar[:, 1].max()


def test_collars_differ_from_person_to_person(person: Subject) -> None:
    heights = set()
    for seed in range(4):
        made = make_actor(dataclasses.replace(person, seed=seed))
        heights.add(round(float(made.rest[of(made, Material.CLOTH), 1].min()), 3))
    assert len(heights) == 4
    assert max(heights) - min(heights) <= 16
