"""Networks as TensorRT plans behind the engine's contract."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from engines.cuda.driver import Cuda, OutOfGpuMemory
from engines.cuda.engine import BUCKETS, Bucket, CudaEngine
from engines.cuda.plan_cache import plan_key
from engines.engine import TensorSpec
from engines.errors import EngineError
from engines.tensorrt.building import build_plan
from engines.tensorrt.flavour import Flavour, find_flavour


class TensorRtEngine(CudaEngine):
    """An ONNX model as a TensorRT plan, one CUDA graph for each batch size.

    The first `load` on a machine builds the plan, which takes from a second to minutes, and keeps it in the
    user's cache.
    """

    library = "TensorRT"

    _plan: Any = None
    _runtime: Any = None
    _key = ""
    _fresh = False

    def _open(self, cuda: Cuda) -> tuple[tuple[TensorSpec, ...], tuple[TensorSpec, ...]]:
        """Open the plan; one that is kept but of no use is built again."""
        flavour = find_flavour(cuda.gpu, self.name, cuda.sm)
        self._key = key = plan_key(
            self._model, flavour=flavour.name, version=flavour.version, gpu=cuda.gpu, sm=cuda.sm,
            precision=self._precision, buckets=BUCKETS,
        )  # fmt: skip
        self._runtime = flavour.module.Runtime(flavour.logger())
        for attempt in range(2):
            plan = self._cache.fetch(key, lambda: self._build(flavour, cuda.sm))
            self._plan = self._runtime.deserialize_cuda_engine(plan)
            if self._plan is not None:
                return self._specs(flavour)
            self._cache.drop(key)
            if attempt:
                break
        raise EngineError(
            f"{self.name}: {flavour.name} {flavour.version} cannot open the plan it has just built for "
            f"{cuda.gpu}: update the NVIDIA driver, or use --device cpu"
        )

    def _build(self, flavour: Flavour, sm: str) -> bytes:
        self._fresh = True
        return build_plan(flavour, self._typed_model(), self.name, BUCKETS, self._progress, sm)

    def _specs(self, flavour: Flavour) -> tuple[tuple[TensorSpec, ...], tuple[TensorSpec, ...]]:
        trt, plan = flavour.module, self._plan
        inputs: list[TensorSpec] = []
        outputs: list[TensorSpec] = []
        for number in range(plan.num_io_tensors):
            name = plan.get_tensor_name(number)
            shape = tuple(None if size < 0 else int(size) for size in plan.get_tensor_shape(name))
            spec = TensorSpec(name, np.dtype(trt.nptype(plan.get_tensor_dtype(name))), shape)
            takes = plan.get_tensor_mode(name) == trt.TensorIOMode.INPUT
            (inputs if takes else outputs).append(spec)
        return tuple(inputs), tuple(outputs)

    def _bind(
        self, bucket: Bucket, number: int, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]
    ) -> Callable[[], None]:
        bucket.kept = context = self._plan.create_execution_context()
        if context is None:
            raise OutOfGpuMemory(self.name)
        stream = int(self._driver.stream)
        context.set_optimization_profile_async(number, stream)
        for spec in inputs:
            context.set_input_shape(spec.name, spec.of_rows(bucket.rows))
        for name, address in bucket.device.items():
            context.set_tensor_address(name, address)

        def run() -> None:
            if not context.execute_async_v3(stream):
                raise EngineError(
                    f"{self.name}: TensorRT failed on {bucket.rows} rows: see livefacs.tensorrt's log"
                )

        return run

    def _compared(self) -> bool:
        return not self._fresh

    def _note_compared(self, agrees: bool) -> None:
        if not agrees:
            self._cache.drop(self._key)

    def _close_network(self) -> None:
        self._plan = self._runtime = None
