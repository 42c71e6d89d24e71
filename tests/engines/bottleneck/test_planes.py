"""The loops over planes, against plain NumPy."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.bottleneck.planes import (
    SLACK,
    SPAN,
    blur,
    empty_gaps,
    halve,
    lead_of,
    mix,
    padded_size,
    pitch_of,
    plane_size,
    take_apart,
)
from engines.bottleneck.tile import CHANNELS


def pixels_of(planes: np.ndarray, side: int, lead: int = 0) -> np.ndarray:
    """The pictures (C, side, side) in some planes."""
    pitch = pitch_of(side)
    return planes[:, lead : lead + side * pitch].reshape(len(planes), side, pitch)[:, :, :side]


def planes_of(pictures: np.ndarray, size: int, lead: int = 0, gaps: float = 0.0) -> np.ndarray:
    """Planes of `size` numbers with pictures (C, side, side) in them."""
    channels, side = pictures.shape[:2]
    planes = np.full((channels, size), gaps, np.float32)
    planes[:, lead : lead + side * pitch_of(side)].reshape(channels, side, -1)[:, :, :side] = pictures
    return planes


@settings(max_examples=40, deadline=None)
@given(
    taps=st.integers(1, 40),
    groups=st.integers(1, 3),
    count=st.integers(1, 200),
    add=st.booleans(),
    seed=st.integers(0, 99),
)
def test_mix_is_a_product_of_matrices_with_prelu(
    taps: int, groups: int, count: int, add: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    channels, step = groups * CHANNELS, count + SLACK + 3
    x = rng.normal(size=(taps, step)).astype(np.float32)
    weights = rng.normal(size=(channels, taps)).astype(np.float32)
    bias, slope = rng.normal(size=(2, channels)).astype(np.float32)
    out = rng.normal(size=(channels, step)).astype(np.float32)
    total = weights @ x[:, 3 : 3 + count] + bias[:, None] + add * out[:, :count]
    expected = np.where(total > 0, total, slope[:, None] * total)
    packed = weights.reshape(groups, CHANNELS, taps).transpose(0, 2, 1).reshape(groups, -1)
    before = out.copy()
    mix(
        x.reshape(-1), 3, np.arange(taps) * step, np.ascontiguousarray(packed), bias, slope,
        out.reshape(-1), 0, step, count, add,
    )  # fmt: skip
    np.testing.assert_allclose(out[:, :count], expected, rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(out[:, count + SLACK :], before[:, count + SLACK :])


@settings(max_examples=30, deadline=None)
@given(side=st.integers(1, 24), channels=st.integers(1, 3), seed=st.integers(0, 99))
def test_blur_is_a_depthwise_convolution(side: int, channels: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    pictures = rng.normal(size=(channels, side, side)).astype(np.float32)
    weights = rng.normal(size=(channels, 9)).astype(np.float32)
    bias = rng.normal(size=channels).astype(np.float32)
    planes = planes_of(pictures, padded_size(side), lead_of(side))
    around = np.pad(pictures, ((0, 0), (1, 1), (1, 1)))
    expected = bias[:, None, None] + sum(
        weights[:, 3 * y + x, None, None] * around[:, y : y + side, x : x + side]
        for y in range(3)
        for x in range(3)
    )
    out = np.zeros((channels, padded_size(side)), np.float32)
    for first in range(0, side * pitch_of(side), 50):
        count = min(50, side * pitch_of(side) - first)
        blur(planes, side, first, count, weights, bias, out[:, first:])
    np.testing.assert_allclose(pixels_of(out, side), expected, rtol=1e-4, atol=1e-4)


@settings(max_examples=30, deadline=None)
@given(side=st.integers(1, 30), span=st.integers(1, SPAN))
def test_gaps_are_emptied_whatever_the_spans(side: int, span: int) -> None:
    planes = np.ones((2, padded_size(side)), np.float32)
    total = side * pitch_of(side)
    for first in range(0, total, span):
        empty_gaps(planes, side, first, min(span, total - first))
    lead = lead_of(side)
    assert (pixels_of(planes, side, lead) == 1).all()
    rows = planes[:, lead : lead + total].reshape(2, side, -1)
    assert (rows[:, :, side] == 0).all()
    assert (planes[:, lead + total :][:, :SLACK] == 0).all()
    assert (planes[:, :lead] == 1).all()


@settings(max_examples=20, deadline=None)
@given(side=st.integers(1, 12), channels=st.integers(1, 3), more=st.integers(0, 2), seed=st.integers(0, 9))
def test_halve_takes_cells_apart_and_finds_the_largest(
    side: int, channels: int, more: int, seed: int
) -> None:
    pictures = np.random.default_rng(seed).normal(size=(channels, 2 * side, 2 * side)).astype(np.float32)
    planes = planes_of(pictures, plane_size(2 * side), gaps=9.0)
    most = np.full((channels + more, plane_size(side)), 7.0, np.float32)
    seen = np.zeros((4 * channels, side, side), np.float32)
    for row in range(0, side, 2):
        rows = min(2, side - row)
        cells = np.zeros((4 * channels, SPAN), np.float32)
        halve(planes, side, row, rows, cells, most)
        part = cells[:, : rows * pitch_of(side)].reshape(4 * channels, rows, -1)
        seen[:, row : row + rows] = part[:, :, :side]
    expected = [pictures[:, y::2, x::2] for y in range(2) for x in range(2)]
    np.testing.assert_array_equal(seen, np.concatenate(expected))
    np.testing.assert_array_equal(pixels_of(most, side)[:channels], np.max(expected, axis=0))
    assert not pixels_of(most, side)[channels:].any()


def test_take_apart_sorts_pixels_by_row_and_column() -> None:
    picture = np.random.default_rng(0).random((8, 8, 3)).astype(np.float32)
    phases = np.zeros((12, pitch_of(4) ** 2 + SLACK), np.float32)
    take_apart(picture, phases)
    for y in range(2):
        for x in range(2):
            planes = phases[(2 * y + x) * 3 :][:3]
            np.testing.assert_array_equal(pixels_of(planes, 4), picture[y::2, x::2].transpose(2, 0, 1))
    assert not phases[:, 4 * pitch_of(4) :].any()  # beyond the picture lies nothing
