"""The order in which Zhou et al. section III.C train the parts of a pose-dependent network."""

from __future__ import annotations

from enum import StrEnum

from torch import Tensor, nn

from trainers.pose_dependent.networks import PoseDependent
from trainers.pose_dependent.objective import Losses


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


def enter(network: PoseDependent, stage: Stage) -> list[nn.Parameter]:
    """Let the weights that train in a stage take gradients, hold all others still, and return the former.

    Switches the network to training, where a trunk that is held still keeps its batch statistics.
    """
    trained: dict[Stage, list[nn.Module]] = {
        Stage.REGRESSORS: [network.trunk, network.regressors],
        Stage.POSE: [network.pose],
        Stage.JOINT: [network],
    }
    network.requires_grad_(False)
    for part in trained[stage]:
        part.requires_grad_(True)
    network.train()
    return [parameter for parameter in network.parameters() if parameter.requires_grad]


def stage_loss(losses: Losses, stage: Stage) -> Tensor:
    """Return what a stage minimises: the part of equation (1) that its weights have a say in."""
    match stage:
        case Stage.REGRESSORS:
            return losses.intensity
        case Stage.POSE:
            return losses.pose
    return losses.total
