"""What the networks of Z. Zhang et al.'s experiment were found to say, by model, fold and seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trainers.identity_adversarial.probe import Probed
from trainers.reports import Comparison
from trainers.reproduction.by_fold import Fold
from trainers.reproduction.request import Material, Request

BASELINE, JOINT, ADVERSARIAL = "Baseline", "JM", "ATF"
ENHANCED, ENHANCED_ADVERSARIAL = "E-Net", "E-Net+ATF"
"""The models, as the paper names them."""
COMPARED = (BASELINE, JOINT, ADVERSARIAL, ENHANCED, ENHANCED_ADVERSARIAL)


@dataclass(frozen=True, eq=False)
class Transferred:
    """Table 2: a linear regressor on each network's features of the second corpus."""

    aus: tuple[str, ...]
    comparisons: Mapping[str, Comparison]


@dataclass(frozen=True, eq=False)
class OfSeed:
    """What the networks of one seed say.

    Attributes:
        comparisons: model -> all test rows, each by the network that was not trained on the person.
        probed: model -> a probe of the test people of each fold.
    """

    seed: int
    folds: Sequence[Fold]
    comparisons: Mapping[str, Comparison]
    probed: Mapping[str, Sequence[Probed]]
    transferred: Transferred


@dataclass(frozen=True, eq=False)
class Results:
    """What the report is made of; `seeds` has one per seed of the request."""

    request: Request
    material: Material
    seeds: Sequence[OfSeed]
