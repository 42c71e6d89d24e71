"""Cutting what a network sees out of a picture: a turned rectangle, resampled to the network's input."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engines.compiled import compiled


def sample(
    image: NDArray[np.uint8],
    to_image: NDArray[np.float64],
    value_range: tuple[float, float],
    repeat_border: bool,
    raster: NDArray[np.float32],
) -> None:
    """Fill `raster` (rows, columns, 3) with bilinear samples of `image` (h, w, 3).

    In fixed point, as OpenCV's warps do it, which MediaPipe uses: samples lie on multiples of 1/32 pixel and
    are rounded to whole numbers 0-255. So the networks see what they see there.

    Args:
        image: RGB, C-contiguous.
        to_image: (2, 3), raster column and row -> pixel; whole numbers are the centres of pixels.
        value_range: what 0 and 255 become.
        repeat_border: whether the picture's border goes on outside of it; it is black if not.
        raster: the network's input, C-contiguous.
    """
    low, high = value_range
    _sample(image, to_image, np.float32((high - low) / 255.0), np.float32(low), repeat_border, raster)


@compiled
def _sample(
    image: NDArray[np.uint8],
    to_image: NDArray[np.float64],
    gain: np.float32,
    bias: np.float32,
    repeat_border: bool,
    raster: NDArray[np.float32],
) -> None:
    # Unsigned numbers spare a check for negative indices at each of twelve loads a sample: half of the time.
    pixels, values = image.reshape(-1), raster.reshape(-1)
    last_column, last_row = image.shape[1] - 1, image.shape[0] - 1
    stride = np.uint32(image.shape[1] * 3)
    rows, columns = raster.shape[:2]
    right = np.empty(columns, np.int32)
    down = np.empty(columns, np.int32)
    for u in range(columns):
        right[u] = np.int32(np.rint(to_image[0, 0] * u * 1024.0))
        down[u] = np.int32(np.rint(to_image[1, 0] * u * 1024.0))
    k = np.uint32(0)
    for v in range(rows):
        row_x = np.int32(np.rint((to_image[0, 1] * v + to_image[0, 2]) * 1024.0) + 16)
        row_y = np.int32(np.rint((to_image[1, 1] * v + to_image[1, 2]) * 1024.0) + 16)
        for u in range(columns):
            x = np.int32(row_x + right[u]) >> np.int32(5)
            y = np.int32(row_y + down[u]) >> np.int32(5)
            part_x, part_y = np.uint32(x & np.int32(31)), np.uint32(y & np.int32(31))
            x >>= np.int32(5)
            y >>= np.int32(5)
            w11 = np.uint32(part_x * part_y)
            w01 = np.uint32(part_x * np.uint32(32) - w11)
            w10 = np.uint32(part_y * np.uint32(32) - w11)
            w00 = np.uint32(np.uint32(1024) - w11 - w01 - w10)
            across, below = np.uint32(3), stride
            if not (0 <= x < last_column and 0 <= y < last_row):
                if not repeat_border:
                    if x < 0 or x > last_column:
                        w00 = w10 = np.uint32(0)
                    if x < -1 or x >= last_column:
                        w01 = w11 = np.uint32(0)
                    if y < 0 or y > last_row:
                        w00 = w01 = np.uint32(0)
                    if y < -1 or y >= last_row:
                        w10 = w11 = np.uint32(0)
                if x < 0 or x >= last_column:
                    across = np.uint32(0)
                if y < 0 or y >= last_row:
                    below = np.uint32(0)
                x, y = np.int32(min(max(x, 0), last_column)), np.int32(min(max(y, 0), last_row))
            at = np.uint32(np.uint32(y) * stride + np.uint32(x) * np.uint32(3))
            low = np.uint32(at + below)
            for _ in range(3):
                total = (
                    w00 * pixels[at]
                    + w01 * pixels[at + across]
                    + w10 * pixels[low]
                    + w11 * pixels[low + across]
                    + np.uint32(512)
                )
                values[k] = np.float32(np.int32(np.uint32(total) >> np.uint32(10))) * gain + bias
                k += np.uint32(1)
                at += np.uint32(1)
                low += np.uint32(1)
