"""Furrows lie where they belong and deepen with their Action Units."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainers.corpora.behaviour import AUS
from trainers.corpora.rendering.anatomy import CHART_SIZE, TEXEL, chart_grid
from trainers.corpora.rendering.wrinkles import FURROWS, Furrow, relief, reliefs, strengths

INTENSITY = st.dictionaries(st.sampled_from(AUS), st.floats(0, 5))


def filled(left: dict[str, float], right: dict[str, float]) -> np.ndarray:
    out = np.full(CHART_SIZE, 7.0, np.float32)
    relief(np.zeros(CHART_SIZE, np.float32), left, right, out)
    return out


def distance_to(furrow: Furrow, side: int) -> np.ndarray:
    """(rows, columns) mm from each texel to the nearest point of the furrow's lines on one side."""
    grid_u, grid_v = chart_grid()
    nearest = np.full(CHART_SIZE, np.inf)
    for line in furrow.lines:
        points = np.array(line)
        place = np.linspace(0, len(points) - 1, 12 * len(points))
        for u, v in zip(*(np.interp(place, range(len(points)), points[:, k]) for k in (0, 1)), strict=True):
            nearest = np.minimum(nearest, np.hypot(grid_u - side * u, grid_v - v))
    return nearest


def test_drivers_are_action_units_of_the_corpus() -> None:
    for furrow in FURROWS.values():
        assert set(furrow.drivers) <= set(AUS)
        assert all(0 < share <= 1 for share in furrow.drivers.values())
        assert 0 <= furrow.age <= 1
        assert all(u >= 0 for line in furrow.lines for u, _ in line), "on the subject's left"


@pytest.mark.parametrize("name", FURROWS)
def test_a_furrow_is_sunken_at_its_lines_raised_beside_them_and_nowhere_else(name: str) -> None:
    furrow = FURROWS[name]
    height = filled({n: float(n == name) for n in FURROWS}, {n: 0.0 for n in FURROWS})
    distance = distance_to(furrow, +1)
    assert np.abs(height[distance > 9.0 * furrow.width]).max() < 0.02 * furrow.depth
    assert height.min() < -0.5 * furrow.depth
    assert distance[np.unravel_index(height.argmin(), height.shape)] < furrow.width
    assert height.max() > 0.05 * furrow.depth, "skin is pushed up beside it"
    assert distance[np.unravel_index(height.argmax(), height.shape)] > furrow.width
    grid_u, _ = chart_grid()
    assert np.abs(height[grid_u < -4.5]).max() == 0.0, "the subject's right stays smooth"


@pytest.mark.parametrize("name", FURROWS)
def test_sides_are_mirror_images(name: str) -> None:
    on, off = {n: float(n == name) for n in FURROWS}, {n: 0.0 for n in FURROWS}
    np.testing.assert_array_equal(filled(on, off), filled(off, on)[:, ::-1])
    np.testing.assert_allclose(filled(on, on), filled(on, on)[:, ::-1], atol=1e-6)


def test_patches_lie_inside_the_chart() -> None:
    assert set(reliefs()) == {(name, side) for name in FURROWS for side in ("left", "right")}
    for row, column, patch in reliefs().values():
        assert row >= 0
        assert column >= 0
        assert row + patch.shape[0] <= CHART_SIZE[0]
        assert column + patch.shape[1] <= CHART_SIZE[1]
        assert max(patch.shape) * TEXEL < 110


def test_the_resting_relief_shows_through() -> None:
    rng = np.random.default_rng(0)
    still = rng.normal(size=CHART_SIZE).astype(np.float32)
    out = np.empty(CHART_SIZE, np.float32)
    relief(still, {n: 0.0 for n in FURROWS}, {n: 0.0 for n in FURROWS}, out)
    np.testing.assert_array_equal(out, still)
    some = strengths({"AU12": 5.0}, 1.0, 0.0)
    relief(still, some, some, out)
    np.testing.assert_allclose(out - still, filled(some, some), atol=1e-5)


@given(intensity=INTENSITY, more=st.dictionaries(st.sampled_from(AUS), st.floats(0, 5)))
def test_furrows_of_young_skin_deepen_with_every_intensity(
    intensity: dict[str, float], more: dict[str, float]
) -> None:
    stronger = {au: max(intensity.get(au, 0.0), more.get(au, 0.0)) for au in {*intensity, *more}}
    weak, strong = strengths(intensity, 1.0, 0.0), strengths(stronger, 1.0, 0.0)
    for name in FURROWS:
        assert 0.0 <= weak[name] <= strong[name] <= 1.0


@given(intensity=INTENSITY, gain=st.floats(0.45, 1.35), age=st.floats(0, 1))
def test_old_and_readily_folding_skin_has_deeper_furrows(
    intensity: dict[str, float], gain: float, age: float
) -> None:
    young, old = strengths(intensity, gain, 0.0), strengths(intensity, gain, age)
    smooth = strengths(intensity, 0.45, age)
    for name in FURROWS:
        assert smooth[name] - 1e-9 <= old[name] <= 1.35 + FURROWS[name].age
        assert young[name] <= old[name]


def test_a_young_face_at_rest_is_smooth_and_an_old_one_is_not() -> None:
    assert set(strengths({}, 1.0, 0.0).values()) == {0.0}
    old = strengths({}, 1.0, 1.0)
    assert old == {name: furrow.age for name, furrow in FURROWS.items()}


@given(intensity=INTENSITY, age=st.floats(0, 1), fold=st.floats(0, 1.4))
def test_folds_deepen_their_own_furrow_only(intensity: dict[str, float], age: float, fold: float) -> None:
    plain = strengths(intensity, 0.8, age)
    folded = strengths(intensity, 0.8, age, {"glabella": fold})
    assert folded.pop("glabella") == pytest.approx(fold * plain.pop("glabella"))
    assert folded == plain


@pytest.mark.parametrize(
    ("au", "furrow"),
    [
        ("AU01", "forehead, inner"),
        ("AU02", "forehead, outer"),
        ("AU04", "glabella"),
        ("AU06", "crow's feet"),
        ("AU09", "nose root"),
        ("AU12", "nasolabial"),
        ("AU14", "mouth corner"),
        ("AU17", "chin boss"),
        ("AU23", "around the lips"),
    ],
)
def test_the_right_units_make_it(au: str, furrow: str) -> None:
    deep = strengths({au: 5.0}, 1.0, 0.0)
    assert deep[furrow] > 0.6
    assert max(deep, key=lambda name: deep[name]) == furrow
