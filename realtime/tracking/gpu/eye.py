"""Shows pictures to networks on a GPU: the frame is uploaded once, and sampled where the networks read."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from engines.cuda.driver import Cuda
from engines.cuda.rows_on_gpu import RowsOnGpu
from engines.engine import Engine
from realtime.tracking.gpu.kernels import Kernels
from realtime.tracking.gpu.pictures import Pictures
from realtime.tracking.native.seeing import View


class GpuEye:
    """Samples regions of a picture into the inputs of engines on the same GPU (`Eye`).

    Attributes:
        kernels: on this GPU.
        pictures: the latest ones.
    """

    def __init__(self, name: str) -> None:
        """Open the GPU; `name` begins every message. Raises EngineError."""
        self._cuda: Cuda | None = Cuda(name)
        self.kernels = Kernels(self._cuda)
        self.pictures = Pictures(self._cuda)

    def look(self, image: NDArray[np.uint8]) -> None:
        """Take a picture; see `Eye.look`."""
        self.pictures.take(image)

    def show(self, engine: Engine, view: View, outputs: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Return what a network says; see `Eye.show`. Its input must be resident."""
        (spec,) = engine.inputs
        _, rows, columns, channels = spec.of_rows(1)
        low, high = view.value_range
        gain, bias = float(np.float32((high - low) / 255.0)), float(np.float32(low))
        picture = self.pictures.latest

        def write(cuda: Cuda, start: int, count: int, address: int) -> None:
            for row, to_image in enumerate(view.regions[start : start + count]):
                place = address + row * rows * columns * channels * spec.dtype.itemsize
                self.kernels.sample(
                    cuda, picture, to_image, (rows, columns), gain, bias, view.repeat_border, place
                )

        return engine.infer({spec.name: RowsOnGpu(len(view.regions), write)}, outputs)

    def bring_down(self, write: Callable[[Cuda, int], None], shape: tuple[int, ...]) -> NDArray[np.float32]:
        """Return what `write` begins writing to an address on the GPU, as an array of this shape."""
        assert self._cuda is not None
        cuda = self._cuda
        cuda.enter()
        array = np.empty(shape, np.float32)
        address = cuda.allocate(array.nbytes)
        try:
            write(cuda, address)
            cuda.download(address, array)
            cuda.wait()
        finally:
            cuda.free(address)
        return array

    def close(self) -> None:
        """Free what is on the GPU. Safe to call twice."""
        cuda, self._cuda = self._cuda, None
        if cuda is not None:
            cuda.enter()
            self.pictures.close()
            cuda.close()
