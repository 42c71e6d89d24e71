"""Gradient reversal: what follows learns a loss, what comes before unlearns it.

Ganin et al., "Domain-Adversarial Training of Neural Networks", JMLR 2016, section 4.2; here it gives all
three lines of equation (5) of Z. Zhang et al. from one backward pass.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


class _Scaled(torch.autograd.Function):
    """The identity, whose gradient is multiplied by `factor`."""

    @staticmethod
    def forward(context: Any, features: Tensor, factor: float) -> Tensor:
        context.factor = factor
        return features.view_as(features)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return context.factor * gradient, None


def scale_gradient(features: Tensor, factor: float) -> Tensor:
    """Return the features; whatever gradient comes back through them is multiplied by `factor`.

    With -alpha it is reversed: the head behind it descends its loss, the layers before ascend alpha times it.
    """
    scaled: Tensor = _Scaled.apply(features, factor)  # type: ignore[no-untyped-call]
    return scaled
