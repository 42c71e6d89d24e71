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
        return _read(schema.ModelT.InitFromObj(schema.Model.GetRootAs(model, 0)), schema)
    except _DAMAGED as error:
        raise EngineError(f"{name}: the .tflite file is damaged ({error})") from error


def _read(model: Any, schema: Any) -> TfliteModel:
    graph = model.subgraphs[0]
    shapes = tuple(() if t.shape is None else tuple(int(n) for n in t.shape) for t in graph.tensors)
    constants: dict[int, NDArray[Any]] = {}
    for number, (tensor, shape) in enumerate(zip(graph.tensors, shapes, strict=True)):
        content = model.buffers[tensor.buffer].data
        if content is not None and len(content):
            values = np.asarray(content, np.uint8).tobytes()
            constants[number] = np.frombuffer(values, _DTYPES[tensor.type]).reshape(shape)
    kinds = {code: kind for kind, code in vars(schema.BuiltinOperator).items() if isinstance(code, int)}
    operators = []
    for step in graph.operators:
        code = model.operatorCodes[step.opcodeIndex]
        kind = kinds[
            max(code.builtinCode, code.deprecatedBuiltinCode)
        ]  # small codes stand in the older field
        inputs, outputs = tuple(map(int, step.inputs)), tuple(map(int, step.outputs))
        if kind == "DEQUANTIZE" and inputs[0] in constants:
            constants[outputs[0]] = constants[inputs[0]].astype(np.float32)
        else:
            operators.append(Operator(kind, inputs, outputs, step.builtinOptions))
    return TfliteModel(
        tuple(operators),
        tuple(tensor.name.decode() for tensor in graph.tensors),
        shapes,
        constants,
        tuple(map(int, graph.inputs)),
        tuple(map(int, graph.outputs)),
    )
