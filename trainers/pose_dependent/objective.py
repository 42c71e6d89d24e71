"""Equation (1) of Zhou et al.: Euclidean loss of the intensities + alpha x cross-entropy of the pose."""

from __future__ import annotations

from typing import Literal, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from trainers.corpora.corpus import TOP_INTENSITY
from trainers.pose_dependent.networks import PoseEstimates
from trainers.pose_dependent.pose_groups import UNKNOWN

ALPHA = 0.05
LEARNING_RATE = 1e-4
"""Of stochastic gradient descent on the sums of equation (1) (section III.C)."""

Reduction = Literal["sum", "mean"]
"""Over the N pictures of a batch: "sum" is equation (1) as printed. With "mean" a learning rate about N
times as large does the same."""


class Losses(NamedTuple):
    """Equation (1) and its parts, scalars; `total` = `intensity` + alpha x `pose`."""

    intensity: Tensor
    pose: Tensor
    total: Tensor


def scaled(intensity: Tensor) -> Tensor:
    """Return FACS intensities 0-5 as the labels 0-1 that the networks learn; NaN stays NaN."""
    return intensity / TOP_INTENSITY


def euclidean_loss(estimates: Tensor, labels: Tensor, reduction: Reduction = "sum") -> Tensor:
    """Return the squared distance of estimates and labels, without Caffe's factor of a half.

    Args:
        estimates: (n, A), 0-1.
        labels: (n, A), 0-1, NaN where nobody labelled: such cells count for nothing.
        reduction: "sum" over all cells, or "mean" over those labelled; 0 if none is.
    """
    known = ~labels.isnan()
    difference = torch.where(known, estimates - labels.nan_to_num(), 0.0)
    return _reduced(difference.square().sum(), known.sum(), reduction)


def pose_loss(logits: Tensor, group: Tensor, reduction: Reduction = "sum") -> Tensor:
    """Return the cross-entropy of the pose estimator.

    Args:
        logits: (n, 3).
        group: (n,) int64, 0 to 2; -1 where the pose is unknown: such rows count for nothing.
    """
    total = functional.cross_entropy(logits, group, reduction="sum", ignore_index=UNKNOWN)
    return _reduced(total, (group != UNKNOWN).sum(), reduction)


def objective(
    estimates: PoseEstimates,
    labels: Tensor,
    group: Tensor,
    *,
    alpha: float = ALPHA,
    reduction: Reduction = "sum",
) -> Losses:
    """Return equation (1), each regressor taught by the rows of its own pose group only.

    Args:
        labels: (n, A), 0-1, NaN where nobody labelled.
        group: (n,) int64 pose group, -1 where it is unknown: such rows teach neither regressors nor pose.
    """
    of_known_pose = labels.masked_fill((group == UNKNOWN).unsqueeze(1), torch.nan)
    intensity = euclidean_loss(estimates.of_known_pose(group), of_known_pose, reduction)
    pose = pose_loss(estimates.pose, group, reduction)
    return Losses(intensity, pose, intensity + alpha * pose)


def _reduced(total: Tensor, count: Tensor, reduction: Reduction) -> Tensor:
    return total if reduction == "sum" else total / count.clamp(min=1)
