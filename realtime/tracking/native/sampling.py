"""Cutting what a network sees out of a picture: a turned rectangle, resampled to the network's input."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engines.compiled import coming, compiled, four_bytes


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
    if image.size < 4:
        image = image.repeat(2, axis=1)  # a single pixel: samples are read as four bytes
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
    # Row by row in three loops: where samples lie and fetching them cannot be vectorised together, apart the
    # first and the last can. Unsigned numbers spare a check for negative indices at each load.
    pixels, values = image.reshape(-1), raster.reshape(-1)
    rows, columns = raster.shape[:2]
    right, down = np.empty(columns, np.int32), np.empty(columns, np.int32)
    for u in range(columns):
        right[u] = np.int32(np.rint(to_image[0, 0] * u * 1024.0))
        down[u] = np.int32(np.rint(to_image[1, 0] * u * 1024.0))
    at, across, below = (
        np.empty(columns, np.uint32),
        np.empty(columns, np.uint32),
        np.empty(columns, np.uint32),
    )
    w00, w01 = np.empty(columns, np.uint32), np.empty(columns, np.uint32)
    w10, w11 = np.empty(columns, np.uint32), np.empty(columns, np.uint32)
    p00, p01 = np.empty(columns, np.uint32), np.empty(columns, np.uint32)
    p10, p11 = np.empty(columns, np.uint32), np.empty(columns, np.uint32)
    # Pixels are read as four bytes, of which the last means nothing; none may lie behind the picture.
    last = np.uint32(len(pixels) - 4)
    for v in range(rows):
        x = np.int32(np.rint((to_image[0, 1] * v + to_image[0, 2]) * 1024.0) + 16)
        y = np.int32(np.rint((to_image[1, 1] * v + to_image[1, 2]) * 1024.0) + 16)
        _place(
            image.shape[1],
            image.shape[0],
            right,
            down,
            x,
            y,
            repeat_border,
            at,
            across,
            below,
            w00,
            w01,
            w10,
            w11,
        )
        # A picture that has just been decoded lies in no near cache: a row's pixels are asked for together
        # (every fourth, they lie close), so that they are not waited for one by one.
        for u in range(0, columns, 4):
            coming(pixels, at[u])
            coming(pixels, np.uint32(at[u] + below[u]))
        reached_end = False
        for u in range(columns):
            upper = at[u]
            lower = np.uint32(upper + below[u])
            farthest = np.uint32(lower + across[u])
            if farthest > last:
                reached_end = True
            p00[u] = four_bytes(pixels, min(upper, last))
            p01[u] = four_bytes(pixels, min(np.uint32(upper + across[u]), last))
            p10[u] = four_bytes(pixels, min(lower, last))
            p11[u] = four_bytes(pixels, min(farthest, last))
        if reached_end:
            for u in range(columns):
                upper = at[u]
                lower = np.uint32(upper + below[u])
                p00[u] >>= _passed(upper, last)
                p01[u] >>= _passed(np.uint32(upper + across[u]), last)
                p10[u] >>= _passed(lower, last)
                p11[u] >>= _passed(np.uint32(lower + across[u]), last)
        _blend(
            p00,
            p01,
            p10,
            p11,
            w00,
            w01,
            w10,
            w11,
            gain,
            bias,
            values[3 * v * columns : 3 * (v + 1) * columns],
        )


@compiled
def _place(
    width: int,
    height: int,
    right: NDArray[np.int32],
    down: NDArray[np.int32],
    from_x: np.int32,
    from_y: np.int32,
    repeat_border: bool,
    at: NDArray[np.uint32],
    across: NDArray[np.uint32],
    below: NDArray[np.uint32],
    w00: NDArray[np.uint32],
    w01: NDArray[np.uint32],
    w10: NDArray[np.uint32],
    w11: NDArray[np.uint32],
) -> None:
    """Find the four pixels around each sample of a row, and what they weigh, of 1024.

    Args:
        right, down: (n,) way from the row's first sample, 1/1024 pixel.
        from_x, from_y: the row's first sample, 1/1024 pixel, with half of 1/32 added.
        at: (n,) gets the place of the upper left pixel's first byte.
        across, below: (n,) get how many bytes further the others are, 0 at the border.
        w00, w01, w10, w11: (n,) get the weights of upper left, upper right, lower left, lower right.
    """
    last_column, last_row = np.int32(width - 1), np.int32(height - 1)
    zero, one, stride = np.int32(0), np.int32(1), np.int32(3 * width)
    for u in range(len(at)):
        x = np.int32(from_x + right[u]) >> np.int32(5)
        y = np.int32(from_y + down[u]) >> np.int32(5)
        part_x, part_y = x & np.int32(31), y & np.int32(31)
        x >>= np.int32(5)
        y >>= np.int32(5)
        lower_right = part_x * part_y
        upper_right = part_x * np.int32(32) - lower_right
        lower_left = part_y * np.int32(32) - lower_right
        upper_left = np.int32(1024) - lower_right - upper_right - lower_left
        if not repeat_border:  # what lies outside is black
            left_in, right_in = np.int32(0 <= x <= last_column), np.int32(-1 <= x < last_column)
            top_in, bottom_in = np.int32(0 <= y <= last_row), np.int32(-1 <= y < last_row)
            upper_left *= left_in * top_in
            upper_right *= right_in * top_in
            lower_left *= left_in * bottom_in
            lower_right *= right_in * bottom_in
        w00[u], w01[u] = np.uint32(upper_left), np.uint32(upper_right)
        w10[u], w11[u] = np.uint32(lower_left), np.uint32(lower_right)
        held_x, held_y = min(max(x, zero), last_column), min(max(y, zero), last_row)
        at[u] = np.uint32(held_y * stride + held_x * np.int32(3))
        across[u] = np.uint32(3) if (x >= zero and x + one <= last_column) else np.uint32(0)
        below[u] = np.uint32(stride) if (y >= zero and y + one <= last_row) else np.uint32(0)


@compiled
def _passed(at: np.uint32, last: np.uint32) -> np.uint32:
    """Return how many bits come before a pixel in the four bytes read from `last` at the latest."""
    return np.uint32((max(at, last) - last) * np.uint32(8))


@compiled
def _blend(
    p00: NDArray[np.uint32],
    p01: NDArray[np.uint32],
    p10: NDArray[np.uint32],
    p11: NDArray[np.uint32],
    w00: NDArray[np.uint32],
    w01: NDArray[np.uint32],
    w10: NDArray[np.uint32],
    w11: NDArray[np.uint32],
    gain: np.float32,
    bias: np.float32,
    line: NDArray[np.float32],
) -> None:
    """Fill a row of samples, (3 n,), with the weighted means of four pixels each."""
    byte, half, eight, ten = np.uint32(255), np.uint32(512), np.uint32(8), np.uint32(10)
    for u in range(len(p00)):
        a, b, c, d = p00[u], p01[u], p10[u], p11[u]
        wa, wb, wc, wd = w00[u], w01[u], w10[u], w11[u]
        red = wa * (a & byte) + wb * (b & byte) + wc * (c & byte) + wd * (d & byte) + half
        a, b, c, d = a >> eight, b >> eight, c >> eight, d >> eight
        green = wa * (a & byte) + wb * (b & byte) + wc * (c & byte) + wd * (d & byte) + half
        a, b, c, d = a >> eight, b >> eight, c >> eight, d >> eight
        blue = wa * (a & byte) + wb * (b & byte) + wc * (c & byte) + wd * (d & byte) + half
        line[3 * u] = np.float32(np.int32(red >> ten)) * gain + bias
        line[3 * u + 1] = np.float32(np.int32(green >> ten)) * gain + bias
        line[3 * u + 2] = np.float32(np.int32(blue >> ten)) * gain + bias
