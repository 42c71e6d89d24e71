"""Random numbers that depend on nothing but the recipe's seed and the place where they are drawn.

Nothing carries a generator's state from one iteration to the next. So a run that was resumed, or that looks
at its validation rows more often, or reads ahead in other processes, draws the same numbers.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import torch


class Draw(IntEnum):
    """What numbers are drawn for."""

    WEIGHTS = 0
    ORDER = 1
    AUGMENTATION = 2
    STEP = 3
    SAMPLING = 4
    PREPARATION = 5
    FINISH = 6
    MISSING = 7


def generator(seed: int, what: Draw, *place: int) -> np.random.Generator:
    """Return the generator of one purpose at one place, such as an epoch."""
    return np.random.default_rng([seed, what, *place])


def seed_torch(seed: int, what: Draw, *place: int) -> None:
    """Seed torch's own generators: weights at their start, dropout, what tasks draw."""
    state = np.random.SeedSequence([seed, what, *place]).generate_state(1, np.uint64)
    torch.manual_seed(int(state[0]))


def repeatable_kernels() -> None:
    """Have cuDNN choose the same kernels in every run."""
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False
