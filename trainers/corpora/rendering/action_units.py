"""Which face units draw which Action Unit, and how strongly.

The table of the head model's 52 face units (ARKit's names) against FACS (Ekman, Friesen and Hager 2002,
"Facial Action Coding System"). The weights make intensity 5 look like FACS' E on the average head; they
were set by eye.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from trainers.corpora.behaviour import AUS
from trainers.corpora.corpus import TOP_INTENSITY
from trainers.corpora.rendering.head_model import HeadModel, blended

# AU -> face unit -> weight at intensity 5. "Side" stands for Left and Right.
UNITS: dict[str, dict[str, float]] = {
    "AU01": {"browInnerUp": 1.55, "browOuterUpSide": 0.12},
    "AU02": {"browOuterUpSide": 1.15, "browInnerUp": 0.15},
    "AU04": {"browDownSide": 1.15},
    "AU05": {"eyeWideSide": 1.35},
    "AU06": {"cheekSquintSide": 1.0, "eyeSquintSide": 0.4},
    "AU07": {"eyeSquintSide": 1.1, "eyeBlinkSide": 0.10},
    "AU09": {"noseSneerSide": 1.5, "browDownSide": 0.3, "mouthUpperUpSide": 0.2},
    "AU10": {"mouthUpperUpSide": 1.2, "noseSneerSide": 0.2},
    "AU12": {"mouthSmileSide": 0.95},
    "AU14": {"mouthDimpleSide": 1.25},
    "AU15": {"mouthFrownSide": 1.35},
    "AU17": {"mouthShrugLower": 1.25, "mouthShrugUpper": 0.45},
    "AU18": {"mouthPucker": 1.1},
    "AU20": {"mouthStretchSide": 1.2},
    "AU22": {"mouthFunnel": 0.95},
    "AU23": {"mouthRollLower": 0.5, "mouthRollUpper": 0.5, "mouthPucker": 0.22},
    "AU24": {"mouthPressSide": 0.5, "mouthRollLower": 0.2, "mouthRollUpper": 0.2, "mouthPucker": 0.15},
    "AU25": {"mouthLowerDownSide": 0.75, "mouthUpperUpSide": 0.3, "jawOpen": 0.10},
    "AU26": {"jawOpen": 0.55},
    "AU28": {"mouthRollLower": 1.1, "mouthRollUpper": 1.0, "jawOpen": 0.08},
    "AU45": {"eyeBlinkSide": 1.0},
}
# No face unit looks like a face beyond this, however many AUs add to it.
MOST = 1.7
MOST_LID = 1.0


def unit_matrix(model: HeadModel) -> NDArray[np.float32]:
    """Return (2, A, 52) float32 weights: face units = left @ first + right @ second, AUs as `AUS`.

    left and right are shares 0 to 1 of the top intensity on each side; units without sides get half of each.
    """
    matrix = np.zeros((2, len(AUS), len(model.unit_names)), dtype=np.float32)
    for row, au in enumerate(AUS):
        for unit, weight in UNITS[au].items():
            if unit.endswith("Side"):
                stem = unit.removesuffix("Side")
                matrix[0, row, model.unit(f"{stem}Left")] += weight
                matrix[1, row, model.unit(f"{stem}Right")] += weight
            else:
                matrix[:, row, model.unit(unit)] += weight / 2.0
    return matrix


def face_units(
    model: HeadModel,
    matrix: NDArray[np.float32],
    left: NDArray[np.floating],
    right: NDArray[np.floating],
    gaze: tuple[float, float],
    style: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Return the (52,) face units of one face.

    Args:
        matrix: of `unit_matrix`.
        left, right: (A,) AU intensities 0 to 5 of each side.
        gaze: yaw and pitch of the eyes in the head, degrees; positive: to the subject's right, and down.
        style: (52,) this person's multiplier for each unit, around 1.
    """
    units = (blended(left, matrix[0]) + blended(right, matrix[1])) / np.float32(TOP_INTENSITY) * style
    for name, value in _lids_of_gaze(gaze).items():
        units[model.unit(name)] += value
    units = np.clip(units, 0.0, MOST)
    for side in ("Left", "Right"):
        # A lid that is closing has nothing left to squint or to widen.
        blink = min(MOST_LID, float(units[model.unit(f"eyeBlink{side}")]))
        units[model.unit(f"eyeBlink{side}")] = blink
        for unit in (f"eyeSquint{side}", f"eyeWide{side}", f"eyeLookDown{side}"):
            units[model.unit(unit)] *= 1.0 - blink
    return np.asarray(units)


def _lids_of_gaze(gaze: tuple[float, float]) -> Mapping[str, float]:
    """Lids follow the eyes: the units of a look of 30 degrees to a side, 25 up, 30 down."""
    yaw, pitch = gaze
    right, left = max(0.0, yaw) / 30.0, max(0.0, -yaw) / 30.0
    down, up = max(0.0, pitch) / 30.0, max(0.0, -pitch) / 25.0
    return {
        "eyeLookOutRight": right,
        "eyeLookInLeft": right,
        "eyeLookOutLeft": left,
        "eyeLookInRight": left,
        "eyeLookDownLeft": down,
        "eyeLookDownRight": down,
        "eyeLookUpLeft": up,
        "eyeLookUpRight": up,
    }
