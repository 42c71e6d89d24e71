"""Which Action Units make which expression.

The prototypes of EMFACS (Friesen and Ekman, "EMFACS-7: Emotional Facial Action Coding System", unpublished
manual, 1983; table 10-1 of the FACS Investigator's Guide, Ekman, Friesen and Hager 2002). The prototypes
say which AUs, not how much each counts: the weights are ours, set by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Prototype:
    """One expression. An AU counts fully from intensity 3 (level C) on, below in proportion.

    Attributes:
        name: of the expression.
        parts: Action Units -> weight; of alternatives ("AU23", "AU24") the stronger counts. The weights
            sum to 1, so that the whole prototype scores 1.
        against: Action Units that speak for something else -> weight taken off the score.
    """

    name: str
    parts: Mapping[tuple[str, ...], float]
    against: Mapping[str, float] = field(default_factory=dict)


PROTOTYPES: tuple[Prototype, ...] = (
    Prototype("neutral", {}),
    Prototype(
        "anger",
        {("AU04",): 0.35, ("AU05",): 0.15, ("AU07",): 0.2, ("AU23", "AU24"): 0.3},
        against={"AU01": 0.3, "AU12": 0.4},
    ),
    Prototype("disgust", {("AU09", "AU10"): 0.7, ("AU15",): 0.15, ("AU17",): 0.15}, against={"AU12": 0.7}),
    Prototype(
        "fear",
        {
            ("AU01",): 0.15,
            ("AU02",): 0.1,
            ("AU04",): 0.2,
            ("AU05",): 0.2,
            ("AU07",): 0.05,
            ("AU20",): 0.2,
            ("AU25", "AU26"): 0.1,
        },
        against={"AU12": 0.3},
    ),
    Prototype("happiness", {("AU06",): 0.3, ("AU12",): 0.7}, against={"AU15": 0.3}),
    Prototype(
        "sadness", {("AU01",): 0.35, ("AU04",): 0.25, ("AU15",): 0.3, ("AU17",): 0.1}, against={"AU12": 0.4}
    ),
    Prototype(
        "surprise",
        {("AU01",): 0.2, ("AU02",): 0.2, ("AU05",): 0.25, ("AU26",): 0.35},
        against={"AU04": 0.3, "AU20": 0.2},
    ),
)

FULL_INTENSITY = 3.0
"""The intensity from which on an AU counts fully."""

NEUTRAL_SCORE = 0.45
"""What the neutral face scores: an expression wins with more of its prototype than this. Raised brows alone
(0.4 of surprise), which people use to stress a word, do not."""

SHARPNESS = 10.0
"""Probabilities are softmax(SHARPNESS * score)."""
