"""How subjects are dealt out to the parts of a split."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trainers.corpora.corpus import Corpus
from trainers.errors import ProtocolError


def deal(frames: NDArray[np.integer], shares: Sequence[float], rng: np.random.Generator) -> NDArray[np.int64]:
    """Return (S,) the part that each subject goes to, 0 to len(shares) - 1.

    In random order each goes to the part that so far lacks most of its share of the frames. No part is
    empty if there are as many subjects as parts, and equal shares differ by no more than the frames of
    one subject. scikit-learn's group splitters know equal shares only, and shuffle without balancing.

    Args:
        frames: (S,) how many frames each subject has.
        shares: the parts' relative sizes, each above 0.
    """
    part = np.zeros(len(frames), dtype=np.int64)
    filled = np.zeros(len(shares))
    for subject in rng.permutation(len(frames)):
        part[subject] = np.argmin(filled)
        filled[part[subject]] += frames[subject] / shares[part[subject]]
    return part


def hold_out(
    frames: NDArray[np.integer], validation: float, rng: np.random.Generator, protocol: str
) -> NDArray[np.int64]:
    """Return (S,) 0 for subjects to train on, 1 for those that validate.

    Args:
        frames: (S,) how many frames each subject has.
        validation: the share of the frames to hold out, 0 for none.
        protocol: named in the error.

    Raises:
        ProtocolError: if the share is not in [0, 1), or there is but one subject to hold it out from.
    """
    if not 0 <= validation < 1:
        raise ProtocolError(f"{protocol}: validation share {validation:g} must be at least 0 and below 1")
    if validation == 0:
        return np.zeros(len(frames), dtype=np.int64)
    if len(frames) < 2:
        raise ProtocolError(
            f"{protocol}: one subject is left to train on, too few to validate on others; "
            "set validation to 0 or take a corpus of more subjects"
        )
    return deal(frames, [1 - validation, validation], rng)


def subjects_of(corpus: Corpus, protocol: str, least: int) -> tuple[NDArray[np.str_], NDArray[np.int64]]:
    """Return the subjects' names, sorted, and (n,) the number of each row's subject among them.

    Raises:
        ProtocolError: if there are fewer than `least`.
    """
    names, code = np.unique(corpus.subject, return_inverse=True)
    if len(names) < least:
        raise ProtocolError(
            f"{protocol}: corpus {corpus.name} has {len(names)} subject{'' if len(names) == 1 else 's'}, "
            f"needed are {least} or more"
        )
    return names, code
