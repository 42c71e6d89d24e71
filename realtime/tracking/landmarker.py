"""The landmarker: a picture in, the faces in it out, each with its landmarks, blendshapes and head matrix."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.manifest import CropInput
from realtime.openable import Openable
from realtime.tracking.crop import Aligner, CutsCrops


@dataclass(frozen=True, slots=True)
class Detection:
    """One face in one picture, without identity.

    Attributes:
        landmarks: (478, 3) float32; x, y in pixels, z in the same scale.
        blendshapes: (52,) float32 in 0-1.
        matrix: (4, 4) float32, canonical face (cm) to camera; see `realtime.tracking.pose`.
    """

    landmarks: NDArray[np.float32]
    blendshapes: NDArray[np.float32]
    matrix: NDArray[np.float32]


class Landmarker(Openable):
    """Finds the faces in the successive pictures of one stream, or in stills.

    One per stream: it follows faces from picture to picture. Stills have nothing to do with each other.
    """

    def check(self) -> None:
        """Raise LiveFacsError, with the way out, if this machine lacks what it needs. Loads nothing."""

    @abstractmethod
    def detect(self, image: NDArray[np.uint8], t: float) -> list[Detection]:
        """Return the faces in one picture.

        Args:
            image: (H, W, 3) uint8 RGB, C-contiguous.
            t: seconds on any clock; a step back (a restarted source) counts as one frame at 30 fps.
        """

    def aligner(self, crop: CropInput) -> CutsCrops:
        """Return what cuts crops out of the pictures that `detect` is given; the landmarker must be open."""
        return Aligner(crop)

    @abstractmethod
    def reset(self) -> None:
        """Forget where the faces were: the source has restarted."""
