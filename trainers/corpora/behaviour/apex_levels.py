"""How high events peak, so that frames show the configured levels.

A frame within an event is often on a ramp, below the apex: were apexes drawn from the configured levels,
frames would show too many low ones. Here the time that events of each apex level spend at each level is
measured on a fixed set of simulated events, and non-negative least squares finds the mixture of apex levels
whose frames come nearest to the configured shares.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from trainers.corpora.behaviour.durations import draw_blinks, draw_event_durations, draw_ramps
from trainers.corpora.behaviour.events import curve
from trainers.corpora.behaviour.statistics import BLINK, LEVEL_EDGES, Statistics

Floats = NDArray[np.float64]

LOWEST_APEX = 1.1
"""An event that peaks barely above 1 would have no slope where it passes 1, and no instant of passing it."""
APEX_EDGES = (LOWEST_APEX, *LEVEL_EDGES[1:])
SIMULATED_EVENTS = 400
STEPS = 60


@dataclass(frozen=True, eq=False)
class ApexLevels:
    """The mixtures of apex levels, one per AU.

    Attributes:
        cumulative: (A, 6) float64, share of events whose apex lies below `APEX_EDGES`; 0 first, 1 last.
    """

    cumulative: Floats

    def apex(self, strength: Floats, au: NDArray[np.int64]) -> Floats:
        """Return (E,) apex intensities of events: `strength` (E,) is uniform in 0-1, `au` (E,) the column."""
        apex = np.empty(len(strength))
        for column in np.unique(au):
            of_au = au == column
            apex[of_au] = np.interp(strength[of_au], self.cumulative[column], APEX_EDGES)
        return apex


def solve_apex_levels(statistics: Statistics) -> ApexLevels:
    """Return the mixtures of apex levels that make frames show `statistics.levels`; takes 0.2 s."""
    rng = np.random.default_rng(0)
    stratified = (np.arange(SIMULATED_EVENTS) + 0.5) / SIMULATED_EVENTS
    rows = []
    for au, rate, shares in zip(statistics.aus, statistics.base_rate, statistics.levels, strict=True):
        time_at_level = np.empty((5, 5))
        for level, (lowest, highest) in enumerate(zip(APEX_EDGES[:-1], APEX_EDGES[1:], strict=True)):
            apex = lowest + (highest - lowest) * rng.permutation(stratified)
            if au == BLINK:
                duration, onset, offset = draw_blinks(rng, apex, statistics.blink)
            else:
                duration = draw_event_durations(rng, SIMULATED_EVENTS, float(rate), statistics.timing)
                onset, offset = draw_ramps(rng, SIMULATED_EVENTS, statistics.timing)
            time_at_level[level] = _time_at_levels(duration, apex, onset, offset)
        mixture, _ = nnls(time_at_level.T, shares)
        rows.append(np.concatenate([[0.0], np.cumsum(mixture) / mixture.sum()]))
    return ApexLevels(np.array(rows))


def _time_at_levels(duration: Floats, apex: Floats, onset: Floats, offset: Floats) -> Floats:
    """Return (5,) mean seconds at each level."""
    time = (np.arange(STEPS) + 0.5)[:, None] / STEPS * duration
    intensity = curve(time, np.zeros(1), duration, apex, onset, offset)
    level = np.digitize(intensity, LEVEL_EDGES[1:-1])
    seconds = np.broadcast_to(duration / STEPS / len(duration), level.shape)
    return np.array([seconds[level == k].sum() for k in range(5)])
