"""Which rows and AUs a report is about: what the protocol tests, and what both sides know."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trainers.corpora.corpus import Corpus
from trainers.errors import ProtocolError
from trainers.protocols import Split


def rows_tested(splits: Sequence[Split]) -> NDArray[np.int64]:
    """Return the rows that any split tests, rising.

    Raises:
        ProtocolError: if there is none, or one is tested twice.
    """
    rows = np.sort(np.concatenate([np.zeros(0, np.int64), *(split.test for split in splits)]))
    if len(rows) == 0:
        raise ProtocolError(f"protocol {protocol_name(splits)}: tests no row of this corpus")
    if (np.diff(rows) == 0).any():
        raise ProtocolError(
            f"protocol {protocol_name(splits)}: a row is tested twice; report these splits one by one"
        )
    return rows


def protocol_name(splits: Sequence[Split]) -> str:
    """Return what the splits have in common: "3-fold, fold 1 of 3" and its siblings are "3-fold"."""
    names = list(dict.fromkeys(split.name for split in splits)) or ["none"]
    name = names[0] if len(names) == 1 else names[0].partition(",")[0]
    seeds = {split.seed for split in splits} - {None}
    return f"{name} (seed {seeds.pop()})" if len(seeds) == 1 else name


def common_aus(corpus: Corpus, model: str, aus: Sequence[str], expressions: Sequence[str]) -> tuple[str, ...]:
    """Return the AUs that a model gives and the corpus labels in some row, in the corpus' order.

    Args:
        aus, expressions: of the model.

    Raises:
        ProtocolError: if there is none, and no labelled expression either that the model gives.
    """
    labelled = [
        not (np.isnan(corpus.occurrence[:, k]).all() and np.isnan(corpus.intensity[:, k]).all())
        for k in range(len(corpus.aus))
    ]
    there = tuple(au for au, known in zip(corpus.aus, labelled, strict=True) if known)
    common = tuple(au for au in there if au in aus)
    if not common and not np.isin(corpus.expression, expressions).any():
        raise ProtocolError(
            f"corpus {corpus.name} and model {model} have no AU in common "
            f"({', '.join(there) or 'none'}; {', '.join(aus) or 'none'})"
        )
    return common
