"""Training of the network with one head for each pose group."""

from __future__ import annotations

from typing import Annotated

import msgspec
import numpy as np
import torch
from msgspec import Meta
from torch import Tensor, nn

from trainers.backbones import Backbone, start_trunk
from trainers.corpora.corpus import EXPRESSIONS, TOP_INTENSITY
from trainers.multi_au.committee import INPUTS, Committee, Rules
from trainers.multi_au.exported import EveryGroup
from trainers.multi_au.losses import (
    discordance,
    rarity_weights,
    weighted_cross_entropy,
    weighted_squared_error,
)
from trainers.multi_au.network import Logits, MultiAu, of_group
from trainers.training.batch import Batch
from trainers.training.errors import RecipeError
from trainers.training.facts import Facts
from trainers.training.masked_losses import class_entropy
from trainers.training.recipe import AuName, DataRecipe
from trainers.training.samples import Samples
from trainers.training.task import Exported, ExportedNetwork, Losses, Task, TaskOptions

NotNegative = Annotated[float, Meta(ge=0.0)]
OUTPUTS = ("au_occurrence", "au_intensity", "expression")
TRUST = 0.7
"""The picture's share in the committee, where a recipe says nothing."""
RAREST = 12.0
"""Most that an AU's occurrence outweighs its absence, before the root is taken."""


class MultiAuOptions(TaskOptions, frozen=True, kw_only=True):
    """`[task]` of the multi-AU network.

    Attributes:
        backbone: name of the trunk (`trainers.backbones.BACKBONES`).
        weights: what it starts from: "imagenet", "random" or a file.
        neck, hidden, dropout: see `MultiAu`.
        jitter: degrees, standard deviation of what is added to a face's pitch when it is told to which
            group's head it belongs. Live the pitch is estimated, so neighbours must know the borders.
        emphasis: pose group -> how much the AUs of its faces count in training, 1 where nothing is said. What
            is hard to see asks for more.
        trust: pose group -> the picture's share in the committee with the blendshape rule, 0.7 where nothing
            is said; for recipes whose `data.inputs` are what the rule sees (`committee.INPUTS`).
        rule_only: AUs for which only the rule is heard.
        routes: group -> estimated pitch and yaw for which the runtime uses its head, in degrees. The recipe's
            `[data.pose_groups]` are of labelled poses, which face trackers understate.
        intensity, discordance, occurrence, expression: weight of each loss of the picture's network.
        joint: of the committee's discordance, which teaches its own line only.
    """

    backbone: str = "slim_resnet"
    weights: str = "random"
    neck: Annotated[int, Meta(ge=1)] = 64
    hidden: Annotated[int, Meta(ge=1)] = 128
    dropout: Annotated[float, Meta(ge=0.0, lt=1.0)] = 0.1
    jitter: NotNegative = 4.0
    emphasis: dict[str, Annotated[float, Meta(gt=0.0)]] = {}
    trust: dict[str, Annotated[float, Meta(ge=0.0, le=1.0)]] = {}
    rule_only: tuple[AuName, ...] = ()
    routes: dict[str, dict[str, tuple[float, float]]] = {}
    intensity: NotNegative = 10.0
    discordance: NotNegative = 0.5
    occurrence: NotNegative = 0.2
    expression: NotNegative = 0.1
    joint: NotNegative = 0.5


