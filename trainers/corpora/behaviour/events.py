"""AU events, and the intensity curves that they draw: onset, apex, offset.

Both ramps are half cosines. An event is placed by the time for which it is seen, that is for which its
intensity is at least 1: the rise passes 1 at `seen_from`, the fall at `seen_to`. Where an event is too short
for its ramps the lower of the two counts, and it peaks below its apex.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainers.corpora.behaviour.statistics import OCCURS

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Events:
    """E events of any AUs in any sequences. All arrays are (E,); times in seconds.

    Attributes:
        sequence: number of the sequence.
        au: column of the Action Unit.
        seen_from: when the intensity rises past 1.
        seen_to: when it falls past 1.
        apex: intensity it strives for, above 1, at most 5.
        onset: duration of the whole rise from 0.
        offset: duration of the whole fall to 0.
        left: share of the intensity that the left side of the face shows, 0 to 1 (the person's left).
        right: the same of the right side; the stronger side has 1.
    """

    sequence: NDArray[np.int64]
    au: NDArray[np.int64]
    seen_from: Floats
    seen_to: Floats
    apex: Floats
    onset: Floats
    offset: Floats
    left: Floats
    right: Floats


def curve(
    time: Floats, seen_from: Floats, seen_to: Floats, apex: Floats, onset: Floats, offset: Floats
) -> Floats:
    """Return intensities at `time` of events; all arrays broadcast."""
    before = ramp_part(apex)
    rise = (time - seen_from) / onset + before
    fall = (seen_to - time) / offset + before
    # The lower ramp is the one that is less advanced: one cosine serves both.
    advanced = np.clip(np.minimum(rise, fall), 0.0, 1.0)
    return np.asarray(apex * (0.5 - 0.5 * np.cos(np.pi * advanced)))


def ramp_part(apex: Floats) -> Floats:
    """Return the part of a ramp, 0 to 1, that lies below intensity 1."""
    return np.asarray(np.arccos(1.0 - 2.0 * OCCURS / apex) / np.pi)


def draw_curves(events: Events, sequences: int, frames: int, fps: float, aus: int) -> NDArray[np.float32]:
    """Return (2, sequences, frames, aus) float32 intensities, left and right; frame k is at k / fps.

    Where events of one AU meet, as one ends and the next begins, the stronger counts.
    """
    part = ramp_part(events.apex)
    first = np.ceil((events.seen_from - part * events.onset) * fps).astype(np.int64).clip(0, frames)
    last = np.floor((events.seen_to + part * events.offset) * fps).astype(np.int64).clip(-1, frames - 1)
    counts = np.maximum(last - first + 1, 0)
    event = np.repeat(np.arange(len(counts)), counts)
    frame = np.arange(len(event)) - np.repeat(np.cumsum(counts) - counts - first, counts)
    intensity = curve(
        frame / fps,
        *(
            values[event]
            for values in (events.seen_from, events.seen_to, events.apex, events.onset, events.offset)
        ),
    )
    drawn = np.zeros((2, sequences * frames * aus), dtype=np.float32)
    cell = (events.sequence[event] * frames + frame) * aus + events.au[event]
    for side, share in zip(drawn, (events.left, events.right), strict=True):
        np.maximum.at(side, cell, (intensity * share[event]).astype(np.float32))
    return drawn.reshape(2, sequences, frames, aus)


def draw_sides(rng: np.random.Generator, spread: Floats, one_sided: Floats) -> tuple[Floats, Floats]:
    """Return left and right shares of events whose AUs have this spread and share of one-sided events."""
    weaker = 1.0 - np.minimum(np.abs(rng.normal(0.0, 1.0, spread.shape)) * spread, 0.9)
    weaker[rng.random(spread.shape) < one_sided] = 0.0
    on_left = rng.random(spread.shape) < 0.5
    return np.where(on_left, weaker, 1.0), np.where(on_left, 1.0, weaker)
