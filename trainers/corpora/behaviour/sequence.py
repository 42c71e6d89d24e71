"""What one face does over some frames."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainers.corpora.behaviour.statistics import OCCURS


@dataclass(frozen=True, eq=False)
class Sequence:
    """What one face does in F frames. A Action Units; frame k is k / fps seconds after the first.

    FACS scores an asymmetrical action by its stronger side, and so does `intensity`; a renderer moves each
    side of the face by its own.

    Attributes:
        aus: the A Action Units.
        fps: frames per second.
        left: (F, A) float32 intensity of the person's left side, 0 to 5.
        right: (F, A) float32 of the right side; equal to `left` for AUs on the midline.
        gaze: (F, 2) float32 yaw and pitch of both eyes in the head, in degrees; yaw > 0 looks to the
            person's right (the left of the image, as `realtime.types.Pose`), pitch > 0 down.
    """

    aus: tuple[str, ...]
    fps: float
    left: NDArray[np.float32]
    right: NDArray[np.float32]
    gaze: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.left)

    @property
    def intensity(self) -> NDArray[np.float32]:
        """(F, A) float32, 0 to 5: the label. Below 1 are traces too weak for FACS level A."""
        return np.maximum(self.left, self.right)

    @property
    def occurrence(self) -> NDArray[np.bool_]:
        """(F, A) bool: intensity of 1 or more."""
        return np.asarray(self.intensity >= OCCURS)
