"""Algorithm 1 of Wang et al. as a task: D and R take turns, each on batches of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

import numpy as np
import torch
from msgspec import Meta
from torch import Tensor, nn
from torch.nn import functional

from trainers.backbones import PictureClassifier, start_trunk
from trainers.label_adversarial.discriminator import Discriminator
from trainers.training.batch import Batch
from trainers.training.errors import TrainingError
from trainers.training.facts import Facts, picture_alone
from trainers.training.masked_losses import cross_entropy_of_logits
from trainers.training.picture_classifiers import ClassifierOptions, new_classifier
from trainers.training.recipe import DataRecipe
from trainers.training.samples import Samples
from trainers.training.task import (
    Exported,
    Losses,
    ParameterGroup,
    Step,
    Task,
    TaskOptions,
    Tupled,
    for_every_pose,
)

RECOGNITION, DECEPTION, DISCRIMINATION = "recognition", "deception", "discrimination"
"""Losses: equation (5); the first term of equation (4); equation (3)."""
RECOGNISER, DISCRIMINATOR = "recogniser", "discriminator"
"""Networks, and their optimisers."""

Turns = Annotated[int, Meta(ge=1)]


class LabelAdversarialOptions(ClassifierOptions, frozen=True, kw_only=True):
    """`[task]` of the method.

    Attributes:
        alpha: equation (2)'s: how much R learns from D, 0 to 1; 0 is the paper's O-wlc, without D.
        discriminator_turns, recogniser_turns: H_D and H_R of Algorithm 1, updates of each in a turn.
        hidden: see `Discriminator`.
    """

    alpha: Annotated[float, Meta(ge=0.0, le=1.0)] = 0.01
    discriminator_turns: Turns = 1
    recogniser_turns: Turns = 1
    hidden: Annotated[int, Meta(ge=1)] = 64


class LabelAdversarialTask(Task):
    """Occurrence of Action Units from faces of which some are labelled and the others are not."""

    Options = LabelAdversarialOptions
    options: LabelAdversarialOptions

    def __init__(self, options: TaskOptions, facts: Facts, data: DataRecipe) -> None:
        """Refuse a recipe whose inputs do not fit."""
        picture_alone(facts, "label-adversarial")
        super().__init__(options, facts, data)
        self._labels = torch.zeros(0, len(facts.aus))  # Y^t of the paper

    @property
    def recogniser(self) -> PictureClassifier:
        """R."""
        network = self.networks[RECOGNISER]
        assert isinstance(network, PictureClassifier)
        return network

    @property
    def discriminator(self) -> Discriminator:
        """D."""
        network = self.networks[DISCRIMINATOR]
        assert isinstance(network, Discriminator)
        return network

    def make_networks(self) -> dict[str, nn.Module]:
        """R and D; without a part for D to play it is there all the same, so that weights compare."""
        options, aus = self.options, len(self.facts.aus)
        recogniser = new_classifier(options, self.data, aus)
        return {RECOGNISER: recogniser, DISCRIMINATOR: Discriminator(aus, options.hidden)}

    def pretrain(self) -> list[str]:
        """Give the trunk the weights that the recipe names."""
        return start_trunk(self.recogniser.trunk, self.options.weights)

    def prepare(self, train: Samples) -> None:
        """Collect the label vectors that are whole: the set Y^t from which D's real ones are drawn.

        Raises:
            TrainingError: there are none.
        """
        labels = train.columns["occurrence"][train.epoch]
        whole = labels[~np.isnan(labels).any(axis=1)].astype(np.float32)
        if not len(whole) and self.options.alpha:
            raise TrainingError(
                "task label-adversarial: no training face has a label for every AU, so there is nothing to "
                "compare what is said of the others with: name fewer AUs in data.aus, or set task.alpha to 0"
            )
        self._labels = torch.from_numpy(whole)

    # ------------------------------------------------------------------ learning

    def optimisers(self) -> Mapping[str, Sequence[ParameterGroup]]:
        """One for each of them."""
        return {name: [ParameterGroup(network.parameters())] for name, network in self.networks.items()}

    def steps(self, iteration: int) -> Sequence[Step]:
        """One update on one batch: lines 4 to 6 of Algorithm 1, or 9 to 10.

        An iteration of the loop is one mini-batch, as each update of the algorithm draws its own.
        """
        if self.turn(iteration) == DISCRIMINATOR:
            return [Step(DISCRIMINATOR, self._discriminator_losses)]
        return [Step(RECOGNISER, self.losses)]

    def turn(self, iteration: int) -> str:
        """Return whose turn an iteration is, counted from 0. Without a part for D always R's."""
        if not self.options.alpha:
            return RECOGNISER
        both = self.options.discriminator_turns + self.options.recogniser_turns
        return DISCRIMINATOR if iteration % both < self.options.discriminator_turns else RECOGNISER

    def losses(self, batch: Batch) -> Losses:
        """Equation (4), with -log D instead of log(1 - D); the weights are `weights`'."""
        logits = self.recogniser(batch.picture)
        losses = {RECOGNITION: self._recognition(logits, batch)}
        if self.options.alpha:
            judged = self.discriminator(logits.sigmoid())
            losses[DECEPTION] = functional.softplus(-judged).mean()  # -log sigmoid
        return losses

    def _discriminator_losses(self, batch: Batch) -> Losses:
        """Equation (3)."""
        with torch.no_grad():
            said = self.recogniser(batch.picture).sigmoid()
        real = self.discriminator(self._real(len(batch)).to(said.device))
        fake = self.discriminator(said)
        loss = functional.softplus(-real).mean() + functional.softplus(fake).mean()
        return {DISCRIMINATION: loss}

    def weights(self, iteration: int) -> dict[str, float]:
        """Equation (2)'s alpha."""
        alpha = self.options.alpha
        return {RECOGNITION: 1.0 - alpha, DECEPTION: alpha}

    def validation_losses(self, batch: Batch) -> Losses:
        """That of recognition."""
        return {RECOGNITION: self._recognition(self.recogniser(batch.picture), batch)}

    def predict(self, batch: Batch) -> dict[str, Tensor]:
        """Probabilities of AUs."""
        return {"au_occurrence": self.recogniser(batch.picture).sigmoid()}

    def _recognition(self, logits: Tensor, batch: Batch) -> Tensor:
        """Equation (5), which adds the AUs up; of cells that are labelled."""
        return len(self.facts.aus) * cross_entropy_of_logits(logits, batch.occurrence)

    def _real(self, count: int) -> Tensor:
        """Return so many label vectors drawn from Y^t, from torch's generator."""
        return self._labels[torch.randint(len(self._labels), (count,))]

    # ------------------------------------------------------------------ what it leaves

    def export(self) -> Exported:
        """R, for every pose."""
        return for_every_pose(
            Tupled(nn.Sequential(self.recogniser, nn.Sigmoid())), ("au_occurrence",), self.facts.aus
        )
