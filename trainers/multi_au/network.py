"""The network that looks at the picture: a trunk that all share, and a head for each pose group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from trainers.backbones import Backbone, Standardise
from trainers.corpora.corpus import EXPRESSIONS, TOP_INTENSITY

# Logit of every AU before anything is learnt: 0.6 of 5.
RESTING = -2.0


class Scores(NamedTuple):
    """What is said of n faces.

    Attributes:
        occurrence: (n, A) probabilities.
        intensity: (n, A), 0 to 5.
        expression: (n, 7) probabilities in the order of `EXPRESSIONS`.
    """

    occurrence: Tensor
    intensity: Tensor
    expression: Tensor


class Logits(NamedTuple):
    """What a head says before it is squashed, shaped as `Scores`."""

    occurrence: Tensor
    intensity: Tensor
    expression: Tensor

    def scores(self) -> Scores:
        """Return them in their ranges."""
        return Scores(
            self.occurrence.sigmoid(),
            self.intensity.sigmoid() * TOP_INTENSITY,
            functional.softmax(self.expression, dim=1),
        )


class MultiAu(nn.Module):
    """Aligned crops -> logits of every pose group.

    The map is flattened, not pooled: on an aligned face the place is half of the answer.

    Args:
        backbone: the trunk.
        size: height and width of the crops.
        aus: A, how many AUs.
        groups: names of the pose groups.
        neck: channels to which the trunk's map is narrowed first.
        hidden: units of each group's hidden layer.
        dropout: share of the map's and of the hidden units that are left out in training.
    """

    def __init__(
        self,
        backbone: Backbone,
        *,
        size: int,
        aus: int,
        groups: Sequence[str],
        neck: int,
        hidden: int,
        dropout: float,
    ) -> None:
        super().__init__()
        self.parts = (aus, aus, len(EXPRESSIONS))
        self.standardise = Standardise()
        self.trunk = backbone
        self.neck = nn.Sequential(
            nn.Conv2d(backbone.channels, neck, 1, bias=False), nn.BatchNorm2d(neck), nn.ReLU(inplace=True)
        )
        flat = neck * backbone.map_side(size) ** 2
        self.heads = nn.ModuleDict({group: _head(flat, hidden, self.parts, dropout) for group in groups})

    def forward(self, picture: Tensor) -> Tensor:
        """Return (n, groups, 2A + 7) logits; `logits` takes them apart."""
        features = self.neck(self.trunk(self.standardise(picture)))
        return torch.stack([head(features) for head in self.heads.values()], dim=1)

    def logits(self, columns: Tensor) -> Logits:
        """Take (n, 2A + 7) logits of one group apart."""
        return Logits(*torch.split(columns, list(self.parts), dim=1))


def of_group(by_group: Tensor, group: Tensor) -> Tensor:
    """Return each row's own group: (n, G, K) and (n,) int64 -> (n, K)."""
    return by_group.gather(1, group.reshape(-1, 1, 1).expand(-1, 1, by_group.shape[2])).squeeze(1)


def _head(flat: int, hidden: int, parts: Sequence[int], dropout: float) -> nn.Sequential:
    last = nn.Linear(hidden, sum(parts))
    with torch.no_grad():
        last.bias[: -parts[-1]] = RESTING  # faces rest most of the time
    return nn.Sequential(
        nn.Flatten(),
        nn.Dropout(dropout),
        nn.Linear(flat, hidden),
        nn.ReLU(inplace=True),
        nn.Dropout(dropout),
        last,
    )
