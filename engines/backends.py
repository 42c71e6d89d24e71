"""The engines one can choose by name. To add one: a function here that imports it, and a row in the table."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable

from engines.choices import CONVERTED, DEVICES, PRECISIONS
from engines.engine import Engine
from engines.errors import EngineError

DEFAULT_BACKEND = "onnxruntime"
TENSORRT, ONNXRUNTIME_CUDA = "tensorrt", "onnxruntime-cuda"


def create_engine(backend: str, model: bytes, name: str, precision: str = PRECISIONS[0]) -> Engine:
    """Return an engine, not yet loaded.

    Args:
        backend: a name from `backend_names()`.
        model: the whole .onnx file.
        name: what runs here, for messages.
        precision: one of the backend's `converted_precisions`; one that runs models as they are pays no heed.

    Raises:
        EngineError: no such backend.
    """
    if backend not in _BACKENDS:
        raise EngineError(f"backend {backend!r} is unknown: use one of {', '.join(_BACKENDS)}")
    return _BACKENDS[backend](model, name, precision)


def backend_names() -> tuple[str, ...]:
    """Return the backends LiveFACS knows; whether one is installed shows when an engine loads."""
    return tuple(_BACKENDS)


def converted_precisions(backend: str) -> tuple[str, ...]:
    """Return the precisions that a backend makes by itself of a float32 model, the usual one first.

    Empty for a backend that runs models as they are: it needs a file for each precision.
    """
    return CONVERTED if backend == TENSORRT else ()


def backend_for(device: str) -> str:
    """Return the backend for a device: for "cuda" TensorRT where it is installed, else ONNX Runtime's.

    Raises:
        EngineError: no such device, or nothing installed that runs networks there; with the way out.
    """
    if device not in DEVICES:
        raise EngineError(f"device {device!r} is unknown: use one of {', '.join(DEVICES)}")
    if device == "cpu":
        return DEFAULT_BACKEND
    from engines.tensorrt.flavour import INSTALL, installed

    if installed():
        return TENSORRT
    if importlib.util.find_spec("onnxruntime") is not None:
        import onnxruntime

        if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
            return ONNXRUNTIME_CUDA
    raise EngineError(
        f"device cuda: nothing here runs networks on a GPU: {INSTALL}; "
        "or onnxruntime-gpu in place of onnxruntime"
    )


def _onnxruntime(model: bytes, name: str, precision: str) -> Engine:
    from engines.onnxruntime_engine import OnnxRuntimeEngine

    return OnnxRuntimeEngine(model, name)


def _onnxruntime_cuda(model: bytes, name: str, precision: str) -> Engine:
    from engines.onnxruntime_engine import OnnxRuntimeEngine

    return OnnxRuntimeEngine(model, name, provider="CUDAExecutionProvider")


def _tensorrt(model: bytes, name: str, precision: str) -> Engine:
    from engines.tensorrt.engine import TensorRtEngine

    return TensorRtEngine(model, name, precision=precision)


_BACKENDS: dict[str, Callable[[bytes, str, str], Engine]] = {
    DEFAULT_BACKEND: _onnxruntime,
    TENSORRT: _tensorrt,
    ONNXRUNTIME_CUDA: _onnxruntime_cuda,
}
