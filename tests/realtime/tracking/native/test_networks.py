"""The face networks on each device. The GPU is played (`fake_gpu`): tested is that all of them get there."""

from __future__ import annotations

import av
import numpy as np
import pytest
from fake_gpu import FakeDriver, play

from engines.bottleneck.engine import BottleneckEngine
from engines.bottleneck.reading import NotBottlenecks
from engines.litert_engine import LiteRtEngine
from engines.tensorrt.engine import TensorRtEngine
from realtime.errors import FaceModelError
from realtime.tracking.native.landmarker import NativeLandmarker
from realtime.tracking.native.networks import load_networks
from realtime.tracking.native.task_file import TaskFile, read_task_file


@pytest.fixture(scope="module")
def parts(face_model_path) -> TaskFile:
    return read_task_file(face_model_path)


@pytest.fixture
def gpu(monkeypatch, tmp_path) -> FakeDriver:
    monkeypatch.setenv("LIVEFACS_CACHE", str(tmp_path))
    monkeypatch.setattr("engines.tensorrt.flavour.installed", lambda: ("tensorrt",))
    return play(monkeypatch)


def test_on_a_cpu_the_mesh_has_code_of_its_own(parts: TaskFile, face_model_path) -> None:
    networks = load_networks(parts, face_model_path)
    assert [type(engine) for engine in networks.engines] == [LiteRtEngine, BottleneckEngine, LiteRtEngine]
    networks.close()


def test_another_mesh_runs_in_litert(parts: TaskFile, face_model_path, monkeypatch) -> None:
    def refuse(*arguments: object) -> None:
        raise NotBottlenecks("of another kind")

    monkeypatch.setattr("engines.bottleneck.reading.find_blocks", refuse)
    networks = load_networks(parts, face_model_path)
    assert [type(engine) for engine in networks.engines] == [LiteRtEngine] * 3
    networks.close()


@pytest.fixture(scope="module")
def image(clip) -> np.ndarray:
    with av.open(str(clip("single_face.mp4"))) as container:
        return next(container.decode(video=0)).to_ndarray(format="rgb24")


def test_a_gpu_gives_the_same_faces(image: np.ndarray, face_model_path, gpu: FakeDriver) -> None:
    with (
        NativeLandmarker(face_model_path, 2, device="cuda") as played,
        NativeLandmarker(face_model_path, 2) as cpu,
    ):
        assert played._networks is not None
        assert all(isinstance(engine, TensorRtEngine) for engine in played._networks.engines)
        (ours,), (theirs,) = played.detect(image, 0.0), cpu.detect(image, 0.0)
    assert (
        np.abs(ours.landmarks - theirs.landmarks).max() < 0.5
    )  # ONNX Runtime computes half precision in full
    assert np.abs(ours.blendshapes - theirs.blendshapes).max() < 0.02
    assert not gpu.blocks and not gpu.pinned and gpu.retained == 0


def test_without_a_gpu_nothing_stays_open(parts: TaskFile, face_model_path, gpu: FakeDriver) -> None:
    gpu.failing["cuInit"] = "CUDA_ERROR_NO_DEVICE"
    with pytest.raises(FaceModelError, match=r"detector: the driver finds no NVIDIA GPU: use --device cpu"):
        load_networks(parts, face_model_path, "cuda")
