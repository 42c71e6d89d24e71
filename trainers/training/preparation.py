"""From the pixels of a batch to what a network sees; the same module goes into the exported network."""

from __future__ import annotations

import dataclasses

import torch
from torch import Tensor, nn

from trainers.training.batch import Batch
from trainers.training.pictures import normalisation
from trainers.training.recipe import DataRecipe


class Preparation(nn.Module):
    """Equalises crops if the recipe says so, and normalises pictures.

    Whole pictures are equalised when they are read: before resizing, as Zhou et al. do it.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, data: DataRecipe) -> None:
        super().__init__()
        mean, std = normalisation(data)
        self.equalise = Equalise() if data.equalise and data.picture == "crop" else None
        self.register_buffer("mean", torch.tensor(mean).reshape(-1, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).reshape(-1, 1, 1), persistent=False)

    def forward(self, picture: Tensor) -> Tensor:
        """(B, C, S, S) float32 in 0-1 -> normalised."""
        if self.equalise is not None:
            picture = self.equalise(picture)
        return (picture - self.mean) / self.std

    def of_batch(self, batch: Batch) -> Batch:
        """Return the batch with its uint8 pictures as float32, prepared."""
        if "crop" not in batch.inputs:
            return batch
        return with_picture(batch, self(unit_range(batch.picture)))


class Equalise(nn.Module):
    """`corpora.equalisation.equalised` of a batch: (B, 1, S, S) float32 in 0-1 -> the same; exportable."""

    def forward(self, grey: Tensor) -> Tensor:
        """Spread each picture's histogram of 256 bins."""
        level = torch.round(grey * 255.0).clamp(0.0, 255.0).to(torch.int64).flatten(1)
        pixels = level.shape[1]
        ones = torch.ones_like(level, dtype=torch.float32)
        count = torch.zeros(level.shape[0], 256, dtype=torch.float32, device=grey.device)
        count = count.scatter_add(1, level, ones)
        darkest = count.gather(1, level.amin(dim=1, keepdim=True))
        spread = (count.cumsum(dim=1) - darkest) / (pixels - darkest).clamp(min=1.0)
        table = torch.round(spread * 255.0).clamp(0.0, 255.0) / 255.0
        changed = table.gather(1, level)
        same = level.to(torch.float32) / 255.0
        return torch.where(darkest < pixels, changed, same).reshape(grey.shape)


def unit_range(picture: Tensor) -> Tensor:
    """Return uint8 pixels as float32 in 0-1."""
    return picture.to(torch.float32) / 255.0


def with_picture(batch: Batch, picture: Tensor) -> Batch:
    """Return the batch with another picture."""
    return dataclasses.replace(batch, inputs={**batch.inputs, "crop": picture})
