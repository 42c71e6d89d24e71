"""Reads TensorFlow Lite models (.tflite): operators and weights, for those who run or convert them.

By the schema, as generated code inside the `ai-edge-litert` package:
https://github.com/tensorflow/tensorflow/blob/master/tensorflow/compiler/mlir/lite/schema/schema.fbs
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.errors import EngineError

_DTYPES = {0: np.float32, 1: np.float16, 2: np.int32, 3: np.uint8, 4: np.int64, 6: np.bool_, 9: np.int8}
_DAMAGED = (
    struct.error, AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Operator:
    """One step of a network.

    Attributes:
        kind: as in the schema, `CONV_2D`.
        inputs, outputs: numbers of tensors; -1 for an optional input left out.
        options: the schema's options table of this kind, such as `Conv2DOptionsT`; None if it has none.
    """

    kind: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Any


@dataclass(frozen=True, slots=True)
class TfliteModel:
    """A network's only subgraph.

    Attributes:
        operators: in the order in which they run, without those that only widen float16 weights.
        names, shapes: of every tensor.
        constants: number of a tensor -> its values; float16 weights as float32.
        inputs, outputs: numbers of the network's own.
    """

    operators: tuple[Operator, ...]
    names: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]
    constants: dict[int, NDArray[Any]]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


def read_tflite(model: bytes, name: str) -> TfliteModel:
    """Read a whole .tflite file; `name` begins every message.

    Raises:
        EngineError: not such a file, or LiteRT is not installed.
    """
    try:
        from ai_edge_litert import schema_py_generated as schema
    except ImportError as error:
        raise EngineError(
            f"{name}: LiteRT cannot be imported ({error}): pip install ai-edge-litert"
        ) from error
    if model[4:8] != b"TFL3":
        raise EngineError(f"{name}: is no .tflite file")
    try:
        return _read(schema.Model.GetRootAs(model, 0), schema)
    except _DAMAGED as error:
        raise EngineError(f"{name}: the .tflite file is damaged ({error})") from error


def _read(model: Any, schema: Any) -> TfliteModel:
    graph = model.Subgraphs(0)
    tensors = [graph.Tensors(number) for number in range(graph.TensorsLength())]
    shapes = tuple(tuple(tensor.Shape(axis) for axis in range(tensor.ShapeLength())) for tensor in tensors)
    constants: dict[int, NDArray[Any]] = {}
    for number, (tensor, shape) in enumerate(zip(tensors, shapes, strict=True)):
        buffer = model.Buffers(tensor.Buffer())
        if buffer.DataLength():
            constants[number] = buffer.DataAsNumpy().view(_DTYPES[tensor.Type()]).reshape(shape)
    kinds = {code: kind for kind, code in vars(schema.BuiltinOperator).items() if isinstance(code, int)}
    operators = []
    for position in range(graph.OperatorsLength()):
        step = graph.Operators(position)
        code = model.OperatorCodes(step.OpcodeIndex())
        kind = kinds[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]  # small codes: the older field
        inputs = tuple(step.Inputs(i) for i in range(step.InputsLength()))
        outputs = tuple(step.Outputs(i) for i in range(step.OutputsLength()))
        if kind == "DEQUANTIZE" and inputs[0] in constants:
            constants[outputs[0]] = constants[inputs[0]].astype(np.float32)
            continue
        options = step.BuiltinOptions()
        if options is not None:
            options = schema.BuiltinOptionsCreator(step.BuiltinOptionsType(), options)
        operators.append(Operator(kind, inputs, outputs, options))
    return TfliteModel(
        tuple(operators),
        tuple(tensor.Name().decode() for tensor in tensors),
        shapes,
        constants,
        tuple(graph.Inputs(i) for i in range(graph.InputsLength())),
        tuple(graph.Outputs(i) for i in range(graph.OutputsLength())),
    )
