"""The face networks on each device. The GPU is played (`fake_gpu`): tested is that all of them get there."""

from __future__ import annotations

from collections.abc import Iterator

import av
import msgspec
import numpy as np
import pytest
from fake_gpu import FakeDriver, play, play_onnxruntime

from engines.bottleneck.engine import BottleneckEngine
from engines.bottleneck.reading import NotBottlenecks
from engines.errors import EngineError
from engines.litert_engine import LiteRtEngine
from engines.sharing import SharedNetworks
from engines.tensorrt.engine import TensorRtEngine
from realtime.assembly import build_pipeline, open_bundle
from realtime.errors import FaceModelError
from realtime.tracking.crop import Aligner
from realtime.tracking.native.landmarker import NativeLandmarker
from realtime.tracking.native.networks import load_networks
from realtime.tracking.native.task_file import TaskFile, read_task_file
from realtime.types import FrameResult


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


@pytest.fixture
def onnxruntime_gpu(monkeypatch, tmp_path) -> FakeDriver:
    monkeypatch.setenv("LIVEFACS_CACHE", str(tmp_path))
    monkeypatch.setattr("engines.tensorrt.flavour.installed", lambda: ())
    return play_onnxruntime(monkeypatch).driver


@pytest.mark.parametrize("library", ["gpu", "onnxruntime_gpu"])
def test_the_whole_pipeline_on_a_gpu_publishes_what_a_cpu_does(
    library: str, clip, face_model_path, request
) -> None:
    path = clip("single_face.mp4")
    gpu: FakeDriver = request.getfixturevalue(library)

    def run(device: str, precision: str) -> list[FrameResult]:
        pipeline = build_pipeline(
            path, face_model=face_model_path, max_faces=1, device=device, precision=precision
        )
        with pipeline:
            return [result for result, _ in zip(pipeline, range(6), strict=False)]

    ours, theirs = run("cuda", "fp16"), run("cpu", "fp32")
    crops = [name for name in gpu.calls if name == "cuLaunchKernel"]
    assert len(crops) >= 3 * len(ours) - 2  # a region and a crop each, and where the face was looked for
    assert len(ours) == 6
    for one, other in zip(ours, theirs, strict=True):
        (mine,), (yours,) = one.faces, other.faces
        scores = mine.raw.au_intensity, yours.raw.au_intensity
        assert scores[0] == pytest.approx(scores[1], abs=0.1)
        assert msgspec.structs.astuple(mine.pose) == pytest.approx(
            msgspec.structs.astuple(yours.pose), abs=0.01
        )
    assert not gpu.blocks and not gpu.pinned and gpu.retained == 0


def test_pipelines_that_share_networks_load_them_once(clip, face_model_path, onnxruntime_gpu) -> None:
    path = clip("single_face.mp4")

    def run(shared: SharedNetworks) -> list[FrameResult]:
        pipeline = build_pipeline(path, face_model=face_model_path, max_faces=1, device="cuda", shared=shared)
        with pipeline:
            return [result for result, _ in zip(pipeline, range(3), strict=False)]

    with SharedNetworks() as shared:
        first = run(shared)
        loaded = set(shared._networks)
        assert len(loaded) == 4  # three of the face model, one of the bundle
        second = run(shared)
        assert set(shared._networks) == loaded
    for one, other in zip(first, second, strict=True):
        assert one.faces[0].au_intensity == pytest.approx(other.faces[0].au_intensity, abs=1e-5)
    assert not onnxruntime_gpu.blocks and onnxruntime_gpu.retained == 0


@pytest.fixture
def seen(image: np.ndarray, face_model_path, gpu: FakeDriver) -> Iterator[tuple]:
    """A landmarker on the GPU that has found a face, the face, and the crop that heads want."""
    with (
        open_bundle(models=False) as bundle,
        NativeLandmarker(face_model_path, 1, device="cuda") as landmarker,
    ):
        (face,) = landmarker.detect(image, 0.0)
        assert bundle.manifest.crop is not None
        yield landmarker, face, bundle.manifest.crop
    assert not gpu.blocks and gpu.retained == 0


def test_a_crop_on_the_gpu_can_be_read_until_its_picture_has_gone(image: np.ndarray, seen: tuple) -> None:
    landmarker, face, spec = seen
    crop = landmarker.aligner(spec)(image, face.landmarks)
    expected = Aligner(spec)(image, face.landmarks)
    np.testing.assert_allclose(np.asarray(crop), expected, atol=1e-5)
    landmarker.detect(np.zeros_like(image), 0.1)
    np.testing.assert_allclose(np.stack([crop]), expected[None], atol=1e-5)
    for t in (0.2, 0.3):
        landmarker.detect(np.zeros_like(image), t)
    with pytest.raises(EngineError, match=r"^picture \d+ has left the GPU, which keeps the last 3"):
        np.asarray(crop)


def test_crops_of_several_faces_each_go_to_their_row(image: np.ndarray, seen: tuple) -> None:
    landmarker, face, spec = seen
    faces = [face.landmarks, face.landmarks + np.float32(30.0)]
    crops = [landmarker.aligner(spec)(image, landmarks) for landmarks in faces]
    rows = crops[0].together(crops)
    cuda = landmarker._networks.mesh._driver
    found = np.zeros((3, *spec.shape), np.float32)
    address = cuda.allocate(found.nbytes)
    rows.write(cuda, 0, 2, address)
    rows.write(cuda, 1, 1, address + 2 * crops[0].nbytes)
    cuda.download(address, found)
    cuda.free(address)
    expected = [Aligner(spec)(image, landmarks) for landmarks in faces]
    np.testing.assert_allclose(found, [*expected, expected[1]], atol=1e-5)
    assert len(rows) == 2
