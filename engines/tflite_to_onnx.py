"""TensorFlow Lite networks as ONNX, for TensorRT: those operators that MediaPipe's face networks use.

Pictures are (N, height, width, channels) in TensorFlow and (N, channels, height, width) in ONNX. Each value
is carried in the layout in which it was made, and transposed where the other is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engines.errors import EngineError
from engines.tflite_model import Operator, TfliteModel, read_tflite

OPSET, IR_VERSION = 17, 8
_SAME_PADDING = 0
_ACTIVATIONS = {0: "", 1: "Relu"}
_TO_ONNX, _TO_TENSORFLOW = [0, 3, 1, 2], [0, 2, 3, 1]


class _Value(NamedTuple):
    name: str
    channels_first: bool


def tflite_to_onnx(model: bytes, name: str) -> bytes:
    """Return an ONNX model with a free batch axis; inputs and outputs keep their names and layouts.

    Args:
        model: a whole .tflite file, made for one row.
        name: begins every message.

    Raises:
        EngineError: not such a file, an operator that is not known here, or `onnx` is missing.
    """
    try:
        import onnx
    except ImportError as error:
        raise EngineError(
            f"{name}: converting it needs the package onnx ({error}): pip install 'livefacs[gpu]'"
        ) from error
    converted = _Conversion(read_tflite(model, name), name).model()
    onnx.checker.check_model(converted)
    whole: bytes = converted.SerializeToString()
    return whole


class _Conversion:
    """Takes operators down one after the other."""

    def __init__(self, source: TfliteModel, name: str) -> None:
        from onnx import helper, numpy_helper

        self._helper, self._to_tensor = helper, numpy_helper.from_array
        self._source = source
        self._name = name
        self._nodes: list[Any] = []
        self._constants: dict[str, NDArray[Any]] = {}
        self._values: dict[int, _Value] = {}

    def model(self) -> Any:
        source, helper = self._source, self._helper
        for tensor in source.inputs:
            self._values[tensor] = _Value(source.names[tensor], False)
        for operator in source.operators:
            if operator.kind not in _OPERATORS:
                raise EngineError(
                    f"{self._name}: operator {operator.kind} cannot be converted: use --device cpu"
                )
            _OPERATORS[operator.kind](self, operator)
        for tensor in source.outputs:
            self.add("Identity", [self.value(tensor)], source.names[tensor])
        ends = [
            [self._described(tensor) for tensor in tensors] for tensors in (source.inputs, source.outputs)
        ]
        constants = [self._to_tensor(values, name) for name, values in self._constants.items()]
        graph = helper.make_graph(self._nodes, "network", *ends, constants)
        opset = helper.make_opsetid("", OPSET)
        return helper.make_model(graph, opset_imports=[opset], ir_version=IR_VERSION)

    def _described(self, tensor: int) -> Any:
        shape, name = self.shape(tensor), self._source.names[tensor]
        # An output without a batch axis, as of one row only, gains one: as `LiteRtEngine` gives it.
        row = shape[1:] if shape[:1] == (1,) and len(shape) > 1 else shape
        return self._helper.make_tensor_value_info(name, 1, ["N", *row])

    # ------------------------------------------------------------------ values

    def shape(self, tensor: int) -> tuple[int, ...]:
        return self._source.shapes[tensor]

    def constant(self, tensor: int) -> NDArray[Any]:
        return self._source.constants[tensor]

    def is_constant(self, tensor: int) -> bool:
        return tensor in self._source.constants

    def keep(self, values: ArrayLike) -> str:
        """Return the name of a constant."""
        name = f"constant_{len(self._constants)}"
        self._constants[name] = np.ascontiguousarray(values)
        return name

    def add(self, kind: str, inputs: Sequence[str], output: str = "", **attributes: Any) -> str:
        """Return the name of what an ONNX operator makes."""
        number = len(self._nodes)
        output = output or f"{kind.lower()}_{number}"
        node = self._helper.make_node(kind, list(inputs), [output], name=f"node_{number}", **attributes)
        self._nodes.append(node)
        return output

    def value(self, tensor: int) -> str:
        """Return the name of a value in TensorFlow's layout."""
        if self.is_constant(tensor):
            return self.keep(self.constant(tensor))
        name, channels_first = self._values[tensor]
        if not channels_first:
            return name
        shape = self.shape(tensor)
        if shape[1:3] == (1, 1):
            return self.add("Reshape", [name, self.keep(np.array([-1, *shape[1:]]))])
        return self.add("Transpose", [name], perm=_TO_TENSORFLOW)

    def picture(self, tensor: int) -> str:
        """Return the name of a value with channels first."""
        name, channels_first = self._values[tensor]
        return name if channels_first else self.add("Transpose", [name], perm=_TO_ONNX)

    def channels_first(self, tensor: int) -> bool:
        return tensor in self._values and self._values[tensor].channels_first

    def put(self, operator: Operator, name: str, channels_first: bool) -> None:
        """Say what an operator has made, with the activation that may be part of it."""
        code = getattr(operator.options, "fusedActivationFunction", 0)
        if code not in _ACTIVATIONS:
            raise EngineError(f"{self._name}: {operator.kind} with activation {code} cannot be converted")
        if _ACTIVATIONS[code]:
            name = self.add(_ACTIVATIONS[code], [name])
        self._values[operator.outputs[0]] = _Value(name, channels_first)

    def pads(self, operator: Operator, height: int, width: int) -> list[int]:
        """Return top, left, bottom and right padding: TensorFlow's "same" puts the odd one behind."""
        options = operator.options
        if options.padding != _SAME_PADDING:
            return [0, 0, 0, 0]
        before, after = self.shape(operator.inputs[0])[1:3], self.shape(operator.outputs[0])[1:3]
        total = [
            max(0, (after[axis] - 1) * stride + size - before[axis])
            for axis, stride, size in ((0, options.strideH, height), (1, options.strideW, width))
        ]
        return [*(each // 2 for each in total), *(each - each // 2 for each in total)]


# ---------------------------------------------------------------------- operators


def _convolution(c: _Conversion, operator: Operator) -> None:
    taken, weights, bias = operator.inputs
    kernel, options = c.constant(weights), operator.options
    if not c.channels_first(taken) and kernel.shape[1:3] == (1, 1):
        product = c.add("MatMul", [c.value(taken), c.keep(kernel[:, 0, 0].T)])
        c.put(operator, c.add("Add", [product, c.keep(c.constant(bias))]), False)
        return
    made = c.add(
        "Conv",
        [c.picture(taken), c.keep(kernel.transpose(0, 3, 1, 2)), c.keep(c.constant(bias))],
        strides=[options.strideH, options.strideW],
        pads=c.pads(operator, *kernel.shape[1:3]),
    )
    c.put(operator, made, True)


def _depthwise(c: _Conversion, operator: Operator) -> None:
    taken, weights, bias = operator.inputs
    kernel, options = c.constant(weights), operator.options
    made = c.add(
        "Conv",
        [c.picture(taken), c.keep(kernel.transpose(3, 0, 1, 2)), c.keep(c.constant(bias))],
        group=kernel.shape[3],
        strides=[options.strideH, options.strideW],
        pads=c.pads(operator, *kernel.shape[1:3]),
    )
    c.put(operator, made, True)


def _largest(c: _Conversion, operator: Operator) -> None:
    options = operator.options
    size = [options.filterHeight, options.filterWidth]
    made = c.add(
        "MaxPool",
        [c.picture(operator.inputs[0])],
        kernel_shape=size,
        strides=[options.strideH, options.strideW],
        pads=c.pads(operator, *size),
    )
    c.put(operator, made, True)


def _pad(c: _Conversion, operator: Operator) -> None:
    widths = c.constant(operator.inputs[1])[_TO_ONNX].T.reshape(-1).astype(np.int64)
    c.put(operator, c.add("Pad", [c.picture(operator.inputs[0]), c.keep(widths)]), True)


def _prelu(c: _Conversion, operator: Operator) -> None:
    slope = c.constant(operator.inputs[1]).reshape(-1, 1, 1)
    c.put(operator, c.add("PRelu", [c.picture(operator.inputs[0]), c.keep(slope)]), True)


def _each(kind: str) -> Callable[[_Conversion, Operator], None]:
    """An operator on every number alone."""

    def convert(c: _Conversion, operator: Operator) -> None:
        (taken,) = operator.inputs
        first = c.channels_first(taken)
        c.put(operator, c.add(kind, [c.picture(taken) if first else c.value(taken)]), first)

    return convert


def _pair(kind: str) -> Callable[[_Conversion, Operator], None]:
    """An operator on two values, which are broadcast."""

    def convert(c: _Conversion, operator: Operator) -> None:
        first = all(map(c.channels_first, operator.inputs))
        read = c.picture if first else c.value
        c.put(operator, c.add(kind, [read(tensor) for tensor in operator.inputs]), first)

    return convert


def _squared_difference(c: _Conversion, operator: Operator) -> None:
    difference = c.add("Sub", [c.value(tensor) for tensor in operator.inputs])
    c.put(operator, c.add("Mul", [difference, difference]), False)


def _inverse_root(c: _Conversion, operator: Operator) -> None:
    root = c.add("Sqrt", [c.value(operator.inputs[0])])
    c.put(operator, c.add("Reciprocal", [root]), False)


def _mean(c: _Conversion, operator: Operator) -> None:
    axes = np.atleast_1d(c.constant(operator.inputs[1])).astype(int).tolist()
    keep = int(operator.options.keepDims)
    c.put(operator, c.add("ReduceMean", [c.value(operator.inputs[0])], axes=axes, keepdims=keep), False)


def _sum(c: _Conversion, operator: Operator) -> None:
    axes = c.keep(np.atleast_1d(c.constant(operator.inputs[1])).astype(np.int64))
    keep = int(operator.options.keepDims)
    c.put(operator, c.add("ReduceSum", [c.value(operator.inputs[0]), axes], keepdims=keep), False)


def _transpose(c: _Conversion, operator: Operator) -> None:
    order = c.constant(operator.inputs[1]).astype(int).tolist()
    c.put(operator, c.add("Transpose", [c.value(operator.inputs[0])], perm=order), False)


def _reshape(c: _Conversion, operator: Operator) -> None:
    shape = c.shape(operator.outputs[0])
    wanted = [-1, *(shape[1:] if len(shape) > 1 else shape)]
    c.put(operator, c.add("Reshape", [c.value(operator.inputs[0]), c.keep(np.array(wanted))]), False)


def _join(c: _Conversion, operator: Operator) -> None:
    rows = next(c.value(tensor) for tensor in operator.inputs if not c.is_constant(tensor))
    parts = []
    for tensor in operator.inputs:
        part = c.value(tensor)
        if c.is_constant(tensor):  # one row of it for each of the batch
            count = c.add("Slice", [c.add("Shape", [rows]), c.keep(np.array([0])), c.keep(np.array([1]))])
            shape = c.add("Concat", [count, c.keep(np.array(c.shape(tensor)[1:]))], axis=0)
            part = c.add("Expand", [part, shape])
        parts.append(part)
    c.put(operator, c.add("Concat", parts, axis=int(operator.options.axis)), False)


def _slice(c: _Conversion, operator: Operator) -> None:
    taken, *limits = operator.inputs
    first, last, _ = (c.constant(tensor) for tensor in limits)
    options, shape, made = operator.options, c.shape(taken), c.value(taken)
    cut = []
    for axis in range(1, len(shape)):  # axis 0 is the batch
        begin = 0 if options.beginMask >> axis & 1 else int(first[axis])
        end = shape[axis] if options.endMask >> axis & 1 else int(last[axis])
        if (begin, end) != (0, shape[axis]):
            cut.append((begin, end, axis))
    if cut:
        made = c.add("Slice", [made, *(c.keep(np.array(column)) for column in zip(*cut, strict=True))])
    gone = [axis for axis in range(1, len(shape)) if options.shrinkAxisMask >> axis & 1]
    if gone:
        made = c.add("Squeeze", [made, c.keep(np.array(gone))])
    c.put(operator, made, False)


_OPERATORS: dict[str, Callable[[_Conversion, Operator], None]] = {
    "ADD": _pair("Add"),
    "CONCATENATION": _join,
    "CONV_2D": _convolution,
    "DEPTHWISE_CONV_2D": _depthwise,
    "DIV": _pair("Div"),
    "LOGISTIC": _each("Sigmoid"),
    "MAX_POOL_2D": _largest,
    "MEAN": _mean,
    "MUL": _pair("Mul"),
    "NEG": _each("Neg"),
    "PAD": _pad,
    "PRELU": _prelu,
    "RELU": _each("Relu"),
    "RESHAPE": _reshape,
    "RSQRT": _inverse_root,
    "SQRT": _each("Sqrt"),
    "SQUARED_DIFFERENCE": _squared_difference,
    "STRIDED_SLICE": _slice,
    "SUB": _pair("Sub"),
    "SUM": _sum,
    "TRANSPOSE": _transpose,
}
