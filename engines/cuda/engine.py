"""What networks on an NVIDIA GPU share: fixed batch sizes, buffers made once, one wait for a batch."""

from __future__ import annotations

import contextlib
from abc import abstractmethod
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.choices import CONVERTED, MOST_AT_ONCE
from engines.cuda.driver import Cuda, OutOfGpuMemory
from engines.cuda.half_graph import half_graph, noise
from engines.cuda.plan_cache import PlanCache
from engines.cuda.rows_on_gpu import RowsOnGpu
from engines.engine import Batch, Engine, TensorSpec
from engines.errors import EngineError
from engines.onnxruntime_engine import OnnxRuntimeEngine

BUCKETS = (1, 2, 4, 8, MOST_AT_ONCE)
"""Batch sizes: fixed shapes are what CUDA graphs replay."""
TOLERANCE = 0.1
"""Most that an output may differ from ONNX Runtime's on a CPU, on noise, of its own size or of 1.

Half precision is off by 0.03 there at most, what is computed wrongly by all of it.
"""


@dataclass(slots=True)
class Bucket:
    """What a batch size needs: buffers on both sides, and the way through.

    Attributes:
        rows: the batch size.
        host: input or output -> pinned array; an input that the caller writes on the GPU has none.
        device: input or output -> address of its buffer.
        begin: begins everything: inputs up, the network, outputs down.
        kept: what must live as long.
        graph: of `begin`, where it is recorded.
    """

    rows: int
    host: dict[str, NDArray[Any]] = field(default_factory=dict)
    device: dict[str, int] = field(default_factory=dict)
    begin: Callable[[], None] | None = None
    kept: Any = None
    graph: Any = None


