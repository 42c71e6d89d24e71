"""Finds the bottleneck blocks in a TensorFlow Lite network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.bottleneck.tile import CHANNELS
from engines.errors import EngineError
from engines.tflite_model import Operator, TfliteModel

Floats = NDArray[np.float32]
COLOURS = 3


class NotBottlenecks(EngineError):
    """The network is of another kind: LiteRT can run it."""


@dataclass(frozen=True, slots=True)
class Convolution:
    """A convolution with PReLU after it: weights (M, K), bias (M,), slope (M,) for negative sums."""

    weights: Floats
    bias: Floats
    slope: Floats


@dataclass(frozen=True, slots=True)
class Block:
    """One bottleneck block.

    Attributes:
        side: of its result, pixels.
        halves: whether the picture before it is twice as large: `reduce` then takes 2 x 2 pixels (K is 4 C:
            upper left of all channels, upper right, lower left, lower right), and the largest of each 2 x 2
            is added instead of each pixel.
        reduce: to M channels.
        blur: (M, 9), 3 x 3 in each channel alone.
        blur_bias: (M,).
        expand: back to C channels; its PReLU comes after the addition.
    """

    side: int
    halves: bool
    reduce: Convolution
    blur: Floats
    blur_bias: Floats
    expand: Convolution


@dataclass(frozen=True, slots=True)
class Output:
    """An output of the network: a sum of the last picture's numbers (rows, columns, channels).

    Attributes:
        name: of the output.
        shape: of one row.
        weights, bias: (n, numbers), (n,).
        sigmoid: whether it is a probability.
    """

    name: str
    shape: tuple[int, ...]
    weights: Floats
    bias: Floats
    sigmoid: bool


@dataclass(frozen=True, slots=True)
class Network:
    """A convolution of 3 x 3 in steps of 2 (weights (M, 9 x 3)), blocks, outputs.

    Attributes:
        input_name: takes (2 side, 2 side, 3).
        side: of the first convolution's result.
    """

    input_name: str
    side: int
    stem: Convolution
    blocks: tuple[Block, ...]
    outputs: tuple[Output, ...]


def find_blocks(model: TfliteModel, name: str) -> Network:
    """Return the network as blocks; `name` begins the message.

    Raises:
        NotBottlenecks: it has something else in it.
    """
    try:
        return _Reader(model).network()
    except (StopIteration, KeyError, ValueError) as error:
        reason = f" ({error})" if str(error) else ""
        raise NotBottlenecks(f"{name}: is no network of bottleneck blocks{reason}") from error


class _Reader:
    """Walks through the operators; anything unexpected is a KeyError, ValueError or StopIteration."""

    def __init__(self, model: TfliteModel) -> None:
        self._model = model
        self._operators = list(model.operators)
        self._at = 0

    def network(self) -> Network:
        model = self._model
        (taken,) = model.inputs
        rows, side, columns, colours = model.shapes[taken]
        if (rows, side, colours) != (1, columns, COLOURS) or side % 2:
            raise ValueError(f"input {model.shapes[taken]}")
        first = self._next("CONV_2D", taken)
        stem, last = self._convolution(first, kernel=3, stride=2)
        self._check_side(last, side // 2)
        blocks = []
        while not self._at_the_end(last):
            block, last = self._block(last)
            blocks.append(block)
        return Network(model.names[taken], side // 2, stem, tuple(blocks), tuple(self._outputs(last)))

    def _block(self, last: int) -> tuple[Block, int]:
        shape = self._model.shapes[last]
        halves = self._model.constants[self._peek().inputs[1]].shape[1] == 2
        side = shape[1] // 2 if halves else shape[1]
        reducing = self._next("CONV_2D", last)
        shortcut = last
        if halves:
            pool = self._next("MAX_POOL_2D", last)
            options = pool.options
            if (options.filterHeight, options.filterWidth, options.strideH, options.strideW) != (2, 2, 2, 2):
                raise ValueError("pooling other than 2 x 2")
            shortcut = pool.outputs[0]
            if self._peek().kind == "PAD":
                shortcut = self._more_channels(shortcut)
        reduce, inner = self._convolution(reducing, kernel=2 if halves else 1, stride=2 if halves else 1)
        blur = self._next("DEPTHWISE_CONV_2D", inner)
        weights, bias = self._weights(blur, kernel=3, stride=1)
        expanding = self._next("CONV_2D", blur.outputs[0])
        added = self._next("ADD")
        if set(added.inputs) != {shortcut, expanding.outputs[0]} or _activation(added):
            raise ValueError("an addition of something else")
        expand, last = self._convolution(expanding, kernel=1, stride=1, after=added.outputs[0])
        self._check_side(last, side)
        return Block(side, halves, reduce, weights.reshape(9, -1).T, bias, expand), last

    def _more_channels(self, tensor: int) -> int:
        """Return the tensor after a padding with channels of zeros."""
        pad = self._next("PAD", tensor)
        widths = self._model.constants[pad.inputs[1]]
        if widths[:3].any() or widths[3, 0]:
            raise ValueError("padding of something else than channels")
        return pad.outputs[0]

    def _convolution(
        self, operator: Operator, *, kernel: int, stride: int, after: int | None = None
    ) -> tuple[Convolution, int]:
        """Return a convolution with its PReLU, which follows it or the tensor `after`, and its result."""
        weights, bias = self._weights(operator, kernel=kernel, stride=stride)
        prelu = self._next("PRELU", operator.outputs[0] if after is None else after)
        slope = self._model.constants[prelu.inputs[1]].reshape(-1)
        if len(weights) % CHANNELS or len(slope) != len(weights):
            raise ValueError(f"{len(weights)} channels")
        return Convolution(weights.reshape(len(weights), -1), bias, slope), prelu.outputs[0]

    def _weights(self, operator: Operator, *, kernel: int, stride: int) -> tuple[Floats, Floats]:
        weights, bias = (self._model.constants[tensor] for tensor in operator.inputs[1:])
        options = operator.options
        if weights.shape[1:3] != (kernel, kernel) or (options.strideH, options.strideW) != (stride, stride):
            raise ValueError(f"a convolution of {weights.shape[1:3]} in steps of {options.strideH}")
        if (
            _activation(operator)
            or options.dilationHFactor != 1
            or (kernel == 3 and options.padding != _SAME)
        ):
            raise ValueError("a convolution with an activation, with gaps, or without padding")
        return weights, bias

    def _outputs(self, last: int) -> Iterator[Output]:
        model = self._model
        made: dict[int, tuple[Floats, Floats, bool]] = {}
        while self._at < len(self._operators):
            operator = self._next()
            (made_here,) = operator.outputs
            if operator.kind == "CONV_2D" and operator.inputs[0] == last and not _activation(operator):
                weights, bias = (model.constants[tensor] for tensor in operator.inputs[1:])
                if weights.shape[1:] != model.shapes[last][1:] or model.shapes[made_here][1:3] != (1, 1):
                    raise ValueError("an output of a part of the picture")
                made[made_here] = weights.reshape(len(weights), -1), bias, False
            elif operator.kind == "LOGISTIC":
                made[made_here] = (*made[operator.inputs[0]][:2], True)
            elif operator.kind == "RESHAPE":
                made[made_here] = made[operator.inputs[0]]
            else:
                raise ValueError(operator.kind)
        for tensor in model.outputs:
            weights, bias, sigmoid = made[tensor]
            yield Output(model.names[tensor], model.shapes[tensor][1:], weights, bias, sigmoid)

    def _at_the_end(self, last: int) -> bool:
        operator = self._peek()
        return operator.kind == "CONV_2D" and self._model.shapes[operator.outputs[0]][1:3] == (1, 1)

    def _check_side(self, tensor: int, side: int) -> None:
        if self._model.shapes[tensor][1:3] != (side, side):
            raise ValueError(f"a picture of {self._model.shapes[tensor][1:3]}")

    def _peek(self) -> Operator:
        if self._at == len(self._operators):
            raise StopIteration
        return self._operators[self._at]

    def _next(self, kind: str | None = None, source: int | None = None) -> Operator:
        """Return the next operator, which must be of this kind and read this tensor."""
        operator = self._peek()
        if kind not in (None, operator.kind) or source not in (None, operator.inputs[0]):
            raise ValueError(f"{operator.kind} where {kind} should be")
        self._at += 1
        return operator


_SAME = 0


def _activation(operator: Operator) -> bool:
    return bool(operator.options.fusedActivationFunction)
