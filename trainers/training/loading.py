"""A run back from disk, for evaluation and export."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal

from trainers.training import checkpoint
from trainers.training.run_folder import RunFolder, RunRecord, read_record
from trainers.training.task import Task
from trainers.training.train import new_task


@dataclass(frozen=True, eq=False)
class LoadedRun:
    """What a run holds.

    Attributes:
        folder: of the run.
        record: its recipe, corpora, split and facts.
        task: with its weights, on the CPU, in evaluation mode.
        figures: of the best weights on the validation rows; None where undefined.
    """

    folder: RunFolder
    record: RunRecord
    task: Task
    figures: dict[str, float | None]


def load_run(run: str | os.PathLike[str], weights: Literal["best", "last"] = "best") -> LoadedRun:
    """Open a run.

    Raises:
        TrainingError: no run, not trained yet, damaged, or its task has changed since.
        RecipeError: its recipe is not one that this program takes.
    """
    folder = RunFolder(run)
    record = read_record(folder)
    task = new_task(record.recipe, record.facts)
    path = folder.best if weights == "best" else folder.last
    tensors, _ = checkpoint.read_tensors(path)
    checkpoint.load_networks(task, tensors, path)
    task.eval_mode()
    standing = checkpoint.read_state(folder.last).get("standing", {})
    return LoadedRun(folder, record, task, standing.get("figures", {}))
