"""The floor that every method must clear: one linear layer on a small picture and the tracked inputs.

Also the shortest complete task: copy it to begin one of your own.
"""

from __future__ import annotations

import math
from typing import Annotated

from msgspec import Meta
from torch import Tensor, nn
from torch.nn import functional

from trainers.corpora.corpus import EXPRESSIONS, TOP_INTENSITY
from trainers.training.batch import Batch
from trainers.training.masked_losses import class_entropy, cross_entropy_of_logits, squared_error
from trainers.training.task import Exported, Losses, Task, TaskOptions, for_every_pose


class LinearOptions(TaskOptions, frozen=True, kw_only=True):
    """`[task]` of the linear baseline.

    Attributes:
        side: pictures are averaged to side x side.
        occurrence, intensity, expression: weight of each loss.
    """

    side: Annotated[int, Meta(ge=1, le=64)] = 16
    occurrence: Annotated[float, Meta(ge=0.0)] = 1.0
    intensity: Annotated[float, Meta(ge=0.0)] = 1.0
    expression: Annotated[float, Meta(ge=0.0)] = 0.1


class LinearNetwork(nn.Module):
    """Inputs -> occurrence and intensity, both (N, A), and expression (N, 7), each as logits."""

    def __init__(self, inputs: dict[str, tuple[int, ...]], side: int, aus: int) -> None:
        super().__init__()
        self.kinds = tuple(inputs)
        self.shrink = nn.AdaptiveAvgPool2d(side)
        sizes = [
            shape[0] * side * side if kind == "crop" else math.prod(shape) for kind, shape in inputs.items()
        ]
        self.layer = nn.Linear(sum(sizes), 2 * aus + len(EXPRESSIONS))
        self.parts = (aus, aus, len(EXPRESSIONS))

    def forward(self, *inputs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Take the inputs in the order of `Facts.inputs`."""
        import torch

        flat = [
            (self.shrink(values) if kind == "crop" else values).flatten(1)
            for kind, values in zip(self.kinds, inputs, strict=True)
        ]
        occurrence, intensity, expression = self.layer(torch.cat(flat, dim=1)).split(self.parts, dim=1)
        return occurrence, intensity, expression


class Scores(nn.Module):
    """The same network with its scores in their ranges, as bundles hold it."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, *inputs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Probabilities, intensities 0 to 5, probabilities that sum to 1."""
        occurrence, intensity, expression = self.network(*inputs)
        probabilities = functional.softmax(expression, dim=1)
        return occurrence.sigmoid(), intensity.sigmoid() * TOP_INTENSITY, probabilities


class Linear(Task):
    """Occurrence, intensity and expression by logistic regression."""

    Options = LinearOptions

    def make_networks(self) -> dict[str, nn.Module]:
        """One network."""
        return {"linear": LinearNetwork(self.facts.inputs, self.options.side, len(self.facts.aus))}

    def losses(self, batch: Batch) -> Losses:
        """Of the labels that are there."""
        occurrence, intensity, expression = self.networks["linear"](*batch.inputs.values())
        return {
            "occurrence": cross_entropy_of_logits(occurrence, batch.occurrence),
            "intensity": squared_error(intensity.sigmoid() * TOP_INTENSITY, batch.intensity),
            "expression": class_entropy(expression, batch.expression),
        }

    def weights(self, iteration: int) -> dict[str, float]:
        """As the recipe says."""
        return {name: getattr(self.options, name) for name in ("occurrence", "intensity", "expression")}

    def predict(self, batch: Batch) -> dict[str, Tensor]:
        """All three."""
        scores = Scores(self.networks["linear"])(*batch.inputs.values())
        return dict(zip(("au_occurrence", "au_intensity", "expression"), scores, strict=True))

    def export(self) -> Exported:
        """One network that serves every pose."""
        names = ("au_occurrence", "au_intensity", "expression")
        return for_every_pose(Scores(self.networks["linear"]), names, self.facts.aus, EXPRESSIONS)
