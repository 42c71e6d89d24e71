"""Skin tones, brows and beards."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest

from trainers.corpora.rendering.anatomy import CHART_SIZE, chart_grid
from trainers.corpora.rendering.skin import (
    Complexion,
    beard_mask,
    brow_mask,
    linear,
    lip_colour,
    paint_skin,
    skin_colour,
    smooth_noise,
)

PLAIN = Complexion(4.0, 0.3, 0.3, 0.3, 0.5, 1.0, 0.0, "none", 0.8, 0.0)
BLACK = np.array([0.01, 0.008, 0.007], np.float32)
BEARDS = ("none", "stubble", "moustache", "goatee", "full")


def like(**changes: object) -> Complexion:
    return dataclasses.replace(PLAIN, **changes)  # type: ignore[arg-type]


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_linear_light_of_srgb() -> None:
    # IEC 61966-2-1: mid grey 0.5 is 0.2140 in linear light; the curve is linear near black.
    np.testing.assert_allclose(linear((0.0, 0.04, 0.5, 1.0)), [0.0, 0.04 / 12.92, 0.21404, 1.0], atol=1e-5)


def test_tones_darken_from_1_to_10(luma: Callable[[np.ndarray], np.ndarray]) -> None:
    whole = np.array([luma(skin_colour(float(tone))) for tone in range(1, 11)])
    # The second and third swatch of Monk's scale differ in hue, hardly in brightness.
    assert (np.diff(whole) < [0, 0.03, 0, 0, 0, 0, 0, 0, 0]).all(), whole
    assert whole[2] < whole[0]
    assert whole[0] > 10 * whole[-1]
    for tone in range(1, 11):
        red, green, blue = skin_colour(float(tone))
        assert 0.7 > red >= green >= blue > 0.005


def test_tones_between_are_between_and_beyond_are_the_ends() -> None:
    np.testing.assert_allclose(skin_colour(5.5), (skin_colour(5) + skin_colour(6)) / 2, rtol=1e-4)
    np.testing.assert_array_equal(skin_colour(0.0), skin_colour(1.0))
    np.testing.assert_array_equal(skin_colour(11.0), skin_colour(10.0))


def test_lips_are_redder_than_the_skin_and_paint_makes_them_redder_still() -> None:
    for tone in (1.0, 5.0, 10.0):
        skin, lips = skin_colour(tone), lip_colour(like(tone=tone))
        painted = lip_colour(like(tone=tone, lip_colour=1.0))
        assert lips[0] / lips[1] > skin[0] / skin[1]
        assert painted[0] / painted[1] > lips[0] / lips[1]


def test_noise_is_standard_and_its_blobs_have_the_scale() -> None:
    def correlation(noise: np.ndarray, millimetres: float) -> float:
        shift = round(millimetres / 0.5)
        return float((noise[:, shift:] * noise[:, : noise.shape[1] - shift]).mean())

    for scale in (2.2, 5.0, 9.0, 24.0):
        noise = smooth_noise(rng(), scale)
        assert noise.shape == CHART_SIZE
        assert noise.mean() == pytest.approx(0, abs=1e-3)
        assert noise.std() == pytest.approx(1, abs=1e-3)
        assert correlation(noise, 0.25 * scale) > 0.6
        assert abs(correlation(noise, 3 * scale)) < 0.3


def test_brows_lie_over_the_eyes_between_nose_and_temple() -> None:
    mask = brow_mask(PLAIN, rng())
    assert 0.0 <= mask.min() <= mask.max() <= 1.0
    u, v = chart_grid()
    rows, columns = np.nonzero(mask > 0.5)
    assert np.abs(u[rows, columns]).min() > 6
    assert np.abs(u[rows, columns]).max() < 58
    assert -30 < v[rows, columns].min() < v[rows, columns].max() < -10
    left, right = mask[u > 0].sum(), mask[u < 0].sum()
    assert left == pytest.approx(right, rel=0.1)


def test_brows_are_as_thick_and_as_high_as_told() -> None:
    _, v = chart_grid()

    def height(complexion: Complexion) -> float:
        mask = brow_mask(complexion, rng())
        return float((v * mask).sum() / mask.sum())

    assert height(like(brow_height=2.0)) == pytest.approx(height(PLAIN) - 2.0, abs=0.2)
    assert brow_mask(like(brow=0.6), rng()).sum() < 0.75 * brow_mask(like(brow=1.2), rng()).sum()


@pytest.mark.parametrize("beard", BEARDS)
def test_beards_cover_what_their_name_says(beard: str) -> None:
    mask = beard_mask(like(beard=beard), rng())
    assert mask.dtype == np.float32
    assert 0.0 <= mask.min() <= mask.max() <= 0.97
    u, v = chart_grid()

    def covered(at_u: float, at_v: float) -> float:
        return float(mask[(np.abs(np.abs(u) - at_u) < 4) & (np.abs(v - at_v) < 4)].mean())

    lip, chin, jaw = covered(12, 55), covered(10, 108), covered(80, 65)
    least = 0.1 if beard == "stubble" else 0.35
    assert (lip > least) == (beard != "none")
    assert (chin > least) == (beard in ("stubble", "goatee", "full"))
    assert (jaw > least) == (beard in ("stubble", "full"))
    assert covered(40, 0) == 0.0, "no beard reaches the eyes"
    if beard != "none":
        assert beard_mask(like(beard=beard, density=0.4), rng()).sum() < 0.6 * mask.sum()


@pytest.mark.parametrize("receded", [None, 0.0, 26.0])
@pytest.mark.parametrize("tone", [1.0, 10.0])
def test_painted_skin_is_a_reflectance_and_repeats(tone: float, receded: float | None) -> None:
    complexion = like(tone=tone, beard="stubble", spots=1.0, redness=1.0, unevenness=1.0)
    albedo, relief = paint_skin(complexion, BLACK, receded, rng(3))
    assert albedo.shape == (*CHART_SIZE, 3)
    assert albedo.dtype == relief.dtype == np.float32
    assert 0.003 <= albedo.min() <= albedo.max() <= 0.95
    assert np.isfinite(relief).all()
    assert 0.02 < relief.std() < 0.2, "millimetres: pores"
    again = paint_skin(complexion, BLACK, receded, rng(3))
    np.testing.assert_array_equal(albedo, again[0])
    np.testing.assert_array_equal(relief, again[1])
    assert (paint_skin(complexion, BLACK, receded, rng(4))[0] != albedo).any()


def test_blood_reddens_the_cheeks_and_hair_darkens_the_scalp(luma: Callable[..., np.ndarray]) -> None:
    u, v = chart_grid()
    cheeks = (np.abs(np.abs(u) - 48) < 8) & (np.abs(v - 34) < 6)
    crown = v < -90
    pale = paint_skin(like(redness=0.0, tone=2.0), BLACK, None, rng())[0]
    rosy = paint_skin(like(redness=1.0, tone=2.0), BLACK, None, rng())[0]
    hue = [picture[cheeks].mean(axis=0) for picture in (pale, rosy)]
    assert hue[1][0] / hue[1][1] > 1.05 * hue[0][0] / hue[0][1]
    haired = paint_skin(like(redness=0.0, tone=2.0), BLACK, 0.0, rng())[0]
    assert luma(haired[crown]).mean() < 0.4 * luma(pale[crown]).mean()
