"""Each fault does what it says, on a picture with edges, colours and flat parts."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

from trainers.corpora.rendering.camera_faults import MIDDLE_GREY, Faults, with_faults

H, W = 96, 120


@pytest.fixture(scope="module")
def scenery() -> NDArray[np.float32]:
    """Coloured blobs and a flat grey lower half, sRGB 0 to 1."""
    noise = np.random.default_rng(0).normal(size=(H, W, 3))
    blobs = np.stack([gaussian_filter(noise[..., c], 1.2) for c in range(3)], axis=-1)
    picture = np.clip(0.5 + 0.2 * blobs / blobs.std(), 0, 1).astype(np.float32)
    picture[H // 2 :] = 0.5
    return picture


def shot(picture: NDArray[np.float32], seed: int = 0, **faults: object) -> NDArray[np.float64]:
    made = with_faults(picture.copy(), Faults(**faults), np.random.default_rng(seed))  # type: ignore[arg-type]
    assert made.dtype == np.uint8
    assert made.shape == picture.shape
    assert made.flags.c_contiguous
    return made.astype(np.float64) / 255


def edges(picture: NDArray[np.floating], axis: int) -> float:
    return float((np.diff(picture[: H // 2 - 8], axis=axis) ** 2).mean())


def test_a_perfect_camera_only_rounds(scenery: NDArray[np.float32]) -> None:
    assert np.abs(shot(scenery) - scenery).max() <= 0.5 / 255 + 1e-6
    wild = np.array([[[-0.5, 2.0, 0.5]]], np.float32).repeat(8, 0).repeat(8, 1)
    np.testing.assert_allclose(shot(wild)[0, 0], [0.0, 1.0, 128 / 255])


def test_blur_takes_away_edges_in_proportion(scenery: NDArray[np.float32]) -> None:
    energy = [edges(shot(scenery, blur=blur), 1) for blur in (0.0, 0.01, 0.02, 0.04)]
    assert all(b < 0.9 * a for a, b in zip(energy, energy[1:], strict=False))
    twice = np.repeat(np.repeat(scenery, 2, axis=0), 2, axis=1)
    small, large = shot(scenery, blur=0.02), shot(twice, blur=0.02)[::2, ::2]
    assert np.abs(small - large).mean() < 0.01, "a share of the height, whatever the size"


@pytest.mark.parametrize(("motion", "axis"), [((0.06, 0.0), 1), ((0.0, -0.06), 0)])
def test_motion_smears_along_its_direction_only(
    scenery: NDArray[np.float32], motion: tuple[float, float], axis: int
) -> None:
    still, moved = shot(scenery), shot(scenery, motion=motion)
    assert edges(moved, axis) < 0.4 * edges(still, axis)
    assert edges(moved, 1 - axis) > 0.5 * edges(moved, axis) > 0
    assert edges(moved, 1 - axis) > 2 * edges(moved, axis)


def test_noise_is_as_strong_as_told_and_comes_from_the_generator(scenery: NDArray[np.float32]) -> None:
    flat = [shot(scenery, noise=noise)[H // 2 + 8 :] for noise in (0.01, 0.04)]
    for noise, picture in zip((0.01, 0.04), flat, strict=True):
        assert picture.std() == pytest.approx(noise, rel=0.1)
        assert picture.mean() == pytest.approx(0.5, abs=0.005)
    np.testing.assert_array_equal(shot(scenery, 3, noise=0.04), shot(scenery, 3, noise=0.04))
    assert (shot(scenery, 3, noise=0.04) != shot(scenery, 4, noise=0.04)).any()


def test_contrast_turns_about_middle_grey(scenery: NDArray[np.float32]) -> None:
    plain, flat, hard = (shot(scenery, contrast=c)[: H // 2] for c in (1.0, 0.5, 1.5))
    assert flat.std() == pytest.approx(0.5 * plain.std(), rel=0.03)
    assert hard.std() > 1.2 * plain.std()
    grey = np.full((16, 16, 3), MIDDLE_GREY, np.float32)
    np.testing.assert_array_equal(shot(grey, contrast=1.7), shot(grey))


def test_saturation_takes_colour_and_leaves_luma(scenery: NDArray[np.float32]) -> None:
    grey, plain = shot(scenery, saturation=0.0), shot(scenery)
    assert np.ptp(grey, axis=2).max() < 1.5 / 255
    luma = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601
    np.testing.assert_allclose(grey @ luma, plain @ luma, atol=2 / 255)
    assert np.ptp(shot(scenery, saturation=1.4), axis=2).mean() > 1.2 * np.ptp(plain, axis=2).mean()


def test_scale_leaves_only_the_detail_of_a_smaller_picture(scenery: NDArray[np.float32]) -> None:
    coarse = shot(scenery, scale=0.25)
    again = np.asarray(
        Image.fromarray((coarse * 255).round().astype(np.uint8)).resize(
            (W // 4, H // 4), Image.Resampling.BOX
        )
    )
    small = np.asarray(
        Image.fromarray((scenery * 255).round().astype(np.uint8)).resize(
            (W // 4, H // 4), Image.Resampling.BOX
        )
    )
    assert edges(coarse, 1) < 0.35 * edges(shot(scenery), 1)
    assert np.abs(again.astype(float) - small).mean() < 8, "but what was coarse is still there"


def test_compression_loses_more_at_a_lower_quality(scenery: NDArray[np.float32]) -> None:
    plain = shot(scenery)
    lost = [np.abs(shot(scenery, quality=quality) - plain).mean() for quality in (95, 60, 15)]
    assert 0 < lost[0] < lost[1] < lost[2]


def test_the_picture_given_is_left_as_it_is(scenery: NDArray[np.float32]) -> None:
    before = scenery.copy()
    faults = Faults(0.02, (0.05, 0.05), 0.05, 0.8, 0.5, 0.5, 40)
    with_faults(scenery, faults, np.random.default_rng(0))
    np.testing.assert_array_equal(scenery, before)
