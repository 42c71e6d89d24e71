"""Networks on a real GPU: needs one, and TensorRT or ONNX Runtime for it; runs unchanged where they are."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from engines.backends import ONNXRUNTIME_CUDA, TENSORRT
from engines.cuda.driver import Gpu
from engines.cuda.engine import CudaEngine
from engines.cuda.plan_cache import PlanCache
from engines.engine import Engine
from engines.errors import EngineError
from engines.onnxruntime_cuda_engine import PROVIDER, OnnxRuntimeCudaEngine
from engines.onnxruntime_engine import OnnxRuntimeEngine
from engines.sharing import SharedNetworks
from engines.tensorrt.engine import TensorRtEngine
from engines.tensorrt.flavour import installed, serves
from engines.tflite_to_onnx import tflite_to_onnx
from realtime.assembly import BUILT_IN, build_pipeline, open_bundle
from realtime.tracking.crop import Aligner
from realtime.tracking.native.landmarker import NativeLandmarker
from realtime.tracking.native.task_file import read_task_file
from realtime.types import FrameResult


def why_not(backend: str) -> str:
    """Why nothing can be run here by a backend; "" if it can."""
    try:
        gpu = Gpu("test")
    except EngineError as error:
        return str(error)
    if backend == ONNXRUNTIME_CUDA:
        import onnxruntime

        here = onnxruntime.get_available_providers()
        return "" if PROVIDER in here else f"ONNX Runtime has no {PROVIDER}"
    if not installed():
        return "no TensorRT is installed"
    served = any(serves(each, gpu.sm) for each in installed())
    return "" if served else f"{', '.join(installed())} does not run on {gpu.gpu}"


KINDS: dict[str, type[CudaEngine]] = {
    TENSORRT: TensorRtEngine,
    ONNXRUNTIME_CUDA: OnnxRuntimeCudaEngine,
}
REASONS = {backend: why_not(backend) for backend in KINDS}

pytestmark = pytest.mark.skipif(
    all(REASONS.values()), reason=f"nothing can be run on a GPU: {'; '.join(REASONS.values())}"
)


@pytest.fixture(params=KINDS)
def backend(request, monkeypatch) -> str:
    if REASONS[request.param]:
        pytest.skip(f"{request.param}: {REASONS[request.param]}")
    monkeypatch.setattr("realtime.tracking.native.networks.backend_for", lambda device: request.param)
    monkeypatch.setattr("engines.backends.backend_for", lambda device: request.param)
    return request.param


@pytest.fixture(scope="module")
def cache(tmp_path_factory) -> PlanCache:
    return PlanCache(tmp_path_factory.mktemp("plans"))


@pytest.fixture
def make(backend: str, cache: PlanCache) -> Callable[..., CudaEngine]:
    return lambda content, name, **options: KINDS[backend](content, name, cache=cache, **options)


def batch_for(engine: Engine, rows: int, scale: float = 1.0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(rows)
    shapes = {spec.name: spec.of_rows(rows) for spec in engine.inputs}
    return {name: (rng.random(shape) * scale).astype(np.float32) for name, shape in shapes.items()}


@pytest.mark.parametrize("precision", ["fp16", "fp32"])
@pytest.mark.parametrize("name", BUILT_IN)
def test_bundles_give_what_the_cpu_gives(name: str, precision: str, make) -> None:
    with open_bundle(name, models=False) as bundle:
        for model in bundle.models:
            content = bundle.model_bytes(model)
            with make(content, model, precision=precision) as gpu, OnnxRuntimeEngine(content, model) as cpu:
                assert gpu.inputs == cpu.inputs
                assert {spec.name for spec in gpu.outputs} == {spec.name for spec in cpu.outputs}
                for rows in (1, 3, 16, 21):
                    batch = batch_for(cpu, rows)
                    ours, theirs = gpu.infer(batch), cpu.infer(batch)
                    for output, values in theirs.items():
                        atol = 0.05 if precision == "fp16" else 0.002
                        np.testing.assert_allclose(ours[output], values, atol=atol)


@pytest.mark.parametrize(
    ("part", "scale", "atol"), [("detector", 1, 2.0), ("mesh", 1, 1.0), ("blendshapes", 200, 0.01)]
)
def test_face_networks_give_what_the_cpu_gives(
    part: str, scale: float, atol: float, make, face_model_path: Path
) -> None:
    content = tflite_to_onnx(getattr(read_task_file(face_model_path), part), part)
    with make(content, part, most=8) as gpu, OnnxRuntimeEngine(content, part) as cpu:
        batch = batch_for(cpu, 5, scale)
        ours, theirs = gpu.infer(batch), cpu.infer(batch)
    for output, values in theirs.items():
        np.testing.assert_allclose(ours[output], values, atol=atol, err_msg=output)


def test_two_engines_in_two_threads_do_not_disturb_each_other(make) -> None:
    with open_bundle("blendshapes", models=False) as bundle:
        contents = [bundle.model_bytes(bundle.models[0])] * 2
    wrong: list[str] = []

    def run(content: bytes, number: int) -> None:
        with make(content, f"{number}") as gpu, OnnxRuntimeEngine(content, "cpu") as cpu:
            for turn in range(200):
                batch = batch_for(cpu, 1 + turn % 5)
                ours, theirs = gpu.infer(batch), cpu.infer(batch)
                if any(np.abs(ours[name] - theirs[name]).max() > 0.05 for name in theirs):
                    wrong.append(f"engine {number}, turn {turn}")

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(run, contents, range(2)))  # raises what they raised
    assert not wrong


def test_an_engine_moves_to_another_thread_once_released(make) -> None:
    with open_bundle("blendshapes", models=False) as bundle:
        content = bundle.model_bytes(bundle.models[0])
    found: list[np.ndarray] = []
    with make(content, "it") as gpu:
        batch = batch_for(gpu, 2)
        here = gpu.infer(batch)["au_intensity"]
        gpu.release()
        thread = threading.Thread(
            target=lambda: (found.append(gpu.infer(batch)["au_intensity"]), gpu.release())
        )
        thread.start()
        thread.join()
    np.testing.assert_array_equal(found[0], here)


def test_what_is_kept_is_there_the_second_time(make, cache: PlanCache) -> None:
    with open_bundle("blendshapes", models=False) as bundle:
        content = bundle.model_bytes(bundle.models[0])
    with make(content, "it"):
        before = {path.name: path.stat().st_mtime_ns for path in cache.folder.iterdir()}
    with make(content, "it"):
        assert {path.name: path.stat().st_mtime_ns for path in cache.folder.iterdir()} == before


def results(clip: Path, face_model: Path, frames: int, **options) -> list[FrameResult]:
    with build_pipeline(clip, face_model=face_model, max_faces=1, **options) as pipeline:
        return [result for result, _ in zip(pipeline, range(frames), strict=False)]


def assert_alike(ours: list[FrameResult], theirs: list[FrameResult]) -> None:
    assert len(ours) == len(theirs) > 0
    for one, other in zip(ours, theirs, strict=True):
        (mine,), (yours,) = one.faces, other.faces
        assert mine.au_intensity == pytest.approx(yours.au_intensity, abs=0.15)
        assert mine.pose.yaw == pytest.approx(yours.pose.yaw, abs=0.01)


def test_the_whole_pipeline_publishes_what_a_cpu_does(backend: str, clip, face_model_path) -> None:
    path = clip("single_face.mp4")
    theirs = results(path, face_model_path, 40, precision="fp32")
    assert_alike(results(path, face_model_path, 40, device="cuda"), theirs)


def test_streams_that_share_networks_publish_what_a_cpu_does(backend: str, clip, face_model_path) -> None:
    path = clip("single_face.mp4")
    theirs = results(path, face_model_path, 40, precision="fp32")
    with SharedNetworks() as shared, ThreadPoolExecutor(6) as threads:
        streams = [
            threads.submit(results, path, face_model_path, 40, device="cuda", shared=shared) for _ in range(6)
        ]
        for stream in streams:
            assert_alike(stream.result(), theirs)


def test_a_crop_is_what_the_cpu_cuts(backend: str, face_model_path) -> None:
    image = np.random.default_rng(0).integers(0, 256, (360, 640, 3), dtype=np.uint8)
    landmarks = np.random.default_rng(1).uniform(50, 300, (478, 3)).astype(np.float32)
    with (
        open_bundle(models=False) as bundle,
        NativeLandmarker(face_model_path, 1, device="cuda") as landmarker,
    ):
        spec = bundle.manifest.crop
        assert spec is not None
        landmarker.detect(image, 0.0)
        crop = landmarker.aligner(spec)(image, landmarks)
        np.testing.assert_allclose(np.asarray(crop), Aligner(spec)(image, landmarks), atol=1e-4)
