"""Networks as TensorRT plans behind the engine's contract."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.choices import CONVERTED
from engines.cuda.driver import Cuda, OutOfGpuMemory
from engines.cuda.half_graph import half_graph, noise
from engines.engine import Batch, Engine, TensorSpec
from engines.errors import EngineError
from engines.onnxruntime_engine import OnnxRuntimeEngine
from engines.tensorrt.building import BUCKETS, build_plan
from engines.tensorrt.flavour import Flavour, find_flavour
from engines.tensorrt.plan_cache import PlanCache, plan_key

TOLERANCE = 0.03
"""Most that a plan's output may differ from ONNX Runtime's on noise, of its own size or of 1."""


@dataclass(slots=True)
class _Bucket:
    """What a batch size needs: buffers on both sides, and the recorded way through."""

    rows: int
    context: Any
    host: dict[str, NDArray[Any]] = field(default_factory=dict)
    device: dict[str, int] = field(default_factory=dict)
    graph: Any = None


class TensorRtEngine(Engine):
    """An ONNX model on an NVIDIA GPU: half precision, fixed batch sizes, one CUDA graph for each.

    A batch is padded to the next size of `BUCKETS`; a larger one goes in pieces. Buffers are made once: no
    allocation and no shape change happens in `infer`. The first `load` on a machine builds the plan, which
    takes from a second to minutes, and keeps it in the user's cache.
    """

    def __init__(
        self,
        model: bytes,
        name: str,
        *,
        precision: str = "fp16",
        batches: Sequence[Batch] | None = None,
        cache: PlanCache | None = None,
        resident: bool = False,
        progress: Callable[[str, float], None] | None = None,
    ) -> None:
        """Set up, without loading anything.

        Args:
            model: the whole .onnx file, float32.
            name: for messages.
            precision: one of `CONVERTED`.
            batches: inputs on which half precision must not overflow (`half_graph`); noise if left out.
            cache: of plans; the user's if left out.
            resident: whether the caller puts the only input on the GPU (`infer_resident`).
            progress: told how far building is.
        """
        super().__init__(name)
        if precision not in CONVERTED:
            raise EngineError(f"{name}: TensorRT has no precision {precision!r}: {', '.join(CONVERTED)}")
        self._model = model
        self._precision = precision
        self._batches = batches
        self._cache = cache or PlanCache()
        self._resident = resident
        self._taken = ""
        self._progress = progress
        self._cuda: Cuda | None = None
        self._engine: Any = None
        self._runtime: Any = None
        self._buckets: list[_Bucket] = []
        self._key = ""
        self._fresh = False

    @property
    def gpu(self) -> str:
        """Name of the GPU; known once loaded."""
        self._check_loaded()
        assert self._cuda is not None
        return self._cuda.gpu

    def _load_impl(self) -> tuple[tuple[TensorSpec, ...], tuple[TensorSpec, ...]]:
        self._cuda = cuda = Cuda(self.name)
        try:
            flavour = find_flavour(cuda.gpu, self.name)
            self._engine = self._open(flavour, cuda)
            specs = self._specs(flavour)
            self._taken = specs[0][0].name
            self._prepare(specs)
            if self._fresh:
                self._compare(specs)
        except BaseException:
            self._close_impl()
            raise
        self._model = b""
        return specs

    def infer_resident(
        self, rows: int, write: Callable[[int, int, int], None], outputs: Sequence[str]
    ) -> dict[str, NDArray[Any]]:
        """Run rows that the caller puts on the GPU.

        Args:
            rows: how many.
            write: called with (first row, count, address) for each part of the batch: begins writing these
                rows of the input, densely, to the address, in the order of `cuda`'s stream.
            outputs: names of those wanted.

        Raises:
            EngineError: not loaded, or called from a second thread.
        """
        self._claim()
        return self._run(rows, write, outputs)

    @property
    def cuda(self) -> Cuda:
        """The GPU, for who writes inputs there."""
        assert self._cuda is not None
        return self._cuda

    def _infer_impl(self, batch: Batch, outputs: Sequence[str]) -> dict[str, NDArray[Any]]:
        rows = len(next(iter(batch.values())))
        if not self._resident:
            return self._run(rows, batch, outputs)
        ((name, array),) = batch.items()

        def write(start: int, count: int, address: int) -> None:
            self.cuda.upload(np.ascontiguousarray(array[start : start + count]), address)
            self.cuda.wait()

        return self._run(rows, write, outputs)

    def _run(
        self, rows: int, source: Batch | Callable[[int, int, int], None], outputs: Sequence[str]
    ) -> dict[str, NDArray[Any]]:
        """Run rows that are in arrays, or that somebody puts on the GPU."""
        assert self._cuda is not None
        self._cuda.enter()
        results: dict[str, list[NDArray[Any]]] = {name: [] for name in outputs}
        most = self._buckets[-1].rows
        for start in range(0, rows, most):
            count = min(most, rows - start)
            bucket = next(each for each in self._buckets if each.rows >= count)
            if callable(source):
                source(start, count, bucket.device[self._taken])
            else:
                for name, array in source.items():
                    bucket.host[name][:count] = array[start : start + count]
            self._cuda.replay(bucket.graph)
            self._cuda.wait()
            for name in outputs:
                results[name].append(bucket.host[name][:count].copy())
        return {
            name: parts[0] if len(parts) == 1 else np.concatenate(parts) for name, parts in results.items()
        }

    def _close_impl(self) -> None:
        cuda, self._cuda = self._cuda, None
        buckets, self._buckets = self._buckets, []
        if cuda is not None:
            cuda.enter()
            for bucket in buckets:
                self._free(bucket, cuda)
            self._engine = self._runtime = None
            cuda.close()
        self._model = b""

    def _open(self, flavour: Flavour, cuda: Cuda) -> Any:
        """Return the plan, ready for this GPU; one that is kept but of no use is built again."""
        self._key = key = plan_key(
            self._model, flavour=flavour.name, version=flavour.version, gpu=cuda.gpu, sm=cuda.sm,
            precision=self._precision, buckets=BUCKETS,
        )  # fmt: skip
        self._runtime = flavour.module.Runtime(flavour.logger())
        for attempt in range(2):
            plan = self._cache.fetch(key, lambda: self._build(flavour))
            engine = self._runtime.deserialize_cuda_engine(plan)
            if engine is not None:
                return engine
            self._cache.drop(key)
            if attempt:
                break
        raise EngineError(
            f"{self.name}: {flavour.name} {flavour.version} cannot open the plan it has just built for "
            f"{cuda.gpu}: update the NVIDIA driver, or use --device cpu"
        )

    def _build(self, flavour: Flavour) -> bytes:
        model = self._model
        if self._precision == "fp16":
            model = half_graph(model, self.name, self._batches)
        self._fresh = True
        return build_plan(flavour, model, self.name, BUCKETS, self._progress)

    def _compare(self, specs: tuple[tuple[TensorSpec, ...], tuple[TensorSpec, ...]]) -> None:
        """Compare a plan just built with ONNX Runtime, on noise: a wrong one is not kept.

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
                        self._cache.drop(self._key)
                        raise EngineError(
                            f"{self.name}: TensorRT's {name!r} is {apart:.3g} away from ONNX Runtime's: "
                            "run it with --precision fp32, or with --device cpu"
                        )

    def _specs(self, flavour: Flavour) -> tuple[tuple[TensorSpec, ...], tuple[TensorSpec, ...]]:
        trt, engine = flavour.module, self._engine
        inputs: list[TensorSpec] = []
        outputs: list[TensorSpec] = []
        for number in range(engine.num_io_tensors):
            name = engine.get_tensor_name(number)
            shape = tuple(None if size < 0 else int(size) for size in engine.get_tensor_shape(name))
            spec = TensorSpec(name, np.dtype(trt.nptype(engine.get_tensor_dtype(name))), shape)
            takes = engine.get_tensor_mode(name) == trt.TensorIOMode.INPUT
            (inputs if takes else outputs).append(spec)
        return tuple(inputs), tuple(outputs)

    def _prepare(self, specs: tuple[tuple[TensorSpec, ...], tuple[TensorSpec, ...]]) -> None:
        """Make buffers and graphs for every batch size that the GPU's memory has room for."""
        assert self._cuda is not None
        inputs, outputs = specs
        for profile, rows in enumerate(BUCKETS):
            bucket = _Bucket(rows, None)
            try:
                self._fill(bucket, profile, inputs, outputs, self._cuda)
            except OutOfGpuMemory:
                self._free(bucket, self._cuda)
                if not self._buckets:
                    raise
                return  # larger batches go in pieces
            self._buckets.append(bucket)

    def _fill(
        self,
        bucket: _Bucket,
        profile: int,
        inputs: Sequence[TensorSpec],
        outputs: Sequence[TensorSpec],
        cuda: Cuda,
    ) -> None:
        bucket.context = context = self._engine.create_execution_context()
        if context is None:
            raise OutOfGpuMemory(f"{self.name}: the GPU's memory is full: close what else uses it")
        stream = int(cuda.stream)
        context.set_optimization_profile_async(profile, stream)
        for spec in (*inputs, *outputs):
            shape = spec.of_rows(bucket.rows)
            if spec in inputs:
                context.set_input_shape(spec.name, shape)
            bucket.host[spec.name] = array = cuda.pinned(shape, spec.dtype)
            bucket.device[spec.name] = cuda.allocate(array.nbytes)
            context.set_tensor_address(spec.name, bucket.device[spec.name])

        def through() -> None:
            for spec in () if self._resident else inputs:
                cuda.upload(bucket.host[spec.name], bucket.device[spec.name])
            if not context.execute_async_v3(stream):
                raise EngineError(
                    f"{self.name}: TensorRT failed on {bucket.rows} rows: see livefacs.tensorrt's log"
                )
            for spec in outputs:
                cuda.download(bucket.device[spec.name], bucket.host[spec.name])

        through()  # the first run allocates; only then can it be recorded
        cuda.wait()
        with cuda.recording() as recorded:
            through()
        bucket.graph = recorded[0]
        cuda.replay(bucket.graph)  # the first replay is slow
        cuda.wait()

    @staticmethod
    def _free(bucket: _Bucket, cuda: Cuda) -> None:
        if bucket.graph is not None:
            cuda.forget(bucket.graph)
        bucket.context = None
        for address in bucket.device.values():
            cuda.free(address)
        for array in bucket.host.values():
            cuda.unpin(array)
