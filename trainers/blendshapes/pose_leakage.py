"""What head pose alone does to blendshapes: one linear law per pose group.

MediaPipe's blendshape network sees 2-D landmarks. Turn a face that does nothing, and foreshortening alone
moves some blendshapes: eyes read as more squinted on a face turned down, mouths as wider from the side. The
head divides the odds of these blendshapes by exp(leakage), where

    leakage = constant + pitch_slope * pitch + yaw_slope * yaw + yaw_square * yaw^2 + pitch_yaw * pitch * yaw

with angles in radians. Constant and pitch slope are each pose group's own; the law is continuous across the
edges of the groups. `leakage.toml` holds the numbers, `trainers.blendshapes.derive_leakage` makes them.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from realtime.tracking.blendshapes import BLENDSHAPES
from trainers.blendshapes.action_units import columns

EDGE_DEGREES = 12.0
"""Estimated pitch at which "level" ends. MediaPipe's matrix shrinks pitch to about 0.7 of the truth."""

POSE_GROUPS: dict[str, tuple[float, float]] = {
    "up": (-90.0, -EDGE_DEGREES),
    "level": (-EDGE_DEGREES, EDGE_DEGREES),
    "down": (EDGE_DEGREES, 90.0),
}
"""Name -> pitch in degrees, lower end inclusive, upper exclusive; > 0 is face down. As in FERA-2017."""

LARGEST_ANGLE = math.radians(30.0)
"""The laws were derived up to this yaw and pitch; beyond it the leakage is taken to stay as it is here."""

COEFFICIENTS = ("constant", "pitch", "yaw", "yaw_square", "pitch_yaw")

DATA = Path(__file__).with_name("leakage.toml")


def read_leakage(path: Path = DATA) -> dict[str, NDArray[np.float64]]:
    """Return the leakage laws: pose group -> (5, 52) coefficients of the log odds, rows as `COEFFICIENTS`.

    The file gives the left side; of the right one, the terms with odd powers of yaw change sign.
    """
    laws = {group: np.zeros((len(COEFFICIENTS), len(BLENDSHAPES))) for group in POSE_GROUPS}
    for group, table in tomllib.loads(path.read_text())["leakage"].items():
        for blendshape, numbers in table.items():
            for column in columns(blendshape):
                mirrored = BLENDSHAPES[column].endswith("Right")
                laws[group][:, column] = mirror(numbers) if mirrored else numbers
    return laws


def mirror(numbers: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
    """The (5, ...) coefficients of the other side of the face: odd powers of yaw change sign."""
    sign = np.array([1.0, 1.0, -1.0, 1.0, -1.0])
    return np.asarray((np.asarray(numbers, np.float64).T * sign).T)
