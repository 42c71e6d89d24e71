"""What the networks of Ghosh et al.'s experiment were found to say, on their own corpus and across."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from trainers.reports import Comparison
from trainers.reproduction.request import Material, Request
from trainers.reproduction.runs import TrainedRun


@dataclass(frozen=True, eq=False)
class Trial:
    """One of the search: what it changes, its network, and its validation loss."""

    changes: tuple[str, ...]
    run: TrainedRun
    loss: float


@dataclass(frozen=True, eq=False)
class OnCorpus:
    """A corpus, each person by the network that was trained on the others."""

    corpus: str
    comparison: Comparison
    networks: Sequence[TrainedRun]


@dataclass(frozen=True, eq=False)
class Crossed:
    """All of one corpus by the network that was trained on all of another; with its top layer."""

    trained_on: str
    tested_on: str
    comparison: Comparison
    network: TrainedRun


@dataclass(frozen=True, eq=False)
class Results:
    """What the report is made of; `same` and `crossed` are in the order of the corpora."""

    request: Request
    material: Material
    trials: Sequence[Trial]
    same: Sequence[OnCorpus]
    crossed: Sequence[Crossed]
