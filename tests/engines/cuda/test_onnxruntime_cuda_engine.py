"""ONNX Runtime on a GPU: its buffers, options and errors. The GPU is played, ONNX Runtime computes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from bundle_factory import make_model
from fake_gpu import FakeOnnxRuntime, play, play_onnxruntime

from engines.backends import create_engine
from engines.cuda.driver import Cuda, OutOfGpuMemory
from engines.cuda.plan_cache import PlanCache
from engines.cuda.rows_on_gpu import RowsOnGpu
from engines.errors import EngineError
from engines.onnxruntime_cuda_engine import TUNING, OnnxRuntimeCudaEngine
from engines.onnxruntime_engine import OnnxRuntimeEngine

MODEL = make_model()


@pytest.fixture
def played(monkeypatch) -> FakeOnnxRuntime:
    return play_onnxruntime(monkeypatch)


@pytest.fixture
def cache(tmp_path: Path) -> PlanCache:
    return PlanCache(tmp_path / "plans")


def rows(count: int) -> dict[str, np.ndarray]:
    return {"blendshapes": np.random.default_rng(count).random((count, 52)).astype(np.float32)}


@pytest.mark.parametrize("resident", [(), ("blendshapes",)])
@pytest.mark.parametrize("count", [1, 3, 16, 40])
def test_any_number_of_rows_gives_what_the_cpu_gives(count, resident, played, cache) -> None:
    with (
        OnnxRuntimeCudaEngine(MODEL, "it", precision="fp32", resident=resident, cache=cache) as gpu,
        OnnxRuntimeEngine(MODEL, "it") as cpu,
    ):
        assert gpu.inputs == cpu.inputs
        assert gpu.outputs == cpu.outputs
        ours, theirs = gpu.infer(rows(count)), cpu.infer(rows(count))
        for name, values in theirs.items():
            np.testing.assert_allclose(ours[name], values, atol=1e-6)
        assert list(gpu.infer(rows(count), ["expression"])) == ["expression"]
    driver = played.driver
    assert not driver.blocks and not driver.pinned and driver.retained == 0


def test_rows_are_written_where_the_network_reads_them(played, cache) -> None:
    batch = rows(20)["blendshapes"]
    parts: list[tuple[int, int]] = []

    def write(cuda: Cuda, start: int, count: int, address: int) -> None:
        parts.append((start, count))
        cuda.upload(np.ascontiguousarray(batch[start : start + count]), address)

    with (
        OnnxRuntimeCudaEngine(MODEL, "it", resident=["blendshapes"], most=4, cache=cache) as gpu,
        OnnxRuntimeEngine(MODEL, "it") as cpu,
    ):
        found = gpu.infer({"blendshapes": RowsOnGpu(20, write)})
        np.testing.assert_allclose(
            found["intensity"], cpu.infer(rows(20))["intensity"], atol=0.02
        )  # in pieces, since four are usual
        assert parts == [(start, 4) for start in range(0, 20, 4)]
        with pytest.raises(EngineError, match="^it: input 'blendshapes' is a RowsOnGpu: feed a NumPy array"):
            cpu.infer({"blendshapes": RowsOnGpu(1, write)})
        with pytest.raises(EngineError, match="^it: the batch holds 'crop': feed exactly 'blendshapes'"):
            gpu.infer({"crop": RowsOnGpu(1, write)})
    with (
        OnnxRuntimeCudaEngine(MODEL, "it", cache=cache) as gpu,
        pytest.raises(EngineError, match="^it: input 'blendshapes' is a RowsOnGpu"),
    ):
        gpu.infer({"blendshapes": RowsOnGpu(1, write)})


@pytest.mark.parametrize(
    ("refused", "tried"),
    [
        ([], [{"enable_cuda_graph", "prefer_nhwc"}]),
        (["prefer_nhwc"], [{"enable_cuda_graph", "prefer_nhwc"}, {"enable_cuda_graph"}]),
        (
            ["enable_cuda_graph"],
            [{"enable_cuda_graph", "prefer_nhwc"}, {"enable_cuda_graph"}, set()],
        ),
    ],
)
def test_the_fastest_way_that_a_network_fits(refused, tried, played, cache) -> None:
    played.refused.update(refused)
    with OnnxRuntimeCudaEngine(MODEL, "it", most=1, cache=cache) as gpu:
        gpu.infer(rows(1))
    common = {"user_compute_stream", "use_tf32", *TUNING}
    assert [set(offered) - common for offered in played.offered] == tried
    assert all(offered["user_compute_stream"] == "7" for offered in played.offered)


def test_batch_sizes_do_not_spoil_each_others_graphs(played, cache) -> None:
    with OnnxRuntimeCudaEngine(MODEL, "it", cache=cache) as gpu, OnnxRuntimeEngine(MODEL, "it") as cpu:
        for count in (16, 1, 4, 1, 16):
            ours, theirs = gpu.infer(rows(count)), cpu.infer(rows(count))
            np.testing.assert_allclose(ours["intensity"], theirs["intensity"], atol=0.02)
    assert len(played.offered) == len(OnnxRuntimeCudaEngine.buckets)


@pytest.mark.parametrize("fits", [1, 2])
def test_a_batch_size_whose_session_has_no_memory_goes_in_pieces(fits, played, cache) -> None:
    played.fits = fits
    with OnnxRuntimeCudaEngine(MODEL, "it", cache=cache) as gpu, OnnxRuntimeEngine(MODEL, "it") as cpu:
        ours, theirs = gpu.infer(rows(16)), cpu.infer(rows(16))
        np.testing.assert_allclose(ours["intensity"], theirs["intensity"], atol=0.02)
    assert len(played.offered) == fits + 1


def test_a_gpu_with_no_memory_is_told(played, cache) -> None:
    played.fits = 0
    with pytest.raises(OutOfGpuMemory, match="^it: the GPU's memory is full: close what else uses it"):
        OnnxRuntimeCudaEngine(MODEL, "it", cache=cache).load()


def test_networks_are_loaded_one_after_another(played, cache) -> None:
    def load(number: int) -> None:
        OnnxRuntimeCudaEngine(MODEL, f"{number}", cache=cache).load()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(load, range(4)))
    assert played.most_recording == 1


def test_full_precision_keeps_off_tensor_cores(played, cache) -> None:
    with OnnxRuntimeCudaEngine(MODEL, "it", precision="fp32", most=1, cache=cache):
        (full,) = played.offered
    with OnnxRuntimeCudaEngine(MODEL, "it", cache=cache):
        half = played.offered[-1]
    assert (full["use_tf32"], half["use_tf32"]) == ("0", "1")
    assert "prefer_nhwc" not in full and "prefer_nhwc" in half


def test_a_model_that_no_way_takes_is_told(played, cache) -> None:
    played.refused.add("use_tf32")
    with pytest.raises(EngineError, match="^it: ONNX Runtime cannot load it"):
        OnnxRuntimeCudaEngine(MODEL, "it", cache=cache).load()
    assert played.driver.retained == 0


def test_falling_back_to_the_cpu_is_an_error(played, cache) -> None:
    played.falls_back = True
    with pytest.raises(EngineError, match="^it: ONNX Runtime cannot use CUDAExecutionProvider: install the"):
        OnnxRuntimeCudaEngine(MODEL, "it", cache=cache).load()


def test_it_is_compared_with_a_cpu_once(played, cache, monkeypatch) -> None:
    compared: list[str] = []
    compare = OnnxRuntimeCudaEngine._compare

    def counting(self, specs) -> None:
        compared.append(self.name)
        compare(self, specs)

    monkeypatch.setattr(OnnxRuntimeCudaEngine, "_compare", counting)
    for precision in ("fp16", "fp16", "fp32"):
        with OnnxRuntimeCudaEngine(MODEL, precision, precision=precision, cache=cache):
            pass
    assert compared == ["fp16", "fp32"]


def test_what_disagrees_with_a_cpu_is_refused_each_time(played, cache, monkeypatch) -> None:
    other = make_model(endings={"expression": "Sigmoid"})
    monkeypatch.setattr(OnnxRuntimeCudaEngine, "_typed_model", lambda self: other)
    for _ in range(2):
        with pytest.raises(
            EngineError, match="^it: ONNX Runtime on the GPU's 'expression' is 0.* away .* on a CPU: run it"
        ):
            OnnxRuntimeCudaEngine(MODEL, "it", cache=cache).load()
    assert not played.driver.blocks and played.driver.retained == 0


@pytest.mark.parametrize(
    ("reason", "kind", "message"),
    [
        ("CUDA failure 2: out of memory", OutOfGpuMemory, "^it: the GPU's memory is full: close what else"),
        ("CUBLAS failure 13", EngineError, r"^it: ONNX Runtime failed on 1 rows on the GPU \(CUBLAS fail"),
    ],
)
def test_a_run_that_fails_is_told(reason, kind, message, played, cache) -> None:
    with OnnxRuntimeCudaEngine(MODEL, "it", cache=cache) as gpu:
        played.failing = reason
        with pytest.raises(kind, match=message):
            gpu.infer(rows(1))


def test_without_the_provider_it_says_so(monkeypatch, cache) -> None:
    play(monkeypatch)
    with pytest.raises(EngineError, match="^it: ONNX Runtime here has no CUDAExecutionProvider: pip"):
        create_engine("onnxruntime-cuda", MODEL, "it").load()
