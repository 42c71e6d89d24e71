"""A GPU that is none: the CUDA driver and TensorRT's runtime, played on the CPU at their thinnest edge.

Memory is NumPy's, a stream does things at once, a graph keeps what was begun while it was recorded. A plan
is the ONNX graph it was built from, run by ONNX Runtime.
"""

from __future__ import annotations

import ctypes
import sys
import threading
import time
from functools import partial
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import onnxruntime
import pytest

from engines.cuda.engine import BUCKETS
from engines.onnxruntime_cuda_engine import GRAPH, PROVIDER
from engines.onnxruntime_engine import OnnxRuntimeEngine
from engines.tensorrt import engine as tensorrt
from engines.tensorrt.flavour import Flavour
from realtime.tracking.crop import samples_across, warp_normalise
from realtime.tracking.native.sampling import sample


class Status:
    """A CUresult."""

    def __init__(self, name: str) -> None:
        self.name = name


SUCCESS = Status("CUDA_SUCCESS")


class FakeDriver:
    """`cuda.bindings.driver`, as much of it as `Cuda` calls."""

    CUresult = SimpleNamespace(CUDA_SUCCESS=SUCCESS)
    CUstream_flags = SimpleNamespace(CU_STREAM_NON_BLOCKING=1)
    CUstreamCaptureMode = SimpleNamespace(CU_STREAM_CAPTURE_MODE_THREAD_LOCAL=1)
    CUdevice_attribute = SimpleNamespace(
        CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR=75, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR=76
    )

    def __init__(self, *, gpus: int = 1, memory: int = 1 << 40, name: bytes = b"NVIDIA Fake 1") -> None:
        self.gpus, self.memory, self.name = gpus, memory, name
        self.sm = (8, 9)
        self.failing: dict[str, str] = {}
        self.blocks: dict[int, np.ndarray] = {}
        self.pinned: dict[int, np.ndarray] = {}
        self.recorded: list[Any] | None = None
        self.retained = 0
        self.undisturbing: set[int] = set()
        self.calls: list[str] = []

    def __getattribute__(self, name: str) -> Any:
        found = object.__getattribute__(self, name)
        if not name.startswith("cu"):
            return found
        failing = object.__getattribute__(self, "failing")

        def call(*arguments: Any) -> tuple[Any, ...]:
            self.calls.append(name)
            if name in failing:
                return (Status(failing[name]), None)
            given = found(*arguments)
            return (
                (given,) if isinstance(given, Status) else (SUCCESS, *((given,) if given is not None else ()))
            )

        call.__name__ = name
        return call

    def do(self, action: Any) -> None:
        action() if self.recorded is None else self.recorded.append(action)

    def cuInit(self, flags: int) -> None: ...
    def cuDeviceGetCount(self) -> int:
        return self.gpus

    def cuDeviceGet(self, ordinal: int) -> str:
        return f"device {ordinal}"

    def cuDeviceGetName(self, size: int, device: str) -> bytes:
        return self.name.ljust(size, b"\0")

    def cuDeviceGetAttribute(self, kind: int, device: str) -> int:
        return self.sm[kind - 75]

    def cuDevicePrimaryCtxRetain(self, device: str) -> str:
        self.retained += 1
        return "context"

    def cuDevicePrimaryCtxRelease(self, device: str) -> None:
        self.retained -= 1

    def cuCtxSetCurrent(self, context: str) -> None: ...
    def cuThreadExchangeStreamCaptureMode(self, mode: int) -> int:
        self.undisturbing.add(threading.get_ident())
        return 0

    def cuStreamCreate(self, flags: int) -> int:
        return 7

    def cuStreamDestroy(self, stream: int) -> None: ...
    def cuStreamSynchronize(self, stream: int) -> None: ...
    def cuMemAlloc(self, size: int) -> Any:
        if threading.get_ident() not in self.undisturbing:
            return Status("CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED")
        if size + sum(block.nbytes for block in self.blocks.values()) > self.memory:
            return Status("CUDA_ERROR_OUT_OF_MEMORY")
        block = np.zeros(size, np.uint8)
        self.blocks[block.ctypes.data] = block
        return block.ctypes.data

    def cuMemFree(self, address: int) -> None:
        del self.blocks[address]

    def cuMemHostAlloc(self, size: int, flags: int) -> int:
        block = np.zeros(size, np.uint8)
        self.pinned[block.ctypes.data] = block
        return block.ctypes.data

    def cuMemFreeHost(self, address: int) -> None:
        del self.pinned[address]

    def cuMemcpyHtoDAsync(self, to: int, source: int, size: int, stream: int) -> None:
        self.do(lambda: ctypes.memmove(to, source, size))

    def cuMemcpyDtoHAsync(self, to: int, source: int, size: int, stream: int) -> None:
        self.do(lambda: ctypes.memmove(to, source, size))

    def cuModuleLoadData(self, image: bytes) -> bytes:
        return image

    def cuModuleGetFunction(self, module: bytes, name: bytes) -> str:
        assert b".entry " + name in module
        return name.decode()

    def cuLaunchKernel(self, kernel: str, *arguments: Any) -> None:
        values, kinds = arguments[-2]
        assert len(values) == len(kinds)
        picture, width, height, *matrix = values[:9]
        image = self.blocks[picture][: width * height * 3].reshape(height, width, 3)
        play = {"sample": self._sample, "crop": self._crop}[kernel]
        self.do(lambda: play(image, np.reshape(matrix, (2, 3)), *values[9:]))

    def _floats(self, address: int, shape: tuple[int, ...]) -> np.ndarray:
        """Memory on the GPU from an address on, which may lie inside a block."""
        for start, block in self.blocks.items():
            if start <= address < start + block.nbytes:
                part = block[address - start :][: 4 * int(np.prod(shape))]
                return part.view(np.float32).reshape(shape)
        raise AssertionError(f"{address} is not on the GPU")

    def _sample(
        self, image: np.ndarray, matrix: np.ndarray, columns: int, rows: int, gain: float, bias: float,
        repeat_border: int, raster: int,
    ) -> None:  # fmt: skip
        out = self._floats(raster, (rows, columns, 3))
        sample(image, matrix, (bias, 255 * gain + bias), bool(repeat_border), out)

    def _crop(
        self, image: np.ndarray, matrix: np.ndarray, columns: int, rows: int, n: int, grey: int,
        *gain_bias_raster: float,
    ) -> None:  # fmt: skip
        assert n == samples_across(matrix)
        channels = 1 if grey else 3
        gain, bias = np.array(gain_bias_raster[:6], np.float32).reshape(2, 3)[:, :channels]
        out = self._floats(int(gain_bias_raster[6]), (channels, rows, columns))
        warp_normalise(image, matrix, gain, bias, out)

    def cuStreamBeginCapture(self, stream: int, mode: int) -> None:
        self.recorded = []

    def cuStreamEndCapture(self, stream: int) -> list[Any]:
        recorded, self.recorded = self.recorded, None
        return recorded or []

    def cuGraphInstantiate(self, graph: list[Any], flags: int) -> list[Any]:
        return list(graph)

    def cuGraphDestroy(self, graph: list[Any]) -> None: ...
    def cuGraphLaunch(self, graph: list[Any], stream: int) -> None:
        for action in graph:
            action()

    def cuGraphExecDestroy(self, graph: list[Any]) -> None: ...


