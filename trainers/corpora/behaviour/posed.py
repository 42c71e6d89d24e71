"""Action Units posed on demand: any of them, alone or in company, each as often as every other.

In spontaneous behaviour some AUs are rare, and hardly any comes alone; who learns from it alone learns the
company. In posed records, such as the directed facial action task (Ekman 2007), each AU is asked for.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainers.corpora.behaviour.statistics import Statistics
from trainers.corpora.corpus import TOP_INTENSITY

TOGETHER = (0.1, 0.2, 0.25, 0.2, 0.15, 0.1)
"""Share of moments with 0, 1, 2, ... AUs at once."""
FAINTEST = 0.5
"""Least intensity of a posed AU."""


def posed(rng: np.random.Generator, statistics: Statistics) -> NDArray[np.float64]:
    """Return (A,) intensities, 0 or 0.5 to 5, of AUs drawn without regard to how common they are.

    No two that exclude each other (`Statistics.exclusions`) are drawn.
    """
    aus = list(statistics.aus)
    banned = {frozenset(pair) for pair in statistics.exclusions}
    wanted = int(rng.choice(len(TOGETHER), p=TOGETHER))
    chosen: list[str] = []
    for name in rng.permutation(aus).tolist():
        if len(chosen) == wanted:
            break
        if not any(frozenset((name, other)) in banned for other in chosen):
            chosen.append(name)
    intensity = np.zeros(len(aus))
    for name in chosen:
        intensity[aus.index(name)] = rng.uniform(FAINTEST, TOP_INTENSITY)
    return intensity
