"""What shows pictures to the face networks: samples of regions, by whoever runs the network.

On a CPU the samples are an array; on a GPU (`realtime.tracking.gpu`) they never leave it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engines.engine import Engine
from realtime.tracking.native.sampling import sample


@dataclass(frozen=True, slots=True)
class View:
    """What a network sees of a picture.

    Attributes:
        regions: a (2, 3) matrix each: raster column and row -> pixel.
        value_range: what 0 and 255 become.
        repeat_border: whether the picture's border goes on outside of it; it is black if not.
    """

    regions: Sequence[NDArray[np.float64]]
    value_range: tuple[float, float]
    repeat_border: bool


class Eye(Protocol):
    """Shows regions of a picture to networks; one picture at a time."""

    def look(self, image: NDArray[np.uint8]) -> None:
        """Take a picture (h, w, 3), C-contiguous; it must not change until the next one."""

    def show(self, engine: Engine, view: View, outputs: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Return what a network says of a view of the picture.

        Args:
            engine: a network whose only input takes (N, rows, columns, 3) float32.
            view: N regions.
            outputs: names of those wanted.
        """

    def close(self) -> None:
        """Free what it holds; before the networks are closed."""


class CpuEye:
    """Samples into an array of its own for each network."""

    def __init__(self) -> None:
        self._image = np.zeros((1, 1, 3), np.uint8)
        self._rasters: dict[int, NDArray[np.float32]] = {}

    def look(self, image: NDArray[np.uint8]) -> None:
        """Take a picture; see `Eye.look`."""
        self._image = image

    def show(self, engine: Engine, view: View, outputs: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Return what a network says; see `Eye.show`."""
        regions = view.regions
        (spec,) = engine.inputs
        rasters = self._rasters.get(id(engine))
        if rasters is None or len(rasters) < len(regions):
            rasters = self._rasters[id(engine)] = np.empty(spec.of_rows(len(regions)), np.float32)
        for raster, to_image in zip(rasters, regions, strict=False):
            sample(self._image, to_image, view.value_range, view.repeat_border, raster)
        return engine.infer({spec.name: rasters[: len(regions)]}, outputs)

    def close(self) -> None:
        """Free the arrays."""
        self._rasters.clear()
