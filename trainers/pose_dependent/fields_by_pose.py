"""Receptive fields of one network per AU, in every pose: Zhou et al. Fig. 3."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trainers.corpora.corpus import Corpus
from trainers.corpora.viewpoints import viewpoints
from trainers.pose_dependent.held_out import HeldOut
from trainers.pose_dependent.networks import Intensities
from trainers.pose_dependent.pose_groups import POSE_GROUPS
from trainers.pose_dependent.receptive_fields import MOST_PICTURES, ReceptiveFields, receptive_fields
from trainers.pose_dependent.tasks import PoseDependentTask, PoseInvariantTask
from trainers.training.preparation import Preparation


def fields_by_pose(
    tasks: Mapping[str, PoseInvariantTask] | Mapping[str, PoseDependentTask],
    intensity: NDArray[np.float32],
    seen: HeldOut,
    rows: NDArray[np.bool_],
    device: torch.device,
    *,
    seed: int,
    most: int = MOST_PICTURES,
    progress: Callable[[int], None] = lambda maps: None,
) -> ReceptiveFields:
    """Return the receptive fields of every AU's network in every view or pose.

    Of a pose-dependent network they are those of the regressor of the pose's own group.

    Args:
        tasks: AU -> its network, on the device.
        intensity: (n, A) what they say of the held-out rows.
        rows: (n,) mask of those to choose from.
        most, seed: see `receptive_fields`.
        progress: called with how many more maps, one per AU and pose, are done.
    """
    name, order = poses_of(seen.corpus)
    group_of = {pose: _group(seen.group[(name == pose) & rows]) for pose in order}
    preparation = Preparation(next(iter(tasks.values())).data).to(device)

    def read(chosen: NDArray[np.int64]) -> Tensor:
        return preparation.of_batch(seen.samples[chosen].to(device)).picture

    def one(number: int, au: str, pose: str) -> ReceptiveFields:
        task = tasks[au]
        group = group_of[pose] if isinstance(task, PoseDependentTask) else None
        found = receptive_fields(
            Intensities(task.network, group),
            read,
            intensity[:, [number]],
            np.where(rows, name, ""),
            aus=(au,),
            groups=(pose,),
            seed=seed,
            most=most,
        )
        progress(1)
        return found

    made = [[one(number, au, pose) for pose in order] for number, au in enumerate(tasks)]
    side = next(iter(tasks.values())).data.size

    def together(which: str) -> NDArray[np.float32]:
        nothing = np.full((1, 1, side, side), np.nan, dtype=np.float32)
        maps = [[m if (m := getattr(each, which)).size else nothing for each in of_au] for of_au in made]
        return np.concatenate([np.concatenate(of_au, axis=1) for of_au in maps])

    samples = np.array([[int(each.samples[0, 0]) for each in of_au] for of_au in made])
    return ReceptiveFields(tuple(tasks), order, together("fields"), together("pictures"), samples)


def poses_of(corpus: Corpus) -> tuple[NDArray[np.str_], tuple[str, ...]]:
    """Return each row's view or pose, and all of them in order; "all" where there is one only."""
    found = viewpoints(corpus)
    if found is None:
        return np.full(len(corpus), "all"), ("all",)
    return found.name, found.order


def _group(groups: NDArray[np.int64]) -> str | None:
    """The group that most of these rows are labelled with; None if none is."""
    known = groups[groups >= 0]
    return POSE_GROUPS[int(np.bincount(known).argmax())] if len(known) else None
