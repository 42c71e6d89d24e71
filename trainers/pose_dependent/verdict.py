"""What came of the paper's question, in sentences made from the figures."""

from __future__ import annotations

import numpy as np

from trainers.pose_dependent.published import PARTITIONS, published, published_per_au
from trainers.reports.comparison import Comparison, Figures, counted_noun
from trainers.reports.content import Measured

CHANCE_NOTE = "One interval in twenty excludes it by chance."


def verdict(partition: str, base: Comparison, means: tuple[float, float], gained: Figures, seeds: int) -> str:
    """Return a paragraph: what was found, whether it is more than chance, and what the paper found.

    Args:
        partition: "validation" or "test".
        base: either model's, for corpus and AUs.
        means: mean ICC of the pose-invariant and of the pose-dependent model.
        gained: the second's ICC less the first's.
        seeds: how many trainings of each network the figures are a mean of.
    """
    corpus = base.corpus
    rendered = ", rendered faces" if base.rendered else ""
    over = counted_noun(len(corpus.aus), "AU")
    of_seeds = f", mean of {seeds} trainings" if seeds > 1 else ""
    found = (
        f"{PARTITIONS[partition].capitalize()} of {corpus.name}{rendered} "
        f"({counted_noun(len(np.unique(corpus.subject)), 'subject')}, {counted_noun(len(corpus), 'frame')}"
        f"{of_seeds}): mean ICC over {over} is {means[1]:.3f} for the pose-dependent model and "
        f"{means[0]:.3f} for the pose-invariant one, a difference of {_signed(gained.mean)}."
    )
    return " ".join(
        part for part in (found, _meaning(gained.mean), _single(base, gained), _paper(base)) if part
    )


def _meaning(mean: Measured) -> str:
    if not mean.has_interval:
        return "There are too few subjects for an interval: nothing follows from this difference."
    if mean.low > 0:
        return "The interval excludes 0: here the pose-dependent model is better, as in the paper."
    if mean.high < 0:
        return "The interval excludes 0: here the pose-dependent model is worse, unlike in the paper."
    return (
        "The interval contains 0: with these people and this training the two models cannot be told apart, "
        "and the paper's finding is neither confirmed nor refuted."
    )


def _single(base: Comparison, gained: Figures) -> str:
    clear = [
        f"{au} {_signed(figure)}"
        for au, figure in zip(base.corpus.aus, gained.each, strict=True)
        if figure.has_interval and (figure.low > 0 or figure.high < 0)
    ]
    if not clear:
        return "Of no single AU does the interval exclude 0."
    return f"Of single AUs the interval excludes 0 for {', '.join(clear)}. {CHANCE_NOTE}"


def _paper(base: Comparison) -> str:
    """The paper's means over the AUs that both have, from its validation partition, the only one it tells."""
    theirs = [published_per_au(model, "validation", "ICC") for model in ("pose-invariant", "pose-dependent")]
    shared = [au for au in base.corpus.aus if au in theirs[0]]
    if not shared:
        return ""
    one, other = (float(np.mean([figures[au] for au in shared])) for figures in theirs)
    return (
        f"The paper reports {other:.3f} against {one:.3f} over {counted_noun(len(shared), 'AU')} on the "
        f"{PARTITIONS['validation']} of {published()['corpus']}, without intervals."
    )


def _signed(figure: Measured) -> str:
    ends = f" [{figure.low:+.3f}, {figure.high:+.3f}]" if figure.has_interval else ""
    return f"{figure.value:+.3f}{ends}"
