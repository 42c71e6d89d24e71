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

    def __init__(self, model: bytes, name: str, provider: str = CPU) -> None:
        """`model` is the whole .onnx file, weights included; `name` is for messages.

        `provider`: ONNX Runtime's name of what computes, `CUDAExecutionProvider` for an NVIDIA GPU.
        """
        super().__init__(name)
        self._provider = provider
        self._model: bytes | None = model
        self._session: Any = None

    def _load_impl(self) -> tuple[tuple[TensorSpec, ...], tuple[TensorSpec, ...]]:
        try:
            import onnxruntime
        except ImportError as error:
            raise EngineError(
                f"{self.name}: ONNX Runtime cannot be imported ({error}): pip install onnxruntime"
            ) from error
        if self._provider not in onnxruntime.get_available_providers():
            raise EngineError(
                f"{self.name}: ONNX Runtime here has no {self._provider}: "
                "pip uninstall onnxruntime, then pip install onnxruntime-gpu; or use --device cpu"
            )
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
            session = onnxruntime.InferenceSession(self._model, options, providers=[self._provider])
        except Exception as error:  # ONNX Runtime's errors share no base class
            raise EngineError(
                f"{self.name}: ONNX Runtime cannot load it ({_reason(error)}): "
                "export it again, as one .onnx file with its weights inside"
            ) from error
        if self._provider not in session.get_providers():  # it falls back to the CPU without a word
            raise EngineError(
                f"{self.name}: ONNX Runtime cannot use {self._provider}: install the CUDA and cuDNN that its "
                "version wants, or use --device cpu"
            )
        specs = self._specs(session.get_inputs()), self._specs(session.get_outputs())
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

    def _specs(self, nodes: Sequence[Any]) -> tuple[TensorSpec, ...]:
        return tuple(TensorSpec(node.name, self._dtype(node), _shape(node)) for node in nodes)

    def _dtype(self, node: Any) -> np.dtype[Any]:
        if node.type not in _DTYPES:
            raise EngineError(
                f"{self.name}: {node.name!r} is of type {node.type}: export it as tensor(float)"
            )
        return np.dtype(_DTYPES[node.type])


def _shape(node: Any) -> tuple[int | None, ...]:
    # A free axis is a name ("batch") or None.
    return tuple(size if isinstance(size, int) else None for size in node.shape)


def _reason(error: Exception) -> str:
    text = " ".join(str(error).removeprefix("[ONNXRuntimeError] : ").split())
    return text if len(text) <= 300 else f"{text[:300]}..."
