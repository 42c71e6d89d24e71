"""The latest pictures of a stream on a GPU."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.cuda.driver import Cuda
from engines.errors import EngineError

KEPT = 3
"""Pictures that stay: a recording is tracked one frame ahead of its scores; one more for who looks back."""


@dataclass(slots=True)
class Picture:
    """A picture on the GPU: (height, width, 3) uint8 RGB.

    Attributes:
        address: of its first byte.
        width, height: px.
        number: counts pictures; another one has taken its place where the ring holds a higher one.
    """

    address: int = 0
    width: int = 0
    height: int = 0
    number: int = 0
    room: int = 0


class Pictures:
    """A ring of the last `KEPT` pictures. `take` belongs to one thread; what is read of it is kept till then.

    Args:
        cuda: of the thread that takes pictures.
    """

    def __init__(self, cuda: Cuda) -> None:
        self._cuda = cuda
        self._ring = [Picture() for _ in range(KEPT)]
        self._taken = 0

    @property
    def latest(self) -> Picture:
        """The picture taken last."""
        return self._ring[self._taken % KEPT]

    def take(self, image: NDArray[np.uint8]) -> None:
        """Upload a picture (h, w, 3), C-contiguous, and return when it is there. Raises EngineError."""
        self._cuda.enter()
        self._taken += 1
        place = self.latest
        if image.nbytes > place.room:
            self._free(place)
            place.address, place.room = self._cuda.allocate(image.nbytes), image.nbytes
        place.height, place.width = image.shape[:2]
        place.number = self._taken
        self._cuda.upload(image, place.address)
        self._cuda.wait()  # engines have streams of their own

    def check(self, picture: Picture, number: int) -> None:
        """Raise EngineError unless `picture` still is the one that had this number."""
        if picture.number != number:
            raise EngineError(
                f"picture {number} has left the GPU, which keeps the last {KEPT}: read a face's crop before "
                "the next frames"
            )

    def close(self) -> None:
        """Free all of them."""
        for place in self._ring:
            self._free(place)
            place.number = 0

    def _free(self, place: Picture) -> None:
        if place.address:
            self._cuda.free(place.address)
        place.address = place.room = 0
