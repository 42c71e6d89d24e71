"""Training pictures in the look of another domain, by a generator that was trained before: `data.adapt`."""

from __future__ import annotations

import dataclasses
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor

from trainers.training.errors import TrainingError
from trainers.training.predicting import predict
from trainers.training.recipe import DataRecipe
from trainers.training.samples import Samples


@runtime_checkable
class Restyles(Protocol):
    """What a task must have for its runs to adapt pictures.

    Attributes:
        restyled_domain: domain, as corpora name it, whose pictures it gives another look.
        restyled_multiple: the pictures' sides are multiples of it.
    """

    restyled_domain: str
    restyled_multiple: int

    def restyled(self, picture: Tensor) -> Tensor:
        """(n, C, S, S) pictures as its recipe normalises them, -1 to 1 -> the same."""
        ...


ALIKE = ("picture", "colour", "equalise", "anchors", "template")
"""Keys of `[data]` by which pictures are cut and coloured: a generator knows no others."""


def adapted(samples: Samples, data: DataRecipe) -> Samples:
    """Return the samples with every picture of a run's source domain restyled; the others are as they are.

    Args:
        data: how the samples were read; its `adapt` is the folder of a trained run whose task is a
            `Restyles`, such as `cycle-attention`.

    Raises:
        TrainingError: no such run, its task restyles nothing, its pictures were cut or coloured otherwise, no
            picture is of its domain, or there are too many for `data.memory`.
    """
    from trainers.training.loading import load_run

    run = data.adapt
    task = load_run(run).task
    if not isinstance(task, Restyles):
        raise TrainingError(
            f"data.adapt {run}: its task gives pictures no other look; name a run of task cycle-attention"
        )
    if not isinstance(samples.pictures, np.ndarray):
        raise TrainingError(
            f"data.adapt {run}: the pictures do not fit in data.memory, or there are none: raise it"
        )
    for key in ALIKE:
        there, here = getattr(task.data, key), getattr(data, key)
        if there != here:
            raise TrainingError(
                f"data.adapt {run}: was trained with data.{key} {there}, this recipe has {here}: "
                "train it with the same, --set works there too"
            )
    if data.size % task.restyled_multiple:
        raise TrainingError(
            f"data.adapt {run}: data.size is {data.size}: take a multiple of {task.restyled_multiple}"
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
