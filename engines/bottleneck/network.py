"""A whole network of bottleneck blocks as one call of machine code."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

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
from engines.bottleneck.reading import Block, Convolution, Network, NotBottlenecks
from engines.bottleneck.tile import CHANNELS
from engines.compiled import compiled, compiled_reordering

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

STEP = SPAN + SLACK
"""Numbers from channel to channel in the scratch space of a span."""
SIDE, HALVES, TAPS, INNER, OUTER, PLANES, PADDED = range(7)
"""Columns of the plan, a row for each block: side, whether it halves, K, M, C, and where its space begins."""


class BottleneckNetwork:
    """Runs a network on one picture after another; for one thread at a time."""

    def __init__(self, network: Network) -> None:
        """Lay out weights and space; 9 MB for MediaPipe's face mesh."""
        side, blocks = network.side, network.blocks
        weights = [*_packed(network.stem)]
        plan = np.zeros((len(blocks), 7), np.int64)
        planes = len(network.stem.bias) * plane_size(side)
        padded = 0
        begins: dict[int, tuple[int, int]] = {}
        for row, block in zip(plan, blocks, strict=True):
            weights += _block_weights(block)
            inner, outer = len(block.reduce.bias), len(block.expand.bias)
            # Blocks of one size share their space.
            if block.halves:
                begins[block.side] = planes, padded
                planes += outer * plane_size(block.side)
            elif block.side not in begins:
                begins[block.side] = 0, padded
            row[:] = (
                block.side, block.halves, block.reduce.weights.shape[1], inner, outer, *begins[block.side]
            )  # fmt: skip
            padded = max(padded, begins[block.side][1] + inner * padded_size(block.side))
        self._plan = plan
        self._weights = np.concatenate([part.ravel() for part in weights]).astype(np.float32)
        self._outputs = network.outputs
        ends = np.cumsum([0, *(len(o.bias) for o in network.outputs)]).tolist()
        self._parts = [slice(begin, end) for begin, end in pairwise(ends)]
        self._output_weights = _halves(np.concatenate([o.weights for o in network.outputs]).T)
        self._output_bias = np.concatenate([o.bias for o in network.outputs])
        self._stem_taps = _stem_taps(side)
        self._phases = np.zeros((12, pitch_of(side) ** 2 + SLACK), np.float32)
        self._planes = np.zeros(planes, np.float32)
        self._padded = np.zeros(padded, np.float32)
        most = max((b.reduce.weights.shape[1] for b in blocks if b.halves), default=0)
        self._cells = np.zeros((most, STEP), np.float32)
        self._blurred = np.zeros((max(len(b.reduce.bias) for b in blocks), STEP), np.float32)

    def __call__(self, pictures: Floats) -> dict[str, Floats]:
        """Return the outputs, by name, for `pictures` (N, 2 side, 2 side, 3), C-contiguous."""
        sums = np.empty((len(pictures), len(self._output_bias)), np.float32)
        for picture, row in zip(pictures, sums, strict=True):
            _run(
                picture, self._plan, self._weights, self._stem_taps, self._phases, self._planes, self._padded,
                self._cells, self._blurred, self._output_weights, self._output_bias, row,
            )  # fmt: skip
        results = {}
        for output, part in zip(self._outputs, self._parts, strict=True):
            values = sums[:, part].reshape(len(pictures), *output.shape)
            if output.sigmoid:
                # exp overflows from 89 on, where the sigmoid is 0 in any case.
                values = (1 / (1 + np.exp(np.minimum(-values, 88)))).astype(np.float32, copy=False)
            results[output.name] = values
        return results


def _halves(weights: Floats) -> NDArray[np.uint16]:
    """Return weights as half precision's bits: the model file has no more, and half the memory is read."""
    halves = np.ascontiguousarray(weights, np.float16)
    if not np.array_equal(halves, weights):
        raise NotBottlenecks("output weights that are not of half precision")
    return halves.view(np.uint16)


def _block_weights(block: Block) -> list[Floats]:
    """Return a block's weights in the order in which `_run` takes them."""
    return [*_packed(block.reduce), block.blur, block.blur_bias, *_packed(block.expand)]