class CudaEngine(Engine):
    """An ONNX model on an NVIDIA GPU, in half precision unless told otherwise.

    A batch is padded to the next size of `buckets`; a larger one goes in pieces. Buffers are made once: no
    allocation and no shape change happens in `infer`. What a new combination of model, library and GPU
    computes is compared with ONNX Runtime on a CPU when it is first loaded.

    Subclasses open a network and bind it to a bucket's buffers.
    """

    library = ""
    """What runs networks, for messages."""
    recordable = True
    """Whether what `_bind` gives can be recorded as part of a CUDA graph."""
    buckets: tuple[int, ...] = BUCKETS
    """Batch sizes."""
    warm_ups = 1
    """Runs of a new bucket before it is recorded or used."""

    def __init__(
        self,
        model: bytes,
        name: str,
        *,
        precision: str = CONVERTED[0],
        batches: Sequence[Batch] | None = None,
        resident: Collection[str] = (),
        most: int = MOST_AT_ONCE,
        cache: PlanCache | None = None,
        progress: Callable[[str, float], None] | None = None,
    ) -> None:
        """Set up, without loading anything.

        Args:
            model: the whole .onnx file, float32.
            name: for messages.
            precision: one of `CONVERTED`.
            batches: inputs on which half precision must not overflow (`half_graph`); noise if left out.
            resident: inputs that the caller writes on the GPU (`RowsOnGpu`); arrays are taken as well.
            most: rows that are usual at once; for more, no bucket is made, they go in pieces.
            cache: of plans, and of what was compared; the user's if left out.
            progress: told what is being built and how far it is, 0-1, where something is.
        """
        super().__init__(name)
        if precision not in CONVERTED:
            raise EngineError(f"{name}: a GPU has no precision {precision!r}: {', '.join(CONVERTED)}")
        self._model = model
        self._precision = precision
        self._batches = batches
        self.resident = frozenset(resident)
        self._most = most
        self._cache = cache or PlanCache()
        self._progress = progress
        self._cuda: Cuda | None = None
        self._buckets: list[Bucket] = []

    @property
    def gpu(self) -> str:
        """Name of the GPU; known once loaded."""
        self._check_loaded()
        return self._driver.gpu

    @property
    def _driver(self) -> Cuda:
        assert self._cuda is not None
        return self._cuda

    # ------------------------------------------------------------------ what libraries differ in

    @abstractmethod
    def _open(self, cuda: Cuda) -> tuple[tuple[TensorSpec, ...], tuple[TensorSpec, ...]]:
        """Open the network; return its inputs and outputs. Raises EngineError."""

    @abstractmethod
    def _bind(
        self, bucket: Bucket, number: int, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]
    ) -> Callable[[], None]:
        """Return what begins the network on a bucket's buffers, in the order of the stream.

        Args:
            bucket: with its buffers; what must live as long goes to `kept`.
            number: of the bucket in `buckets`.
            inputs, outputs: of the network.
        """

    @abstractmethod
    def _close_network(self) -> None:
        """Let the network go; also called if it never was opened."""

    @abstractmethod
    def _compared(self) -> bool:
        """Whether this very combination was compared with a CPU before."""

    @abstractmethod
    def _note_compared(self, agrees: bool) -> None:
        """Keep the outcome of the comparison for the next start."""

    # ------------------------------------------------------------------ the same for all

    def _load_impl(self) -> tuple[tuple[TensorSpec, ...], tuple[TensorSpec, ...]]:
        self._cuda = cuda = Cuda(self.name)
        try:
            specs = self._open(cuda)
            self._prepare(*specs, cuda)
            if not self._compared():
                self._compare(specs)
        except BaseException:
            self._close_impl()
            raise
        self._model = b""
        return specs

    def _typed_model(self) -> bytes:
        """Return the model in the types in which it shall be computed."""
        if self._precision == CONVERTED[0]:
            return half_graph(self._model, self.name, self._batches)
        return self._model

    def _prepare(self, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec], cuda: Cuda) -> None:
        """Make what every usual batch size needs, as far as the GPU's memory goes."""
        for number, rows in enumerate(self.buckets):
            if self._buckets and self._buckets[-1].rows >= self._most:
                return
            bucket = Bucket(rows)
            try:
                self._fill(bucket, number, inputs, outputs, cuda)
            except OutOfGpuMemory:
                self._free(bucket, cuda)
                if not self._buckets:
                    raise
                return  # larger batches go in pieces
            except BaseException:
                self._free(bucket, cuda)
                raise
            self._buckets.append(bucket)

    def _fill(
        self,
        bucket: Bucket,
        number: int,
        inputs: Sequence[TensorSpec],
        outputs: Sequence[TensorSpec],
        cuda: Cuda,
    ) -> None:
        uploaded = [spec.name for spec in inputs if spec.name not in self.resident]
        for spec in (*inputs, *outputs):
            shape = spec.of_rows(bucket.rows)
            bucket.device[spec.name] = cuda.allocate(int(np.prod(shape)) * spec.dtype.itemsize)
            if spec.name in uploaded or spec in outputs:
                bucket.host[spec.name] = cuda.pinned(shape, spec.dtype)
        run = self._bind(bucket, number, inputs, outputs)

        def through() -> None:
            for name in uploaded:
                cuda.upload(bucket.host[name], bucket.device[name])
            run()
            for spec in outputs:
                cuda.download(bucket.device[spec.name], bucket.host[spec.name])

        for _ in range(self.warm_ups):  # the first run allocates; only then can it be recorded
            through()
            cuda.wait()
        bucket.begin = through
        if self.recordable:
            with cuda.recording() as recorded:
                through()
            graph = bucket.graph = recorded[0]
            bucket.begin = lambda: cuda.replay(graph)
            cuda.replay(graph)  # the first replay is slow
            cuda.wait()

    def _infer_impl(self, batch: Batch, outputs: Sequence[str]) -> dict[str, NDArray[Any]]:
        cuda = self._driver
        cuda.enter()
        rows = len(next(iter(batch.values())))
        results: dict[str, list[NDArray[Any]]] = {name: [] for name in outputs}
        most = self._buckets[-1].rows
        for start in range(0, rows, most):
            count = min(most, rows - start)
            bucket = next(each for each in self._buckets if each.rows >= count)
            held = []  # until the copies are done
            for name, given in batch.items():
                if isinstance(given, RowsOnGpu):
                    given.write(cuda, start, count, bucket.device[name])
                elif name in self.resident:
                    held.append(np.ascontiguousarray(given[start : start + count]))
                    cuda.upload(held[-1], bucket.device[name])
                else:
                    bucket.host[name][:count] = given[start : start + count]
            assert bucket.begin is not None
            bucket.begin()
            cuda.wait()
            for name in outputs:
                results[name].append(bucket.host[name][:count].copy())
        return {
            name: parts[0] if len(parts) == 1 else np.concatenate(parts) for name, parts in results.items()
        }

    def _compare(self, specs: tuple[Sequence[TensorSpec], Sequence[TensorSpec]]) -> None:
        """Compare with ONNX Runtime on a CPU, on noise.

        Raises:
            EngineError: some output is further away than half precision explains.
        """
        names = [spec.name for spec in specs[1]]
        with OnnxRuntimeEngine(self._model, self.name) as plain:
            for batch in noise(self._model, self.name):
                expected = plain.infer(batch, names)
                for name, values in self._infer_impl(batch, names).items():
                    apart = float(np.abs(values - expected[name]).max())
                    # Not the other way round: what is not a number is not close.
                    if not apart <= TOLERANCE * max(1.0, float(np.abs(expected[name]).max())):
                        self._note_compared(False)
                        raise EngineError(
                            f"{self.name}: {self.library}'s {name!r} is {apart:.3g} away from ONNX Runtime's "
                            "on a CPU: run it with --precision fp32, or with --device cpu"
                        )
        self._note_compared(True)

    def _close_impl(self) -> None:
        cuda, self._cuda = self._cuda, None
        buckets, self._buckets = self._buckets, []
        if cuda is not None:
            cuda.enter()
            for bucket in buckets:
                self._free(bucket, cuda)
            self._close_network()
            cuda.close()
        self._model = b""

    @staticmethod
    def _free(bucket: Bucket, cuda: Cuda) -> None:
        if bucket.graph is not None:
            cuda.forget(bucket.graph)
        bucket.begin = bucket.kept = bucket.graph = None
        with contextlib.suppress(EngineError):  # after a fault the driver refuses everything
            for address in bucket.device.values():
                cuda.free(address)
            for array in bucket.host.values():
                cuda.unpin(array)
