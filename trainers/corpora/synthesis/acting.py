"""What one subject does before the camera: the moments of its pictures, in order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainers.corpora.behaviour import (
    Sequence,
    View,
    default_statistics,
    expression,
    expression_sequence,
    head_motion,
    posed,
    spontaneous_sequences,
    views,
)
from trainers.corpora.behaviour.events import draw_sides
from trainers.corpora.behaviour.expressions import LEVELS
from trainers.corpora.behaviour.poses import CONTINUOUS
from trainers.corpora.corpus import EXPRESSIONS
from trainers.corpora.rendering.renderer import Moment
from trainers.corpora.synthesis.plan import CorpusPlan

# Spontaneous behaviour is filmed in takes of this many frames at this rate: long enough to see onsets and
# offsets, short enough that a subject's pictures differ.
TAKE, RATE = 8, 2.0
# Takes are drawn so many at once, which is faster.
AT_ONCE = 16
# Of so many takes somebody with habits chooses.
OFFERED = 8 * AT_ONCE
# Seconds between posed moments, in which a moving head gets anywhere.
APART = 10.0
# How far a held pose strays from its view, and rolls; how far the eyes of a held expression wander; standard
# deviations, degrees.
STRAY, WANDER = 1.5, 3.0


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
    act = {"spontaneous": _spontaneous, "expressions": _expressions, "posed": _posed}[plan.behaviour]
    made: list[Shot] = []
    for shot in act(plan, subject, rng):
        made.append(shot)
        if len(made) == wanted:
            break
    return made


def _spontaneous(plan: CorpusPlan, subject: int, rng: np.random.Generator) -> Iterator[Shot]:
    """Takes without end; in "fera", held-out subjects show every moment in all nine views."""
    from_all = plan.poses == "fera" and plan.partition_of(subject) != "train"
    choice = _choice(plan)
    preference = rng.normal(0.0, plan.habits, len(default_statistics().aus)) if plan.habits else None
    take = 0
    while True:
        for sequence in _takes(rng, preference):
            take += 1
            motion = head_motion(rng, TAKE, RATE)
            for frame in range(TAKE):
                if not choice:
                    yield Shot(take, frame + 1, "", moment_of(sequence, frame, motion[frame]), "", 0)
                    continue
                for view in choice if from_all else (_any(rng, choice),):
                    moment = moment_of(sequence, frame, _held(rng, view))
                    yield Shot(take, frame + 1, view.name, moment, "", 0)


def _takes(rng: np.random.Generator, preference: NDArray[np.float64] | None) -> list[Sequence]:
    """Return the next takes. Who has preferences takes those of many that suit them.

    A take is chosen with odds of exp(preference times the share of its frames that show the AU), summed over
    AUs: what excludes or accompanies what stays as it is.
    """
    if preference is None:
        return spontaneous_sequences(rng, AT_ONCE, TAKE, fps=RATE)
    offered = spontaneous_sequences(rng, OFFERED, TAKE, fps=RATE)
    shown = np.array([sequence.occurrence.mean(axis=0) for sequence in offered])
    # Drawn without replacement by these odds: Gumbel noise on their logarithms, the highest first.
    chosen = np.argsort(-(shown @ preference + rng.gumbel(size=OFFERED)), kind="stable")[:AT_ONCE]
    return [offered[k] for k in chosen.tolist()]


def _expressions(plan: CorpusPlan, subject: int, rng: np.random.Generator) -> Iterator[Shot]:
    """Neutral and the six expressions at four levels in turn: apexes in fixed views, takes in motion.

    Each round shows every expression once, so that classes are balanced; levels and views are drawn.
    """
    choice = _choice(plan)
    spread = default_statistics().spread
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
                view = _any(rng, choice)
                left, right = (apex * share for share in draw_sides(rng, spread, np.zeros(len(spread))))
                moment = _moment(left, right, rng.normal(0.0, WANDER, 2), _held(rng, view))
                yield Shot(take, 1, view.name, moment, str(name), level)
                continue
            sequence = expression_sequence(rng, str(name), max(1, level), TAKE, fps=RATE)
            motion = head_motion(rng, TAKE, RATE)
            for frame in range(TAKE):
                shown = bool(sequence.occurrence[frame].any())
                moment = moment_of(sequence, frame, motion[frame])
                label = str(name) if shown else "neutral"
                yield Shot(take, frame + 1, "", moment, label, level if shown else 0)


def _posed(plan: CorpusPlan, subject: int, rng: np.random.Generator) -> Iterator[Shot]:
    """Moments without end, each a take of its own, in any view, or in a pose that a moving head has."""
    choice = _choice(plan)
    statistics = default_statistics()
    take = 0
    while True:
        for pose in head_motion(rng, AT_ONCE, 1.0 / APART):
            take += 1
            apex = posed(rng, statistics)
            left, right = (apex * side for side in draw_sides(rng, statistics.spread, np.zeros(len(apex))))
            view = _any(rng, choice) if choice else None
            held = pose if view is None else _held(rng, view)
            moment = _moment(left, right, rng.normal(0.0, WANDER, 2), held)
            yield Shot(take, 1, "" if view is None else view.name, moment, "", 0)


def moment_of(sequence: Sequence, frame: int, pose: NDArray[np.floating]) -> Moment:
    """Return what the face does in one frame of a sequence, in a pose of (3,) yaw, pitch, roll in degrees."""
    return _moment(sequence.left[frame], sequence.right[frame], sequence.gaze[frame], pose)


def _choice(plan: CorpusPlan) -> tuple[View, ...]:
    """The views to choose from; none for moving heads."""
    return () if plan.poses == CONTINUOUS else views(plan.poses)


def _any(rng: np.random.Generator, choice: tuple[View, ...]) -> View:
    return choice[int(rng.integers(len(choice)))]


def _held(rng: np.random.Generator, view: View) -> NDArray[np.float64]:
    return np.array([view.yaw, view.pitch, 0.0]) + rng.normal(0.0, STRAY, 3)


def _moment(
    left: NDArray[np.floating],
    right: NDArray[np.floating],
    gaze: NDArray[np.floating],
    pose: NDArray[np.floating],
) -> Moment:
    yaw, pitch, roll = (float(angle) for angle in pose)
    return Moment(
        np.asarray(left, np.float32),
        np.asarray(right, np.float32),
        (float(gaze[0]), float(gaze[1])),
        (yaw, pitch, roll),
    )