def play(monkeypatch: pytest.MonkeyPatch) -> FakeDriver:
    """Put a played driver in place of the real one, and a played TensorRT of which a plan is its graph."""
    driver, bindings = FakeDriver(), ModuleType("cuda.bindings")
    bindings.driver = driver  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "cuda.bindings", bindings)
    flavour = Flavour(FakeTensorRt(driver), "tensorrt", "11.0")
    monkeypatch.setattr(Flavour, "logger", lambda self: None)
    monkeypatch.setattr(tensorrt, "find_flavour", lambda gpu, name, sm: flavour)
    monkeypatch.setattr(tensorrt, "build_plan", lambda flavour, model, *rest: b"plan:" + model)
    return driver


def play_onnxruntime(monkeypatch: pytest.MonkeyPatch) -> FakeOnnxRuntime:
    """Let ONNX Runtime have a CUDA provider that computes on the CPU, on the memory of a played driver."""
    driver = play(monkeypatch)
    played = FakeOnnxRuntime(driver)
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: [PROVIDER, "CPUExecutionProvider"])
    monkeypatch.setattr("onnxruntime.InferenceSession", played.session)
    return played


class FakeOnnxRuntime:
    """Sessions that take ONNX Runtime's CUDA options and bind addresses.

    Attributes:
        refused: options that no session accepts.
        offered: options of each session that was asked for on the GPU.
        most_recording: sessions that ran at once.
        fits: sessions that the GPU's memory holds.
        driver: whose memory is bound.
    """

    real = onnxruntime.InferenceSession

    def __init__(self, driver: FakeDriver) -> None:
        self.driver = driver
        self.refused: set[str] = set()
        self.offered: list[dict[str, str]] = []
        self.falls_back = False
        self.fits = 100
        self.recording = self.most_recording = 0
        self.failing = ""

    def session(self, model: bytes, options: Any, providers: list[Any]) -> Any:
        session = self.real(model, options, providers=["CPUExecutionProvider"])
        if providers == ["CPUExecutionProvider"]:
            return session
        ((name, chosen),) = providers
        assert name == PROVIDER
        self.offered.append(chosen)
        if self.refused.intersection(chosen):
            raise RuntimeError("This session cannot use the graph capture feature")
        if len(self.offered) > self.fits:
            raise RuntimeError("CUDA failure 2: out of memory")
        provider = "CPUExecutionProvider" if self.falls_back else PROVIDER
        return SimpleNamespace(
            get_inputs=session.get_inputs,
            get_outputs=session.get_outputs,
            get_providers=lambda: [provider],
            io_binding=partial(_Binding, session, self, _Graphs() if GRAPH in chosen else None),
            run_with_iobinding=lambda binding, options: binding.run(options),
        )


