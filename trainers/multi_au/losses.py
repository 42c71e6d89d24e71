"""What the network is taught by: losses that rare AUs count in, and agreement itself."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from trainers.training.masked_losses import masked_mean

# A batch in which an AU hardly varies says little of agreement: the loss fades out there.
LITTLE_VARIANCE = 1e-3


def weighted_squared_error(prediction: Tensor, label: Tensor, weight: Tensor) -> Tensor:
    """Mean of weight x squared error over the labels that are known.

    Args:
        prediction: (n, A), 0-1.
        label: (n, A), 0-1, NaN where nobody labelled.
        weight: (n, A).
    """
    known = ~label.isnan()
    return masked_mean(weight * (prediction - label.nan_to_num()).square(), known)


def weighted_cross_entropy(logit: Tensor, label: Tensor, weight: Tensor) -> Tensor:
    """Mean of weight x binary cross-entropy over the labels (0, 1 or NaN) that are known."""
    known = ~label.isnan()
    loss = functional.binary_cross_entropy_with_logits(logit, label.nan_to_num(), reduction="none")
    return masked_mean(weight * loss, known)


def discordance(prediction: Tensor, label: Tensor, weight: Tensor) -> Tensor:
    """Return 1 - the weighted concordance correlation coefficient over the batch, mean over AUs.

    Lin, "A concordance correlation coefficient to evaluate reproducibility" (Biometrics 1989), equation 3.
    Squared error alone draws predictions to the mean, and agreement (ICC) punishes that; this does not.

    Args:
        prediction: (n, A), 0-1.
        label: (n, A), 0-1, NaN where nobody labelled.
        weight: (n, 1), above 0: how much each face counts.
    """
    known = ~label.isnan()
    share = torch.where(known, weight, torch.zeros_like(weight))
    share = share / share.sum(dim=0).clamp(min=weight.min())
    truth = label.nan_to_num()

    def mean(values: Tensor) -> Tensor:
        return torch.where(known, share * values, torch.zeros_like(values)).sum(dim=0)

    one, other = mean(prediction), mean(truth)
    together = mean((prediction - one) * (truth - other))
    apart = mean((prediction - one).square()) + mean((truth - other).square()) + (one - other).square()
    return (1.0 - 2.0 * together / (apart + LITTLE_VARIANCE)).mean()


def rarity_weights(occurrence: Tensor, rarity: Tensor) -> Tensor:
    """Return (n, A) how much each label weighs: `rarity` (A,) where the AU occurs, 1 elsewhere."""
    return torch.where(occurrence.nan_to_num() > 0.5, rarity, torch.ones_like(occurrence))
