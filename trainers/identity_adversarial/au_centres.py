"""Where on a face an Action Unit shows: points placed from landmarks.

Li, Abtahi, Zhu and Yin, "EAC-Net" (FG 2017, arXiv:1702.02925), whose unit is the distance between the inner
corners of the eyes. Its rules are for AUs 1 to 24 of BP4D; those of other AUs are ours, in its manner.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from trainers.training.errors import RecipeError

# Landmarks of MediaPipe's mesh, first those of the person's right side.
EYES = ((33, 133, 159, 145), (263, 362, 386, 374))
INNER_CORNERS = (133, 362)


@dataclass(frozen=True)
class Rule:
    """A pair of points, or one.

    Attributes:
        sides: for each point, landmarks whose mean it starts from.
        down: by how much it lies below that, in distances between the inner corners of the eyes.
    """

    sides: tuple[tuple[int, ...], ...]
    down: float = 0.0


INNER_BROW = ((55, 107), (285, 336))
OUTER_BROW = ((63, 70), (293, 300))
MIDDLE_OF_BROW = ((52, 105), (282, 334))
BELOW_EYE = ((145,), (374,))
BESIDE_NOSE = ((122, 188), (351, 412))
LIP_CORNERS = ((61,), (291,))
UPPER_LIP, LIPS, LOWER_LIP = ((0,),), ((13, 14),), ((17,),)

RULES = {
    "AU01": Rule(INNER_BROW, -1 / 2),
    "AU02": Rule(OUTER_BROW, -1 / 3),
    "AU04": Rule(MIDDLE_OF_BROW, 1 / 3),
    "AU05": Rule(EYES),  # ours, and all that EAC-Net does not have
    "AU06": Rule(BELOW_EYE, 1.0),
    "AU07": Rule(EYES),
    "AU09": Rule(BESIDE_NOSE),
    "AU10": Rule(UPPER_LIP),
    "AU11": Rule(LIP_CORNERS, -1 / 2),
    "AU12": Rule(LIP_CORNERS),
    "AU13": Rule(LIP_CORNERS),
    "AU14": Rule(LIP_CORNERS),
    "AU15": Rule(LIP_CORNERS),
    "AU16": Rule(LOWER_LIP),
    "AU17": Rule(LOWER_LIP, 1 / 2),
    "AU18": Rule(LIPS),
    "AU20": Rule(LIP_CORNERS),
    "AU22": Rule(LIPS),
    "AU23": Rule(LIPS),
    "AU24": Rule(LIPS),
    "AU25": Rule(LIPS),
    "AU26": Rule(LOWER_LIP, 1 / 2),
    "AU27": Rule(LOWER_LIP, 1 / 2),
    "AU28": Rule(LIPS),
    "AU43": Rule(EYES),
    "AU45": Rule(EYES),
}


def means_of(groups: Sequence[Sequence[int]]) -> Tensor:
    """Return (K, 478): times landmarks, the mean of each group of them."""
    selection = torch.zeros(len(groups), 478)
    for row, landmarks in enumerate(groups):
        selection[row, list(landmarks)] = 1.0 / len(landmarks)
    return selection


class AuCentres(nn.Module):
    """Landmarks -> the centres of all regions of some AUs.

    Args:
        aus: whose; AUs that show in the same place share their points.

    Raises:
        RecipeError: of one it is not known where it shows.
    """

    selection: Tensor
    down: Tensor

    def __init__(self, aus: Sequence[str]) -> None:
        super().__init__()
        strange = [au for au in aus if au not in RULES]
        if strange:
            raise RecipeError(
                f"attention: it is not known where {', '.join(strange)} shows: leave it out of data.aus, "
                "or set task.attention to false"
            )
        places = dict.fromkeys((side, RULES[au].down) for au in aus for side in RULES[au].sides)
        selection = means_of([landmarks for landmarks, _ in places])
        self.register_buffer("selection", selection, persistent=False)
        self.register_buffer("down", torch.tensor([down for _, down in places]), persistent=False)

    def forward(self, landmarks: Tensor) -> Tensor:
        """(n, 478, 3) in any unit, x to the right, y down -> (n, K, 2) in the same."""
        points = landmarks[..., :2]
        right, left = points[:, INNER_CORNERS[0]], points[:, INNER_CORNERS[1]]
        across = left - right  # as long as the unit
        down = torch.stack([-across[:, 1], across[:, 0]], dim=1)
        centres: Tensor = self.selection @ points + self.down[:, None] * down[:, None]
        return centres
