"""Equation (1) of Zhou et al.: Euclidean loss of the intensities + alpha x cross-entropy of the pose."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from trainers.corpora.corpus import TOP_INTENSITY
from trainers.pose_dependent.networks import PoseEstimates
from trainers.pose_dependent.pose_groups import UNKNOWN
from trainers.training.masked_losses import class_entropy, squared_error

ALPHA = 0.05

INTENSITY, POSE = "intensity", "pose"
"""Names of the two sums of equation (1)."""

Reduction = Literal["sum", "mean"]
"""Over the N pictures of a batch: "sum" is equation (1) as printed. With "mean" a learning rate about N
times as large does the same."""


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
    return _reduced(squared_error(estimates, labels), ~labels.isnan(), reduction)


def pose_loss(logits: Tensor, group: Tensor, reduction: Reduction = "sum") -> Tensor:
    """Return the cross-entropy of the pose estimator.

    Args:
        logits: (n, 3).
        group: (n,) int64, 0 to 2; -1 where the pose is unknown: such rows count for nothing.
    """
    return _reduced(class_entropy(logits, group), group != UNKNOWN, reduction)


def objective(
    estimates: PoseEstimates, labels: Tensor, group: Tensor, reduction: Reduction = "sum"
) -> dict[str, Tensor]:
    """Return the two sums of equation (1) by name, the pose's not yet times alpha.

    Each regressor is taught by the rows of its own pose group only.

    Args:
        labels: (n, A), 0-1, NaN where nobody labelled.
        group: (n,) int64 pose group, -1 where it is unknown: such rows teach neither regressors nor pose.
    """
    of_known_pose = labels.masked_fill((group == UNKNOWN).unsqueeze(1), torch.nan)
    return {
        INTENSITY: euclidean_loss(estimates.of_known_pose(group), of_known_pose, reduction),
        POSE: pose_loss(estimates.pose, group, reduction),
    }


def _reduced(mean: Tensor, known: Tensor, reduction: Reduction) -> Tensor:
    return mean * known.sum() if reduction == "sum" else mean
