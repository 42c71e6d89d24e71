"""Runs TensorFlow Lite models (.tflite) on the CPU with LiteRT."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engines.engine import Batch, Engine, TensorSpec
from engines.errors import EngineError, first_line
from engines.native_stderr import native_stderr_muted


class LiteRtEngine(Engine):
    """A .tflite model in LiteRT: CPU, one thread, XNNPACK's kernels.

    Such models are written for one row. A batch is run row by row: one interpreter for each batch size would
    cost memory and gain nothing (face landmarks: 3.18 ms for one row, 3.11 ms a row for four).

    Axis 0 of an input is the batch, and so is axis 0 of an output, where the model has it there (size 1);
    an output without it, such as MediaPipe's 52 blendshapes, gains one.

    It may be loaded in one thread and run in another.
    """

    def __init__(self, model: bytes, name: str) -> None:
        """`model` is the whole .tflite file; `name` is for messages."""
        super().__init__(name)
        self._model: bytes | None = model
        self._interpreter: Any = None
        self._input_at: dict[str, int] = {}
        self._output_at: dict[str, _Place] = {}

    def _load_impl(self) -> tuple[tuple[TensorSpec, ...], tuple[TensorSpec, ...]]:
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ImportError as error:
            raise EngineError(
                f"{self.name}: LiteRT cannot be imported ({error}): pip install ai-edge-litert"
            ) from error
        try:
            with native_stderr_muted():  # it announces its delegate
                interpreter = Interpreter(model_content=self._model, num_threads=1)
                interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise EngineError(
                f"{self.name}: LiteRT cannot load it ({first_line(error)}): is it a whole .tflite file?"
            ) from error
        inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
        for tensor in inputs:
            if tuple(tensor["shape"][:1]) != (1,):
                raise EngineError(
                    f"{self.name}: input {tensor['name']!r} is {tuple(tensor['shape'])}: "
                    "LiteRT models are run row by row: export it for a batch of 1"
                )
        self._input_at = {tensor["name"]: tensor["index"] for tensor in inputs}
        self._output_at = {tensor["name"]: _place(tensor) for tensor in outputs}
        self._interpreter, self._model = interpreter, None
        return tuple(map(_spec, inputs)), tuple(map(_spec, outputs))

    def _infer_impl(self, batch: Batch, outputs: Sequence[str]) -> dict[str, NDArray[Any]]:
        rows = len(next(iter(batch.values())))
        places = {name: self._output_at[name] for name in outputs}
        results = {name: np.empty((rows, *place.shape), place.dtype) for name, place in places.items()}
        try:
            for row in range(rows):
                for name, index in self._input_at.items():
                    self._interpreter.set_tensor(index, batch[name][row : row + 1])
                self._interpreter.invoke()
                for name, place in places.items():
                    results[name][row] = self._interpreter.get_tensor(place.at).reshape(place.shape)
        except (ValueError, RuntimeError) as error:
            raise EngineError(f"{self.name}: LiteRT failed on this batch ({first_line(error)})") from error
        return results

    def _close_impl(self) -> None:
        self._interpreter = self._model = None


class _Place(NamedTuple):
    """Where a tensor lies in the interpreter, and what one row of it is."""

    at: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]


def _place(tensor: Mapping[str, Any]) -> _Place:
    shape = tuple(int(size) for size in tensor["shape"])
    row = shape[1:] if len(shape) > 1 and shape[0] == 1 else shape
    return _Place(tensor["index"], row, np.dtype(tensor["dtype"]))


def _spec(tensor: Mapping[str, Any]) -> TensorSpec:
    place = _place(tensor)
    return TensorSpec(tensor["name"], place.dtype, (None, *place.shape))
