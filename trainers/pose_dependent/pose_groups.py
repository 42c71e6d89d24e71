"""The three pose groups of Zhou et al. section III.C: pitch up, level and down, the yaw as it may be."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainers.corpora.corpus import Corpus
from trainers.corpora.licensed import fera2017
from trainers.corpora.viewpoints import PITCH_EDGES, PITCH_NAMES

POSE_GROUPS = PITCH_NAMES
"""("up", "level", "down"): the order of regressors and pose classes."""

UNKNOWN = -1


def pose_group_numbers(corpus: Corpus) -> NDArray[np.int64]:
    """Return (n,) the place of each row's pose group in `POSE_GROUPS`, -1 where it is unknown.

    From the labelled pitch, level from -15 up to 15 degrees (`PITCH_EDGES`: half-way between the renders'
    -30, 0 and 30). FERA 2017 tells no degrees, but the group of each view.
    """
    pitch = corpus.pose[:, 1]
    numbers = np.where(np.isnan(pitch), UNKNOWN, np.digitize(pitch, PITCH_EDGES)).astype(np.int64)
    if corpus.name == fera2017.NAME:
        of_view = {view: POSE_GROUPS.index(group) for view, group in fera2017.PITCH_GROUP.items()}
        named = np.array([of_view.get(view, UNKNOWN) for view in corpus.view.tolist()], dtype=np.int64)
        numbers = np.where(named == UNKNOWN, numbers, named)
    return numbers
