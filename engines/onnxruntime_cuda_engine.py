"""Networks on NVIDIA GPUs without TensorRT: ONNX Runtime's CUDA provider behind the same contract."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout, suppress
from io import StringIO
from typing import Any

from engines.choices import CONVERTED, MOST_AT_ONCE
from engines.cuda.driver import Cuda, OutOfGpuMemory
from engines.cuda.engine import Bucket, CudaEngine
from engines.cuda.plan_cache import plan_key
from engines.engine import TensorSpec
from engines.errors import EngineError, first_line
from engines.onnxruntime_engine import import_onnxruntime, open_session, specs_of

PROVIDER = "CUDAExecutionProvider"
GRAPH, CHANNELS_LAST = "enable_cuda_graph", "prefer_nhwc"
WAYS: tuple[dict[str, str], ...] = (
    # Channels last is how tensor cores want pictures; not every operator exists for it.
    {GRAPH: "1", CHANNELS_LAST: "1"},
    {GRAPH: "1"},
    {},  # a network with an operator that runs on the CPU only
)
"""Options of the provider, the fastest first; a network that does not fit one fits a later one."""
# Not HEURISTIC with fuse_conv_bias: with both the mesh network did not load within a minute on an H200. Fused
# kernels are likely compiled anew, one for each convolution and batch size; the two were not told apart.
TUNING = {"cudnn_conv_algo_search": "EXHAUSTIVE", "arena_extend_strategy": "kSameAsRequested"}

# One network at a time: it records such that no other thread of the process may allocate meanwhile, as a
# session that is being opened does. On an H200 two that were loaded at once spoilt each other's.
_LOADING = threading.Lock()


def provided() -> bool:
    """Tell whether ONNX Runtime is here, with its CUDA provider; whether that works shows when it loads."""
    try:
        return PROVIDER in import_onnxruntime(PROVIDER).get_available_providers()
    except EngineError:
        return False


class OnnxRuntimeCudaEngine(CudaEngine):
    """An ONNX model in ONNX Runtime on an NVIDIA GPU, its buffers and stream ours, as CUDA graphs.

    For GPUs that TensorRT does not serve or is not installed for. Convolutions are tuned anew at each
    `load`, a second or some for each batch size. Each batch size that is recorded has a session of its own:
    a session that sees another shape lets go of what cuDNN compiled for the last, and the graph of that
    would run code that is gone (on an H200, an illegal instruction).
    """

    library = "ONNX Runtime on the GPU"
    recordable = False  # it records by itself
    warm_ups = 3  # it records at the second run
    buckets: tuple[int, ...] = (1, 4, MOST_AT_ONCE)  # each takes seconds to tune

    _session: Any = None  # of the smallest batch
    _typed = b""
    _provider: tuple[str, dict[str, str]]
    _records = False
    _key = ""

    def _load_impl(self) -> tuple[tuple[TensorSpec, ...], tuple[TensorSpec, ...]]:
        with _LOADING:
            return super()._load_impl()

    def _open(self, cuda: Cuda) -> tuple[tuple[TensorSpec, ...], tuple[TensorSpec, ...]]:
        onnxruntime = import_onnxruntime(self.name)
        if not provided():
            raise EngineError(
                f"{self.name}: ONNX Runtime here has no {PROVIDER}: "
                "pip uninstall onnxruntime, then pip install onnxruntime-gpu; or use --device cpu"
            )
        with suppress(Exception), redirect_stdout(StringIO()):
            onnxruntime.preload_dlls()  # CUDA and cuDNN that pip installed; it prints what it misses
        self._key = plan_key(
            self._model, flavour="onnxruntime", version=onnxruntime.__version__, gpu=cuda.gpu, sm=cuda.sm,
            precision=self._precision, buckets=self.buckets,
        )  # fmt: skip
        self._typed = self._typed_model()
        # TF32 off also keeps half precision from tensor cores; in plain float32 that is what is wanted, and
        # cuDNN has no convolutions with channels last then.
        half = self._precision == CONVERTED[0]
        common = {"user_compute_stream": str(int(cuda.stream)), "use_tf32": str(int(half)), **TUNING}
        for way in WAYS if half else WAYS[1:]:
            self._provider = PROVIDER, {**common, **way}
            try:
                self._session = self._open_session()
            except EngineError:
                if way is WAYS[-1]:
                    raise
                continue
            self._records = GRAPH in way
            break
        if PROVIDER not in self._session.get_providers():  # it falls back to the CPU without a word
            raise EngineError(
                f"{self.name}: ONNX Runtime cannot use {PROVIDER}: install the CUDA and cuDNN that its "
                "version wants (pip install 'onnxruntime-gpu[cuda,cudnn]'), or use --device cpu"
            )
        session = self._session
        return specs_of(session.get_inputs(), self.name), specs_of(session.get_outputs(), self.name)

    def _open_session(self) -> Any:
        try:
            return open_session(self._typed, self.name, [self._provider])
        except EngineError as error:
            if _lacks_memory(str(error)):
                raise OutOfGpuMemory(self.name) from error
            raise

    def _prepare(self, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec], cuda: Cuda) -> None:
        super()._prepare(inputs, outputs, cuda)
        self._typed = b""

    def _bind(
        self, bucket: Bucket, number: int, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]
    ) -> Callable[[], None]:
        session = self._open_session() if self._records and number else self._session
        bucket.kept = binding = session.io_binding()
        for bind, specs in ((binding.bind_input, inputs), (binding.bind_output, outputs)):
            for spec in specs:
                shape, address = spec.of_rows(bucket.rows), bucket.device[spec.name]
                bind(spec.name, "cuda", 0, spec.dtype.type, shape, address)
        options = import_onnxruntime(self.name).RunOptions()
        options.add_run_config_entry("disable_synchronize_execution_providers", "1")
        if self._records:
            options.add_run_config_entry("gpu_graph_id", str(bucket.rows))

        def run() -> None:
            try:
                session.run_with_iobinding(binding, options)
            except Exception as error:  # ONNX Runtime's errors share no base class
                reason = first_line(error)
                if _lacks_memory(reason):
                    raise OutOfGpuMemory(self.name) from error
                raise EngineError(
                    f"{self.name}: ONNX Runtime failed on {bucket.rows} rows on the GPU ({reason})"
                ) from error

        return run

    def _compared(self) -> bool:
        return self._cache.load(self._key) is not None

    def _note_compared(self, agrees: bool) -> None:
        if agrees:
            self._cache.store(self._key, b"agrees with ONNX Runtime on a CPU")

    def _close_network(self) -> None:
        self._session = None
        self._typed = b""


def _lacks_memory(reason: str) -> bool:
    return "out of memory" in reason or "Failed to allocate memory" in reason
