"""Runs ONNX models on the CPU with ONNX Runtime."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.engine import Batch, Engine, TensorSpec
from engines.errors import EngineError

_DTYPES = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(int8)": np.int8,
    "tensor(uint8)": np.uint8,
    "tensor(int32)": np.int32,
    "tensor(int64)": np.int64,
    "tensor(bool)": np.bool_,
}

CPU = "CPUExecutionProvider"
_LOG_FATAL = 4  # every error comes back as an exception, so printing it as well would say it twice


class OnnxRuntimeEngine(Engine):
    """An ONNX model in ONNX Runtime: one thread (on heads of this size two were slower than one).

    It may be loaded in one thread and run in another.
    """

    def __init__(self, model: bytes, name: str) -> None:
        """`model` is the whole .onnx file, weights included; `name` is for messages."""
        super().__init__(name)
        self._model: bytes | None = model
        self._session: Any = None

    def _load_impl(self) -> tuple[tuple[TensorSpec, ...], tuple[TensorSpec, ...]]:
        assert self._model is not None
        session = open_session(self._model, self.name, [CPU])
        specs = specs_of(session.get_inputs(), self.name), specs_of(session.get_outputs(), self.name)
        self._session, self._model = session, None
        return specs

    def _infer_impl(self, batch: Batch, outputs: Sequence[str]) -> dict[str, NDArray[Any]]:
        try:
            arrays = self._session.run(outputs, batch if isinstance(batch, dict) else dict(batch))
        except Exception as error:
            raise EngineError(
                f"{self.name}: ONNX Runtime failed on this batch ({_reason(error)}): "
                "check that the model was exported with a free batch axis"
            ) from error
        return dict(zip(outputs, arrays, strict=True))

    def _close_impl(self) -> None:
        self._session = self._model = None


def import_onnxruntime(name: str) -> Any:
    """Return ONNX Runtime's module; `name` begins the message. Raises EngineError if it is not there."""
    try:
        import onnxruntime
    except ImportError as error:
        raise EngineError(
            f"{name}: ONNX Runtime cannot be imported ({error}): pip install onnxruntime"
        ) from error
    return onnxruntime


def open_session(model: bytes, name: str, providers: Sequence[Any]) -> Any:
    """Return an `onnxruntime.InferenceSession` of a model that stands by itself.

    Args:
        model: the whole .onnx file, weights included.
        name: begins every message.
        providers: what computes, as ONNX Runtime takes it.

    Raises:
        EngineError: it is not installed, or refuses the model.
    """
    onnxruntime = import_onnxruntime(name)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = _LOG_FATAL
    # A model may point to a file with its weights, sought in the working folder: a file nobody has
    # checked. Seek it where no file can be.
    options.add_session_config_entry(
        "session.model_external_initializers_file_folder_path", f"{os.devnull}/none"
    )
    try:
        return onnxruntime.InferenceSession(model, options, providers=list(providers))
    except Exception as error:  # ONNX Runtime's errors share no base class
        raise EngineError(
            f"{name}: ONNX Runtime cannot load it ({_reason(error)}): "
            "export it again, as one .onnx file with its weights inside"
        ) from error


def specs_of(nodes: Sequence[Any], name: str) -> tuple[TensorSpec, ...]:
    """Return the inputs or outputs of a session; `name` begins the message about one of a strange type."""
    return tuple(TensorSpec(node.name, _dtype(node, name), _shape(node)) for node in nodes)


def _dtype(node: Any, name: str) -> np.dtype[Any]:
    if node.type not in _DTYPES:
        raise EngineError(f"{name}: {node.name!r} is of type {node.type}: export it as tensor(float)")
    return np.dtype(_DTYPES[node.type])


def _shape(node: Any) -> tuple[int | None, ...]:
    # A free axis is a name ("batch") or None.
    return tuple(size if isinstance(size, int) else None for size in node.shape)


def _reason(error: Exception) -> str:
    text = " ".join(str(error).removeprefix("[ONNXRuntimeError] : ").split())
    return text if len(text) <= 300 else f"{text[:300]}..."
