"""The engines one can choose by name. To add one: a function here that imports it, and a row in the table."""

from __future__ import annotations

from collections.abc import Callable, Collection

from engines.choices import CONVERTED, DEVICES, MOST_AT_ONCE, PRECISIONS
from engines.engine import Engine
from engines.errors import EngineError

DEFAULT_BACKEND = "onnxruntime"
TENSORRT, ONNXRUNTIME_CUDA = "tensorrt", "onnxruntime-cuda"


def create_engine(
    backend: str,
    model: bytes,
    name: str,
    precision: str = PRECISIONS[0],
    *,
    resident: Collection[str] = (),
    most: int = MOST_AT_ONCE,
) -> Engine:
    """Return an engine, not yet loaded.

    Args:
        backend: a name from `backend_names()`.
        model: the whole .onnx file.
        name: what runs here, for messages.
        precision: one of the backend's `converted_precisions`; one that runs models as they are pays no heed.
        resident: inputs that, on a GPU, the caller writes there by himself (`RowsOnGpu`).
        most: rows that are usual at once; a GPU makes no buffers for more.

    Raises:
        EngineError: no such backend.
    """
    if backend not in _BACKENDS:
        raise EngineError(f"backend {backend!r} is unknown: use one of {', '.join(_BACKENDS)}")
    return _BACKENDS[backend](model, name, precision, resident, most)


def backend_names() -> tuple[str, ...]:
    """Return the backends LiveFACS knows; whether one is installed shows when an engine loads."""
    return tuple(_BACKENDS)


def converted_precisions(backend: str) -> tuple[str, ...]:
    """Return the precisions that a backend makes by itself of a float32 model, the usual one first.

    Empty for a backend that runs models as they are: it needs a file for each precision.
    """
    return CONVERTED if backend in (TENSORRT, ONNXRUNTIME_CUDA) else ()


def backend_for(device: str) -> str:
    """Return the backend for a device: for "cuda" TensorRT where one serves this GPU, else ONNX Runtime's.

    Raises:
        EngineError: no such device, or nothing installed that runs networks there; with the way out.
    """
    if device not in DEVICES:
        raise EngineError(f"device {device!r} is unknown: use one of {', '.join(DEVICES)}")
    if device == "cpu":
        return DEFAULT_BACKEND
    from engines.cuda.driver import Gpu
    from engines.onnxruntime_cuda_engine import provided
    from engines.tensorrt.flavour import INSTALL, installed, serves

    flavours, other = installed(), ""
    if flavours:
        try:
            gpu = Gpu("device cuda")
        except EngineError:  # told by who loads a network, in its words
            return TENSORRT
        if any(serves(each, gpu.sm) for each in flavours):
            return TENSORRT
        other = f"{', '.join(flavours)} does not run on {gpu.gpu} (compute capability {gpu.sm}): "
    if provided():
        return ONNXRUNTIME_CUDA
    raise EngineError(
        f"device cuda: {other or 'nothing here runs networks on a GPU: '}{INSTALL}; "
        "or onnxruntime-gpu in place of onnxruntime"
    )


def _onnxruntime(model: bytes, name: str, precision: str, resident: Collection[str], most: int) -> Engine:
    from engines.onnxruntime_engine import OnnxRuntimeEngine

    return OnnxRuntimeEngine(model, name)


def _onnxruntime_cuda(
    model: bytes, name: str, precision: str, resident: Collection[str], most: int
) -> Engine:
    from engines.onnxruntime_cuda_engine import OnnxRuntimeCudaEngine

    return OnnxRuntimeCudaEngine(model, name, precision=precision, resident=resident, most=most)


def _tensorrt(model: bytes, name: str, precision: str, resident: Collection[str], most: int) -> Engine:
    from engines.tensorrt.engine import TensorRtEngine

    return TensorRtEngine(model, name, precision=precision, resident=resident, most=most)


_BACKENDS: dict[str, Callable[[bytes, str, str, Collection[str], int], Engine]] = {
    DEFAULT_BACKEND: _onnxruntime,
    TENSORRT: _tensorrt,
    ONNXRUNTIME_CUDA: _onnxruntime_cuda,
}
