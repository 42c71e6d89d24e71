"""The face model's three networks, loaded for a device."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from engines.backends import TENSORRT, backend_for, create_engine
from engines.bottleneck.engine import BottleneckEngine
from engines.bottleneck.reading import NotBottlenecks
from engines.choices import DEVICES
from engines.engine import Engine
from engines.errors import EngineError
from engines.litert_engine import LiteRtEngine
from engines.tensorrt.engine import TensorRtEngine
from engines.tflite_to_onnx import tflite_to_onnx
from realtime.errors import FaceModelError
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


def load_networks(parts: TaskFile, model: Path, device: str = DEVICES[0]) -> FaceNetworks:
    """Load the networks of a face model.

    On a CPU the small ones run in LiteRT and the mesh, the dearest, in code made for it; on a GPU all of them
    are converted to ONNX and run as bundles' networks do.

    Args:
        model: path of the face model, for messages.
        device: "cpu" or "cuda".

    Raises:
        FaceModelError: a network cannot be loaded.
        EngineError: there is no such device here.
    """
    kinds: tuple[Kind, Kind, Kind] = (LiteRtEngine, _mesh_on_cpu, LiteRtEngine)
    if device != DEVICES[0]:
        backend = backend_for(device)

        def converted(network: bytes, name: str) -> Engine:
            return create_engine(backend, tflite_to_onnx(network, name), name, "fp16")

        def resident(network: bytes, name: str) -> Engine:
            return TensorRtEngine(tflite_to_onnx(network, name), name, resident=True)

        seeing = resident if backend == TENSORRT else converted
        kinds = (seeing, seeing, converted)
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
    eye: Eye = CpuEye()
    if isinstance(detector, TensorRtEngine):
        from realtime.tracking.native.gpu.eye import GpuEye

        eye = GpuEye(detector.cuda)
    return FaceNetworks(detector, mesh, blendshapes, eye)


def _mesh_on_cpu(network: bytes, name: str) -> Engine:
    """Return the mesh network's engine: LiteRT's, where another version of the model has other blocks."""
    engine: Engine = BottleneckEngine(network, name)
    try:
        engine.load()
    except NotBottlenecks:
        engine = LiteRtEngine(network, name)
    return engine
