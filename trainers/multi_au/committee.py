"""The picture's network and the blendshape rule heard together.

The network was trained on renders and knows best what is like them; the rule (`trainers.blendshapes`) reads
MediaPipe's blendshapes, which were learnt from real faces, and was fitted to nobody's labels. They err in
different places, so their mean errs less than either (committee machines: Perrone and Cooper, "When networks
disagree", 1993). The rule keeps its own scale, which was made for real faces: renders hardly move some
blendshapes, and stretching what is left to the spread of their labels would make noise loud. The mean is
brought to the labels' scale by a line that is learnt, for each pose group its own: of a head turned down less
is seen, and what is guessed is drawn to the mean.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from trainers.blendshapes.graph import AUS as RULE_AUS
from trainers.blendshapes.graph import EXPRESSIONS as RULE_EXPRESSIONS
from trainers.blendshapes.graph import OCCURRENCE_WIDTH, PRESENT_FROM
from trainers.blendshapes.pose_leakage import POSE_GROUPS, read_leakage
from trainers.blendshapes.rule import BlendshapeRule
from trainers.corpora.corpus import EXPRESSIONS, TOP_INTENSITY
from trainers.multi_au.network import Scores

INPUTS = ("blendshapes", "neutral", "pose")
"""What the rule sees, in its order."""


class Rules(nn.Module):
    """The rule of each pose group, its columns in the order of the corpus.

    Args:
        aus: names of the A columns; those that the rule does not know stay 0.
        groups: names of the pose groups; of others than the rule's own, the rule for level heads is taken.
    """

    place: Tensor
    face: Tensor

    def __init__(self, aus: Sequence[str], groups: Sequence[str]) -> None:
        super().__init__()
        leakage = read_leakage()
        self.rule = BlendshapeRule([leakage[group if group in POSE_GROUPS else "level"] for group in groups])
        place = np.array([[own == au for au in aus] for own in RULE_AUS], dtype=np.float32)
        face = np.array([[own == name for name in EXPRESSIONS] for own in RULE_EXPRESSIONS], np.float32)
        self.register_buffer("place", torch.from_numpy(place.reshape(len(RULE_AUS), len(aus))))
        self.register_buffer("face", torch.from_numpy(face))

    def forward(self, *told: Tensor) -> Tensor:
        """(n, 52), (n, 52) and (n, 3) -> (n, groups, A + 7): intensities 0 to 5, expression probabilities."""
        _, intensity, expression = self.rule(*told)
        return torch.cat([intensity @ self.place, expression @ self.face], dim=2)


class Committee(nn.Module):
    """Merges the scores of both.

    Args:
        aus: names of the A columns.
        trust: the picture's share in each of G pose groups, 0-1, where the rule has an opinion; elsewhere it
            has all.
        rule_only: AUs that the picture is not asked for.
    """

    share: Tensor

    def __init__(self, aus: Sequence[str], trust: Sequence[float], rule_only: Sequence[str] = ()) -> None:
        super().__init__()
        share = [[0.0 if au in rule_only else of if au in RULE_AUS else 1.0 for au in aus] for of in trust]
        self.aus = len(aus)
        self.register_buffer("share", torch.tensor(share))
        self.gain = nn.Parameter(torch.ones(len(trust), self.aus))
        self.shift = nn.Parameter(torch.zeros(len(trust), self.aus))

    def joint(self, picture: Tensor, rule: Tensor, group: Tensor | int) -> Tensor:
        """Return (n, A) joint intensities, not yet held between 0 and 5, from those of both.

        Args:
            picture, rule: (n, A).
            group: (n,) int64, each face's pose group, or the one of all.
        """
        share = self.share[group]
        heard = share * picture + (1.0 - share) * rule
        joint: Tensor = self.shift[group] + self.gain[group] * heard
        return joint

    def forward(self, picture: Scores, rule: Tensor, group: Tensor | int) -> Scores:
        """Return the joint scores.

        Args:
            picture: of n faces.
            rule: (n, A + 7), see `Rules`.
            group: see `joint`.
        """
        intensity = self.joint(picture.intensity, rule[:, : self.aus], group).clamp(0.0, TOP_INTENSITY)
        present = torch.sigmoid((intensity - PRESENT_FROM) / OCCURRENCE_WIDTH)
        share = self.share[group]
        occurrence = share * picture.occurrence + (1.0 - share) * present
        expression = (picture.expression + rule[:, self.aus :]) / 2.0
        return Scores(occurrence, intensity, expression)
