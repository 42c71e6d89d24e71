"""From where a corpus' faces are seen: its views if it names a few, else groups of its poses."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from trainers.corpora.corpus import Corpus

# More columns than this no table can hold.
MOST_VIEWS = 12

# Half-way between the nine poses of FERA-like renders, yaw -40, 0, 40 by pitch -30, 0, 30.
YAW_EDGES = (-20.0, 20.0)
PITCH_EDGES = (-15.0, 15.0)
# Yaw above 0 is turned to the left of the image, pitch above 0 down (`realtime.types.Pose`).
YAW_NAMES = ("right", "front", "left")
PITCH_NAMES = ("up", "level", "down")


class Viewpoints(NamedTuple):
    """A group of each row.

    Attributes:
        kind: "view" or "pose".
        name: (n,) the group's name, "" where it is unknown.
        order: the names that occur, as tables list them.
        explanation: one line on what the groups are.
    """

    kind: str
    name: NDArray[np.str_]
    order: tuple[str, ...]
    explanation: str


def viewpoints(corpus: Corpus) -> Viewpoints | None:
    """Return the groups by which figures per pose are told; None if there is but one or nothing is known.

    Views where the corpus has two to twelve. Otherwise the labelled pose, cut at yaw -20 and 20 and pitch
    -15 and 15 degrees into nine groups, "up left" to "down right".
    """
    views = sorted({name for name in corpus.view.tolist() if name}, key=_natural)
    if 2 <= len(views) <= MOST_VIEWS:
        return Viewpoints("view", corpus.view, tuple(views), "Views as the corpus names them.")
    yaw, pitch = corpus.pose[:, 0], corpus.pose[:, 1]
    known = ~(np.isnan(yaw) | np.isnan(pitch))
    names = np.char.add(
        np.char.add(np.array(PITCH_NAMES)[np.digitize(pitch, PITCH_EDGES)], " "),
        np.array(YAW_NAMES)[np.digitize(yaw, YAW_EDGES)],
    )
    names = np.where(known, names, "")
    order = [f"{p} {y}" for p in PITCH_NAMES for y in reversed(YAW_NAMES)]
    there = tuple(name for name in order if (names == name).any())
    if len(there) < 2:
        return None
    return Viewpoints(
        "pose",
        names,
        there,
        f"Labelled pose, cut at pitch {PITCH_EDGES[0]:g}° and {PITCH_EDGES[1]:g}° and yaw {YAW_EDGES[0]:g}° "
        f"and {YAW_EDGES[1]:g}°; left and right are the image's.",
    )


def _natural(name: str) -> tuple[int, str]:
    return (int(name), "") if name.isdecimal() else (1 << 30, name)
