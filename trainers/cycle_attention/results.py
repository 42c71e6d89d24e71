"""What the networks of F. Zhang et al.'s experiment were found to say, by system and seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainers.cycle_attention.domains import Domains
from trainers.cycle_attention.systems import OfSeed
from trainers.metrics import bootstrap, class_accuracy, difference
from trainers.reports.content import Measured
from trainers.reproduction.request import Request


@dataclass(frozen=True, eq=False)
class Said:
    """What a classifier says of labelled pictures.

    Attributes:
        labels: (n,) one of `EXPRESSIONS`.
        said: (n,) likewise, the most probable.
        subject: (n,) who it is.
    """

    labels: NDArray[np.str_]
    said: NDArray[np.str_]
    subject: NDArray[np.str_]


@dataclass(frozen=True, eq=False)
class SeedResults:
    """What was found with one seed.

    Attributes:
        trained: the networks.
        target: system -> what it says of the target's test people.
        sources: trunk -> what the classifier of that trunk says of the source's test people; f_S's is first.
        bridges: GENERATED and CYCLE -> what f_W says of the target's test people.
        kept: GENERATED and CYCLE -> what f_S says of the same restyled, a measure of label consistency.
        cycle_errors: likewise -> iterations, and the cycle error on training rows until each.
        low_level: domain ("source", "restyled", "target") -> (n, D) first-layer features, for Fig. 4.
    """

    trained: OfSeed
    target: Mapping[str, Said]
    sources: Mapping[str, Said]
    bridges: Mapping[str, Said]
    kept: Mapping[str, Said]
    cycle_errors: Mapping[str, tuple[list[int], list[float]]]
    low_level: Mapping[str, NDArray[np.float32]]

    @property
    def source(self) -> Said:
        """What f_S says of the source's test people, as they are."""
        return next(iter(self.sources.values()))


@dataclass(frozen=True, eq=False)
class Results:
    """What the report is made of; `seeds` has one per seed of the request."""

    request: Request
    domains: Domains
    seeds: Sequence[SeedResults]


def accuracies(saids: Sequence[Said], *, seed: int) -> tuple[list[Measured], Measured]:
    """Return each class' accuracy and the mean of classes, over all seeds, with intervals over people."""
    every = pooled(saids)
    drawn = bootstrap(class_accuracy, every.labels, every.said, every.subject, seed=seed)
    ends = zip(drawn.value.tolist(), *(end.tolist() for end in drawn.interval()), strict=True)
    return [Measured(*three) for three in ends], Measured(drawn.mean, *drawn.mean_interval())


def gained(ones: Sequence[Said], others: Sequence[Said], *, seed: int) -> Measured:
    """Return by how much the others' mean accuracy is higher, over all seeds, on the same pictures."""
    one, other = pooled(ones), pooled(others)
    drawn = difference(class_accuracy, one.labels, one.said, other.said, one.subject, seed=seed)
    return Measured(drawn.mean, *drawn.mean_interval())


def pooled(saids: Sequence[Said]) -> Said:
    """Return what was said with all seeds as one: a person that several tested is drawn with all of it."""
    return Said(
        *(np.concatenate([getattr(said, name) for said in saids]) for name in ("labels", "said", "subject"))
    )
