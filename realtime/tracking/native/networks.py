"""The face model's three networks, loaded for a device."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path
from typing import NamedTuple

from engines.backends import backend_for, create_engine
from engines.bottleneck.engine import BottleneckEngine
from engines.bottleneck.reading import NotBottlenecks
from engines.choices import CONVERTED, DEVICES, MOST_AT_ONCE
from engines.engine import Engine
from engines.errors import EngineError
from engines.litert_engine import LiteRtEngine
from engines.sharing import SharedNetworks
from engines.tflite_to_onnx import tflite_to_onnx
from realtime.errors import FaceModelError
from realtime.tracking.native.detector import INPUT as DETECTOR_INPUT
from realtime.tracking.native.mesh import INPUT as MESH_INPUT
from realtime.tracking.native.seeing import CpuEye, Eye
from realtime.tracking.native.task_file import TaskFile

Maker = Callable[[str], Engine]
"""Takes the name for messages, returns an engine that is not loaded yet."""
DETECTOR, MESH, BLENDSHAPES = "detector", "landmark network", "blendshape network"


class FaceNetworks(NamedTuple):
    """Engines, loaded, and what shows them pictures; whoever loads them closes them."""

    detector: Engine
    mesh: Engine
    blendshapes: Engine
    eye: Eye

    @property
    def engines(self) -> tuple[Engine, Engine, Engine]:
        """The three networks."""
        return self.detector, self.mesh, self.blendshapes

    def close(self) -> None:
        """Free all of them."""
        self.eye.close()
        for engine in self.engines:
            engine.close()

    def release(self) -> None:
        """Let other threads run them (`Engine.release`)."""
        for engine in self.engines:
            engine.release()


def load_networks(
    parts: TaskFile,
    model: Path,
    device: str = DEVICES[0],
    most: int = MOST_AT_ONCE,
    shared: SharedNetworks | None = None,
) -> FaceNetworks:
    """Load the networks of a face model.

    On a CPU the small ones run in LiteRT and the mesh, the dearest, in code made for it; on a GPU all of them
    are converted to ONNX and run as bundles' networks do.

    Args:
        model: path of the face model, for messages.
        device: "cpu" or "cuda".
        most: faces that are usual at once.
        shared: where other streams may have loaded them already.

    Raises:
        FaceModelError: a network cannot be loaded.
        EngineError: there is no such device here.
    """
    makers = _on_cpu(parts) if device == DEVICES[0] else _on_gpu(parts, device, most, shared is not None)
    loaded: list[Engine] = []
    try:
        for what, make in makers.items():
            name = f"face model {model}: {what}"
            making = partial(make, name)
            loaded.append(making() if shared is None else shared.engine((device, what), name, making))
            loaded[-1].load()
        detector, mesh, blendshapes = loaded
        return FaceNetworks(detector, mesh, blendshapes, _eye(device, model))
    except EngineError as error:
        for engine in loaded:
            engine.close()
        raise FaceModelError(str(error)) from error


def _on_cpu(parts: TaskFile) -> dict[str, Maker]:
    return {
        DETECTOR: partial(LiteRtEngine, parts.detector),
        MESH: partial(_mesh_on_cpu, parts.mesh),
        BLENDSHAPES: partial(LiteRtEngine, parts.blendshapes),
    }


def _on_gpu(parts: TaskFile, device: str, most: int, shared: bool) -> dict[str, Maker]:
    backend = backend_for(device)

    def converted(network: bytes, most: int, resident: Collection[str], name: str) -> Engine:
        onnx = tflite_to_onnx(network, name)
        rows = MOST_AT_ONCE if shared else most
        return create_engine(backend, onnx, name, CONVERTED[0], resident=resident, most=rows)

    return {
        DETECTOR: partial(converted, parts.detector, 1, (DETECTOR_INPUT,)),
        MESH: partial(converted, parts.mesh, most, (MESH_INPUT,)),
        BLENDSHAPES: partial(converted, parts.blendshapes, most, ()),
    }


def _eye(device: str, model: Path) -> Eye:
    if device == DEVICES[0]:
        return CpuEye()
    from realtime.tracking.gpu.eye import GpuEye

    return GpuEye(f"face model {model}")


def _mesh_on_cpu(network: bytes, name: str) -> Engine:
    """Return the mesh network's engine: LiteRT's, where another version of the model has other blocks."""
    engine: Engine = BottleneckEngine(network, name)
    try:
        engine.load()
    except NotBottlenecks:
        engine = LiteRtEngine(network, name)
    return engine