def _packed(convolution: Convolution) -> tuple[Floats, Floats, Floats]:
    """Return weights (M / CHANNELS, K, CHANNELS), bias and slope, as tiles take them."""
    inner, taps = convolution.weights.shape
    groups = convolution.weights.reshape(inner // CHANNELS, CHANNELS, taps).transpose(0, 2, 1)
    return groups, convolution.bias, convolution.slope


def _stem_taps(side: int) -> Ints:
    """Return where in the planes of `take_apart` the 3 x 3 pixels of 3 colours around each second one lie."""
    size, pitch = pitch_of(side) ** 2 + SLACK, pitch_of(side)
    return np.array(
        [
            ((y % 2 * 2 + x % 2) * 3 + c) * size + y // 2 * pitch + x // 2
            for y in range(3)
            for x in range(3)
            for c in range(3)
        ]
    )


@compiled
def _run(
    picture: Floats,
    plan: Ints,
    weights: Floats,
    stem_taps: Ints,
    phases: Floats,
    planes: Floats,
    padded: Floats,
    cells: Floats,
    blurred: Floats,
    output_weights: NDArray[np.uint16],
    output_bias: Floats,
    outputs: Floats,
) -> None:
    side = len(picture) // 2
    channels = plan[0, OUTER]
    w, b, s, at = _convolution(weights, 0, channels, len(stem_taps))
    take_apart(picture, phases)
    size = plane_size(side)
    for first in range(0, side * pitch_of(side), SPAN):
        count = min(SPAN, side * pitch_of(side) - first)
        mix(phases.reshape(-1), first, stem_taps, w, b, s, planes, first, size, count, False)
    x = planes[: channels * size].reshape((channels, size))
    for row in plan:
        side, taps, inner, outer = row[SIDE], row[TAPS], row[INNER], row[OUTER]
        reduce_w, reduce_b, reduce_s, at = _convolution(weights, at, inner, taps)
        blur_w, at = weights[at : at + inner * 9].reshape((inner, 9)), at + inner * 9
        blur_b, at = weights[at : at + inner], at + inner
        expand_w, expand_b, expand_s, at = _convolution(weights, at, outer, inner)
        size, total, lead = plane_size(side), side * pitch_of(side), lead_of(side)
        room = padded_size(side)
        t = padded[row[PADDED] : row[PADDED] + inner * room].reshape((inner, room))
        expand_taps = np.arange(inner) * STEP
        if row[HALVES]:
            y = planes[row[PLANES] : row[PLANES] + outer * size].reshape((outer, size))
            cell_taps = np.arange(taps) * STEP
            rows = max(1, SPAN // pitch_of(side))
            for top in range(0, side, rows):
                rows = min(rows, side - top)
                first, count = top * pitch_of(side), rows * pitch_of(side)
                halve(x, side, top, rows, cells, y)
                mix(
                    cells.reshape(-1), 0, cell_taps, reduce_w, reduce_b, reduce_s,
                    t.reshape(-1), lead + first, room, count, False,
                )  # fmt: skip
                empty_gaps(t, side, first, count)
            x = y
        reduce_taps = np.arange(outer) * size
        # The blur needs a row more than it gives: it follows one span behind.
        for first in range(0, total + SPAN, SPAN):
            if not row[HALVES] and first < total:
                count = min(SPAN, total - first)
                mix(
                    x.reshape(-1), first, reduce_taps, reduce_w, reduce_b, reduce_s,
                    t.reshape(-1), lead + first, room, count, False,
                )  # fmt: skip
                empty_gaps(t, side, first, count)
            if first >= SPAN:
                behind = first - SPAN
                count = min(SPAN, total - behind)
                blur(t, side, behind, count, blur_w, blur_b, blurred)
                mix(
                    blurred.reshape(-1), 0, expand_taps, expand_w, expand_b, expand_s,
                    x.reshape(-1), behind, size, count, True,
                )  # fmt: skip
    _sum_up(x, side, output_weights, output_bias, outputs)


@compiled
def _convolution(weights: Floats, at: int, channels: int, taps: int) -> tuple[Floats, Floats, Floats, int]:
    """Return the packed weights, bias and slope that begin at `at`, and where the next begin."""
    groups = weights[at : at + channels * taps].reshape((channels // CHANNELS, taps * CHANNELS))
    at += channels * taps
    return groups, weights[at : at + channels], weights[at + channels : at + 2 * channels], at + 2 * channels


@compiled_reordering
def _sum_up(planes: Floats, side: int, weights: NDArray[np.uint16], bias: Floats, outputs: Floats) -> None:
    """Do outputs = bias + pixels (rows, columns, channels) x weights, four pixels' numbers at a time."""
    channels = len(planes)
    outputs[:] = bias
    for pixel in range(side * side):
        at = pixel // side * pitch_of(side) + pixel % side
        for c in range(0, channels, 4):
            v0, v1, v2, v3 = planes[c, at], planes[c + 1, at], planes[c + 2, at], planes[c + 3, at]
            k = pixel * channels + c
            w0, w1, w2, w3 = weights[k], weights[k + 1], weights[k + 2], weights[k + 3]
            for i in range(len(outputs)):
                outputs[i] += (
                    v0 * _widened(w0[i]) + v1 * _widened(w1[i]) + v2 * _widened(w2[i]) + v3 * _widened(w3[i])
                )


@compiled
def _widened(half: np.uint16) -> np.float32:
    """Return the finite number that bits of half precision mean.

    Its exponent counts from 15, a float's from 127: without an instruction that not every processor has.
    """
    sign = np.uint32(half & np.uint16(0x8000)) << np.uint32(16)
    rest = np.uint32(half & np.uint16(0x7FFF)) << np.uint32(13)
    bits: np.uint32 = np.uint32(sign | rest)
    return bits.view(np.float32) * np.float32(2.0**112)
