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
from engines.tflite_to_onnx import tflite_to_onnx
from realtime.errors import FaceModelError
from realtime.tracking.native.detector import INPUT as DETECTOR_INPUT
from realtime.tracking.native.mesh import INPUT as MESH_INPUT
from realtime.tracking.native.seeing import CpuEye, Eye
from realtime.tracking.native.task_file import TaskFile

Kind = Callable[[bytes, str], Engine]


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
    parts: TaskFile, model: Path, device: str = DEVICES[0], most: int = MOST_AT_ONCE
) -> FaceNetworks:
    """Load the networks of a face model.

    On a CPU the small ones run in LiteRT and the mesh, the dearest, in code made for it; on a GPU all of them
    are converted to ONNX and run as bundles' networks do.

    Args:
        model: path of the face model, for messages.
        device: "cpu" or "cuda".
        most: faces that are usual at once.

    Raises:
        FaceModelError: a network cannot be loaded.
        EngineError: there is no such device here.
    """
    kinds: tuple[Kind, Kind, Kind] = (LiteRtEngine, _mesh_on_cpu, LiteRtEngine)
    if device != DEVICES[0]:
        backend = backend_for(device)

        def converted(network: bytes, name: str, resident: Collection[str] = (), most: int = most) -> Engine:
            onnx = tflite_to_onnx(network, name)
            return create_engine(backend, onnx, name, CONVERTED[0], resident=resident, most=most)

        kinds = (
            partial(converted, resident=(DETECTOR_INPUT,), most=1),
            partial(converted, resident=(MESH_INPUT,)),
            converted,
        )
    names = ("detector", "landmark network", "blendshape network")
    loaded: list[Engine] = []
    try:
        for kind, network, what in zip(
            kinds, (parts.detector, parts.mesh, parts.blendshapes), names, strict=True
        ):
            engine = kind(network, f"face model {model}: {what}")
            engine.load()
            loaded.append(engine)
    except EngineError as error:
        for engine in loaded:
            engine.close()
        raise FaceModelError(str(error)) from error
    detector, mesh, blendshapes = loaded
    return FaceNetworks(detector, mesh, blendshapes, _eye(device, model))


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
