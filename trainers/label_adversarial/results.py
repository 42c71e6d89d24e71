"""What the networks of Wang et al.'s experiment were found to say, by model, missing rate and seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainers.reports import Comparison
from trainers.reproduction.by_fold import Fold
from trainers.reproduction.request import Material, Request

OURS, FREE = "Ours", "O-wlc"
"""With the constraint on label distributions, and without: the paper's names."""
RATES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)
"""Shares of the labels that are missing; 0 is fully supervised."""
FEWEST = RATES[-1]


def name_of(model: str, rate: float) -> str:
    """Return the name of a model at a missing rate: "Ours 0.5"."""
    return f"{model} {rate:g}"


@dataclass(frozen=True, eq=False)
class OfSeed:
    """What the networks of one seed say.

    Attributes:
        comparisons: "Ours 0.5" -> all test rows; of the alpha sweep those of the first fold.
        features, pictures: (n, D) and (n, k) of the first fold's test people, NaN without a face.
        subject: (n,) who they are.
    """

    seed: int
    folds: Sequence[Fold]
    comparisons: Mapping[str, Comparison]
    features: NDArray[np.float32]
    pictures: NDArray[np.float32]
    subject: NDArray[np.str_]


@dataclass(frozen=True, eq=False)
class Results:
    """What the report is made of; `seeds` has one per seed of the request."""

    request: Request
    material: Material
    seeds: Sequence[OfSeed]

    def pairs(self, rate: float) -> list[tuple[Comparison, Comparison]]:
        """Return O-wlc and Ours at a missing rate, of each seed."""
        return [
            (seed.comparisons[name_of(FREE, rate)], seed.comparisons[name_of(OURS, rate)])
            for seed in self.seeds
        ]
