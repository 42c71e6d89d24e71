"""The order in which Zhou et al. section III.C train the parts of a pose-dependent network."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta
from torch import nn

from trainers.pose_dependent.networks import PoseDependent

Epochs = Annotated[int, Meta(ge=0)]


class Stage(StrEnum):
    """A stage of training.

    Attributes:
        REGRESSORS: regressors and trunk together, the pose taken as known. Of all AUs but AU12 the only one.
        POSE: the pose estimator's layers alone, "while leaving the weights of the bottom layers unchanged".
        JOINT: everything, by equation (1).
    """

    REGRESSORS = "regressors"
    POSE = "pose"
    JOINT = "joint"


class Stages(msgspec.Struct, frozen=True, kw_only=True):
    """`[task.stages]`: how many epochs each stage takes, in the paper's order; 0 leaves one out.

    The last stage that is not left out goes on to the end of the training. By default it is the only one:
    everything together from the start.

    Attributes:
        regressors, pose, joint: epochs of `Stage.REGRESSORS`, `Stage.POSE` and `Stage.JOINT`.
    """

    regressors: Epochs = 0
    pose: Epochs = 0
    joint: Epochs = 1

    def __post_init__(self) -> None:
        """Refuse to train nothing."""
        if not any(self.epochs.values()):
            raise ValueError("all stages have 0 epochs: give one of them 1 or more")

    @property
    def epochs(self) -> dict[Stage, int]:
        """Epochs by stage, in order."""
        return {stage: getattr(self, stage) for stage in Stage}

    @property
    def used(self) -> tuple[Stage, ...]:
        """The stages that are not left out, in order."""
        return tuple(stage for stage, epochs in self.epochs.items() if epochs)

    @property
    def train_pose(self) -> bool:
        """Whether the pose estimator learns at all."""
        return self.used != (Stage.REGRESSORS,)

    def at(self, epoch: int) -> Stage:
        """Return the stage of an epoch, counted from 0."""
        *before, last = self.used
        for stage in before:
            epoch -= self.epochs[stage]
            if epoch < 0:
                return stage
        return last


def parts(network: PoseDependent, stage: Stage) -> list[nn.Module]:
    """Return the parts of a network that learn in a stage; all others are held still."""
    match stage:
        case Stage.REGRESSORS:
            return [network.trunk, network.regressors]
        case Stage.POSE:
            return [network.pose]
        case Stage.JOINT:
            return [network]


def weights_of(network: PoseDependent, stage: Stage) -> Iterator[nn.Parameter]:
    """Return the weights of these parts."""
    return (weight for part in parts(network, stage) for weight in part.parameters())
