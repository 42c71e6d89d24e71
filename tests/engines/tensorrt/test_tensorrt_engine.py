"""The TensorRT engine's own part: buckets, buffers, graphs, cache and errors, on a GPU that is played."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from bundle_factory import make_model
from fake_gpu import FakeDriver, play

from engines.backends import backend_for
from engines.cuda.driver import OutOfGpuMemory
from engines.cuda.engine import BUCKETS
from engines.cuda.plan_cache import PlanCache
from engines.errors import EngineError
from engines.onnxruntime_engine import OnnxRuntimeEngine
from engines.tensorrt import engine as module
from engines.tensorrt.engine import TensorRtEngine

MODEL = make_model()


@pytest.fixture
def driver(monkeypatch) -> FakeDriver:
    return play(monkeypatch)


@pytest.fixture
def built(monkeypatch, driver: FakeDriver) -> list[str]:
    """What was built, by name; a plan is its graph."""
    names: list[str] = []

    def build(flavour, model, name, buckets, progress=None, sm=""):
        names.append(name)
        return b"plan:" + model

    monkeypatch.setattr(module, "build_plan", build)
    return names


@pytest.fixture
def cache(tmp_path: Path) -> PlanCache:
    return PlanCache(tmp_path / "plans")


def rows(count: int) -> dict[str, np.ndarray]:
    return {"blendshapes": np.random.default_rng(count).random((count, 52)).astype(np.float32)}


@pytest.mark.parametrize("count", [1, 2, 3, 5, 16, 17, 40])
def test_any_number_of_rows_gives_what_the_cpu_gives(count: int, built, driver, cache) -> None:
    with (
        TensorRtEngine(MODEL, "it", precision="fp32", cache=cache) as gpu,
        OnnxRuntimeEngine(MODEL, "it") as cpu,
    ):
        assert gpu.inputs == cpu.inputs
        assert gpu.outputs == cpu.outputs
        ours, theirs = gpu.infer(rows(count)), cpu.infer(rows(count))
        for name, values in theirs.items():
            np.testing.assert_allclose(ours[name], values, atol=1e-6)
        few = gpu.infer(rows(count), ["expression"])
        assert list(few) == ["expression"]
        np.testing.assert_array_equal(few["expression"], ours["expression"])
    assert not driver.blocks and not driver.pinned and driver.retained == 0


def test_running_allocates_nothing_and_replays_one_graph(built, driver, cache) -> None:
    with TensorRtEngine(MODEL, "it", cache=cache) as engine:
        driver.calls.clear()
        engine.infer(rows(3))
        assert driver.calls == ["cuCtxSetCurrent", "cuGraphLaunch", "cuStreamSynchronize"]
        first = engine.infer(rows(2))["intensity"]
        kept = first.copy()
        engine.infer(rows(1))
        np.testing.assert_array_equal(first, kept)  # the caller's own


def test_a_plan_is_built_once(built, cache) -> None:
    for _ in range(3):
        with TensorRtEngine(MODEL, "it", cache=cache) as engine:
            engine.infer(rows(1))
    assert built == ["it"]
    with TensorRtEngine(MODEL, "it", precision="fp32", cache=cache):
        pass
    assert built == ["it", "it"]


@pytest.mark.parametrize("damage", [b"", b"short", b"\0" * 100])
def test_a_damaged_plan_is_built_again(damage: bytes, built, cache) -> None:
    with TensorRtEngine(MODEL, "it", cache=cache):
        (kept,) = cache.folder.iterdir()
    kept.write_bytes(damage)
    with TensorRtEngine(MODEL, "it", cache=cache) as engine:
        engine.infer(rows(1))
    assert len(built) == 2


def test_a_plan_that_this_tensorrt_refuses_is_built_again(built, cache) -> None:
    with TensorRtEngine(MODEL, "it", cache=cache):
        (kept,) = cache.folder.iterdir()
    cache.store(kept.stem, b"of another version")
    with TensorRtEngine(MODEL, "it", cache=cache) as engine:
        engine.infer(rows(1))
    assert len(built) == 2


def test_a_plan_that_never_opens_is_an_error(built, cache, monkeypatch, driver) -> None:
    monkeypatch.setattr(module, "build_plan", lambda *arguments: b"nothing of use")
    with pytest.raises(
        EngineError, match="^it: tensorrt 11.0 cannot open the plan it has just built for NVIDIA Fake 1"
    ):
        TensorRtEngine(MODEL, "it", cache=cache).load()
    assert driver.retained == 0
    assert not list(cache.folder.iterdir())


def test_a_plan_that_computes_something_else_is_not_kept(built, cache, monkeypatch, driver) -> None:
    other = make_model(endings={"expression": "Sigmoid"})
    monkeypatch.setattr(module, "build_plan", lambda *arguments: b"plan:" + other)
    with pytest.raises(
        EngineError, match="^it: TensorRT's 'expression' is 0.* away from ONNX Runtime's on a CPU: run it"
    ):
        TensorRtEngine(MODEL, "it", cache=cache).load()
    assert not list(cache.folder.iterdir())
    assert not driver.blocks and driver.retained == 0


def test_little_memory_means_smaller_batches(built, cache, driver) -> None:
    with TensorRtEngine(MODEL, "it", precision="fp32", cache=cache) as engine:
        engine.infer(rows(1))
        needed = sum(block.nbytes for block in driver.blocks.values())
    driver.memory = needed // 2  # not enough for 16 rows
    with (
        TensorRtEngine(MODEL, "it", precision="fp32", cache=cache) as small,
        OnnxRuntimeEngine(MODEL, "it") as cpu,
    ):
        assert small._buckets[-1].rows < BUCKETS[-1]
        np.testing.assert_allclose(
            small.infer(rows(30))["intensity"], cpu.infer(rows(30))["intensity"], atol=1e-6
        )
    driver.memory = 10
    with pytest.raises(OutOfGpuMemory, match="^it: the GPU's memory is full"):
        TensorRtEngine(MODEL, "it", cache=cache).load()
    assert not driver.blocks and not driver.pinned and driver.retained == 0


@pytest.mark.parametrize(
    ("call", "status", "message"),
    [
        ("cuInit", "CUDA_ERROR_NO_DEVICE", "it: the driver finds no NVIDIA GPU: use --device cpu"),
        (
            "cuDevicePrimaryCtxRetain",
            "CUDA_ERROR_UNKNOWN",
            "it: cuDevicePrimaryCtxRetain gave CUDA_ERROR_UNKNOWN",
        ),
        (
            "cuGraphInstantiate",
            "CUDA_ERROR_INVALID_VALUE",
            "it: cuGraphInstantiate gave CUDA_ERROR_INVALID_VALUE",
        ),
    ],
)
def test_what_the_driver_refuses_is_told(call: str, status: str, message: str, built, driver, cache) -> None:
    driver.failing[call] = status
    with pytest.raises(EngineError, match=f"^{message}"):
        TensorRtEngine(MODEL, "it", cache=cache).load()


def test_a_machine_without_gpus(built, driver, cache) -> None:
    driver.gpus = 0
    with pytest.raises(EngineError, match="^it: there are 0 GPUs, none is number 0: use --device cpu$"):
        TensorRtEngine(MODEL, "it", cache=cache).load()


def test_a_machine_without_a_driver(monkeypatch, cache) -> None:
    def absent(flags: int) -> None:
        raise OSError("libcuda.so.1: cannot open shared object file")

    bindings = ModuleType("cuda.bindings")
    bindings.driver = SimpleNamespace(cuInit=absent)
    monkeypatch.setitem(sys.modules, "cuda.bindings", bindings)
    with pytest.raises(EngineError, match="^it: there is no NVIDIA driver on this machine: install one"):
        TensorRtEngine(MODEL, "it", cache=cache).load()


def test_a_machine_without_the_bindings(monkeypatch, cache) -> None:
    monkeypatch.setitem(sys.modules, "cuda.bindings", None)
    with pytest.raises(
        EngineError, match=r"^it: cuda-bindings cannot be imported .*: pip install 'livefacs\[gpu\]'"
    ):
        TensorRtEngine(MODEL, "it", cache=cache).load()


def test_an_unknown_precision_is_refused() -> None:
    with pytest.raises(EngineError, match="^it: a GPU has no precision 'int4': fp16, fp32$"):
        TensorRtEngine(MODEL, "it", precision="int4")


def test_the_backend_by_device(monkeypatch, driver: FakeDriver) -> None:
    assert backend_for("cpu") == "onnxruntime"
    with pytest.raises(EngineError, match="^device 'gpu' is unknown: use one of cpu, cuda$"):
        backend_for("gpu")
    monkeypatch.setattr("engines.tensorrt.flavour.installed", lambda: ("tensorrt_rtx",))
    assert backend_for("cuda") == "tensorrt"
    monkeypatch.setattr("engines.tensorrt.flavour.installed", lambda: ())
    with pytest.raises(
        EngineError, match="^device cuda: nothing here runs networks on a GPU: pip install tensorrt"
    ):
        backend_for("cuda")
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: ["CUDAExecutionProvider"])
    assert backend_for("cuda") == "onnxruntime-cuda"
    assert not driver.retained


def test_tensorrt_for_rtx_leaves_data_centres_to_others(monkeypatch, driver: FakeDriver) -> None:
    driver.name, driver.sm = b"NVIDIA H200", (9, 0)
    monkeypatch.setattr("engines.tensorrt.flavour.installed", lambda: ("tensorrt_rtx",))
    with pytest.raises(
        EngineError,
        match=r"^device cuda: tensorrt_rtx does not run on NVIDIA H200 \(compute capability 9.0\): pip",
    ):
        backend_for("cuda")
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: ["CUDAExecutionProvider"])
    assert backend_for("cuda") == "onnxruntime-cuda"
    monkeypatch.setattr("engines.tensorrt.flavour.installed", lambda: ("tensorrt", "tensorrt_rtx"))
    assert backend_for("cuda") == "tensorrt"
    driver.failing["cuInit"] = "CUDA_ERROR_NO_DEVICE"
    assert backend_for("cuda") == "tensorrt"  # which says what is wrong
