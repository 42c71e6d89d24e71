"""Labels taken away at random, for semi-supervised training."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from trainers.corpora.corpus import Corpus
from trainers.errors import ProtocolError


def mask_labels(
    corpus: Corpus,
    rate: float,
    *,
    seed: int,
    rows: NDArray[np.integer] | None = None,
    whole_frames: bool = False,
) -> Corpus:
    """Return the corpus with a share of its AU labels taken away.

    Wang et al. 4.1: "we randomly miss AU labels according to certain proportions: 10%, 20%, 30%, 40%, and
    50%". Read here as: each AU loses that share of its labelled frames, rounded, drawn anew per AU. Their
    loss (equation 1), though, knows images with all labels (T1) and with none (T2): `whole_frames` draws
    such images.

    Args:
        rate: 0 to 1, the share that goes.
        rows: indices of the rows that may lose labels, usually `Split.train`; all by default. Repeated
            indices count once.
        whole_frames: take all AU labels of a share of the labelled frames, instead of single ones.

    Occurrence and intensity go together; all other columns stay.

    Raises:
        ProtocolError: if the rate is not in 0 to 1 or a row not in the corpus.
    """
    if not 0 <= rate <= 1:
        raise ProtocolError(f"label masking: rate {rate:g} must be 0 to 1 (the papers mask 0.1 to 0.5)")
    eligible = np.zeros(len(corpus), dtype=np.bool_)
    if rows is None:
        eligible[:] = True
    elif len(rows) and (np.min(rows) < 0 or np.max(rows) >= len(corpus)):
        raise ProtocolError(f"label masking: a row is not in corpus {corpus.name} of {len(corpus)} rows")
    else:
        eligible[rows] = True
    labelled = eligible[:, None] & ~(np.isnan(corpus.occurrence) & np.isnan(corpus.intensity))
    rng = np.random.default_rng(seed)
    masked = np.zeros_like(labelled)
    if whole_frames:
        masked[_drawn(np.flatnonzero(labelled.any(axis=1)), rate, rng)] = True
    else:
        for au in range(len(corpus.aus)):
            masked[_drawn(np.flatnonzero(labelled[:, au]), rate, rng), au] = True
    nothing = np.float32(np.nan)
    return dataclasses.replace(
        corpus,
        occurrence=np.where(masked, nothing, corpus.occurrence),
        intensity=np.where(masked, nothing, corpus.intensity),
    )


def _drawn(rows: NDArray[np.int64], rate: float, rng: np.random.Generator) -> NDArray[np.int64]:
    return rng.choice(rows, size=round(rate * len(rows)), replace=False)
