"""A look at the validation rows: losses, figures of merit, and pictures to keep."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from trainers.training.batch import Batch
from trainers.training.errors import TrainingError
from trainers.training.predicting import device_of, predict
from trainers.training.preparation import Preparation
from trainers.training.samples import Samples, some
from trainers.training.task import Losses, Task

EXAMPLES = 16


def weighted_sum(losses: Losses, weights: Mapping[str, float]) -> Tensor:
    """Return the sum of the losses, each times its weight, 1 if it has none."""
    terms = [(value * weights.get(name, 1.0)).reshape(()) for name, value in losses.items()]
    if not terms:
        raise TrainingError("a step of the task gives no loss")
    return torch.stack(terms).sum()


def validation_figures(
    task: Task,
    samples: Samples,
    weights: Mapping[str, float],
    autocast: Callable[[], AbstractContextManager[object]],
) -> dict[str, float]:
    """Return the losses ("loss" is their weighted sum, "loss/NAME" each) and the task's score.

    Losses are means over batches, weighed by their size. Without samples there is nothing.
    """
    if not len(samples):
        return {}
    sums: dict[str, float] = {}

    def compute(batch: Batch) -> Mapping[str, Tensor]:
        with autocast():
            losses = task.validation_losses(batch)
            predicted = task.predict(batch)
        if losses:
            named = {"loss": weighted_sum(losses, weights)}
            named |= {f"loss/{name}": value for name, value in losses.items()}
            for name, value in named.items():
                sums[name] = sums.get(name, 0.0) + float(value) * len(batch)
        return predicted

    predicted = predict(task, samples, compute)
    return {name: total / len(samples) for name, total in sums.items()} | task.score(samples, predicted)


def keep_pictures(task: Task, samples: Samples, folder: Path, iteration: int) -> None:
    """Write what the task draws of some samples, if it draws anything."""
    if type(task).pictures is Task.pictures:
        return
    from PIL import Image

    device = device_of(task)
    examples = Preparation(task.data).to(device).of_batch(some(samples, EXAMPLES).to(device))
    task.eval_mode()
    with torch.no_grad():
        pictures = task.pictures(examples)
    folder.mkdir(exist_ok=True)
    for name, picture in pictures.items():
        Image.fromarray(np.asarray(picture)).save(folder / f"{name}-{iteration:07d}.png")
