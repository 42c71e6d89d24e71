"""Training rows chosen so that rare Action Units weigh more."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainers.corpora.corpus import Corpus
from trainers.errors import ProtocolError
from trainers.metrics.co_occurrence import marginal
from trainers.protocols.split import Sample


def positive_resampling(
    corpus: Corpus, rows: NDArray[np.int64] | None = None, *, least: int = 4, most: int = 7
) -> Sample:
    """Return the rows with those that show a rare AU repeated.

    Z. Zhang et al. 4.1: "some samples are repeated 4 to 7 times in order to balance the AUs that are less
    occurring", without a rule. Ours: repeated (1 - p) / p times, rounded, the active frames of an AU of base
    rate p would be as many as the inactive ones. An AU for which this is `least` or more is rare, and its
    active frames occur that many times, at most `most`; frames with several rare AUs as often as the rarest
    asks, all others once. So AUs active in less than about 22 % of the frames are repeated, below 13 % seven
    times.

    Args:
        rows: indices to choose from, usually `Split.train`; all by default. Base rates are over them.

    Raises:
        ProtocolError: if not 1 <= least <= most.
    """
    if not 1 <= least <= most:
        raise ProtocolError(f"positive re-sampling: {least} to {most} times must be 1 or more, rising")
    chosen = np.arange(len(corpus)) if rows is None else np.asarray(rows, dtype=np.int64)
    occurrence = corpus.occurrence[chosen]
    rate = marginal(occurrence)
    repeats = np.ones(len(rate), dtype=np.int64)
    occurring = rate > 0
    repeats[occurring] = np.minimum(np.rint((1 - rate[occurring]) / rate[occurring]), most)
    repeats[repeats < least] = 1
    times = np.where(occurrence == 1, repeats, 1).max(axis=1, initial=1)
    rare = [f"{au} x{times}" for au, times in zip(corpus.aus, repeats, strict=True) if times > 1]
    repeated = np.repeat(chosen, times)
    return Sample(
        repeated,
        f"positive re-sampling: {len(chosen):,} training frames become {len(repeated):,} "
        f"({', '.join(rare) or 'no AU is rare'})",
    )


def balanced_intensity_sample(
    corpus: Corpus,
    au: str,
    *,
    seed: int,
    per_view: int = 3000,
    rows: NDArray[np.int64] | None = None,
) -> Sample:
    """Return rows with as many non-zero as zero intensities of one AU in each view, in the corpus' order.

    Zhou et al. III.A: "For each AU and each of the nine poses, we randomly sampled 3000 non-zero frames
    (with AU labels from one to five), and 3000 zero frames". Without replacement. A view that has too few
    of one kind gives as many of both as the scarcer has, so that the view itself tells nothing of the AU;
    the description then says which views and how many.

    Args:
        au: "AU01" and the like.
        per_view: how many non-zero frames, and how many zero ones, to take of each view.
        rows: indices to choose from, usually `Split.train`; all by default.

    Raises:
        CorpusError: if the corpus does not have the AU.
        ProtocolError: if per_view is below 1, or no view has both kinds.
    """
    if per_view < 1:
        raise ProtocolError(f"intensity sample of {au}: {per_view} frames a view must be 1 or more")
    chosen = np.arange(len(corpus)) if rows is None else np.unique(rows)
    intensity = corpus.with_aus([au]).intensity[chosen, 0]
    view = corpus.view[chosen]
    rng = np.random.default_rng(seed)
    taken: list[NDArray[np.int64]] = []
    short: list[str] = []
    views = np.unique(view)
    for name in views:
        kinds = (
            np.flatnonzero((view == name) & (intensity > 0)),
            np.flatnonzero((view == name) & (intensity == 0)),
        )
        size = min(per_view, *(len(kind) for kind in kinds))
        if size < per_view:
            short.append(f"{size:,} in view {name}" if name else f"{size:,}")
        taken += [chosen[rng.choice(kind, size=size, replace=False)] for kind in kinds]
    sample = np.sort(np.concatenate(taken)) if taken else np.zeros(0, dtype=np.int64)
    if len(sample) == 0:
        raise ProtocolError(
            f"intensity sample of {au}: corpus {corpus.name} has no view with both zero and non-zero "
            f"intensities of {au} among the {len(chosen):,} rows; take more rows or another AU"
        )
    everywhere = f" in each of {len(views)} views" if len(views) > 1 else ""
    fewer = f"; of each only {', '.join(short)}" if short else ""
    return Sample(
        sample,
        f"{au} balanced (seed {seed}): {len(sample):,} frames, {per_view:,} zero and {per_view:,} "
        f"non-zero{everywhere}{fewer}",
    )
