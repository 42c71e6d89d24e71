"""The three models on the people of one partition, seed by seed: what the experiment's tables are from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from trainers.metrics import icc
from trainers.pose_dependent.gains import Pair
from trainers.pose_dependent.held_out import (
    DEPENDENT,
    INVARIANT,
    MIXED,
    Estimates,
    HeldOut,
    as_predictions,
)
from trainers.pose_dependent.mixing import dependent_is_better, mixed
from trainers.reports import Comparison
from trainers.reports.comparison import listed

RESAMPLES = 1000

VALIDATION, TEST = "validation", "test"


class Compared(NamedTuple):
    """One partition.

    Attributes:
        partition: "validation" or "test".
        by_seed: for each seed, model -> its comparison; the rows are the same in all.
        mixture: of the first seed, the AUs of which the mixed model takes the pose-dependent network.
    """

    partition: str
    by_seed: list[dict[str, Comparison]]
    mixture: tuple[str, ...]

    @property
    def first(self) -> dict[str, Comparison]:
        """The first seed's models."""
        return self.by_seed[0]

    @property
    def base(self) -> Comparison:
        """One of the comparisons, for corpus, AUs and settings."""
        return self.first[INVARIANT]

    @property
    def pairs(self) -> list[Pair]:
        """The two models of each seed."""
        return [(models[INVARIANT], models[DEPENDENT]) for models in self.by_seed]

    @property
    def caption(self) -> str:
        """What tables print of the data."""
        return self.base.caption(listed(self.base.corpus.aus))


def compared(
    partition: str,
    seen: HeldOut,
    estimates: Sequence[Estimates],
    aus: tuple[str, ...],
    *,
    rendered: bool,
    seed: int,
) -> Compared:
    """Return the models on a partition. The mixed one is chosen by ICC on the validation partition.

    Args:
        estimates: one per seed of the training.
        aus: their columns.
        seed: of the bootstrap.
    """
    corpus = seen.corpus.with_aus(aus)
    rows, chosen_on = seen.partitions[partition], seen.partitions[VALIDATION]
    tested = corpus.select(rows)
    by_seed = []
    mixtures = []
    for each in estimates:
        one, other = each.intensity[INVARIANT], each.intensity[DEPENDENT]
        labels = corpus.intensity[chosen_on]
        better = dependent_is_better(icc(labels, one[chosen_on]), icc(labels, other[chosen_on]))
        mixtures.append(tuple(np.array(aus)[better].tolist()))
        by_seed.append(
            {
                model: Comparison.of_rows(
                    tested,
                    as_predictions(model, intensity[rows], aus),
                    f"{partition} people, who are not trained on",
                    rendered=rendered,
                    seed=seed,
                    resamples=RESAMPLES,
                )
                for model, intensity in (
                    (INVARIANT, one),
                    (DEPENDENT, other),
                    (MIXED, mixed(one, other, better)),
                )
            }
        )
    return Compared(partition, by_seed, mixtures[0])
