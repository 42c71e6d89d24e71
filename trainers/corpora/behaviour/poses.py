"""Head poses: the fixed views of FERA-2017 and of the CycleAT paper's BU-3DFE, and natural head motion.

Angles in degrees, axes as `realtime.types.Pose`: yaw > 0 turns the face to the left of the image, pitch > 0
turns it down, roll > 0 tilts the head clockwise as seen in the image.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainers.errors import CorpusError

CONTINUOUS = "continuous"


@dataclass(frozen=True, slots=True)
class View:
    """A fixed head pose.

    Attributes:
        name: as in `Corpus.view`.
        yaw: degrees.
        pitch: degrees.
    """

    name: str
    yaw: float
    pitch: float


FERA_YAW = (-40, 0, 40)
FERA_PITCH = (-30, 0, 30)
"""Pitch up, level, down. The order is that of Zhou, Pi and Shi, "Pose-independent facial Action Unit
intensity regression" (FG 2017), section IV: views 1 to 3 are pitched up, 4 to 6 level, 7 to 9 down; view 5 is
frontal. The angles are ours, not FERA-2017's (Valstar et al., arXiv:1702.04174), which turn the head up or
down one way only: a live camera sees both."""

BU3DFE_YAW = (-45, -35, -25, -15, -5, 0, 5, 15, 25, 35, 45)
BU3DFE_PITCH = (-30, -25, -20, -15, -10, -5, 0, 5, 10, 15, 20, 25, 30)
"""11 pan and 13 tilt angles, 143 poses: Zhang et al., "Facial expression recognition in the wild: a
cycle-consistent adversarial attention transfer approach", section 4.1. Names are signed yaw and pitch:
"+25-10", "+0+0"."""

_FERA = tuple((yaw, pitch) for pitch in FERA_PITCH for yaw in FERA_YAW)
_VIEWS: dict[str, tuple[View, ...]] = {
    "fera": tuple(View(str(number), yaw, pitch) for number, (yaw, pitch) in enumerate(_FERA, start=1)),
    "bu3dfe": tuple(View(f"{yaw:+d}{pitch:+d}", yaw, pitch) for pitch in BU3DFE_PITCH for yaw in BU3DFE_YAW),
}


def views(kind: str) -> tuple[View, ...]:
    """Return the views of "fera" (9) or "bu3dfe" (143), in the order of their numbers or angles.

    Raises:
        CorpusError: for any other kind; "continuous" has no fixed views, see `head_motion`.
    """
    if kind not in _VIEWS:
        why = "has no fixed views, only head motion" if kind == CONTINUOUS else "is not known"
        raise CorpusError(f'poses "{kind}": {why}; fixed views are {" and ".join(_VIEWS)}')
    return _VIEWS[kind]


SPREAD = (15.0, 10.0, 6.0)
"""Standard deviation of yaw, pitch and roll over many sequences."""
LIMIT = (60.0, 40.0, 25.0)
MOVING = 0.35
"""Share of the variance that is motion within a sequence; the rest is where a sequence's head rests."""
FREQUENCY = (0.05, 0.5)
"""Hertz. Most power of head motion in talk lies below 1 Hz (Hadar et al., "Kinematics of head movements
accompanying speech during conversation", Human Movement Science 2, 1983)."""
WAVES = 4


def head_motion(rng: np.random.Generator, frames: int, fps: float) -> NDArray[np.float32]:
    """Return (frames, 3) float32 yaw, pitch and roll of a smoothly moving head, within `LIMIT`.

    A resting pose plus a few slow waves of random frequency, phase and height: smooth at any frame rate, and
    of the same spread at any time. `SPREAD`, `LIMIT` and `MOVING` are chosen, not measured.

    Raises:
        CorpusError: if `frames` is below 0 or `fps` not above 0.
    """
    if frames < 0 or not 0 < fps < np.inf:
        raise CorpusError(f"cannot move a head for {frames} frames at {fps} frames per second")
    spread, limit = np.array(SPREAD), np.array(LIMIT)
    rest = rng.normal(0.0, np.sqrt(1 - MOVING), 3)
    turns = rng.uniform(*FREQUENCY, (WAVES, 3)) * np.arange(frames)[:, None, None] / fps
    angle = 2 * np.pi * (turns + rng.random((WAVES, 3)))
    # A normal height on each of two waves a quarter turn apart makes the sum normal at every instant.
    height = rng.normal(0.0, np.sqrt(MOVING / WAVES), (2, WAVES, 3))
    moving = (height[0] * np.cos(angle) + height[1] * np.sin(angle)).sum(axis=1)
    return np.asarray(np.clip((rest + moving) * spread, -limit, limit), dtype=np.float32)
