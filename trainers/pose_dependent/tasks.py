"""The two models of Zhou et al. as tasks of the training loop: `pose-invariant` and `pose-dependent`.

The paper trains one network per AU: `data.aus` and `data.sampling.au` of a recipe say which. With several
AUs one trunk serves them all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, ClassVar

import torch
from msgspec import Meta
from torch import Tensor, nn

from trainers.backbones import Backbone, folded, give_weights
from trainers.backbones.backbone import IMAGENET, RANDOM
from trainers.corpora.corpus import TOP_INTENSITY
from trainers.pose_dependent.networks import Intensities, PoseDependent, PoseEstimates, PoseInvariant
from trainers.pose_dependent.objective import (
    ALPHA,
    INTENSITY,
    POSE,
    Reduction,
    euclidean_loss,
    objective,
    scaled,
)
from trainers.pose_dependent.pose_groups import POSE_GROUPS, UNKNOWN, check_pose_groups
from trainers.pose_dependent.stages import Stage, Stages, weights_of
from trainers.pose_dependent.warm_start import start_from
from trainers.training.batch import Batch
from trainers.training.errors import RecipeError, TrainingError
from trainers.training.facts import Facts
from trainers.training.recipe import DataRecipe
from trainers.training.samples import Samples
from trainers.training.task import (
    Exported,
    ExportedNetwork,
    Losses,
    ParameterGroup,
    Step,
    Task,
    TaskOptions,
    Tupled,
    for_every_pose,
)

POSE_ALONE = "pose alone"
"""Loss of the pose estimator in its own stage, which alpha does not weigh."""

ROUTED_PITCH = {"up": (-90.0, -12.0), "level": (-12.0, 12.0), "down": (12.0, 90.0)}
"""Where the runtime cuts the pitch it estimates, degrees: nearer to level than the labels' 15, for the
estimate falls short of the truth (docs/evaluation.md, "Head pose")."""


class PoseInvariantOptions(TaskOptions, frozen=True, kw_only=True):
    """`[task]` of the pose-invariant model.

    Attributes:
        backbone: of `trainers.backbones`.
        weights: the trunk starts from: "imagenet", "random", or a file with torchvision's names. Or the
            folder of a run of the same task on these and other AUs: the whole network starts from it.
        pooled: average the feature map instead of flattening it.
        reduction: of the losses over a batch; "sum" is equation (1). Validation losses are means.
    """

    backbone: str = "vgg16"
    weights: str = IMAGENET
    pooled: bool = False
    reduction: Reduction = "sum"

    @property
    def run(self) -> Path | None:
        """The run that the whole network starts from, if it does."""
        named = self.weights not in (IMAGENET, RANDOM) and Path(self.weights).is_dir()
        return Path(self.weights) if named else None


class PoseDependentOptions(PoseInvariantOptions, frozen=True, kw_only=True):
    """`[task]` of the pose-dependent model.

    Attributes:
        alpha: weight of the pose in equation (1).
        stages: table of its own.
    """

    alpha: Annotated[float, Meta(ge=0.0)] = ALPHA
    stages: Stages = Stages()


class _OnWholeFaces(Task):
    """What the two have in common: a trunk that sees a picture and nothing else."""

    NAME: ClassVar[str]
    KIND: ClassVar[type[PoseInvariant] | type[PoseDependent]]

    def __init__(self, options: TaskOptions, facts: Facts, data: DataRecipe) -> None:
        if tuple(facts.inputs) != ("crop",):
            raise RecipeError(
                f"task {self.NAME}: sees a picture and nothing else, not {', '.join(facts.inputs)}: "
                'set data.picture to "whole" or "crop" and leave data.inputs out'
            )
        super().__init__(options, facts, data)

    @property
    def network(self) -> PoseInvariant | PoseDependent:
        """The one network."""
        network = self.networks["network"]
        assert isinstance(network, PoseInvariant | PoseDependent)
        return network

    def make_networks(self) -> dict[str, nn.Module]:
        """One network with an output, or one per pose group, for each AU."""
        options = self.options
        trunk = Backbone(options.backbone, in_channels=self.data.channels)
        made = self.KIND(trunk, len(self.facts.aus), size=self.data.size, pooled=options.pooled)
        return {"network": made}

    def pretrain(self) -> list[str]:
        """Give the trunk the weights that the recipe names, or the whole network those of a run."""
        trunk, options = self.network.trunk, self.options
        if options.run is not None:
            trunk.weights = start_from(self.network, self.facts.aus, options.run)
        else:
            give_weights(trunk, options.weights)
        return [f"trunk {options.backbone} starts from: {trunk.weights}"]


class PoseInvariantTask(_OnWholeFaces):
    """One regressor for all poses (section III.B)."""

    NAME = "pose-invariant"
    KIND = PoseInvariant
    Options = PoseInvariantOptions

    def losses(self, batch: Batch) -> Losses:
        """The Euclidean loss."""
        return self._losses(batch, self.options.reduction)

    def validation_losses(self, batch: Batch) -> Losses:
        """The same, per labelled cell, whatever a batch holds."""
        return self._losses(batch, "mean")

    def predict(self, batch: Batch) -> dict[str, Tensor]:
        """Intensities, 0 to 5."""
        return {"au_intensity": TOP_INTENSITY * self.network(batch.picture)}

    def export(self) -> Exported:
        """One network that serves every pose."""
        return for_every_pose(Tupled(Intensities(folded(self.network))), ("au_intensity",), self.facts.aus)

    def _losses(self, batch: Batch, reduction: Reduction) -> Losses:
        estimates = self.network(batch.picture)
        return {INTENSITY: euclidean_loss(estimates, scaled(batch.intensity), reduction)}


class PoseDependentTask(_OnWholeFaces):
    """A regressor per pose group and a pose estimator, in stages (section III.C).

    The pose is taken as known in training, so that each regressor learns from its own group only; in
    prediction the estimated one takes all. A network whose stages leave the pose estimator out predicts with
    the known pose as well, and nothing where that is unknown: it is meant to be used with another network's
    pose estimator, as the paper's are with that of AU12 (`PoseEstimates.of_winner`).
    """

    NAME = "pose-dependent"
    KIND = PoseDependent
    Options = PoseDependentOptions

    def __init__(self, options: TaskOptions, facts: Facts, data: DataRecipe) -> None:
        check_pose_groups(facts.pose_groups, self.NAME)
        super().__init__(options, facts, data)
        self._epoch = 1

    @property
    def network(self) -> PoseDependent:
        """The one network."""
        network = super().network
        assert isinstance(network, PoseDependent)
        return network

    def prepare(self, train: Samples) -> None:
        """Count the iterations of an epoch, and see that every regressor has something to learn from."""
        rows = len(train.epoch)
        self._epoch = max(1, rows // min(self.data.batch, max(1, rows)))
        there = set(train.columns["pose_group"].tolist())
        missing = [name for number, name in enumerate(POSE_GROUPS) if number not in there]
        if missing:
            raise TrainingError(
                f"task {self.NAME}: no training row is of pose group {' or '.join(missing)} by its labelled "
                "pitch: train on a corpus that shows and labels all three; FERA 2017 labels views, not "
                "degrees: use `livefacs reproduce pose-dependent --bp4d`"
            )

    def optimisers(self) -> Mapping[str, Sequence[ParameterGroup]]:
        """One per stage, of the weights that learn in it."""
        stages = self.options.stages.used
        return {str(stage): [ParameterGroup(weights_of(self.network, stage))] for stage in stages}

    def steps(self, iteration: int) -> Sequence[Step]:
        """Those of the iteration's stage. A trunk that is held still keeps its batch statistics, too."""
        stage = self.stage(iteration)
        if stage is Stage.POSE:
            self.network.trunk.eval()
        return [Step(str(stage), partial(self._stage_losses, stage))]

    def stage(self, iteration: int) -> Stage:
        """Return the stage of an iteration, counted from 0."""
        stage: Stage = self.options.stages.at(iteration // self._epoch)
        return stage

    def weights(self, iteration: int) -> Mapping[str, float]:
        """Equation (1)'s alpha."""
        return {POSE: self.options.alpha}

    def validation_losses(self, batch: Batch) -> Losses:
        """Both sums of equation (1) in every stage, so that stages compare; means over what is labelled."""
        return self._objective(batch, "mean")

    def predict(self, batch: Batch) -> dict[str, Tensor]:
        """Intensities, 0 to 5, and the scores of the pose groups, if the pose estimator learns."""
        estimates = self.estimates(batch)
        if self.options.stages.train_pose:
            intensity = TOP_INTENSITY * estimates.of_winner()
            return {"au_intensity": intensity, "pose_group": estimates.pose}
        known = TOP_INTENSITY * estimates.of_known_pose(batch.pose_group)
        return {"au_intensity": known.masked_fill((batch.pose_group == UNKNOWN).unsqueeze(1), torch.nan)}

    def estimates(self, batch: Batch) -> PoseEstimates:
        """Return what all regressors and the pose estimator say."""
        estimates: PoseEstimates = self.network(batch.picture)
        return estimates

    def export(self) -> Exported:
        """One network with an output per pose group, of which the runtime's router chooses."""
        names = {group: f"au_intensity_{group}" for group in POSE_GROUPS}
        groups = [
            {
                "name": group,
                "pitch": list(ROUTED_PITCH[group]),
                "model": "head.onnx",
                "outputs": {"au_intensity": name},
            }
            for group, name in names.items()
        ]
        network = ExportedNetwork(_ByGroup(folded(self.network)), tuple(names.values()))
        return Exported({"head.onnx": network}, groups, self.facts.aus)

    def _stage_losses(self, stage: Stage, batch: Batch) -> Losses:
        terms = self._objective(batch, self.options.reduction)
        match stage:
            case Stage.REGRESSORS:
                return {INTENSITY: terms[INTENSITY]}
            case Stage.POSE:
                return {POSE_ALONE: terms[POSE]}
        return terms

    def _objective(self, batch: Batch, reduction: Reduction) -> Losses:
        return objective(self.estimates(batch), scaled(batch.intensity), batch.pose_group, reduction)


class _ByGroup(nn.Module):
    """Pictures -> (n, A) intensities of each group's regressor, on one trunk."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pictures: Tensor) -> tuple[Tensor, ...]:
        by_group: Tensor = TOP_INTENSITY * self.network(pictures).by_group
        return by_group.unbind(dim=1)
