"""Losses over labels some of which nobody gave: a NaN label has no loss and no gradient.

All take (B, A) predictions and labels and return the mean over the labels that are known; 0, with a graph,
where none is.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def masked_mean(values: Tensor, known: Tensor) -> Tensor:
    """Return the mean of the values where `known`; 0 if nothing is.

    Args:
        values: float32; finite also where they are not known.
        known: bool, of the same shape.
    """
    return torch.where(known, values, torch.zeros_like(values)).sum() / known.sum().clamp(min=1)


def squared_error(prediction: Tensor, label: Tensor) -> Tensor:
    """Mean squared error: the Euclidean loss of Zhou et al. without its factor 1/2."""
    prediction, label, known = _filled(prediction, label)
    return masked_mean((prediction - label) ** 2, known)


def cross_entropy_of_logits(logit: Tensor, label: Tensor, positive_weight: Tensor | None = None) -> Tensor:
    """Binary cross-entropy per AU of (B, A) logits (Wang et al. equation 5).

    Args:
        positive_weight: (A,) how many times positive labels weigh.
    """
    logit, label, known = _filled(logit, label)
    loss = functional.binary_cross_entropy_with_logits(
        logit, label, reduction="none", pos_weight=positive_weight
    )
    return masked_mean(loss, known)


def class_entropy(logit: Tensor, index: Tensor) -> Tensor:
    """Cross-entropy of (B, K) logits and (B,) class indices, of which -1 is unknown."""
    known = index >= 0
    loss = functional.cross_entropy(logit, index.clamp(min=0), reduction="none")
    return masked_mean(loss, known)


def _filled(prediction: Tensor, label: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Both with 0 where the label is unknown, and where it is known.

    Before the loss, not after it: the derivative of a loss at NaN is NaN, and 0 times that still is.
    """
    known = ~torch.isnan(label)
    nothing = torch.zeros_like(prediction)
    return torch.where(known, prediction, nothing), torch.where(known, label, nothing), known
