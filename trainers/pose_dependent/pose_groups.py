"""The three pose groups of Zhou et al. section III.C: pitch up, level and down, the yaw as it may be."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from trainers.corpora.corpus import Corpus
from trainers.corpora.licensed import fera2017
from trainers.corpora.viewpoints import PITCH_NAMES
from trainers.training.errors import RecipeError

POSE_GROUPS = PITCH_NAMES
"""("up", "level", "down"): the order of regressors and pose classes."""

UNKNOWN = -1

# FERA 2017 tells no degrees, but each view's group. Any pitch inside the recipes' range of the group will do;
# these are the open corpus' own.
_PITCH = {"up": -30.0, "level": 0.0, "down": 30.0}


def check_pose_groups(names: Sequence[str], task: str) -> None:
    """Refuse a recipe whose `[data.pose_groups]` are not `POSE_GROUPS` in this order.

    Raises:
        RecipeError: naming those that it has.
    """
    if tuple(names) != POSE_GROUPS:
        wanted = ", ".join(f"[data.pose_groups.{name}]" for name in POSE_GROUPS)
        raise RecipeError(
            f"task {task}: data.pose_groups are {', '.join(names) or 'none'}: write {wanted}, in this order, "
            "each with its range of pitch"
        )


def with_group_pitch(corpus: Corpus) -> Corpus:
    """Return FERA 2017 with a pitch for every row, that of its view's group; other corpora as they are.

    So that ranges of pitch sort its rows as the paper sorts them. The pitch stands for the group and is no
    measurement; rows that have one keep it.
    """
    if corpus.name != fera2017.NAME:
        return corpus
    of_view = {view: _PITCH[group] for view, group in fera2017.PITCH_GROUP.items()}
    pitch = np.array([of_view.get(view, np.nan) for view in corpus.view.tolist()], dtype=np.float32)
    pose = corpus.pose.copy()
    pose[:, 1] = np.where(np.isnan(pose[:, 1]), pitch, pose[:, 1])
    return dataclasses.replace(corpus, pose=pose)
