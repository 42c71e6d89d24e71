"""A GPU that is none: the CUDA driver and TensorRT's runtime, played on the CPU at their thinnest edge.

Memory is NumPy's, a stream does things at once, a graph keeps what was begun while it was recorded. A plan
is the ONNX graph it was built from, run by ONNX Runtime.
"""

from __future__ import annotations

import ctypes
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from engines.onnxruntime_engine import OnnxRuntimeEngine
from engines.tensorrt import engine as tensorrt
from engines.tensorrt.building import BUCKETS
from engines.tensorrt.flavour import Flavour
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
        self.failing: dict[str, str] = {}
        self.blocks: dict[int, np.ndarray] = {}
        self.pinned: dict[int, np.ndarray] = {}
        self.recorded: list[Any] | None = None
        self.retained = 0
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
        return {75: 8, 76: 9}[kind]

    def cuDevicePrimaryCtxRetain(self, device: str) -> str:
        self.retained += 1
        return "context"

    def cuDevicePrimaryCtxRelease(self, device: str) -> None:
        self.retained -= 1

    def cuCtxSetCurrent(self, context: str) -> None: ...
    def cuStreamCreate(self, flags: int) -> int:
        return 7

    def cuStreamDestroy(self, stream: int) -> None: ...
    def cuStreamSynchronize(self, stream: int) -> None: ...
    def cuMemAlloc(self, size: int) -> Any:
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
        assert kernel == "sample" and len(values) == len(kinds)
        count = arguments[2]
        self.do(lambda: self._sample(count, *values))

    def _sample(
        self, count: int, picture: int, width: int, height: int, matrices: int, columns: int, rows: int,
        gain: float, bias: float, repeat_border: int, rasters: int,
    ) -> None:  # fmt: skip
        image = self.blocks[picture][: width * height * 3].reshape(height, width, 3)
        to_image = self.blocks[matrices].view(np.float64)[: 6 * count].reshape(count, 2, 3)
        out = self.blocks[rasters].view(np.float32)[: count * rows * columns * 3]
        for matrix, raster in zip(to_image, out.reshape(count, rows, columns, 3), strict=True):
            sample(image, matrix, (bias, 255 * gain + bias), bool(repeat_border), raster)

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
    monkeypatch.setattr(tensorrt, "find_flavour", lambda gpu, name: flavour)
    monkeypatch.setattr(tensorrt, "build_plan", lambda flavour, model, *rest: b"plan:" + model)
    return driver


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
        for name, values in self.engine.network.infer(batch).items():
            blocks[self.addresses[name]][:] = np.ascontiguousarray(values).view(np.uint8).reshape(-1)
