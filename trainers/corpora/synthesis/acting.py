"""What one subject does before the camera: the moments of its pictures, in order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainers.corpora.behaviour import (
    AUS,
    expression,
    expression_sequence,
    head_motion,
    spontaneous_sequences,
    views,
)
from trainers.corpora.behaviour.expressions import LEVELS
from trainers.corpora.behaviour.poses import CONTINUOUS
from trainers.corpora.corpus import EXPRESSIONS
from trainers.corpora.rendering.renderer import Moment
from trainers.corpora.synthesis.plan import CorpusPlan

# Spontaneous behaviour is filmed in takes of this many frames at this rate: long enough to see onsets and
# offsets, short enough that a subject's pictures differ.
TAKE, RATE = 8, 4.0
# How far a held pose strays from its view, and rolls; standard deviation, degrees.
STRAY = 1.5


@dataclass(frozen=True, eq=False)
class Shot:
    """One picture to be taken.

    Attributes:
        take: number of the sequence within the subject; frame: place in it, from 1.
        view: name of the view, "" for moving heads.
        moment: what the face does.
        expression: label, "" if spontaneous; level: 1 to 4, 0 without.
    """

    take: int
    frame: int
    view: str
    moment: Moment
    expression: str
    level: int


def shots(plan: CorpusPlan, subject: int, rng: np.random.Generator) -> list[Shot]:
    """Return the shots of one subject."""
    wanted = plan.frames_of(subject)
    act = _spontaneous if plan.behaviour == "spontaneous" else _expressions
    made: list[Shot] = []
    for shot in act(plan, subject, rng):
        made.append(shot)
        if len(made) == wanted:
            break
    return made


def _spontaneous(plan: CorpusPlan, subject: int, rng: np.random.Generator) -> Iterator[Shot]:
    """Takes without end; in "fera", held-out subjects show every moment in all nine views."""
    from_all = plan.poses == "fera" and plan.partition_of(subject) != "train"
    choice = [] if plan.poses == CONTINUOUS else list(views(plan.poses))
    take = 0
    while True:
        for sequence in spontaneous_sequences(rng, 16, TAKE, fps=RATE):
            take += 1
            motion = head_motion(rng, TAKE, RATE)
            for frame in range(TAKE):
                seen = choice if from_all else choice and [choice[int(rng.integers(len(choice)))]]
                poses = [(v.name, *_held(rng, v.yaw, v.pitch)) for v in seen] or [("", *motion[frame])]
                for view, *pose in poses:
                    moment = _moment(sequence.left[frame], sequence.right[frame], sequence.gaze[frame], pose)
                    yield Shot(take, frame + 1, view, moment, "", 0)


def _expressions(plan: CorpusPlan, subject: int, rng: np.random.Generator) -> Iterator[Shot]:
    """Neutral and the six expressions at four levels in turn: apexes in fixed views, takes in motion.

    Each round shows every expression once, so that classes are balanced; levels and views are drawn.
    """
    choice = [] if plan.poses == CONTINUOUS else list(views(plan.poses))
    own_seed = int(rng.integers(2**31))
    take = 0
    while True:
        for name in rng.permutation(EXPRESSIONS):
            level = 0 if name == "neutral" else int(rng.choice(LEVELS))
            take += 1
            if choice:
                # The same person makes the same expression in the same way at every level.
                person = np.random.default_rng([own_seed, EXPRESSIONS.index(name)])
                apex = expression(person, str(name), max(1, level))
                view = choice[int(rng.integers(len(choice)))]
                left, right = (apex * np.clip(rng.normal(1.0, 0.04, len(AUS)), 0.9, 1.0) for _ in range(2))
                moment = _moment(left, right, rng.normal(0.0, 3.0, 2), _held(rng, view.yaw, view.pitch))
                yield Shot(take, 1, view.name, moment, str(name), level)
                continue
            sequence = expression_sequence(rng, str(name), max(1, level), TAKE, fps=RATE)
            motion = head_motion(rng, TAKE, RATE)
            for frame in range(TAKE):
                shown = bool(sequence.occurrence[frame].any())
                moment = _moment(
                    sequence.left[frame], sequence.right[frame], sequence.gaze[frame], motion[frame]
                )
                label = str(name) if shown else "neutral"
                yield Shot(take, frame + 1, "", moment, label, level if shown else 0)


def _held(rng: np.random.Generator, yaw: float, pitch: float) -> tuple[float, float, float]:
    stray = rng.normal(0.0, STRAY, 3)
    return yaw + float(stray[0]), pitch + float(stray[1]), float(stray[2])


def _moment(
    left: NDArray[np.floating],
    right: NDArray[np.floating],
    gaze: NDArray[np.floating],
    pose: tuple[float, ...] | list[float],
) -> Moment:
    yaw, pitch, roll = (float(angle) for angle in pose)
    return Moment(
        np.asarray(left, np.float32),
        np.asarray(right, np.float32),
        (float(gaze[0]), float(gaze[1])),
        (yaw, pitch, roll),
    )
