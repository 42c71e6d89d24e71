"""The engines one can choose by name. To add one: a function here that imports it, and a row in the table."""

from __future__ import annotations

from collections.abc import Callable

from engines.engine import Engine
from engines.errors import EngineError

DEFAULT_BACKEND = "onnxruntime"


def create_engine(backend: str, model: bytes, name: str) -> Engine:
    """Return an engine, not yet loaded.

    Args:
        backend: a name from `backend_names()`.
        model: the whole .onnx file.
        name: what runs here, for messages.

    Raises:
        EngineError: no such backend.
    """
    if backend not in _BACKENDS:
        raise EngineError(f"backend {backend!r} is unknown: use one of {', '.join(_BACKENDS)}")
    return _BACKENDS[backend](model, name)


def backend_names() -> tuple[str, ...]:
    """Return the backends LiveFACS knows; whether one is installed shows when an engine loads."""
    return tuple(_BACKENDS)


def _onnxruntime(model: bytes, name: str) -> Engine:
    from engines.onnxruntime_engine import OnnxRuntimeEngine

    return OnnxRuntimeEngine(model, name)


_BACKENDS: dict[str, Callable[[bytes, str], Engine]] = {"onnxruntime": _onnxruntime}
