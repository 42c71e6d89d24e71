"""The few CUDA driver calls that running a plan takes, through NVIDIA's own bindings.

Not pycuda: that has no CUDA graphs, and must be compiled against an installed toolkit. `cuda-bindings` is
NVIDIA's (Apache-2.0), comes as a wheel, and imports where no driver is.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.errors import EngineError


class OutOfGpuMemory(EngineError):
    """An allocation failed: fewer rows at once may fit. `name` begins the message."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name}: the GPU's memory is full: close what else uses it")


class Gpu:
    """One GPU, looked at only: nothing is taken from it."""

    def __init__(self, name: str, ordinal: int = 0) -> None:
        """Find GPU number `ordinal`; `name` begins every message.

        Raises:
            EngineError: no bindings, no driver, or no such GPU; with the way out.
        """
        self._name = name
        try:
            from cuda.bindings import driver
        except ImportError as error:
            raise EngineError(
                f"{name}: cuda-bindings cannot be imported ({error}): pip install 'livefacs[gpu]'"
            ) from error
        self._driver = driver
        try:
            self._call(driver.cuInit, 0)
        except EngineError:
            raise
        except Exception as error:  # the loader of the driver's library has errors of its own
            raise EngineError(
                f"{name}: there is no NVIDIA driver on this machine: install one, or use --device cpu"
            ) from error
        count = self._call(driver.cuDeviceGetCount)
        if ordinal >= count:
            raise EngineError(f"{name}: there are {count} GPUs, none is number {ordinal}: use --device cpu")
        self._device = self._call(driver.cuDeviceGet, ordinal)

    @property
    def gpu(self) -> str:
        """The GPU's name."""
        raw = self._call(self._driver.cuDeviceGetName, 256, self._device)
        return bytes(raw).split(b"\0")[0].decode(errors="replace")

    @property
    def sm(self) -> str:
        """Compute capability, "8.9"."""
        kinds = self._driver.CUdevice_attribute
        major, minor = (
            self._call(self._driver.cuDeviceGetAttribute, kind, self._device)
            for kind in (
                kinds.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR,
                kinds.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR,
            )
        )
        return f"{major}.{minor}"

    def _call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Return what a driver call gives besides its status. Raises EngineError if that is not success."""
        status, *given = function(*arguments)
        if status != self._driver.CUresult.CUDA_SUCCESS:
            what = str(getattr(status, "name", status))
            if "OUT_OF_MEMORY" in what:
                raise OutOfGpuMemory(self._name)
            if "NO_DEVICE" in what:
                raise EngineError(f"{self._name}: the driver finds no NVIDIA GPU: use --device cpu")
            raise EngineError(f"{self._name}: {function.__name__} gave {what}: check the NVIDIA driver")
        return given[0] if len(given) == 1 else given or None


class Cuda(Gpu):
    """One GPU, its primary context (which torch shares), and a stream.

    Every method must be called from a thread in which `enter` was called.
    """

    def __init__(self, name: str, ordinal: int = 0) -> None:
        """Open GPU number `ordinal`; `name` begins every message.

        Raises:
            EngineError: as `Gpu`.
        """
        super().__init__(name, ordinal)
        driver = self._driver
        self._context = self._call(driver.cuDevicePrimaryCtxRetain, self._device)
        self._thread = threading.local()
        self.enter()
        self.stream = self._call(driver.cuStreamCreate, driver.CUstream_flags.CU_STREAM_NON_BLOCKING)

    def enter(self) -> None:
        """Make the context current in this thread."""
        self._call(self._driver.cuCtxSetCurrent, self._context)
        if not hasattr(self._thread, "entered"):
            # Otherwise what this thread allocates spoils what another one records (ONNX Runtime does so
            # for the whole process), or is refused.
            mode = self._driver.CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL
            self._call(self._driver.cuThreadExchangeStreamCaptureMode, mode)
            self._thread.entered = True

    def allocate(self, size: int) -> int:
        """Return the address of `size` bytes on the GPU. Raises OutOfGpuMemory."""
        return int(self._call(self._driver.cuMemAlloc, size))

    def free(self, address: int) -> None:
        """Give memory on the GPU back."""
        self._call(self._driver.cuMemFree, address)

    def pinned(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
        """Return an array of zeros in memory that the GPU reads and writes by itself; `unpin` frees it."""
        size = int(np.prod(shape)) * dtype.itemsize
        address = int(self._call(self._driver.cuMemHostAlloc, size, 0))
        interface = {"shape": shape, "typestr": dtype.str, "data": (address, False), "version": 3}
        array = np.asarray(type("Pinned", (), {"__array_interface__": interface})())
        array[...] = 0
        return array

    def unpin(self, array: NDArray[Any]) -> None:
        """Free an array of `pinned`; it must not be touched again."""
        self._call(self._driver.cuMemFreeHost, array.ctypes.data)

    def upload(self, array: NDArray[Any], address: int) -> None:
        """Begin copying an array to the GPU; one that is pinned must not change before that is done."""
        self._call(self._driver.cuMemcpyHtoDAsync, address, array.ctypes.data, array.nbytes, self.stream)

    def download(self, address: int, array: NDArray[Any]) -> None:
        """Begin copying from the GPU into a pinned array."""
        self._call(self._driver.cuMemcpyDtoHAsync, array.ctypes.data, address, array.nbytes, self.stream)

    def kernels(self, ptx: bytes, *names: str) -> list[Any]:
        """Return kernels out of a PTX text, for `launch`."""
        module = self._call(self._driver.cuModuleLoadData, ptx + b"\0")
        return [self._call(self._driver.cuModuleGetFunction, module, name.encode()) for name in names]

    def launch(
        self, kernel: Any, blocks: tuple[int, int, int], threads: tuple[int, int, int],
        values: tuple[Any, ...], kinds: tuple[Any, ...],
    ) -> None:  # fmt: skip
        """Begin a kernel; `values` are its arguments, `kinds` their ctypes."""
        self._call(
            self._driver.cuLaunchKernel, kernel, *blocks, *threads, 0, self.stream, (values, kinds), 0
        )  # fmt: skip

    def wait(self) -> None:
        """Return when all that was begun is done."""
        self._call(self._driver.cuStreamSynchronize, self.stream)

    @contextmanager
    def recording(self) -> Iterator[list[Any]]:
        """Record what is begun, without doing it: yields a list that holds the graph afterwards."""
        mode = self._driver.CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL
        recorded: list[Any] = []
        self._call(self._driver.cuStreamBeginCapture, self.stream, mode)
        try:
            yield recorded
        finally:
            graph = self._call(self._driver.cuStreamEndCapture, self.stream)
        recorded.append(self._call(self._driver.cuGraphInstantiate, graph, 0))
        self._call(self._driver.cuGraphDestroy, graph)

    def replay(self, graph: Any) -> None:
        """Begin all that a graph has recorded."""
        self._call(self._driver.cuGraphLaunch, graph, self.stream)

    def forget(self, graph: Any) -> None:
        """Free a graph."""
        self._call(self._driver.cuGraphExecDestroy, graph)

    def close(self) -> None:
        """Give the context back. Nothing may be called afterwards.

        After a fault the driver refuses that as well; the fault is told by whoever met it.
        """
        for give, what in (
            (self._driver.cuStreamDestroy, self.stream),
            (self._driver.cuDevicePrimaryCtxRelease, self._device),
        ):
            with suppress(EngineError):
                self._call(give, what)
