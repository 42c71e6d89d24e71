"""A classifier of expressions, by itself, from another's weights, or with attention transferred from another.

f_S, the baselines S2T_fine-tune and S2T_attention, and f_T of F. Zhang et al. are all this task.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from msgspec import Meta
from torch import Tensor, nn

from trainers.backbones import PictureClassifier, start_trunk
from trainers.corpora.corpus import EXPRESSIONS
from trainers.cycle_attention.attention import transfer_loss
from trainers.cycle_attention.teacher import CLASSIFIER, Teacher, start_from
from trainers.training.batch import Batch
from trainers.training.facts import Facts, picture_alone
from trainers.training.masked_losses import class_entropy
from trainers.training.picture_classifiers import ClassifierOptions, new_classifier
from trainers.training.recipe import DataRecipe
from trainers.training.samples import Samples
from trainers.training.task import Exported, Losses, Task, TaskOptions, Tupled, for_every_pose

EXPRESSION, ATTENTION = "expression", "attention"
"""Losses: the two terms of equations (7) and (10)."""


class ExpressionOptions(ClassifierOptions, frozen=True, kw_only=True):
    """`[task]` of a classifier of expressions.

    Attributes:
        start: a run whose classifier's weights, all of them, it starts from instead of `weights`.
        teacher: a run whose classifier's attention it learns; none where empty.
        beta: how much that weighs.
        layers: groups of layers whose attention is learned, from 1.
    """

    start: str = ""
    teacher: str = ""
    beta: Annotated[float, Meta(ge=0.0)] = 1.0
    layers: tuple[Annotated[int, Meta(ge=1)], ...] = (2, 3, 4)


class ExpressionTask(Task):
    """The seven basic expressions from a picture."""

    Options = ExpressionOptions
    options: ExpressionOptions

    def __init__(self, options: TaskOptions, facts: Facts, data: DataRecipe) -> None:
        """Refuse a recipe whose inputs do not fit."""
        picture_alone(facts, "expression")
        super().__init__(options, facts, data)
        self._teacher: Teacher | None = None

    @property
    def classifier(self) -> PictureClassifier:
        """The network."""
        network = self.networks[CLASSIFIER]
        assert isinstance(network, PictureClassifier)
        return network

    def make_networks(self) -> dict[str, nn.Module]:
        """Return the classifier."""
        return {CLASSIFIER: new_classifier(self.options, self.data, len(EXPRESSIONS))}

    def pretrain(self) -> list[str]:
        """Give it the weights that the recipe names."""
        options = self.options
        if options.start:
            return [start_from(self.classifier, Path(options.start))]
        return start_trunk(self.classifier.trunk, options.weights)

    def prepare(self, train: Samples) -> None:
        """Fetch the teacher."""
        if self.options.teacher:
            self._teacher = Teacher(self.options.teacher, self.data.size, self.data.channels)

    def losses(self, batch: Batch) -> Losses:
        """Equation (3), or (10) with a teacher, which sees the same pictures."""
        if self._teacher is None:
            return {EXPRESSION: class_entropy(self.classifier(batch.picture), batch.expression)}
        layers = self.options.layers
        maps, logits = self.classifier.maps(batch.picture, layers)
        return {
            EXPRESSION: class_entropy(logits, batch.expression),
            ATTENTION: transfer_loss(self._teacher.maps(batch.picture, layers), maps),
        }

    def weights(self, iteration: int) -> Mapping[str, float]:
        """Return beta."""
        return {ATTENTION: self.options.beta}

    def predict(self, batch: Batch) -> dict[str, Tensor]:
        """Probabilities of expressions."""
        return {"expression": self.classifier(batch.picture).softmax(dim=1)}

    def export(self) -> Exported:
        """The classifier, for every pose."""
        return exported(self.classifier, self.facts)


def exported(classifier: PictureClassifier, facts: Facts) -> Exported:
    """Return the classifier as a bundle holds it."""
    network = Tupled(nn.Sequential(classifier, nn.Softmax(dim=1)))
    return for_every_pose(network, ("expression",), (), EXPRESSIONS)
