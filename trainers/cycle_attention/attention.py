"""Where a network looks, and how another learns to look there (Zagoruyko and Komodakis, arXiv:1612.03928)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional


def attention_map(features: Tensor) -> Tensor:
    """(n, J, h, w) feature maps -> (n, 1, h, w): equation (1) of F. Zhang et al., the sum of |A_j|."""
    return features.abs().sum(dim=1, keepdim=True)


def transfer_loss(teacher: Sequence[Tensor], student: Sequence[Tensor]) -> Tensor:
    """Return the second term of equation (7), without beta; the mean over the batch.

    Of each pair of maps the distance between both, each made a vector of length 1; half of the sum over
    pairs. Where a pair's maps differ in size, the teacher's is averaged or repeated to the student's.

    Args:
        teacher, student: for each of the chosen layers (n, J, h, w) feature maps; J may differ.

    Raises:
        ValueError: not as many of both.
    """
    distances = [
        _distance(attention_map(one), attention_map(two)) for one, two in zip(teacher, student, strict=True)
    ]
    return torch.stack(distances).sum() / 2


def _distance(teacher: Tensor, student: Tensor) -> Tensor:
    if teacher.shape[-2:] != student.shape[-2:]:
        teacher = functional.adaptive_avg_pool2d(teacher, (student.shape[-2], student.shape[-1]))
    apart = functional.normalize(teacher.flatten(1), dim=1) - functional.normalize(student.flatten(1), dim=1)
    distance: Tensor = torch.linalg.vector_norm(apart, dim=1).mean()
    return distance
