"""Places on the average head."""

from __future__ import annotations

import numpy as np
import pytest

from trainers.corpora.rendering.anatomy import (
    AXIS_DEPTH,
    AXIS_RADIUS,
    CHART_SIZE,
    TEXEL,
    U_RANGE,
    V_RANGE,
    Anatomy,
    anatomy,
    centred,
    chart_grid,
    chart_of,
    eyeballs,
    open_rim,
)
from trainers.corpora.rendering.head_model import HeadModel


@pytest.fixture(scope="module")
def known(model: HeadModel) -> Anatomy:
    return anatomy()


def test_the_origin_lies_between_the_eyes(model: HeadModel, known: Anatomy) -> None:
    moved = centred(model, model.neutral({"age": 0.9, "gender": 1.0}, {"head-trans-up": 0.5}))
    for head in (known.average, moved):
        left, right = eyeballs(model, head)
        np.testing.assert_allclose(left.centre + right.centre, 0.0, atol=1e-3)
        assert left.radius == pytest.approx(right.radius, rel=0.03)


def test_eyeballs_are_the_spheres_that_fit(model: HeadModel, known: Anatomy) -> None:
    for side, eye in zip(("left eye", "right eye"), eyeballs(model, known.average), strict=True):
        distance = np.linalg.norm(known.average[model.of_part(side)] - eye.centre, axis=1)
        np.testing.assert_allclose(distance, eye.radius, atol=1.0)


def test_the_chart_measures_arc_length_on_its_axis_and_height(known: Anatomy) -> None:
    angle = np.linspace(-2, 2, 9)
    cylinder = np.column_stack(
        [AXIS_RADIUS * np.sin(angle), np.full(9, 12.0), AXIS_DEPTH - AXIS_RADIUS * np.cos(angle)]
    )
    np.testing.assert_allclose(chart_of(cylinder)[:, 0], AXIS_RADIUS * angle, atol=1e-3)
    np.testing.assert_allclose(chart_of(cylinder)[:, 1], 12.0)
    np.testing.assert_array_equal(known.chart, chart_of(known.average))


def test_chart_grid_holds_the_texels_centres() -> None:
    u, v = chart_grid()
    assert u.shape == v.shape == CHART_SIZE
    assert (u[0, 0], v[0, 0]) == (U_RANGE[0] + TEXEL / 2, V_RANGE[0] + TEXEL / 2)
    assert (u[-1, -1], v[-1, -1]) == (U_RANGE[1] - TEXEL / 2, V_RANGE[1] - TEXEL / 2)
    np.testing.assert_allclose(u, -u[:, ::-1])


@pytest.mark.parametrize("side", ["left", "right"])
def test_lids_lie_around_their_eye_from_nose_to_temple(model: HeadModel, known: Anatomy, side: str) -> None:
    eye = eyeballs(model, known.average)[side == "right"]
    upper, lower = (known.average[known.lids[side, lid]] for lid in ("upper", "lower"))
    for margin in (upper, lower):
        assert len(margin) > 10
        assert (np.sign(margin[:, 0]) == np.sign(eye.centre[0])).all()
        assert (np.diff(np.abs(margin[:, 0])) >= 0).all()
        assert (np.linalg.norm(margin - eye.centre, axis=1) < eye.radius + 8).all()
    assert np.median(upper[:, 1]) < np.median(lower[:, 1]) - 3
    assert model.of_part("skin")[known.lids[side, "upper"]].all()


def test_skin_near_an_eye_may_touch_it(model: HeadModel, known: Anatomy) -> None:
    for eye, near in zip(eyeballs(model, known.average), known.near_eye, strict=True):
        assert np.isin(known.lids["left" if eye.centre[0] > 0 else "right", "upper"], near).all()
        assert (np.linalg.norm(known.average[near] - eye.centre, axis=1) < eye.radius + 9.0).all()


def test_the_face_turns_with_the_head_and_the_throat_stays(model: HeadModel, known: Anatomy) -> None:
    lips_and_eyes = (model.mask("lips") > 0.5) | model.of_part("left eye") | model.of_part("right eye")
    np.testing.assert_array_equal(known.neck[lips_and_eyes], 1.0)
    assert known.neck.min() >= 0
    assert known.neck.max() <= 1
    throat = known.collar[known.average[known.collar, 2] < 80]
    assert len(throat) > 15
    assert known.neck[throat].max() < 0.05


def test_the_collar_is_the_only_open_edge_and_goes_round_once(model: HeadModel, known: Anatomy) -> None:
    rim = known.average[known.collar]
    assert len(rim) > 20
    assert rim[:, 1].min() > 80, "all of it lies at the neck"
    around = np.arctan2(rim[:, 0] - rim[:, 0].mean(), rim[:, 2] - rim[:, 2].mean())
    assert (np.diff(around) > 0).all()
    assert np.diff(around, append=around[0] + 2 * np.pi).max() < 0.6


def test_open_rim_of_a_strip_and_of_a_closed_body() -> None:
    strip = np.array([[0, 1, 2], [1, 3, 2], [2, 3, 4]])
    np.testing.assert_array_equal(open_rim(strip), [0, 1, 2, 3, 4])
    tent = np.array([[0, 1, 4], [1, 2, 4], [2, 3, 4], [3, 0, 4]])
    np.testing.assert_array_equal(open_rim(tent), [0, 1, 2, 3])
    tetrahedron = np.array([[0, 1, 2], [0, 1, 3], [1, 2, 3], [0, 2, 3]])
    assert len(open_rim(tetrahedron)) == 0
