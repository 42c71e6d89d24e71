"""Baseline, joint minimisation and adversarial training (Z. Zhang et al. sections 3.2 to 3.4) as one task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

import torch
from msgspec import Meta
from torch import Tensor, nn

from trainers.backbones import Backbone, start_trunk
from trainers.backbones.backbone import IMAGENET, RANDOM
from trainers.identity_adversarial.attention import Attention
from trainers.identity_adversarial.network import IdentityAdversarial
from trainers.training.batch import Batch
from trainers.training.errors import RecipeError
from trainers.training.facts import Facts
from trainers.training.masked_losses import class_entropy, cross_entropy_of_logits
from trainers.training.recipe import DataRecipe
from trainers.training.task import (
    ALL,
    Exported,
    Losses,
    ParameterGroup,
    Step,
    Task,
    TaskOptions,
    for_every_pose,
)

ACTION_UNITS, IDENTITY, REVERSED = "au", "identity", "reversed identity"
"""Losses: equations (1) and (3); and (3) as the features climb it."""
HEAD = "identity"
"""The optimiser of the head for people, in adversarial training."""

Identity = Literal["ignored", "joint", "adversarial"]


class IdentityAdversarialOptions(TaskOptions, frozen=True, kw_only=True):
    """`[task]` of the network.

    Attributes:
        identity: what the features are taught of who somebody is: nothing ("ignored", the baseline), to know
            it ("joint", equation 4), or to forget it ("adversarial", equation 5).
        alpha: weight of the identity in what the features learn.
        head_turns: in adversarial training, updates of the head for people for each of the features. The
            paper has 1; a head that falls behind cannot tell the features what to forget.
        backbone: of `trainers.backbones`, with groups of convolutions.
        weights: the trunk starts from: "imagenet", "random", or a file with torchvision's names.
        frozen: so many groups of convolutions keep the weights that they start with.
        attention: enhance features where Action Units show (E-Net); needs crops and the input "landmarks".
        features, neck, dropout: see `IdentityAdversarial`.
    """

    identity: Identity = "adversarial"
    alpha: Annotated[float, Meta(ge=0.0)] = 0.01
    head_turns: Annotated[int, Meta(ge=1)] = 1
    backbone: str = "vgg19"
    weights: str = IMAGENET
    frozen: Annotated[int, Meta(ge=0, le=5)] = 2
    attention: bool = False
    features: Annotated[int, Meta(ge=1)] = 2048
    neck: Annotated[int, Meta(ge=1)] = 64
    dropout: Annotated[float, Meta(ge=0.0, lt=1.0)] = 0.5


class IdentityAdversarialTask(Task):
    """Occurrence of Action Units from features that know, forget or were never asked who somebody is."""

    Options = IdentityAdversarialOptions
    options: IdentityAdversarialOptions

    def __init__(self, options: TaskOptions, facts: Facts, data: DataRecipe) -> None:
        """Refuse a recipe whose inputs do not fit."""
        wanted = ("crop", "landmarks") if options.attention else ("crop",)  # type: ignore[attr-defined]
        if tuple(facts.inputs) != wanted or (options.attention and data.picture != "crop"):  # type: ignore[attr-defined]
            raise RecipeError(
                f"task identity-adversarial: sees {' and '.join(facts.inputs)}: with task.attention set "
                'data.picture to "crop" and data.inputs to ["landmarks"], without it leave data.inputs out'
            )
        super().__init__(options, facts, data)
        self._seen = torch.zeros(0)  # the features of this iteration's batch

    @property
    def network(self) -> IdentityAdversarial:
        """The one network."""
        network = self.networks["network"]
        assert isinstance(network, IdentityAdversarial)
        return network

    def make_networks(self) -> dict[str, nn.Module]:
        """The trunk, FC7 and both heads; the baseline's head for people is never trained."""
        options, data = self.options, self.data
        trunk = Backbone(
            options.backbone,
            in_channels=data.channels,
            with_fully_connected=options.backbone.startswith("vgg"),
        )
        attention = Attention(self.facts.aus, data.anchors, data.template) if options.attention else None
        network = IdentityAdversarial(
            trunk,
            size=data.size,
            aus=len(self.facts.aus),
            subjects=len(self.facts.subjects),
            features=options.features,
            neck=options.neck,
            dropout=options.dropout,
            attention=attention,
            frozen=options.frozen,
        )
        return {"network": network}

    def pretrain(self) -> list[str]:
        """Give the trunk the weights that the recipe names."""
        trunk = self.network.trunk
        told = start_trunk(trunk, self.options.weights)
        if self.options.weights == RANDOM and self.options.frozen:
            return [f"trunk {trunk.name}: {self.options.frozen} groups are frozen at RANDOM weights"]
        return told

    # ------------------------------------------------------------------ learning

    def optimisers(self) -> Mapping[str, Sequence[ParameterGroup]]:
        """One; in adversarial training the head for people has its own."""
        if not self._adversarial:
            return super().optimisers()
        head = list(self.network.identity.parameters())
        of_head = {id(weight) for weight in head}
        rest = [weight for weight in self.network.parameters() if id(weight) not in of_head]
        return {ALL: [ParameterGroup(rest)], HEAD: [ParameterGroup(head)]}

    def steps(self, iteration: int) -> Sequence[Step]:
        """One; in adversarial training the head for people learns on the features that climbed its loss.

        They are as they were before the climb, and so is the head: once, this is equation (5).
        """
        steps = [Step(ALL, self.losses)]
        if self._adversarial:
            steps.append(Step(HEAD, self._head_losses, times=self.options.head_turns))
        return steps

    def losses(self, batch: Batch) -> Losses:
        """Equations (1) to (5): the loss of the AUs, and where it plays a part that of the identity."""
        features = self.features(batch)
        losses = {ACTION_UNITS: self._au_loss(features, batch)}
        if self.options.identity != "ignored":
            of_identity = class_entropy(self.network.identity(features), batch.subject)
            losses[REVERSED if self._adversarial else IDENTITY] = of_identity
        self._seen = features.detach()
        return losses

    def _head_losses(self, batch: Batch) -> Losses:
        return {IDENTITY: class_entropy(self.network.identity(self._seen), batch.subject)}

    def validation_losses(self, batch: Batch) -> Losses:
        """That of the AUs: validation people have no place among the subjects."""
        return {ACTION_UNITS: self._au_loss(self.features(batch), batch)}

    def weights(self, iteration: int) -> dict[str, float]:
        """Alpha: in all weights alike (equation 4), or reversed in the features (equation 5)."""
        return {REVERSED: -self.options.alpha} if self._adversarial else {IDENTITY: self.options.alpha}

    @property
    def _adversarial(self) -> bool:
        return self.options.identity == "adversarial"

    def features(self, batch: Batch) -> Tensor:
        """Return (B, features) FC7."""
        return self.network.features(batch.picture, batch.inputs.get("landmarks"))

    def predict(self, batch: Batch) -> dict[str, Tensor]:
        """Probabilities of AUs."""
        return {"au_occurrence": self.network(batch.picture, batch.inputs.get("landmarks")).sigmoid()}

    def _au_loss(self, features: Tensor, batch: Batch) -> Tensor:
        return cross_entropy_of_logits(self.network.action_units(features), batch.occurrence)

    # ------------------------------------------------------------------ what it leaves

    def export(self) -> Exported:
        """One network that serves every pose, without the head for people."""
        return for_every_pose(_Occurrence(self.network), ("au_occurrence",), self.facts.aus)


class _Occurrence(nn.Module):
    """Inputs -> (n, M) probabilities; what they are taken from knows nobody's name."""

    def __init__(self, network: IdentityAdversarial) -> None:
        super().__init__()
        self.network = network

    def forward(self, *inputs: Tensor) -> tuple[Tensor]:
        return (self.network(*inputs).sigmoid(),)
