"""How each Action Unit is read from blendshapes: the whole mapping, as two tables.

Set by hand from what the two vocabularies mean (FACS manual: Ekman, Friesen and Hager 2002; blendshapes:
Apple's ARKit definitions, which MediaPipe's network imitates) and from the sizes that MediaPipe's network
reaches in practice. Nothing here was fitted to anybody's labels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from realtime.tracking.blendshapes import BLENDSHAPES


@dataclass(frozen=True)
class Reading:
    """What a blendshape's value means.

    Attributes:
        full: the value on a face at maximum (FACS level E).
        knee: None where the value grows in proportion to the action. Else the value from which on it is
            read by its logarithm: log(1 + value / knee). For blendshapes that MediaPipe's network hardly
            moves, so that a hundredth of `full` still tells something.
    """

    full: float
    knee: float | None = None


# Blendshape (both sides alike) -> how to read it. Blendshapes that are not here are not used.
# eyeWide and noseSneer stay below 0.05 whatever one does (MediaPipe issue 4450), cheekSquint below 1e-3.
READINGS: Mapping[str, Reading] = {
    "browDown": Reading(0.6),
    "browInnerUp": Reading(0.8),
    "browOuterUp": Reading(0.8),
    "cheekSquint": Reading(3e-5, knee=1e-6),
    "eyeBlink": Reading(0.8),
    "eyeLookDown": Reading(1.0),
    "eyeLookUp": Reading(1.0),
    "eyeSquint": Reading(0.9),
    "eyeWide": Reading(0.15, knee=0.02),
    "jawOpen": Reading(0.7, knee=0.1),
    "mouthDimple": Reading(0.4, knee=0.05),
    "mouthFrown": Reading(0.5, knee=0.05),
    "mouthLowerDown": Reading(0.6),
    "mouthPress": Reading(0.6),
    "mouthRollLower": Reading(0.8),
    "mouthRollUpper": Reading(0.8),
    "mouthShrugLower": Reading(0.6),
    "mouthShrugUpper": Reading(0.6),
    "mouthSmile": Reading(1.0),
    "mouthStretch": Reading(0.5, knee=0.1),
    "mouthUpperUp": Reading(1.0),
    "noseSneer": Reading(3e-4, knee=3e-6),
}


@dataclass(frozen=True)
class ActionUnit:
    """How one Action Unit follows from the blendshapes' rises above the resting face, each 0-1.

    rise of the AU = combine(weight * rise of each term) - sum(weight * rise of each `minus`),
    times (1 - weight * rise of each `hidden_by`), then stretched so that `onset`-1 becomes 0-1.
    A blendshape's rise is the mean of its two sides. Intensity is 5 times the AU's rise.

    Attributes:
        name: "AU01".
        terms: blendshape -> weight.
        combine: "sum"; "max" where any one term shows the AU; "min" where it takes all of them.
        minus: blendshapes that move the terms without this AU.
        hidden_by: blendshapes at whose height the terms say nothing.
        onset: a rise of the AU up to here still counts as none.
        why: the reason, for readers.
    """

    name: str
    terms: Mapping[str, float]
    combine: Literal["sum", "max", "min"] = "sum"
    minus: Mapping[str, float] = field(default_factory=dict)
    hidden_by: Mapping[str, float] = field(default_factory=dict)
    onset: float = 0.0
    why: str = ""


ACTION_UNITS: tuple[ActionUnit, ...] = (
    ActionUnit("AU01", {"browInnerUp": 1.0}),
    ActionUnit("AU02", {"browOuterUp": 1.0}),
    ActionUnit("AU04", {"browDown": 1.0}),
    ActionUnit(
        "AU05",
        {"eyeWide": 1.0},
        minus={"eyeLookUp": 0.3},
        hidden_by={"eyeBlink": 1.0},
        why="the upper lid follows the gaze upwards without AU05",
    ),
    ActionUnit("AU06", {"cheekSquint": 1.0}, why="hardly moves in MediaPipe, but moves with the cheeks"),
    ActionUnit(
        "AU07",
        {"eyeSquint": 1.0},
        hidden_by={"eyeBlink": 1.0},
        why="a closing lid pushes the lower one up: of shut eyes the tightener cannot be told",
    ),
    ActionUnit("AU09", {"noseSneer": 1.0}, why="hardly moves in MediaPipe"),
    ActionUnit(
        "AU10",
        {"mouthUpperUp": 1.0},
        minus={"mouthSmile": 0.3},
        why="a strong AU12 draws the upper lip up by itself",
    ),
    ActionUnit("AU12", {"mouthSmile": 1.0}),
    ActionUnit("AU14", {"mouthDimple": 1.0}),
    ActionUnit("AU15", {"mouthFrown": 1.0}),
    ActionUnit("AU17", {"mouthShrugLower": 0.75, "mouthShrugUpper": 0.25}),
    ActionUnit("AU20", {"mouthStretch": 1.0}, minus={"mouthSmile": 0.15}, why="AU12 widens the mouth too"),
    ActionUnit(
        "AU23",
        {"mouthPress": 0.5, "mouthRollLower": 0.25, "mouthRollUpper": 0.25},
        minus={"mouthSmile": 0.1},
        why="tight lips press and roll in, a little of each; there is no blendshape of its own",
    ),
    ActionUnit(
        "AU24",
        {"mouthPress": 1.0},
        minus={"mouthRollLower": 0.25, "mouthRollUpper": 0.25, "mouthSmile": 0.2},
        why="rolled lips are AU23 or AU28; a smile stretches the lips flat",
    ),
    ActionUnit(
        "AU25",
        {"jawOpen": 0.9, "mouthLowerDown": 1.0, "mouthUpperUp": 0.8},
        combine="max",
        why="lips part by the lower lip, by the upper lip or by the jaw",
    ),
    ActionUnit("AU26", {"jawOpen": 1.0}),
    ActionUnit(
        "AU28",
        {"mouthRollLower": 1.0, "mouthRollUpper": 1.0},
        combine="min",
        minus={"mouthPress": 0.25},
        why="both lips are sucked in",
    ),
    ActionUnit(
        "AU45",
        {"eyeBlink": 1.4},
        minus={"eyeLookDown": 0.42, "eyeSquint": 0.3},
        onset=0.15,
        why="the upper lid follows the gaze down, and AU06 and AU07 narrow the eye: neither closes it",
    ),
)


def columns(blendshape: str) -> list[int]:
    """Where a blendshape stands among the 52: one index, or those of its left and right side.

    Raises:
        KeyError: no such blendshape.
    """
    sides = (blendshape, f"{blendshape}Left", f"{blendshape}Right")
    found = [index for index, name in enumerate(BLENDSHAPES) if name in sides]
    if not found:
        raise KeyError(blendshape)
    return found


def weights(by_blendshape: Mapping[str, float]) -> NDArray[np.float32]:
    """(52,) float32: each weight shared evenly between the two sides."""
    row = np.zeros(len(BLENDSHAPES), np.float32)
    for blendshape, weight in by_blendshape.items():
        at = columns(blendshape)
        row[at] += weight / len(at)
    return row
