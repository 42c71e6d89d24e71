"""Where people stand or walk before the camera: side by side, or to and fro so that two cross each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SECONDS_EACH = 4.0
"""How long a crossing takes with everything around it, at a natural pace."""
LEAST_SECONDS_EACH = 2.0

# Kinds of crossing, and the seconds that each takes at a natural pace. "slow": one stays behind the other for
# a while; "uneven": their heads pass at different heights, so that one hides a part of the other.
CROSSINGS = {"plain": (1.8, 2.6), "quick": (1.0, 1.4), "slow": (4.0, 6.0), "uneven": (1.8, 3.0)}
# In each round of crossings one person also walks up to the other, before or behind, and turns back.
TURN_BACK, TURN_BACK_SECONDS = "turn back", (2.5, 4.5)
# Between two passages both are apart; then they come nearer or step back.
REST_SECONDS = (0.6, 1.2)
# Where they turn around, and how far apart they are from where they meet; shares of the picture's width.
HOME, MEETING, DRIFT = (0.27, 0.33), 0.08, 0.02
# How near who turns back comes to the other, shares of the width: from right behind to half beside.
SHORT_OF = (0.0, 0.1)
# Millimetres from the camera to who is in front and who is behind, and where a face has the size asked for.
FRONT, BEHIND, REFERENCE = (850.0, 1000.0), (1200.0, 1450.0), 1000.0
# Heads differ in height by chance, in uneven crossings for sure; shares of the picture's height.
HEIGHT, UNEVEN = 0.015, (0.10, 0.18)
# A walking head bobs (share of the height, Hz) and looks some degrees to where it goes.
BOB, STEPS, LOOK = 0.006, 1.8, 18.0
# Widths a second, at which somebody walks rather than stands.
PACE = 0.25


@dataclass(frozen=True, eq=False)
class Walk:
    """Where one person's face is, frame by frame.

    Attributes:
        place: (frames, 2) x, y of the face's middle, shares of the picture's size from its middle.
        distance: (frames,) mm from the camera.
        turn: (frames,) degrees of yaw by which the head looks to where the person goes.
    """

    place: NDArray[np.float64]
    distance: NDArray[np.float64]
    turn: NDArray[np.float64]


def standing(frames: int, x: float, distance: float) -> Walk:
    """Return the walk of somebody who stays at `x`, a share of the picture's width from its middle."""
    return Walk(np.tile([x, 0.0], (frames, 1)), np.full(frames, distance), np.zeros(frames))


def crossing(rng: np.random.Generator, count: int, frames: int, fps: float) -> tuple[Walk, Walk]:
    """Return the walks of two people who cross `count` times, the first from the left.

    Kinds of crossing take turns in random order, and who is in front is drawn each time. They change places,
    nearness and who is in front only while they are apart.
    """
    ways = (_Waypoints(), _Waypoints())
    homes = [-rng.uniform(*HOME), rng.uniform(*HOME)]
    clock = float(rng.uniform(*REST_SECONDS))
    for kind in _passages(rng, count):
        span = TURN_BACK_SECONDS if kind == TURN_BACK else CROSSINGS[kind]
        end = clock + float(rng.uniform(*span))
        _stand(rng, ways, kind, clock, end)
        if kind == TURN_BACK:
            _turn_back(rng, ways, homes, clock, end)
        else:
            homes = _cross(rng, ways, homes, kind, clock, end)
        clock = end + float(rng.uniform(*REST_SECONDS))
    seconds = np.arange(frames) / fps
    one, other = (way.walk(rng, seconds, clock * fps / frames) for way in ways)
    return one, other


def _passages(rng: np.random.Generator, count: int) -> list[str]:
    """The kinds of passage in order: rounds of every crossing, with a turn back in each."""
    passages: list[str] = []
    left = count
    while left:
        kinds = [str(kind) for kind in rng.permutation(list(CROSSINGS))][:left]
        left -= len(kinds)
        kinds.insert(int(rng.integers(len(kinds) + 1)), TURN_BACK)
        passages += kinds
    return passages


