"""Aligned crops that are cut on the GPU, where the head reads them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.cuda.driver import Cuda
from engines.cuda.rows_on_gpu import RowsOnGpu
from engines.manifest import CropInput
from realtime.tracking.crop import Aligner, samples_across
from realtime.tracking.gpu.eye import GpuEye
from realtime.tracking.gpu.kernels import Colour, colour_of
from realtime.types import LateCrop


class GpuAligner:
    """Says where a face's crop lies in the eye's picture; cut is it when a network reads it.

    Args:
        spec: what crops to cut.
        eye: has the pictures.
    """

    def __init__(self, spec: CropInput, eye: GpuEye) -> None:
        self._eye = eye
        self._align = Aligner(spec)
        self._colour = colour_of(self._align.gain, self._align.bias)

    def __call__(self, image: NDArray[np.uint8], landmarks: NDArray[np.float32]) -> GpuCrop:
        """Return the crop of one face in the picture that the eye looks at, which is `image`.

        Args:
            landmarks: (n, 2 or more), px.
        """
        return GpuCrop(self._eye, self._align.spec, self._colour, self._align.to_image(landmarks))


class GpuCrop(LateCrop):
    """A crop (C, H, W) float32 that is cut when it is read; its picture stays for the next frame or two."""

    def __init__(self, eye: GpuEye, spec: CropInput, colour: Colour, to_image: NDArray[np.float64]) -> None:
        self._eye = eye
        self._spec = spec
        self._colour = colour
        self._to_image = to_image
        self._picture = eye.pictures.latest
        self._number = self._picture.number

    @staticmethod
    def together(crops: Sequence[LateCrop]) -> RowsOnGpu:
        """Return crops as rows of a network's input."""

        def write(cuda: Cuda, start: int, count: int, address: int) -> None:
            for row, crop in enumerate(crops[start : start + count]):
                assert isinstance(crop, GpuCrop)
                crop.cut(cuda, address + row * crop.nbytes)

        return RowsOnGpu(len(crops), write)

    @property
    def nbytes(self) -> int:
        """Bytes of the crop."""
        return 4 * int(np.prod(self._spec.shape))

    def cut(self, cuda: Cuda, address: int) -> None:
        """Begin writing the crop to an address. Raises EngineError if its picture has gone."""
        self._eye.pictures.check(self._picture, self._number)
        samples = samples_across(self._to_image)
        self._eye.kernels.crop(
            cuda, self._picture, self._to_image, self._spec.size, samples, self._colour, address
        )

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """Cut it and bring it down. Raises EngineError if its picture has gone."""
        crop = self._eye.bring_down(self.cut, self._spec.shape)
        return crop if dtype is None else crop.astype(dtype)
