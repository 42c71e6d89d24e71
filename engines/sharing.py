"""One network for many threads: what they ask while it is busy becomes its next batch.

A network on a GPU takes sixteen rows in little more time than one. Pipelines that share it wait for no one:
a network that is free runs at once what is asked of it. Only under load do rows gather, and that is when
batches pay.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engines.choices import MOST_AT_ONCE
from engines.cuda.driver import Cuda
from engines.cuda.rows_on_gpu import RowsOnGpu
from engines.engine import Batch, Engine, TensorSpec
from engines.errors import EngineError

if TYPE_CHECKING:
    from engines.bundle import Bundle

Results = dict[str, NDArray[Any]]


@dataclass(slots=True)
class _Request:
    """What one thread asks: a batch, the outputs it wants, and where the answer goes."""

    batch: Batch
    outputs: Sequence[str]
    asked: float
    answer: Future[Results] = field(default_factory=Future)

    @property
    def rows(self) -> int:
        return len(next(iter(self.batch.values())))


class SharedNetwork:
    """An engine in a thread of its own, and a queue in front of it.

    Args:
        make: returns the engine; called in that thread, which loads, runs and closes it.
        patience: s that a free network waits for rows of others before it runs a batch that is not full.
        most: rows of a batch.
    """

    def __init__(
        self, make: Callable[[], Engine], *, patience: float = 0.0, most: int = MOST_AT_ONCE
    ) -> None:
        self._make = make
        self._patience = patience
        self._most = most
        self._waiting: list[_Request] = []
        self._changed = threading.Condition()
        self._closing = False
        self._ready: Future[Engine] = Future()
        self._clients = 0
        self._thread = threading.Thread(target=self._serve, name="shared network", daemon=True)
        self._thread.start()

    def engine(self) -> Engine:
        """Return the engine once it is loaded, for its description. Raises EngineError."""
        return self._ready.result()

    def join(self) -> Engine:
        """Count one more who may ask; return the engine once it is loaded. Raises EngineError."""
        engine = self.engine()
        with self._changed:
            self._clients += 1
        return engine

    def leave(self) -> None:
        """Count one less: nobody needs to wait for him any more."""
        with self._changed:
            self._clients -= 1
            self._changed.notify()

    def ask(self, batch: Batch, outputs: Sequence[str]) -> Results:
        """Run a batch that fits, and wait for it. Raises EngineError."""
        request = _Request(batch, outputs, time.monotonic())
        with self._changed:
            if self._closing:
                raise EngineError(f"{self.engine().name}: was closed: create a new one")
            self._waiting.append(request)
            self._changed.notify()
        return request.answer.result()

    def close(self) -> None:
        """Answer what was asked, then close the engine. Safe to call twice."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def _serve(self) -> None:
        try:
            engine = self._make()
            engine.load()
        except BaseException as error:  # noqa: BLE001 - told to all who ask for it
            self._ready.set_exception(error)
            return
        self._ready.set_result(engine)
        with engine:
            while taken := self._take():
                _answer(engine, taken)

    def _take(self) -> list[_Request]:
        """Wait for requests; return as many as make a batch, first come first served, [] at the end."""
        with self._changed:
            while not self._waiting and not self._closing:
                self._changed.wait()
            while self._worth_waiting():
                left = self._waiting[0].asked + self._patience - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    break
            count = rows = 0
            for request in self._waiting:
                rows += request.rows
                if count and rows > self._most:
                    break
                count += 1
            taken, self._waiting = self._waiting[:count], self._waiting[count:]
            return taken

    def _worth_waiting(self) -> bool:
        """Whether others may add to the batch: no, once each of them waits for it."""
        if self._closing or not self._patience or len(self._waiting) >= self._clients:
            return False
        return sum(request.rows for request in self._waiting) < self._most


def _answer(engine: Engine, requests: Sequence[_Request]) -> None:
    """Run requests as one batch; if that fails, one by one, so that nobody pays for another's mistake."""
    try:
        outputs = tuple(dict.fromkeys(name for request in requests for name in request.outputs))
        found = engine.infer(_joined(engine.inputs, [request.batch for request in requests]), outputs)
    except Exception as error:  # noqa: BLE001 - told to who asked
        if len(requests) == 1:
            requests[0].answer.set_exception(error)
            return
        for request in requests:
            _answer(engine, [request])
        return
    start = 0
    for request in requests:
        end = start + request.rows
        request.answer.set_result({name: found[name][start:end] for name in request.outputs})
        start = end