def _stand(
    rng: np.random.Generator, ways: tuple[_Waypoints, _Waypoints], kind: str, start: float, end: float
) -> None:
    """Draw who is in front during a passage, how near and how high both are."""
    ahead = int(rng.integers(2))
    heights = rng.normal(0.0, HEIGHT, 2)
    if kind == "uneven":
        heights = rng.choice([-0.5, 0.5]) * np.array([-1.0, 1.0]) * rng.uniform(*UNEVEN)
    for number, way in enumerate(ways):
        distance = float(rng.uniform(*(FRONT if number == ahead else BEHIND)))
        for moment in (start, end):
            way.distance.append((moment, distance))
            way.y.append((moment, float(heights[number])))


def _cross(
    rng: np.random.Generator,
    ways: tuple[_Waypoints, _Waypoints],
    homes: list[float],
    kind: str,
    start: float,
    end: float,
) -> list[float]:
    """Let both change sides; return where they are then."""
    meeting = rng.uniform(-MEETING, MEETING)
    goals = [float(-np.sign(home) * rng.uniform(*HOME)) for home in homes]
    for way, home, goal in zip(ways, homes, goals, strict=True):
        late, early = rng.uniform(0.0, 0.2, 2)
        way.x.append((start + late * (end - start), home))
        if kind == "slow":
            drift = np.sign(goal) * rng.uniform(-0.5, 1.0) * DRIFT
            for share, x in ((late + rng.uniform(0.15, 0.25), -drift), (0.8 - rng.uniform(0.1, 0.2), drift)):
                way.x.append((start + share * (end - start), float(meeting + x)))
        way.x.append((end - early * (end - start), goal))
    return goals


def _turn_back(
    rng: np.random.Generator,
    ways: tuple[_Waypoints, _Waypoints],
    homes: list[float],
    start: float,
    end: float,
) -> None:
    """Let one walk up to the other, who comes a little way, and both go back."""
    mover = int(rng.integers(2))
    host = 1 - mover
    there = homes[host] * rng.uniform(0.1, 0.6)
    goals = {host: there, mover: there + np.sign(homes[mover]) * rng.uniform(*SHORT_OF)}
    arrival, departure = rng.uniform(0.3, 0.4), rng.uniform(0.6, 0.7)
    for number, way in enumerate(ways):
        for share, x in (
            (0.0, homes[number]),
            (arrival, goals[number]),
            (departure, goals[number]),
            (1.0, homes[number]),
        ):
            way.x.append((start + share * (end - start), float(x)))


class _Waypoints:
    """Where one person comes by: (seconds, value) in order."""

    def __init__(self) -> None:
        self.x: list[tuple[float, float]] = []
        self.y: list[tuple[float, float]] = []
        self.distance: list[tuple[float, float]] = []

    def walk(self, rng: np.random.Generator, seconds: NDArray[np.float64], tempo: float) -> Walk:
        """Walk from point to point, `tempo` times as fast as at the natural pace."""
        clock = seconds * tempo
        x, y, distance = (_through(points, clock) for points in (self.x, self.y, self.distance))
        pace = np.gradient(x, clock) / PACE if len(clock) > 1 else np.zeros(len(clock))
        steps = np.sin(2 * np.pi * (STEPS * seconds + rng.random()))
        y += BOB * steps * np.minimum(1.0, np.abs(pace))
        return Walk(np.stack([x, y], axis=1), distance, -LOOK * np.tanh(pace))


def _through(points: list[tuple[float, float]], clock: NDArray[np.float64]) -> NDArray[np.float64]:
    """Move from point to point as people do: with the least jerk (Flash and Hogan, 1985)."""
    times, values = np.array(points).T
    leg = np.clip(np.searchsorted(times, clock, side="right") - 1, 0, len(times) - 2)
    share = np.clip((clock - times[leg]) / (times[leg + 1] - times[leg]), 0.0, 1.0)
    moved = share**3 * (10.0 - 15.0 * share + 6.0 * share**2)
    return np.asarray(values[leg] + moved * (values[leg + 1] - values[leg]))
