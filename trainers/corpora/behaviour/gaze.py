"""Where the eyes look: fixations joined by saccades.

Fixations last 0.2 s and more, in conversation and free viewing half a second to a second on average
(Henderson, "Human gaze control during real-world scene perception", Trends in Cognitive Sciences 7, 2003).
The eyes seldom turn by more than 20 degrees before the head follows (Stahl, "Amplitude of human head
movements associated with horizontal saccades", Experimental Brain Research 126, 1999). A saccade of a degrees
takes 21 + 2.2 a milliseconds (Carpenter, "Movements of the Eyes", 1988): less than two frames at 30 per
second, so that most frames show a fixation. The sources are for the ranges; the numbers below are chosen
within them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SHORTEST_FIXATION = 0.2
MEAN_FIXATION = 0.8
SPREAD = (9.0, 5.0)
"""Standard deviation of fixations, yaw and pitch in degrees."""
LIMIT = (25.0, 15.0)
STRAIGHT_AHEAD = 0.4
"""Share of fixations within a degree or two of straight ahead, where the camera is for most frontal faces."""


def draw_gaze(rng: np.random.Generator, sequences: int, frames: int, fps: float) -> NDArray[np.float32]:
    """Return (sequences, frames, 2) float32 yaw and pitch in degrees; axes as in `Sequence.gaze`."""
    begin = _fixations(rng, sequences, frames / fps)
    target = rng.normal(0.0, SPREAD, (*begin.shape, 2))
    target[rng.random(begin.shape) < STRAIGHT_AHEAD] *= 0.15
    target = np.clip(target, -np.array(LIMIT), LIMIT)
    move = np.diff(target, axis=1, prepend=target[:, :1])
    lasting = 0.021 + 0.0022 * np.linalg.norm(move, axis=2)
    time = np.arange(frames) / fps
    # One search for all sequences: each gets a stretch of the time line to itself.
    stretch = np.arange(sequences)[:, None] * (np.ptp(begin) + 10.0 if begin.size else 0.0)
    current = np.searchsorted((begin + stretch).ravel(), (time + stretch).ravel(), side="right") - 1
    done = np.clip((np.tile(time, sequences) - begin.ravel()[current]) / lasting.ravel()[current], 0.0, 1.0)
    still_to_go = (0.5 + 0.5 * np.cos(np.pi * done))[:, None] * move.reshape(-1, 2)[current]
    looks = target.reshape(-1, 2)[current] - still_to_go
    return np.asarray(looks.reshape(sequences, frames, 2), dtype=np.float32)


def _fixations(rng: np.random.Generator, sequences: int, seconds: float) -> NDArray[np.float64]:
    """Return (sequences, n) times at which fixations begin, from before 0 to after `seconds`."""
    count = int(seconds / MEAN_FIXATION) + 4
    lasting = np.empty((sequences, 0))
    while lasting.shape[1] == 0 or (sequences and lasting[:, 1:].sum(axis=1).min() < seconds):
        more = SHORTEST_FIXATION + rng.exponential(MEAN_FIXATION - SHORTEST_FIXATION, (sequences, count))
        lasting = np.concatenate([lasting, more], axis=1)
    begun = rng.random((sequences, 1)) * lasting[:, :1]
    return np.asarray(np.cumsum(lasting, axis=1) - lasting - begun)
