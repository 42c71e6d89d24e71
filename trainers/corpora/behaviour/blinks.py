"""Blinks: AU45 as a renewal process, one blink after a random gap after the other.

A blink is an event like others, only quicker. Gaps are a shortest time plus an exponential variable whose
mean makes frames meet the base rate. Blinks that would meet an event of an excluded AU (a raised upper lid)
are left out; the rate makes up for it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainers.corpora.behaviour.apex_levels import ApexLevels
from trainers.corpora.behaviour.durations import draw_blinks
from trainers.corpora.behaviour.events import Events, draw_sides
from trainers.corpora.behaviour.statistics import BLINK, Statistics
from trainers.errors import CorpusError

BURN_IN = 10.0
"""Seconds of blinks before the first frame: by then their process has forgotten how it began."""


class Blinks:
    """Draws the blinks of sequences."""

    def __init__(self, statistics: Statistics, apex_levels: ApexLevels) -> None:
        """Work out the mean gap.

        Raises:
            CorpusError: if blinks of the configured timing cannot fill that much of the time.
        """
        self.statistics = statistics
        self.apex_levels = apex_levels
        self.column = statistics.aus.index(BLINK)
        self.excluded = [
            statistics.aus.index(b if a == BLINK else a) for a, b in statistics.exclusions if BLINK in (a, b)
        ]
        strength = (np.arange(4000) + 0.5) / 4000
        apex = apex_levels.apex(strength, np.full(len(strength), self.column))
        seen = float(draw_blinks(np.random.default_rng(0), apex, statistics.blink)[0].mean())
        kept = 1.0
        for partner in self.excluded:  # active already, or becoming so before the blink has ended
            rate = float(statistics.base_rate[partner])
            kept *= (1 - rate) * (1 - rate * seen / statistics.timing.hold_mean)
        rate = float(statistics.base_rate[self.column]) / kept
        self.mean_gap = seen * (1 / rate - 1)
        if self.mean_gap <= statistics.blink.gap_shortest:
            raise CorpusError(
                f"blinks of {seen:.2f} s with at least {statistics.blink.gap_shortest} s between them cannot"
                f" fill {rate:.0%} of the time: lower the base rate of {BLINK} or blink.gap_shortest"
            )

    def draw(self, rng: np.random.Generator, sequences: int, seconds: float, others: Events) -> Events:
        """Return the blinks of sequences that last `seconds`; `others` are the events of the other AUs."""
        timing = self.statistics.blink
        parts: list[NDArray[np.float64]] = []
        last = np.full((sequences, 1), -BURN_IN)
        count = int((BURN_IN + seconds) / self.mean_gap) + 4
        while not parts or (sequences and last.min() < seconds):
            apex = self.apex_levels.apex(
                rng.random(sequences * count), np.full(sequences * count, self.column)
            )
            seen, closing, opening = draw_blinks(rng, apex, timing)
            gap = timing.gap_shortest + rng.exponential(self.mean_gap - timing.gap_shortest, len(seen))
            seen_to = last + np.cumsum((gap + seen).reshape(sequences, count), axis=1)
            last = seen_to[:, -1:]
            sequence = np.repeat(np.arange(sequences), count)
            parts.append(
                np.stack([sequence, seen_to.ravel() - seen, seen_to.ravel(), apex, closing, opening])
            )
        sequence, seen_from, seen_to, apex, closing, opening = np.concatenate(parts, axis=1)
        keep = (seen_to > -1.0) & (seen_from < seconds + 1.0)
        for other in np.flatnonzero(np.isin(others.au, self.excluded)):
            apart = (seen_to < others.seen_from[other]) | (seen_from > others.seen_to[other])
            keep &= apart | (sequence != others.sequence[other])
        column = np.full(int(keep.sum()), self.column)
        left, right = draw_sides(rng, self.statistics.spread[column], self.statistics.one_sided[column])
        return Events(
            sequence=sequence[keep].astype(np.int64),
            au=column,
            seen_from=seen_from[keep],
            seen_to=seen_to[keep],
            apex=apex[keep],
            onset=closing[keep],
            offset=opening[keep],
            left=left,
            right=right,
        )
