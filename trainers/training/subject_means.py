"""Pictures as differences from their subject's mean (Ghosh et al. section V), and the same live.

A difference is kept like a picture: (1 + picture - mean) / 2 of what was 0 to 1, in 256 levels. The exported
network takes the crop and the person's mean crop, and does that itself.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from trainers.training.pictures import normalisation
from trainers.training.recipe import DataRecipe


def subject_differences(pictures: NDArray[np.uint8], subject: NDArray[np.str_]) -> NDArray[np.uint8]:
    """Return the differences of (n, C, S, S) pictures from the mean of all pictures of the same subject.

    Args:
        subject: (n,) whose they are.
    """
    differences = np.empty_like(pictures)
    for name in np.unique(subject):
        rows = subject == name
        mean = pictures[rows].mean(axis=0, dtype=np.float64).astype(np.float32)
        differences[rows] = np.rint((255.0 + pictures[rows] - mean) / 2.0).astype(np.uint8)
    return differences


class FromMean(nn.Module):
    """A network behind the subtraction of the person's mean.

    Takes crops and mean crops as the runtime gives them, normalised alike, and any further inputs.
    """

    shift: Tensor

    def __init__(self, network: nn.Module, data: DataRecipe) -> None:
        super().__init__()
        self.network = network
        mean, std = (torch.tensor(each).reshape(-1, 1, 1) for each in normalisation(data))
        # (1 + c - m) / 2 of plain crops c and means m, normalised, from c and m normalised.
        self.register_buffer("shift", (0.5 - mean) / std)

    def forward(self, crop: Tensor, *inputs: Tensor) -> object:
        """Take the crop, other inputs in their order, and the mean crop last."""
        *others, mean = inputs
        return self.network(self.shift + (crop - mean) / 2.0, *others)
