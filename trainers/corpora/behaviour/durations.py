"""How long holds, events, their ramps and blinks last; all in seconds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainers.corpora.behaviour.events import ramp_part
from trainers.corpora.behaviour.statistics import BlinkTiming, Span, Timing

Floats = NDArray[np.float64]


def draw_holds(rng: np.random.Generator, shape: tuple[int, ...], timing: Timing) -> Floats:
    """Return for how long sets of active AUs stay unchanged."""
    return timing.hold_shortest + rng.gamma(timing.hold_shape, timing.hold_scale, shape)


def draw_event_durations(rng: np.random.Generator, count: int, rate: float, timing: Timing) -> Floats:
    """Return durations of events of an AU with this base rate.

    An AU stays active through as many holds in a row as draw it again, a geometric number; the sum of as many
    gamma variables is one.
    """
    holds = rng.geometric(1.0 - rate, count)
    longer = rng.gamma(holds * timing.hold_shape, timing.hold_scale, count)
    return np.asarray(holds * timing.hold_shortest + longer)


def draw_ramps(rng: np.random.Generator, count: int, timing: Timing) -> tuple[Floats, Floats]:
    """Return onset and offset durations of AU events."""
    return _uniform(rng, timing.onset, count), _uniform(rng, timing.offset, count)


def draw_blinks(rng: np.random.Generator, apex: Floats, timing: BlinkTiming) -> tuple[Floats, Floats, Floats]:
    """Return for how long blinks of these apexes are seen, and their onset and offset durations."""
    closing = _uniform(rng, timing.closing, len(apex))
    opening = _uniform(rng, timing.opening, len(apex))
    closed = _uniform(rng, timing.closed, len(apex))
    return closed + (closing + opening) * (1.0 - ramp_part(apex)), closing, opening


def _uniform(rng: np.random.Generator, span: Span, count: int) -> Floats:
    return rng.uniform(span[0], span[1], count)
