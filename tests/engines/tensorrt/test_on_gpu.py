"""Plans that are run: needs an NVIDIA GPU with either TensorRT, and runs unchanged wherever there is one."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from engines.cuda.driver import Cuda
from engines.cuda.plan_cache import PlanCache
from engines.engine import Engine
from engines.errors import EngineError
from engines.onnxruntime_engine import OnnxRuntimeEngine
from engines.tensorrt.engine import TensorRtEngine
from engines.tensorrt.flavour import installed
from engines.tflite_to_onnx import tflite_to_onnx
from realtime.assembly import BUILT_IN, open_bundle
from realtime.tracking.native.task_file import read_task_file


def why_not() -> str:
    """Why nothing can be run here; "" if it can."""
    if not installed():
        return "no TensorRT is installed"
    try:
        Cuda("test").close()
    except EngineError as error:
        return str(error)
    return ""


pytestmark = pytest.mark.skipif(bool(why_not()), reason=f"plans cannot be run: {why_not()}")


@pytest.fixture(scope="module")
def cache(tmp_path_factory) -> PlanCache:
    return PlanCache(tmp_path_factory.mktemp("plans"))


def batch_for(engine: Engine, rows: int, scale: float = 1.0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(rows)
    shapes = {spec.name: spec.of_rows(rows) for spec in engine.inputs}
    return {name: (rng.random(shape) * scale).astype(np.float32) for name, shape in shapes.items()}


@pytest.mark.parametrize("precision", ["fp16", "fp32"])
@pytest.mark.parametrize("name", BUILT_IN)
def test_bundles_give_what_the_cpu_gives(name: str, precision: str, cache: PlanCache) -> None:
    with open_bundle(name, models=False) as bundle:
        for model in bundle.models:
            content = bundle.model_bytes(model)
            with (
                TensorRtEngine(content, model, precision=precision, cache=cache) as gpu,
                OnnxRuntimeEngine(content, model) as cpu,
            ):
                assert gpu.inputs == cpu.inputs
                assert {spec.name for spec in gpu.outputs} == {spec.name for spec in cpu.outputs}
                for rows in (1, 3, 16, 21):
                    batch = batch_for(cpu, rows)
                    ours, theirs = gpu.infer(batch), cpu.infer(batch)
                    for output, values in theirs.items():
                        np.testing.assert_allclose(
                            ours[output], values, atol=0.05 if precision == "fp16" else 0.01
                        )


@pytest.mark.parametrize(
    ("part", "scale", "atol"), [("detector", 1, 2.0), ("mesh", 1, 1.0), ("blendshapes", 200, 0.01)]
)
def test_face_networks_give_what_the_cpu_gives(
    part: str, scale: float, atol: float, cache: PlanCache, face_model_path: Path
) -> None:
    content = tflite_to_onnx(getattr(read_task_file(face_model_path), part), part)
    with TensorRtEngine(content, part, cache=cache) as gpu, OnnxRuntimeEngine(content, part) as cpu:
        batch = batch_for(cpu, 5, scale)
        ours, theirs = gpu.infer(batch), cpu.infer(batch)
    for output, values in theirs.items():
        np.testing.assert_allclose(ours[output], values, atol=atol, err_msg=output)


def test_two_engines_in_two_threads_do_not_disturb_each_other(cache: PlanCache) -> None:
    with open_bundle("blendshapes", models=False) as bundle:
        contents = [bundle.model_bytes(model) for model in bundle.models[:2]]
    wrong: list[str] = []

    def run(content: bytes, number: int) -> None:
        with (
            TensorRtEngine(content, f"{number}", cache=cache) as gpu,
            OnnxRuntimeEngine(content, "cpu") as cpu,
        ):
            for turn in range(200):
                batch = batch_for(cpu, 1 + turn % 5)
                ours, theirs = gpu.infer(batch), cpu.infer(batch)
                if any(np.abs(ours[name] - theirs[name]).max() > 0.05 for name in theirs):
                    wrong.append(f"engine {number}, turn {turn}")

    threads = [threading.Thread(target=run, args=each) for each in zip(contents, range(2), strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_an_engine_moves_to_another_thread_once_released(cache: PlanCache) -> None:
    with open_bundle("blendshapes", models=False) as bundle:
        content = bundle.model_bytes(bundle.models[0])
    found: list[np.ndarray] = []
    with TensorRtEngine(content, "it", cache=cache) as gpu:
        batch = batch_for(gpu, 2)
        here = gpu.infer(batch)["au_intensity"]
        gpu.release()
        thread = threading.Thread(
            target=lambda: (found.append(gpu.infer(batch)["au_intensity"]), gpu.release())
        )
        thread.start()
        thread.join()
    np.testing.assert_array_equal(found[0], here)


def test_a_plan_is_there_the_second_time(cache: PlanCache) -> None:
    with open_bundle("blendshapes", models=False) as bundle:
        content = bundle.model_bytes(bundle.models[0])
    with TensorRtEngine(content, "it", cache=cache):
        before = {path.name: path.stat().st_mtime_ns for path in cache.folder.iterdir()}
    with TensorRtEngine(content, "it", cache=cache):
        assert {path.name: path.stat().st_mtime_ns for path in cache.folder.iterdir()} == before