class MultiAuTask(Task):
    """Occurrence, intensity and expression of every AU, by a head for each pose group."""

    Options = MultiAuOptions
    options: MultiAuOptions

    def __init__(self, options: TaskOptions, facts: Facts, data: DataRecipe) -> None:
        """Refuse a recipe without crops or pose groups, or whose routes are of other groups."""
        if data.picture != "crop":
            raise RecipeError(f'task multi-au: data.picture is "{data.picture}": it works on aligned crops')
        if not facts.pose_groups:
            raise RecipeError("task multi-au: no pose groups: add tables [data.pose_groups.NAME]")
        if data.inputs not in ((), INPUTS):
            raise RecipeError(
                f"task multi-au: data.inputs is {list(data.inputs)}: leave it out, or write {list(INPUTS)} "
                "for a committee with the blendshape rule"
            )
        super().__init__(options, facts, data)
        strangers = set(self.options.routes) ^ set(facts.pose_groups)
        if self.options.routes and strangers:
            raise RecipeError(
                f"task multi-au: task.routes and data.pose_groups differ in {', '.join(sorted(strangers))}"
            )
        for key in ("emphasis", "trust"):
            strangers = set(getattr(self.options, key)) - set(facts.pose_groups)
            if strangers:
                raise RecipeError(f"task multi-au: task.{key}: no pose group {', '.join(sorted(strangers))}")
        self._emphasis = torch.tensor([self.options.emphasis.get(name, 1.0) for name in facts.pose_groups])
        self._rarity = torch.ones(len(facts.aus))

    @property
    def network(self) -> MultiAu:
        """The network that looks at the picture."""
        network = self.networks["multi-au"]
        assert isinstance(network, MultiAu)
        return network

    @property
    def committee(self) -> tuple[Rules, Committee] | None:
        """The rule and what merges it with the picture, where there are both."""
        if not self.data.inputs:
            return None
        rules, committee = self.networks["rules"], self.networks["committee"]
        assert isinstance(rules, Rules) and isinstance(committee, Committee)
        return rules, committee

    def make_networks(self) -> dict[str, nn.Module]:
        """The picture's network, its trunk random, and the committee if the rule's inputs are there."""
        options, facts = self.options, self.facts
        channels, size, _ = facts.inputs["crop"]
        network = MultiAu(
            Backbone(options.backbone, in_channels=channels),
            size=size,
            aus=len(facts.aus),
            groups=facts.pose_groups,
            neck=options.neck,
            hidden=options.hidden,
            dropout=options.dropout,
        )
        # Kernels that lie as a CPU's and a GPU's convolutions read them; half of the time otherwise.
        nn.Module.to(network, memory_format=torch.channels_last)  # type: ignore[call-overload]
        networks: dict[str, nn.Module] = {"multi-au": network}
        if self.data.inputs:
            networks["rules"] = Rules(facts.aus, facts.pose_groups)
            trust = [options.trust.get(group, TRUST) for group in facts.pose_groups]
            networks["committee"] = Committee(facts.aus, trust, options.rule_only)
        return networks

    def pretrain(self) -> list[str]:
        """Fetch the trunk's weights, if any are wanted."""
        return start_trunk(self.network.trunk, self.options.weights)

    def prepare(self, train: Samples) -> None:
        """Count how rare each AU is."""
        occurrence = train.columns["occurrence"][train.epoch]
        rate = np.nanmean(np.where(np.isnan(occurrence).all(axis=0), 0.5, occurrence), axis=0)
        weight = np.sqrt(np.clip(1.0 / np.maximum(rate, 1e-6), 1.0, RAREST))
        self._rarity = torch.from_numpy(weight.astype(np.float32))

    # ------------------------------------------------------------------ learning

    def losses(self, batch: Batch) -> Losses:
        """Of the labels that are there, each face by the head of its own pose group."""
        group = self._jittered(batch) if self.network.training else batch.pose_group.clamp(min=0)
        logits = self._logits(batch, group)
        emphasis = self._emphasis.to(group.device)[batch.pose_group.clamp(min=0), None]
        emphasis = emphasis / emphasis.mean()
        weight = emphasis * rarity_weights(batch.occurrence, self._rarity.to(group.device))
        estimate, label = logits.intensity.sigmoid(), batch.intensity / TOP_INTENSITY
        losses = {
            "intensity": weighted_squared_error(estimate, label, weight),
            "discordance": discordance(estimate, label, emphasis),
            "occurrence": weighted_cross_entropy(logits.occurrence, batch.occurrence, weight),
            "expression": class_entropy(logits.expression, batch.expression),
        }
        if self.committee is not None:
            rule = self._rule(batch, group)[:, : len(self.facts.aus)]
            joint = self.committee[1].joint(TOP_INTENSITY * estimate.detach(), rule, group)
            losses["joint"] = discordance(joint / TOP_INTENSITY, label, emphasis)
        return losses

    def weights(self, iteration: int) -> dict[str, float]:
        """As the recipe says."""
        return {
            name: getattr(self.options, name)
            for name in ("intensity", "discordance", "occurrence", "expression", "joint")
        }

    def predict(self, batch: Batch) -> dict[str, Tensor]:
        """All scores, each face by the head of its labelled pose group."""
        group = batch.pose_group.clamp(min=0)
        scores = self._logits(batch, group).scores()
        if self.committee is not None:
            scores = self.committee[1](scores, self._rule(batch, group), group)
        return dict(zip(OUTPUTS, scores, strict=True))

    def _logits(self, batch: Batch, group: Tensor) -> Logits:
        picture = batch.picture.contiguous(memory_format=torch.channels_last)
        return self.network.logits(of_group(self.network(picture).to(torch.float32), group))

    def _rule(self, batch: Batch, group: Tensor) -> Tensor:
        """Return what the rule says of each face, shaped as the output of `Rules` for its group."""
        assert self.committee is not None
        with torch.no_grad():
            return of_group(self.committee[0](*(batch.inputs[kind] for kind in INPUTS)), group)

    def _jittered(self, batch: Batch) -> Tensor:
        """Return each face's group as if its pitch had been estimated, not labelled."""
        pitch = batch.head_pose[:, 1] + self.options.jitter * torch.randn_like(batch.head_pose[:, 1])
        group = batch.pose_group.clamp(min=0)
        for index, ranges in enumerate(self.data.pose_groups.values()):
            if ranges.pitch is not None and ranges.yaw is None:
                held = pitch.clamp(-89.9, 89.9)
                group[(held >= ranges.pitch[0]) & (held < ranges.pitch[1])] = index
        return group

    # ------------------------------------------------------------------ what it leaves

    def export(self) -> Exported:
        """One network; each pose group has its own three outputs."""
        groups = self.facts.pose_groups
        names = {group: {output: f"{output}_{group}" for output in OUTPUTS} for group in groups}
        rules, committee = self.committee or (None, None)
        return Exported(
            networks={
                "head.onnx": ExportedNetwork(
                    EveryGroup(self.network, rules, committee),
                    tuple(name for group in groups for name in names[group].values()),
                )
            },
            pose_groups=[
                {"name": group, **self._route(group), "model": "head.onnx", "outputs": names[group]}
                for group in groups
            ],
            aus=self.facts.aus,
            expressions=EXPRESSIONS,
        )

    def _route(self, group: str) -> dict[str, list[float]]:
        """The poses for which the runtime uses a group's head."""
        if self.options.routes:
            return {angle: list(ends) for angle, ends in self.options.routes[group].items()}
        ranges = msgspec.to_builtins(self.data.pose_groups[group])
        return {angle: list(ends) for angle, ends in ranges.items() if ends is not None}
