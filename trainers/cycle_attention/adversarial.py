"""Losses of networks that learn against each other, from a discriminator's scores."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

LEAST_SQUARES, LOG = "least-squares", "log"
KINDS = (LEAST_SQUARES, LOG)
"""Mao et al., arXiv:1611.04076; Goodfellow et al. (equations 4 and 5), not saturating for the generator."""


def deception(kind: str, made: Tensor) -> Tensor:
    """Return the generator's loss: low where pictures that were made score as real ones."""
    return ((made - 1) ** 2).mean() if kind == LEAST_SQUARES else functional.softplus(-made).mean()


def discrimination(kind: str, real: Tensor, made: Tensor) -> Tensor:
    """Return the discriminator's loss: low where real ones score 1, or high, and the others 0, or low."""
    if kind == LEAST_SQUARES:
        return (((real - 1) ** 2).mean() + (made**2).mean()) / 2
    return (functional.softplus(-real).mean() + functional.softplus(made).mean()) / 2
