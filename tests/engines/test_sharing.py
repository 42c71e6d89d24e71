"""Networks that threads share: batches under load, nobody waits for nothing, nobody pays for another."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from bundle_factory import make_model
from fake_gpu import play_onnxruntime

from engines.cuda.driver import Cuda
from engines.cuda.plan_cache import PlanCache
from engines.cuda.rows_on_gpu import RowsOnGpu
from engines.engine import Engine
from engines.errors import EngineError
from engines.onnxruntime_cuda_engine import OnnxRuntimeCudaEngine
from engines.onnxruntime_engine import OnnxRuntimeEngine
from engines.sharing import SharedNetworks

MODEL = make_model()


class Gated(OnnxRuntimeEngine):
    """Runs a batch only once the gate is open; notes the rows of each."""

    def __init__(self) -> None:
        super().__init__(MODEL, "it")
        self.gate, self.begun = threading.Event(), threading.Semaphore(0)
        self.batches: list[int] = []
        self.threads: set[int] = set()
        self.refused = 0

    def _infer_impl(self, batch, outputs):
        rows = len(batch["blendshapes"])
        self.batches.append(rows)
        self.threads.add(threading.get_ident())
        self.begun.release()
        assert self.gate.wait(20)
        if (batch["blendshapes"] == -1).any():
            self.refused += 1
            raise EngineError("it: no")
        return super()._infer_impl(batch, outputs)


def rows(count: int, seed: int = 0) -> dict[str, np.ndarray]:
    return {"blendshapes": np.random.default_rng(seed).random((count, 52)).astype(np.float32)}


def until(truth: Callable[[], bool]) -> None:
    for _ in range(2000):
        if truth():
            return
        threading.Event().wait(0.005)
    raise AssertionError("never happened")


def ask(shared: SharedNetworks, network: Engine, batch: dict, outputs=None) -> dict[str, np.ndarray]:
    """What one stream does: an engine of its own, in its thread."""
    with shared.engine("it", "mine", lambda: network) as mine:
        return mine.infer(batch, outputs)


def test_what_is_asked_while_it_is_busy_is_its_next_batch() -> None:
    network = Gated()
    with (
        SharedNetworks() as shared,
        ThreadPoolExecutor(8) as threads,
        OnnxRuntimeEngine(MODEL, "plain") as plain,
    ):
        first = threads.submit(ask, shared, network, rows(1))
        assert network.begun.acquire(timeout=20)
        waiting = shared._networks["it"]._waiting
        later = []
        for number in range(1, 6):  # in this order
            later.append(threads.submit(ask, shared, network, rows(number, number), ["expression"]))
            until(lambda number=number: len(waiting) == number)
        network.gate.set()
        assert set(first.result()) == {spec.name for spec in plain.outputs}
        for number, found in enumerate(later, 1):
            expected = plain.infer(rows(number, number), ["expression"])["expression"]
            assert list(found.result()) == ["expression"]
            np.testing.assert_allclose(found.result()["expression"], expected, atol=1e-6)
    assert network.batches == [1, 1 + 2 + 3 + 4 + 5]
    assert len(network.threads) == 1 and threading.get_ident() not in network.threads


def test_a_batch_is_no_larger_than_the_most() -> None:
    network = Gated()
    with SharedNetworks() as shared, ThreadPoolExecutor(8) as threads:
        found = [threads.submit(ask, shared, network, rows(1))]
        assert network.begun.acquire(timeout=20)
        waiting = shared._networks["it"]._waiting
        for number, count in enumerate((9, 7, 1, 40), 1):
            found.append(threads.submit(ask, shared, network, rows(count)))
            until(lambda number=number: len(waiting) == number)
        network.gate.set()
        assert [len(each.result()["intensity"]) for each in found] == [1, 9, 7, 1, 40]
    assert network.batches == [1, 16, 1, 40]


def test_one_stream_alone_is_never_kept_waiting() -> None:
    network = Gated()
    network.gate.set()
    with SharedNetworks(patience=30.0) as shared:
        for _ in range(3):
            ask(shared, network, rows(1))
    assert network.batches == [1, 1, 1]


def test_with_patience_the_streams_wait_for_each_other() -> None:
    network = Gated()
    network.gate.set()
    both = threading.Barrier(2)

    def stream(number: int) -> np.ndarray:
        with shared.engine("it", "mine", lambda: network) as mine:
            both.wait()
            found = mine.infer(rows(1, number))["intensity"]
            both.wait()
            return found

    with SharedNetworks(patience=30.0) as shared, ThreadPoolExecutor(2) as threads:
        found = list(threads.map(stream, range(2)))
    assert network.batches == [2]
    assert np.abs(found[0] - found[1]).max() > 0


def test_who_asks_for_the_impossible_fails_alone() -> None:
    network = Gated()
    with SharedNetworks() as shared, ThreadPoolExecutor(4) as threads:
        first = threads.submit(ask, shared, network, rows(1))
        assert network.begun.acquire(timeout=20)
        waiting = shared._networks["it"]._waiting
        good = threads.submit(ask, shared, network, rows(2))
        until(lambda: len(waiting) == 1)
        bad = threads.submit(ask, shared, network, {"blendshapes": np.full((1, 52), -1, np.float32)})
        until(lambda: len(waiting) == 2)
        network.gate.set()
        assert len(first.result()["intensity"]) == 1
        assert len(good.result()["intensity"]) == 2
        with pytest.raises(EngineError, match="^it: no$"):
            bad.result()
    assert network.batches == [1, 3, 2, 1]


def test_arguments_are_checked_before_they_reach_the_others() -> None:
    network = Gated()
    with SharedNetworks() as shared:
        with pytest.raises(EngineError, match="^mine: the batch has 'blendshapes' float32 2 x 3: feed"):
            ask(shared, network, {"blendshapes": np.zeros((2, 3), np.float32)})
        assert not network.batches
        network.gate.set()


def test_a_network_that_cannot_be_loaded_is_told_to_all() -> None:
    made = []

    def broken() -> Engine:
        made.append(1)
        return OnnxRuntimeEngine(b"no model", "broken")

    with SharedNetworks() as shared:
        for _ in range(2):
            with pytest.raises(EngineError, match="^broken: ONNX Runtime cannot load it"):
                shared.engine("it", "mine", broken).load()
    assert len(made) == 1


def test_closed_networks_answer_nobody() -> None:
    network = Gated()
    network.gate.set()
    shared = SharedNetworks()
    mine = shared.engine("it", "mine", lambda: network)
    mine.load()
    mine.infer(rows(1))
    shared.close()
    shared.close()
    assert not network.loaded
    with pytest.raises(EngineError, match="^it: was closed: create a new one$"):
        mine.infer(rows(1))


def test_rows_written_on_the_gpu_join_arrays(monkeypatch, tmp_path) -> None:
    play_onnxruntime(monkeypatch)

    class Slow(OnnxRuntimeCudaEngine):
        gate, begun = threading.Event(), threading.Event()

        def _infer_impl(self, batch, outputs):
            if threading.current_thread().name == "shared network" and "mine" in names:
                self.begun.set()
                assert self.gate.wait(20)
            return super()._infer_impl(batch, outputs)

    names: list[str] = []
    network = Slow(MODEL, "it", precision="fp32", resident=["blendshapes"], cache=PlanCache(tmp_path), most=4)

    def written(values: np.ndarray) -> RowsOnGpu:
        def write(cuda: Cuda, start: int, count: int, address: int) -> None:
            cuda.upload(np.ascontiguousarray(values[start : start + count]), address)

        return RowsOnGpu(len(values), write)

    asked = [rows(1, 9), rows(3, 1), rows(5, 2), rows(2, 3)]
    batches = [dict(each) for each in asked]
    for number in (1, 2):
        batches[number] = {"blendshapes": written(asked[number]["blendshapes"])}
    with (
        SharedNetworks() as shared,
        ThreadPoolExecutor(4) as threads,
        OnnxRuntimeEngine(MODEL, "plain") as plain,
    ):
        shared.engine("it", "mine", lambda: network).load()
        names.append("mine")
        found = [threads.submit(ask, shared, network, batches[0])]
        assert Slow.begun.wait(20)
        waiting = shared._networks["it"]._waiting
        for number, batch in enumerate(batches[1:], 1):
            found.append(threads.submit(ask, shared, network, batch))
            until(lambda number=number: len(waiting) == number)
        Slow.gate.set()
        for each, batch in zip(found, asked, strict=True):
            np.testing.assert_allclose(each.result()["intensity"], plain.infer(batch)["intensity"], atol=1e-6)
