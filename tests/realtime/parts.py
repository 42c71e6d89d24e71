"""Parts that tests plug into a pipeline: given frames, given faces, a sink that keeps, a tiny bundle."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

from engines import write_bundle
from realtime.errors import EndOfStream
from realtime.sinks.sink import Sink
from realtime.sources.source import Source
from realtime.types import Face, Frame, FrameResult, Pose, StreamStatus

FPS = 30


class GivenFrames(Source):
    """Yields the frames it is given."""

    def __init__(self, frames: Sequence[Frame], name: str = "given") -> None:
        self.name = self.label = name
        self.live = False
        self._frames = list(frames)
        self.log: list[str] = []

    def open(self) -> None:
        self.log.append("open")
        self.state = "live"

    def read(self, timeout: float | None = None) -> Frame | None:
        if not self._frames:
            self.state = "ended"
            raise EndOfStream
        self.captured += 1
        return self._frames.pop(0)

    def close(self) -> None:
        self.state = "ended"
        self.log.append("close")


class GivenFaces:
    """A tracker that finds what a function of the frame number says, and waits for the tracks `waiting`."""

    def __init__(self, faces: Callable[[int], list[Face]], waiting: frozenset[int] = frozenset()) -> None:
        self._faces = faces
        self._waiting = waiting
        self._alive: frozenset[int] = frozenset()
        self.resets = 0
        self.log: list[str] = []

    @property
    def alive(self) -> frozenset[int]:
        return self._alive | self._waiting

    def open(self) -> None:
        self.log.append("open")

    def track(self, frame: Frame) -> list[Face]:
        faces = self._faces(frame.number)
        self._alive = frozenset(face.track_id for face in faces)
        return faces

    def reset(self) -> None:
        self.resets += 1

    def close(self) -> None:
        self.log.append("close")


class Kept(Sink):
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.results: list[FrameResult] = []
        self.statuses: list[StreamStatus] = []
        self.log: list[str] = []

    def open(self) -> None:
        self.log.append("open")

    def write(self, result: FrameResult) -> None:
        self.results.append(result)

    def status(self, status: StreamStatus) -> None:
        self.statuses.append(status)

    def close(self) -> None:
        self.log.append("close")


def frame(number: int, *, generation: int = 0, dropped: int = 0) -> Frame:
    """A black picture."""
    return Frame(
        image=np.zeros((48, 64, 3), np.uint8),
        number=number,
        t_capture=time.monotonic(),
        pts=number,
        time_base=Fraction(1, FPS),
        generation=generation,
        dropped=dropped,
    )


def face(
    track_id: int = 1, *, smile: float = 0.0, pitch: float = 0.0, crop: np.ndarray | None = None
) -> Face:
    """A face whose first blendshape reads `smile`."""
    blendshapes = np.zeros(52, np.float32)
    blendshapes[0] = smile
    return Face(
        track_id=track_id,
        bbox=(1.0, 2.0, 30.0, 40.0),
        landmarks=np.random.default_rng(track_id).uniform(0, 48, (478, 3)).astype(np.float32),
        blendshapes=blendshapes,
        pose=Pose(yaw=0.0, pitch=pitch, roll=0.0),
        confidence=1.0,
        crop=crop,
    )


def tiny_bundle(
    folder: Path, *, gains: tuple[float, float, float] = (1.0, 2.0, 3.0), resting_share: float = 0.0
) -> Path:
    """Write a bundle whose AU12 intensity is gain x (blendshape 0 - neutral 0), a gain per pose group.

    All three pose groups share one network with an output each.
    """
    row = helper.make_tensor("row", TensorProto.FLOAT, [52, 1], [1.0] + [0.0] * 51)
    nodes = [
        helper.make_node("Sub", ["blendshapes", "neutral"], ["active"]),
        helper.make_node("MatMul", ["active", "row"], ["smile"]),
    ]
    constants = [row]
    constants += [
        helper.make_tensor(n, TensorProto.FLOAT, [], [v]) for n, v in (("least", 0.0), ("most", 5.0))
    ]
    outputs = []
    for name, gain in zip(("up", "level", "down"), gains, strict=True):
        constants.append(helper.make_tensor(f"gain_{name}", TensorProto.FLOAT, [1], [gain]))
        nodes.append(helper.make_node("Mul", ["smile", f"gain_{name}"], [f"free_{name}"]))
        nodes.append(helper.make_node("Clip", [f"free_{name}", "least", "most"], [f"intensity_{name}"]))
        outputs.append(helper.make_tensor_value_info(f"intensity_{name}", TensorProto.FLOAT, ["N", 1]))
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", 52])
        for name in ("blendshapes", "neutral")
    ]
    graph = helper.make_graph(nodes, "head", inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    groups = [
        {
            "name": name,
            "pitch": limits,
            "model": "head.onnx",
            "outputs": {"au_intensity": f"intensity_{name}"},
        }
        for name, limits in (("up", [-90, -12]), ("level", [-12, 12]), ("down", [12, 90]))
    ]
    manifest = {
        "schema": 1,
        "name": "tiny",
        "version": "1.0.0",
        "description": "for tests",
        "licence": "Apache-2.0",
        "aus": ["AU12"],
        "inputs": {"blendshapes": {"kind": "blendshapes"}, "neutral": {"kind": "neutral"}},
        "pose_groups": groups,
        "resting_share": resting_share,
    }
    write_bundle(folder, manifest, {"head.onnx": model.SerializeToString()})
    return folder
