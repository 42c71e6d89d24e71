"""How much ICC the pose-dependent model gains, over several seeds and by the look of the pictures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trainers.corpora.corpus import Corpus
from trainers.metrics import Bootstrap, difference, icc
from trainers.reports.comparison import Comparison, Figures, counted_noun
from trainers.reports.content import Cell, Measured, Table

Pair = tuple[Comparison, Comparison]
"""The pose-invariant and the pose-dependent model on the same rows."""


def gain(pairs: Sequence[Pair], rows: NDArray[np.bool_] | None = None) -> Figures:
    """Return the ICC gained, the mean over seeds, with intervals over subjects.

    A draw takes the same subjects for every seed and both models, so that the interval is that of the mean.

    Args:
        pairs: one per seed, of the same rows.
        rows: (n,) mask of those that count; all by default.
    """
    base = pairs[0][0]
    chosen = np.ones(len(base.corpus), dtype=np.bool_) if rows is None else rows
    drawn = [
        difference(
            icc,
            base.corpus.intensity[chosen],
            _intensity(pair[0])[chosen],
            _intensity(pair[1])[chosen],
            base.corpus.subject[chosen],
            resamples=base.resamples,
            seed=base.seed,
        )
        for pair in pairs
    ]
    together = Bootstrap(
        np.mean([each.value for each in drawn], axis=0),
        np.mean([each.resampled for each in drawn], axis=0),
        drawn[0].subjects,
    )
    ends = zip(together.value.tolist(), *(end.tolist() for end in together.interval()), strict=True)
    return Figures(
        tuple(Measured(*three) for three in ends), Measured(together.mean, *together.mean_interval())
    )


def mean_icc(comparisons: Sequence[Comparison], rows: NDArray[np.bool_] | None = None) -> float:
    """Return the mean ICC over AUs of a model, the mean over its seeds."""
    return float(
        np.mean(
            [
                each.figures(icc, each.corpus.intensity, _intensity(each), rows).mean.value
                for each in comparisons
            ]
        )
    )


def looks_of(corpus: Corpus) -> dict[str, NDArray[np.bool_]]:
    """Return the rows of each look, a `Corpus.domain`; none if there is one look only."""
    names = [name for name in np.unique(corpus.domain).tolist() if name]
    return {name: corpus.domain == name for name in names} if len(names) > 1 else {}


def by_look(pairs: Sequence[Pair], caption: str) -> Table | None:
    """Return both models' mean ICC and the gain per `Corpus.domain`; None if there is one look only."""
    looks = looks_of(pairs[0][0].corpus)
    if not looks:
        return None
    rows: list[tuple[Cell, ...]] = []
    for look, chosen in looks.items():
        models = [mean_icc(model, chosen) for model in zip(*pairs, strict=True)]
        rows.append((look, *models, gain(pairs, chosen).mean, int(chosen.sum())))
    first, second = (each.predictions.model for each in pairs[0])
    return Table(
        title="Mean ICC by the look of the pictures",
        caption=caption,
        head=("look", first, second, "gained", "frames"),
        rows=tuple(rows),
        notes=(_seeds_note(len(pairs)),),
    )


def by_seed(pairs: Sequence[Pair], seeds: Sequence[int], caption: str) -> Table | None:
    """Return the same per seed, and for their mean; None if there is one seed only."""
    if len(pairs) < 2:
        return None
    first, second = (each.predictions.model for each in pairs[0])
    return Table(
        title="Mean ICC by seed of the training",
        caption=caption,
        head=("seed", first, second, "gained"),
        rows=tuple(
            (str(seed), *(mean_icc([each]) for each in pair), gain([pair]).mean)
            for seed, pair in zip(seeds, pairs, strict=True)
        ),
        summary=(
            ("mean", *(mean_icc(model) for model in zip(*pairs, strict=True)), gain(pairs).mean),
        ),
        notes=("The spread over seeds is that of training; intervals are over subjects.",),
    )  # fmt: skip


def _seeds_note(seeds: int) -> str:
    return f"With 95 % intervals over subjects; the mean of {counted_noun(seeds, 'seed')} of the training."


def _intensity(comparison: Comparison) -> NDArray[np.floating]:
    intensity = comparison.predictions.intensity
    assert intensity is not None  # both models give it
    return intensity
