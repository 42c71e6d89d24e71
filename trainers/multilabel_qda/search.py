"""The random search over hyper-parameters of Ghosh et al. section V (Bergstra and Bengio, JMLR 2012)."""

from __future__ import annotations

import math

import numpy as np

LEARNING_RATE = (1e-4, 1e-2)
WEIGHT_DECAY = (5e-6, 5e-3)
KERNEL = (5, 15)
POOL = (2, 4)
MOMENTUM = (0.5, 0.9)
"""Ranges, ends included. How many iterations is for early stopping to say."""


def drawn(trial: int, *, seed: int, size: int, momentum: bool) -> tuple[str, ...]:
    """Return what a trial changes of the recipe, "KEY=VALUE" each.

    Rates are drawn by their logarithms. What leaves nothing of the picture is drawn again.

    Args:
        trial: from 0; the first is the recipe as it stands.
        size: of the pictures.
        momentum: whether the optimiser has one.
    """
    if trial == 0:
        return ()
    rng = np.random.default_rng([seed, trial])

    def by_logarithm(low: float, high: float) -> float:
        return float(f"{math.exp(rng.uniform(math.log(low), math.log(high))):.2g}")

    while True:
        kernels = rng.integers(KERNEL[0], KERNEL[1] + 1, 2).tolist()
        pools = rng.integers(POOL[0], POOL[1] + 1, 2).tolist()
        if size // (pools[0] * pools[1]) >= 2:
            break
    changes = [
        f"task.kernels={kernels}",
        f"task.pools={pools}",
        f"optimiser.lr={by_logarithm(*LEARNING_RATE):g}",
        f"optimiser.weight_decay={by_logarithm(*WEIGHT_DECAY):g}",
    ]
    if momentum:
        changes.append(f"optimiser.momentum={rng.uniform(*MOMENTUM):.2f}")
    return tuple(changes)
