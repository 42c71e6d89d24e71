"""Shows pictures to networks on a GPU: the frame is uploaded once, and sampled where the networks read."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from engines.cuda.driver import Cuda
from engines.engine import Engine
from engines.tensorrt.engine import TensorRtEngine

THREADS = 16
"""Side of a block of threads, a thread a sample."""
_KINDS = (
    ctypes.c_void_p, ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_int,
    ctypes.c_float, ctypes.c_float, ctypes.c_int, ctypes.c_void_p,
)  # fmt: skip


class GpuEye:
    """Samples regions of a picture into the inputs of engines on the same GPU (`Eye`).

    Args:
        cuda: an engine's; the context is shared by all of them.
    """

    def __init__(self, cuda: Cuda) -> None:
        self._cuda = cuda
        ptx = (files(__package__) / "sampling.ptx").read_bytes()
        self._kernel = cuda.kernel(ptx, "sample")
        self._size = (0, 0)
        self._picture = self._room = self._matrices = self._places = 0

    def look(self, image: NDArray[np.uint8]) -> None:
        """Take a picture; see `Eye.look`."""
        self._cuda.enter()
        if image.nbytes > self._room:
            self._free_picture()
            self._picture, self._room = self._cuda.allocate(image.nbytes), image.nbytes
        self._size = image.shape[1], image.shape[0]
        self._cuda.upload(image, self._picture)
        self._cuda.wait()  # engines have streams of their own

    def show(
        self,
        engine: Engine,
        regions: Sequence[NDArray[np.float64]],
        value_range: tuple[float, float],
        repeat_border: bool,
        outputs: Sequence[str],
    ) -> dict[str, NDArray[np.float32]]:
        """Return what a network says; see `Eye.show`. The engine must be resident."""
        if not isinstance(engine, TensorRtEngine):
            raise TypeError(f"{engine.name}: is no TensorRT engine")
        _, rows, columns, _ = engine.inputs[0].shape
        matrices = np.ascontiguousarray(np.stack(regions), dtype=np.float64)
        low, high = value_range
        gain = np.float32((high - low) / 255.0)

        def write(start: int, count: int, address: int) -> None:
            cuda = engine.cuda
            if count > self._places:
                self._free_matrices()
                self._matrices, self._places = cuda.allocate(count * matrices[0].nbytes), count
            part = np.ascontiguousarray(matrices[start : start + count])
            cuda.upload(part, self._matrices)
            blocks = (-(-int(columns or 1) // THREADS), -(-int(rows or 1) // THREADS), count)
            values = (
                self._picture, *self._size, self._matrices, columns, rows,
                float(gain), float(np.float32(low)), int(repeat_border), address,
            )  # fmt: skip
            cuda.launch(self._kernel, blocks, (THREADS, THREADS, 1), values, _KINDS)

        return engine.infer_resident(len(regions), write, outputs)

    def close(self) -> None:
        """Free what is on the GPU; before the engine that lent its `cuda`."""
        self._cuda.enter()
        self._free_picture()
        self._free_matrices()

    def _free_picture(self) -> None:
        if self._picture:
            self._cuda.free(self._picture)
        self._picture = self._room = 0

    def _free_matrices(self) -> None:
        if self._matrices:
            self._cuda.free(self._matrices)
        self._matrices = self._places = 0
