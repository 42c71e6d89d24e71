"""The CUDA kernels, and how they are begun."""

from __future__ import annotations

import ctypes
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.cuda.driver import Cuda
from realtime.tracking.gpu.pictures import Picture

THREADS = 16
"""Side of a block of threads, a thread a sample."""
_PICTURE = (ctypes.c_void_p, ctypes.c_int, ctypes.c_int)
_MATRIX = (ctypes.c_double,) * 6
_RASTER = (ctypes.c_int, ctypes.c_int)


Colour = tuple[int, float, float, float, float, float, float]
"""Whether luma is wanted (1) or colours (0), then the gains and the biases of three channels."""


def colour_of(gain: NDArray[np.float32], bias: NDArray[np.float32]) -> Colour:
    """Return what `Kernels.crop` takes for gains and biases (C,): one channel for luma, three for colours."""
    r, g, b = np.resize(gain, 3).tolist()
    bias_r, bias_g, bias_b = np.resize(bias, 3).tolist()
    return int(len(gain) == 1), r, g, b, bias_r, bias_g, bias_b


class Kernels:
    """`kernels.cu` on one GPU. Every method begins its kernel in the order of the stream of a `Cuda`.

    Any `Cuda` of that GPU will do: contexts are shared.
    """

    def __init__(self, cuda: Cuda) -> None:
        ptx = (files(__package__) / "kernels.ptx").read_bytes()
        self._sample, self._crop = cuda.kernels(ptx, "sample", "crop")

    def sample(
        self, cuda: Cuda, picture: Picture, to_image: NDArray[np.float64], size: tuple[int, int],
        gain: float, bias: float, repeat_border: bool, address: int,
    ) -> None:  # fmt: skip
        """Sample a region; see `realtime.tracking.native.sampling.sample`.

        Args:
            to_image: (2, 3), raster column and row -> pixel.
            size: rows and columns of the raster.
            gain, bias: applied to samples 0-255.
            address: takes (rows, columns, 3) float32.
        """
        values = (gain, bias, int(repeat_border), address)
        kinds = (ctypes.c_float, ctypes.c_float, ctypes.c_int, ctypes.c_void_p)
        _begin(cuda, self._sample, picture, to_image, size, values, kinds)

    def crop(
        self, cuda: Cuda, picture: Picture, to_image: NDArray[np.float64], size: tuple[int, int],
        samples: int, colour: Colour, address: int,
    ) -> None:  # fmt: skip
        """Cut a crop; see `realtime.tracking.crop.warp_normalise`.

        Args:
            to_image: (2, 3), crop column and row -> pixel.
            size: rows and columns of the crop.
            samples: per pixel along a side.
            colour: what becomes of samples 0-255.
            address: takes (C, rows, columns) float32.
        """
        values = (samples, *colour, address)
        kinds = (ctypes.c_int, ctypes.c_int, *(ctypes.c_float,) * 6, ctypes.c_void_p)
        _begin(cuda, self._crop, picture, to_image, size, values, kinds)


def _begin(
    cuda: Cuda, kernel: Any, picture: Picture, to_image: NDArray[np.float64], size: tuple[int, int],
    values: tuple[Any, ...], kinds: tuple[Any, ...],
) -> None:  # fmt: skip
    rows, columns = size
    blocks = (-(-columns // THREADS), -(-rows // THREADS), 1)
    shared = (picture.address, picture.width, picture.height, *to_image.ravel().tolist(), columns, rows)
    cuda.launch(
        kernel, blocks, (THREADS, THREADS, 1), (*shared, *values), (*_PICTURE, *_MATRIX, *_RASTER, *kinds)
    )