def _joined(inputs: Sequence[TensorSpec], batches: Sequence[Batch]) -> Batch:
    """Return batches as one, their rows in this order."""
    if len(batches) == 1:
        return batches[0]
    return {spec.name: _stacked(spec, [batch[spec.name] for batch in batches]) for spec in inputs}


def _stacked(spec: TensorSpec, parts: Sequence[NDArray[Any] | RowsOnGpu]) -> NDArray[Any] | RowsOnGpu:
    """Return the rows of one input: an array, or what writes all of them if some are written on the GPU."""
    arrays = [part for part in parts if isinstance(part, np.ndarray)]
    if len(arrays) == len(parts):
        return np.concatenate(arrays)
    row_bytes = int(np.prod(spec.of_rows(1))) * spec.dtype.itemsize
    held: list[NDArray[Any]] = []  # until the batch is done

    def write(cuda: Cuda, start: int, count: int, address: int) -> None:
        offset = 0
        for part in parts:
            first, end = max(start, offset), min(start + count, offset + len(part))
            if first < end:
                place = address + (first - start) * row_bytes
                if isinstance(part, np.ndarray):
                    held.append(np.ascontiguousarray(part[first - offset : end - offset]))
                    cuda.upload(held[-1], place)
                else:
                    part.write(cuda, first - offset, end - first, place)
            offset += len(part)

    return RowsOnGpu(sum(map(len, parts)), write)


class SharedEngine(Engine):
    """One thread's view of a shared network; closing it leaves the network to the others."""

    def __init__(self, network: SharedNetwork, name: str) -> None:
        super().__init__(name)
        self._network = network
        self._counted = False

    def _load_impl(self) -> tuple[tuple[TensorSpec, ...], tuple[TensorSpec, ...]]:
        engine = self._network.join()
        self.resident = engine.resident
        self._counted = True
        return engine.inputs, engine.outputs

    def _infer_impl(self, batch: Batch, outputs: Sequence[str]) -> Results:
        return self._network.ask(batch, outputs)

    def _close_impl(self) -> None:
        if self._counted:
            self._network.leave()


class SharedNetworks(AbstractContextManager["SharedNetworks"]):
    """Networks that pipelines of one process share; a context manager around the pipelines.

    with SharedNetworks() as shared:
        one = build_pipeline("rtsp://192.0.2.7/a", device="cuda", shared=shared)
        other = build_pipeline("rtsp://192.0.2.8/b", device="cuda", shared=shared)

    Each pipeline runs in a thread of its own. On a GPU sharing saves memory and gathers batches. On a CPU it
    does not pay: there, a thread a network is one core a network.
    """

    def __init__(self, patience: float = 0.0) -> None:
        """`patience`: s that a free network waits for rows of other pipelines."""
        self._patience = patience
        self._networks: dict[Hashable, SharedNetwork] = {}
        self._lock = threading.Lock()

    def engine(self, key: Hashable, name: str, make: Callable[[], Engine]) -> Engine:
        """Return an engine of the caller's own in front of the network of this key.

        Args:
            key: of all that makes the network another one.
            name: begins messages.
            make: returns the network's engine, if it is the first time.
        """
        with self._lock:
            if key not in self._networks:
                self._networks[key] = SharedNetwork(make, patience=self._patience)
            return SharedEngine(self._networks[key], name)

    def of_bundle(self, bundle: Bundle, backend: str, precision: str) -> Callable[[str], Engine]:
        """Return a function from the file name of a bundle's network to an engine in front of it."""

        def engine(model: str) -> Engine:
            key = (bundle.manifest.files[model], backend, precision)
            make = partial(bundle.engine, model, backend, precision)
            return self.engine(key, f"bundle {bundle.path}: {model}", make)

        return engine

    def close(self) -> None:
        """Free the networks; the pipelines must be closed. Safe to call twice."""
        with self._lock:
            while self._networks:
                self._networks.popitem()[1].close()

    def __exit__(self, *raised: object) -> None:
        self.close()