class _Graphs:
    """What a session has recorded: whoever comes with another shape takes away what the last one needs."""

    def __init__(self) -> None:
        self.recorded: set[int] = set()
        self.latest = 0

    def run(self, rows: int) -> None:
        if rows in self.recorded and rows != self.latest:
            raise RuntimeError("CUDA failure 715: an illegal instruction was encountered")
        self.recorded.add(rows)
        self.latest = rows


class _Binding:
    def __init__(self, session: Any, played: FakeOnnxRuntime, graphs: _Graphs | None) -> None:
        self.session, self.played, self.graphs = session, played, graphs
        self.taken: dict[str, np.ndarray] = {}
        self.given: dict[str, np.ndarray] = {}

    def _memory(self, dtype: Any, shape: tuple[int, ...], address: int) -> np.ndarray:
        return self.played.driver.blocks[address].view(dtype).reshape(shape)

    def bind_input(self, name: str, device: str, number: int, dtype: Any, shape: Any, address: int) -> None:
        self.taken[name] = self._memory(dtype, shape, address)

    def bind_output(self, name: str, device: str, number: int, dtype: Any, shape: Any, address: int) -> None:
        self.given[name] = self._memory(dtype, shape, address)

    def run(self, options: Any) -> None:
        if self.played.failing:
            raise RuntimeError(self.played.failing)
        assert options.get_run_config_entry("disable_synchronize_execution_providers") == "1"
        if self.graphs is not None:
            self.played.recording += 1
            self.played.most_recording = max(self.played.most_recording, self.played.recording)
            time.sleep(0.001)  # so that others would be seen
            self.graphs.run(len(next(iter(self.taken.values()))))
            self.played.recording -= 1
        for (_, place), values in zip(
            self.given.items(), self.session.run(list(self.given), self.taken), strict=True
        ):
            place[...] = values


class FakeTensorRt:
    """The runtime half of TensorRT's module."""

    TensorIOMode = SimpleNamespace(INPUT="input", OUTPUT="output")

    def __init__(self, driver: FakeDriver) -> None:
        self.driver = driver

    @staticmethod
    def nptype(dtype: Any) -> Any:
        return dtype

    def Runtime(self, logger: Any) -> Any:
        return SimpleNamespace(deserialize_cuda_engine=self.deserialize)

    def deserialize(self, plan: bytes) -> Any:
        return _Engine(plan[5:], self.driver) if plan.startswith(b"plan:") else None


class _Engine:
    def __init__(self, model: bytes, driver: FakeDriver) -> None:
        self.network = OnnxRuntimeEngine(model, "fake plan")
        self.network.load()
        self.driver = driver
        self.io = {spec.name: spec for spec in (*self.network.inputs, *self.network.outputs)}
        self.num_io_tensors = len(self.io)

    def get_tensor_name(self, number: int) -> str:
        return list(self.io)[number]

    def get_tensor_shape(self, name: str) -> tuple[int, ...]:
        return tuple(-1 if size is None else size for size in self.io[name].shape)

    def get_tensor_dtype(self, name: str) -> Any:
        return self.io[name].dtype

    def get_tensor_mode(self, name: str) -> str:
        return "input" if name in {spec.name for spec in self.network.inputs} else "output"

    def create_execution_context(self) -> _Context:
        return _Context(self)


class _Context:
    def __init__(self, engine: _Engine) -> None:
        self.engine = engine
        self.shapes: dict[str, tuple[int, ...]] = {}
        self.addresses: dict[str, int] = {}

    def set_optimization_profile_async(self, profile: int, stream: int) -> None:
        self.rows = BUCKETS[profile]

    def set_input_shape(self, name: str, shape: tuple[int, ...]) -> None:
        assert shape[0] == self.rows
        self.shapes[name] = shape

    def set_tensor_address(self, name: str, address: int) -> None:
        self.addresses[name] = address

    def execute_async_v3(self, stream: int) -> bool:
        self.engine.driver.do(self._run)
        return True

    def _run(self) -> None:
        blocks, io = self.engine.driver.blocks, self.engine.io
        batch = {
            name: blocks[self.addresses[name]].view(io[name].dtype).reshape(shape)
            for name, shape in self.shapes.items()
        }
        made = self.engine.network.infer(batch)
        self.engine.network.release()  # which thread may run it is the tested engine's matter
        for name, values in made.items():
            blocks[self.addresses[name]][:] = np.ascontiguousarray(values).view(np.uint8).reshape(-1)
