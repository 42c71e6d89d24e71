"""Training pictures in the look of another domain, by a generator that was trained before: `data.adapt`."""

from __future__ import annotations

import dataclasses
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor

from trainers.training.errors import TrainingError
from trainers.training.predicting import predict
from trainers.training.samples import Samples


@runtime_checkable
class Restyles(Protocol):
    """What a task must have for its runs to adapt pictures.

    Attributes:
        restyled_domain: domain, as corpora name it, whose pictures it gives another look.
    """

    restyled_domain: str

    def restyled(self, picture: Tensor) -> Tensor:
        """(n, C, S, S) pictures as its recipe normalises them, -1 to 1 -> the same."""
        ...


def adapted(samples: Samples, run: str) -> Samples:
    """Return the samples with every picture of the run's source domain restyled; the others are as they are.

    Args:
        run: folder of a trained run whose task is a `Restyles`, such as `cycle-attention`.

    Raises:
        TrainingError: no such run, its task restyles nothing, its pictures have other channels, no picture
            is of its domain, or there are too many for `data.memory`.
    """
    from trainers.training.loading import load_run

    task = load_run(run).task
    if not isinstance(task, Restyles):
        raise TrainingError(
            f"data.adapt {run}: its task gives pictures no other look; name a run of task cycle-attention"
        )
    if not isinstance(samples.pictures, np.ndarray):
        raise TrainingError(
            f"data.adapt {run}: the pictures do not fit in data.memory, or there are none: raise it"
        )
    channels, size = samples.pictures.shape[1], samples.pictures.shape[2]
    if channels != task.data.channels or size % 4:
        raise TrainingError(
            f"data.adapt {run}: restyles {task.data.colour} pictures whose sides are multiples of 4, "
            f"these have {channels} channels and {size} px: set data.colour and data.size alike"
        )
    rows = np.flatnonzero(samples.corpus.domain == task.restyled_domain)
    if not len(rows):
        raise TrainingError(
            f"data.adapt {run}: no training picture is of domain {task.restyled_domain!r}: leave it out"
        )
    chosen = dataclasses.replace(
        samples,
        corpus=samples.corpus.select(rows),
        rows=samples.rows[rows],
        epoch=np.arange(len(rows)),
        columns={name: values[rows] for name, values in samples.columns.items()},
        inputs={},
        facts=task.facts,
        pictures=samples.pictures[rows],
    )
    made = predict(task, chosen, lambda batch: {"picture": as_pixels(task.restyled(batch.picture))})[
        "picture"
    ]
    pictures = samples.pictures.copy()
    pictures[rows] = made.astype(np.uint8)
    return dataclasses.replace(samples, pictures=pictures)


def as_pixels(picture: Tensor) -> Tensor:
    """Return 0 to 255, whole numbers, of pictures in -1 to 1."""
    return torch.round((picture.clamp(-1.0, 1.0) + 1.0) * 127.5)
