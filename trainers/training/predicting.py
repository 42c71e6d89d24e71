"""What networks say of all samples, without learning from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trainers.evaluation.predicting import Predictions
from trainers.training.batch import Batch
from trainers.training.preparation import Preparation
from trainers.training.samples import Samples
from trainers.training.task import Task


def predict(
    task: Task, samples: Samples, compute: Callable[[Batch], Mapping[str, Tensor]] | None = None
) -> dict[str, NDArray[Any]]:
    """Return a task's outputs for all samples, in their order: name -> (n, ...).

    Args:
        compute: what to ask of the networks, by default `Task.predict`; features, for instance. Runs in
            evaluation mode and without gradients.
    """
    compute = compute or task.predict
    device = device_of(task)
    preparation = Preparation(task.data).to(device)
    task.eval_mode()
    parts: dict[str, list[NDArray[Any]]] = {}
    with torch.no_grad():
        for start in range(0, len(samples), task.data.batch):
            positions = np.arange(start, min(start + task.data.batch, len(samples)))
            batch = preparation.of_batch(samples[positions].to(device))
            for name, values in compute(batch).items():
                parts.setdefault(name, []).append(values.float().cpu().numpy())
    return {name: np.concatenate(values) for name, values in parts.items()}


def device_of(task: Task) -> torch.device:
    """Return the device that a task's networks are on."""
    for network in task.networks.values():
        for tensor in (*network.parameters(), *network.buffers()):
            return tensor.device
    return torch.device("cpu")


def as_predictions(
    task: Task, samples: Samples, rows: int, *, model: str, expressions: tuple[str, ...] = ()
) -> Predictions:
    """Return a task's scores as evaluations and reports take them (`trainers.reports`).

    Args:
        rows: of the whole corpus; those that are not among the samples count as without a face.
        model: name of it in tables.
        expressions: of the columns of "expression", if the task gives it.
    """
    predicted = predict(task, samples)
    found = np.full(rows, "", dtype="<U32")
    found[samples.rows] = "all"
    if "pose_group" in predicted:
        names = np.array(task.facts.pose_groups)
        found[samples.rows] = names[predicted["pose_group"].argmax(axis=1)]

    def column(name: str) -> NDArray[np.float32] | None:
        if name not in predicted:
            return None
        values = np.full((rows, *predicted[name].shape[1:]), np.nan, dtype=np.float32)
        values[samples.rows] = predicted[name]
        return values

    return Predictions(
        model=model,
        aus=task.facts.aus,
        expressions=expressions if "expression" in predicted else (),
        occurrence=column("au_occurrence"),
        intensity=column("au_intensity"),
        expression=column("expression"),
        pose_group=found,
        thresholds=np.full(len(task.facts.aus), 0.5),
        settings="each picture by itself",
    )
