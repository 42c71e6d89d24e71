"""Models that tell occurrence, side by side: F1 per AU, what one gains on another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from trainers.metrics import Metric, auc, difference, f1
from trainers.reports import Comparison
from trainers.reports.comparison import Figures, counted_noun, listed
from trainers.reports.content import Measured, Table

Pair = tuple[Comparison, Comparison]
"""A reference and another model, on the same rows."""


def f1_of(comparison: Comparison) -> Figures:
    """Return F1 per AU, from the model's own thresholds on. The model must tell occurrence."""
    return figures_of(comparison, f1)


def figures_of(comparison: Comparison, metric: Metric) -> Figures:
    """Return a metric of decisions per AU."""
    decisions = comparison.decisions
    assert decisions is not None
    return comparison.figures(metric, decisions.labels, decisions.predictions)


def auc_of(comparison: Comparison) -> Figures:
    """Return the AUC per AU. The model must tell occurrence."""
    scores = comparison.scores
    assert scores is not None
    return comparison.figures(auc, scores.labels, scores.predictions)


def gained(pairs: Sequence[Pair], metric: Metric = f1) -> Measured:
    """Return by how much the other model's mean over AUs exceeds the reference's.

    The mean over pairs, such as seeds, with the interval over subjects: a draw takes the same ones for both
    models of every pair.
    """
    drawn = []
    seed = pairs[0][0].seed
    for reference, other in pairs:
        one, two = reference.decisions, other.decisions
        assert one is not None and two is not None
        subject = reference.corpus.subject
        drawn.append(difference(metric, one.labels, one.predictions, two.predictions, subject, seed=seed))
    value = float(np.mean([each.mean for each in drawn]))
    if drawn[0].subjects < 2:
        return Measured(value)
    resampled = np.mean([np.nanmean(each.resampled, axis=1) for each in drawn], axis=0)
    low, high = np.quantile(resampled, [0.025, 0.975])
    return Measured(value, float(low), float(high))


def f1_table(
    title: str, comparisons: Mapping[str, Comparison], *notes: str
) -> tuple[Table, dict[str, object]]:
    """Return F1 per AU of each model, and the same for `metrics.json`."""
    figures = {model: f1_of(comparison) for model, comparison in comparisons.items()}
    base = next(iter(comparisons.values()))
    aus = base.corpus.aus
    table = Table(
        title=title,
        caption=base.caption(listed(aus)),
        head=("AU", *figures),
        rows=tuple((au, *(each.each[k] for each in figures.values())) for k, au in enumerate(aus)),
        summary=(("mean", *(each.mean for each in figures.values())),),
        notes=notes,
    )
    return table, {model: each.as_json(aus) for model, each in figures.items()}


def over_aus(comparison: Comparison) -> str:
    """Return "mean of 12 AUs"."""
    return f"mean of {counted_noun(len(comparison.corpus.aus), 'AU')}"
