"""The loops over a network's channels.

A picture of `side` x `side` pixels lies in memory as one *plane* for each channel: row after row, one gap
behind each, so `side + 1` numbers a row (the *pitch*). A padded plane has an empty row before and behind as
well; with zeros in its gaps, the pixel to the left of a row's first is the gap of the row before, and every
neighbour of every pixel is at a fixed distance. So loops run through whole planes, whatever the row.

What the gaps of a plane without padding hold means nothing.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engines.bottleneck.tile import CHANNELS, LANES, NARROW, WIDE, make_tile
from engines.compiled import compiled, compiled_reordering

Floats = NDArray[np.float32]

SPAN = 480
"""Pixels taken through a block at a time: a multiple of every tile, and few enough for the nearest cache."""
SLACK = LANES
"""Numbers behind a plane that the last tile may write."""

_wide, _narrow = make_tile(WIDE), make_tile(NARROW)


@compiled
def pitch_of(side: int) -> int:
    """Return the numbers in a row of `side` pixels."""
    return side + 1


@compiled
def lead_of(side: int) -> int:
    """Return how far in a padded plane its first pixel is."""
    return pitch_of(side) + 1


@compiled
def plane_size(side: int) -> int:
    """Return the numbers in a plane."""
    return side * pitch_of(side) + SLACK


@compiled
def padded_size(side: int) -> int:
    """Return the numbers in a padded plane."""
    return lead_of(side) + (side + 1) * pitch_of(side) + SLACK


@compiled
def mix(
    taps: Floats,
    first: int,
    offsets: NDArray[np.int64],
    weights: Floats,
    bias: Floats,
    slope: Floats,
    out: Floats,
    at: int,
    stride: int,
    count: int,
    add: bool,
) -> None:
    """Do out = PReLU(bias + weights taps), on `count` pixels and up to SLACK after them.

    Args:
        taps: (n,); pixel p of tap k is at first + offsets[k] + p.
        offsets: (K,).
        weights: (M / CHANNELS, K * CHANNELS).
        bias, slope: (M,).
        out: (n,); pixel p of channel m is at at + m * stride + p.
        add: whether `out` is added to the sum.
    """
    pixel = 0
    while pixel + WIDE * LANES <= count:
        for group in range(len(weights)):
            m = group * CHANNELS
            _wide(
                taps, first + pixel, offsets, weights[group], bias[m:], slope[m:],
                out, at + m * stride + pixel, stride, add,
            )  # fmt: skip
        pixel += WIDE * LANES
    while pixel < count:
        for group in range(len(weights)):
            m = group * CHANNELS
            _narrow(
                taps, first + pixel, offsets, weights[group], bias[m:], slope[m:],
                out, at + m * stride + pixel, stride, add,
            )  # fmt: skip
        pixel += NARROW * LANES


@compiled
def empty_gaps(planes: Floats, side: int, first: int, count: int) -> None:
    """Put zeros in the gaps of padded planes (M, ...) among `count` places from pixel `first` on."""
    pitch, total = pitch_of(side), side * pitch_of(side)
    begin, end = lead_of(side) + first, lead_of(side) + first + count
    for plane in planes:
        gap = lead_of(side) + (first + pitch - 1 - side) // pitch * pitch + side
        if gap < begin:
            gap += pitch
        while gap < end:
            plane[gap] = np.float32(0)
            gap += pitch
        if first + count == total:
            plane[end : end + SLACK] = np.float32(0)


@compiled_reordering
def blur(
    planes: Floats, side: int, first: int, count: int, weights: Floats, bias: Floats, out: Floats
) -> None:
    """Convolve each of the padded planes (M, ...) with its own 3 x 3 weights (M, 9), on `count` pixels.

    Args:
        out: (M, SPAN or more); pixel `first` becomes its first.
    """
    pitch, at = pitch_of(side), lead_of(side) + first
    for m in range(len(bias)):
        w, b = weights[m], bias[m]
        w0, w1, w2, w3, w4, w5, w6, w7, w8 = w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7], w[8]
        above = planes[m, at - pitch - 1 : at - pitch + count + 1]
        here = planes[m, at - 1 : at + count + 1]
        below = planes[m, at + pitch - 1 : at + pitch + count + 1]
        row = out[m, :count]
        for p in range(count):
            row[p] = (
                b
                + w0 * above[p] + w1 * above[p + 1] + w2 * above[p + 2]
                + w3 * here[p] + w4 * here[p + 1] + w5 * here[p + 2]
                + w6 * below[p] + w7 * below[p + 1] + w8 * below[p + 2]
            )  # fmt: skip


@compiled
def halve(planes: Floats, side: int, row: int, rows: int, cells: Floats, most: Floats) -> None:
    """Take squares of 2 x 2 pixels apart, and the largest of each.

    Args:
        planes: (C, ...) of 2 side x 2 side pixels.
        side: of the result.
        row, rows: which rows of the result.
        cells: (4 C, SPAN or more): upper left of all channels, upper right, lower left, lower right.
        most: planes (C or more, ...) of side x side: the largest, and zeros in the channels after C.
    """
    channels, pitch, wide = len(planes), pitch_of(side), pitch_of(2 * side)
    for c in range(channels):
        for r in range(rows):
            at = 2 * (row + r) * wide
            upper, lower = planes[c, at : at + 2 * side], planes[c, at + wide : at + wide + 2 * side]
            at = r * pitch
            c0, c1 = cells[c, at : at + side], cells[channels + c, at : at + side]
            c2, c3 = cells[2 * channels + c, at : at + side], cells[3 * channels + c, at : at + side]
            at = (row + r) * pitch
            top = most[c, at : at + side]
            for p in range(side):
                v0, v1, v2, v3 = upper[2 * p], upper[2 * p + 1], lower[2 * p], lower[2 * p + 1]
                c0[p], c1[p], c2[p], c3[p] = v0, v1, v2, v3
                top[p] = max(max(v0, v1), max(v2, v3))
            most[c, at + side] = np.float32(0)
    for c in range(channels, len(most)):
        most[c, row * pitch : (row + rows) * pitch] = np.float32(0)


@compiled
def take_apart(picture: Floats, phases: Floats) -> None:
    """Sort a picture (2 side, 2 side, 3) into planes (12, ...) of its even and odd rows and columns.

    Plane (2 * odd row + odd column) * 3 + channel; the planes are (side + 1) rows of side + 1, whose last row
    and last column stay empty.
    """
    side = len(picture) // 2
    pitch = pitch_of(side)
    for y in range(2 * side):
        line = picture[y].reshape(-1)
        at = (y >> 1) * pitch
        for half in range(2):
            for c in range(3):
                plane = phases[(2 * (y & 1) + half) * 3 + c, at : at + side]
                for p in range(side):
                    plane[p] = line[6 * p + 3 * half + c]
