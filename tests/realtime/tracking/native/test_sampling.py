"""What the networks see of a picture."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.tracking.native.region import Region
from realtime.tracking.native.sampling import sample

PICTURE = np.random.default_rng(3).integers(0, 256, (24, 40, 3), dtype=np.uint8)


def bilinear(image: np.ndarray, x: float, y: float, repeat_border: bool) -> np.ndarray:
    """A sample by the book: four pixels, weighed; outside of the picture its border, or black."""
    x0, y0 = int(np.floor(x)), int(np.floor(y))
    height, width = image.shape[:2]
    total = np.zeros(3)
    for row, share_y in ((y0, 1 - (y - y0)), (y0 + 1, y - y0)):
        for column, share_x in ((x0, 1 - (x - x0)), (x0 + 1, x - x0)):
            inside = 0 <= row < height and 0 <= column < width
            pixel = image[min(max(row, 0), height - 1), min(max(column, 0), width - 1)]
            if inside or repeat_border:
                total += share_x * share_y * pixel.astype(float)
    return total


@settings(deadline=None)
@given(
    st.floats(-10, 50),
    st.floats(-10, 34),
    st.floats(2, 60),
    st.floats(-3.2, 3.2),
    st.booleans(),
)
def test_samples_are_bilinear_also_beyond_the_border(
    x: float, y: float, side: float, angle: float, repeat_border: bool
) -> None:
    raster = np.empty((6, 8, 3), np.float32)
    to_image = Region(x, y, side, side, angle).to_image(8, 6)
    sample(PICTURE, to_image, (0.0, 255.0), repeat_border, raster)
    for v in range(6):
        for u in range(8):
            # Samples lie on 1/32 of a pixel: the nearest may be 1/64 away, and one more step by rounding.
            at = np.round((to_image @ (u, v, 1)) * 32) / 32
            near = [
                bilinear(PICTURE, at[0] + i / 32, at[1] + j / 32, repeat_border)
                for i in (-1, 0, 1)
                for j in (-1, 0, 1)
            ]
            assert any(np.abs(raster[v, u] - value).max() <= 0.51 for value in near)


@pytest.mark.parametrize("repeat_border", [True, False])
@pytest.mark.parametrize("shape", [(24, 40), (1, 2), (2, 1), (1, 1)])
def test_a_whole_picture_is_taken_to_its_last_pixel(shape: tuple[int, int], repeat_border: bool) -> None:
    picture = np.ascontiguousarray(PICTURE[: shape[0], : shape[1]])
    raster = np.empty((*shape, 3), np.float32)
    sample(picture, np.array([[1.0, 0, 0], [0, 1.0, 0]]), (0.0, 255.0), repeat_border, raster)
    np.testing.assert_array_equal(raster, picture)


def test_whole_pixels_are_taken_as_they_are() -> None:
    raster = np.empty((5, 7, 3), np.float32)
    sample(PICTURE, np.array([[1.0, 0, 3], [0, 1.0, 2]]), (0.0, 255.0), True, raster)
    np.testing.assert_array_equal(raster, PICTURE[2:7, 3:10])


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-1.0, 1.0)])
def test_values_get_the_networks_range(low: float, high: float) -> None:
    image = np.zeros((4, 4, 3), np.uint8)
    image[:, 2:] = 255
    raster = np.empty((2, 4, 3), np.float32)
    sample(image, np.array([[1.0, 0, 0], [0, 1.0, 1]]), (low, high), True, raster)
    assert raster[0, :, 0] == pytest.approx([low, low, high, high], abs=1e-6)


def test_outside_of_the_picture() -> None:
    image = np.full((4, 4, 3), 200, np.uint8)
    raster = np.empty((1, 3, 3), np.float32)
    beyond = np.array([[1.0, 0, 5], [0, 1.0, 1]])
    sample(image, beyond, (0.0, 255.0), True, raster)
    assert (raster == 200).all()
    sample(image, beyond, (0.0, 255.0), False, raster)
    assert (raster == 0).all()
