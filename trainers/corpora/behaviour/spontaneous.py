"""Spontaneous behaviour: AU intensities, blinks and gaze over time, with the configured statistics.

How frames come to match `statistics.toml`, at any frame rate and any length:

- Time is cut into holds of random length. For each hold a set of active AUs is drawn, independently of all
  other holds, from a joint distribution with exactly the configured base rates, phi and exclusions
  (`active_sets`).
- An AU that is active in several holds in a row makes one event, placed so that its intensity is 1 or more
  from the first of these holds to the last (`events`). Occurrence in a frame is then membership in the set of
  the frame's hold, whatever the ramps do, so that frames inherit the distribution of the sets; onsets and
  offsets reach into the neighbouring holds with intensities below 1.
- Small lags shift each AU's changes, by as much early as late. AUs that exclude each other share them, and
  one leaves before another comes.
- Apexes are drawn so that frames show the configured levels (`apex_levels`); AUs that start together share
  some of their strength.
- Blinks are a process of their own (`blinks`), and so is gaze (`gaze`).

Occurrence, as a label, is intensity >= 1: the weaker traces of every onset and offset are scored absent.

Over very many frames base rates come within 2 % of the configured ones, phi within 0.03 (the lags cost a
little) and the share of each level within 3 points; excluded pairs never meet.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from trainers.corpora.behaviour.active_sets import ActiveSets
from trainers.corpora.behaviour.apex_levels import ApexLevels, solve_apex_levels
from trainers.corpora.behaviour.blinks import Blinks
from trainers.corpora.behaviour.durations import draw_holds, draw_ramps
from trainers.corpora.behaviour.events import Events, draw_curves, draw_sides
from trainers.corpora.behaviour.gaze import draw_gaze
from trainers.corpora.behaviour.sequence import Sequence
from trainers.corpora.behaviour.statistics import Statistics, Timing, default_statistics, exclusion_groups
from trainers.errors import CorpusError

CLEARANCE = 0.004
"""Seconds by which an event ends before, and begins after, the change of the active set."""


def spontaneous(
    rng: np.random.Generator, frames: int, *, fps: float = 30.0, statistics: Statistics | None = None
) -> Sequence:
    """Return what one face does in `frames` frames at `fps`; see `spontaneous_sequences`."""
    return spontaneous_sequences(rng, 1, frames, fps=fps, statistics=statistics)[0]


def spontaneous_sequences(
    rng: np.random.Generator,
    sequences: int,
    frames: int,
    *,
    fps: float = 30.0,
    statistics: Statistics | None = None,
) -> list[Sequence]:
    """Return independent sequences of `frames` frames each; many at once are faster than one by one.

    At a low rate (`fps` 0.2) the frames of a sequence are nearly independent stills. `statistics` are those
    of `statistics.toml` by default; the first call for a `Statistics` object takes about half a second more.

    Raises:
        CorpusError: if a count is below 0, the rate is not above 0, or the statistics cannot be met.
    """
    if sequences < 0 or frames < 0 or not 0 < fps < math.inf:
        raise CorpusError(
            f"cannot make {sequences} sequences of {frames} frames at {fps} frames per second: counts must be"
            " 0 or more, the rate above 0"
        )
    model = _model(default_statistics() if statistics is None else statistics)
    aus, seconds = model.statistics.aus, frames / fps
    events = _draw_events(rng, sequences, seconds, model)
    blinks = model.blinks.draw(rng, sequences, seconds, events)
    drawn = [draw_curves(those, sequences, frames, fps, len(aus)) for those in (events, blinks)]
    left, right = drawn[0] + drawn[1]
    gaze = draw_gaze(rng, sequences, frames, fps)
    return [Sequence(aus, fps, *parts) for parts in zip(left, right, gaze, strict=True)]


@dataclass(frozen=True, eq=False)
class _Model:
    """What is worked out once per statistics object."""

    statistics: Statistics
    sets: ActiveSets
    apex_levels: ApexLevels
    blinks: Blinks
    groups: NDArray[np.int64]


@lru_cache(maxsize=4)
def _model(statistics: Statistics) -> _Model:
    apex_levels = solve_apex_levels(statistics)
    blinks = Blinks(statistics, apex_levels)
    return _Model(statistics, ActiveSets(statistics), apex_levels, blinks, exclusion_groups(statistics))


def _draw_events(rng: np.random.Generator, sequences: int, seconds: float, model: _Model) -> Events:
    """Draw the events of all AUs but blinks, within and around 0 to `seconds`."""
    statistics, timing = model.statistics, model.statistics.timing
    margin = timing.onset[1] + timing.offset[1] + 2 * timing.lag
    change = _draw_changes(rng, sequences, -margin, seconds + margin, timing)
    holds = change.shape[1] - 1
    active = model.sets.draw(rng, (sequences, holds)).transpose(0, 2, 1)
    # Beginnings and ends of runs of holds come in the same order, sequence by sequence and AU by AU.
    padded = np.pad(active, ((0, 0), (0, 0), (1, 1)))
    sequence, au, first = np.nonzero(padded[:, :, 1:] & ~padded[:, :, :-1])
    end = np.nonzero(padded[:, :, :-1] & ~padded[:, :, 1:])[2]
    lag = rng.uniform(-timing.lag, timing.lag, (sequences, holds + 1, len(statistics.aus)))
    group = model.groups[au]
    shared = rng.normal(size=(sequences, holds))[sequence, first]
    own = rng.normal(size=len(au))
    strength = math.sqrt(timing.strength_shared) * shared + math.sqrt(1 - timing.strength_shared) * own
    onset, offset = draw_ramps(rng, len(au), timing)
    left, right = draw_sides(rng, statistics.spread[au], statistics.one_sided[au])
    return Events(
        sequence=sequence,
        au=au,
        seen_from=change[sequence, first] + lag[sequence, first, group] + CLEARANCE,
        seen_to=change[sequence, end] + lag[sequence, end, group] - CLEARANCE,
        apex=model.apex_levels.apex(ndtr(strength), au),
        onset=onset,
        offset=offset,
        left=left,
        right=right,
    )


def _draw_changes(
    rng: np.random.Generator, sequences: int, start: float, stop: float, timing: Timing
) -> NDArray[np.float64]:
    """Return (sequences, n) times at which the active set changes, from before `start` to past `stop`."""
    count = int((stop - start) / timing.hold_mean) + 4
    holds = np.empty((sequences, 0))
    while holds.shape[1] == 0 or (sequences and holds[:, 1:].sum(axis=1).min() < stop - start):
        holds = np.concatenate([holds, draw_holds(rng, (sequences, count), timing)], axis=1)
    begun = start - rng.random((sequences, 1)) * holds[:, :1]
    return np.concatenate([begun, begun + np.cumsum(holds, axis=1)], axis=1)
