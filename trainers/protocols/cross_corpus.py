"""Training on one corpus and testing on another."""

from __future__ import annotations

import numpy as np

from trainers.corpora.corpus import Corpus, join
from trainers.errors import ProtocolError
from trainers.protocols.dealing import hold_out, subjects_of
from trainers.protocols.split import Split


def cross_corpus(train: Corpus, test: Corpus, *, seed: int, validation: float = 0.25) -> tuple[Corpus, Split]:
    """Return both corpora as one, with the AUs they share, and the split that keeps them apart.

    One corpus and one split, so that whatever trains and evaluates within a corpus does so across two.
    Ghosh et al. VI train and validate on one corpus and test on all of the other. AUs are in the order
    of the training corpus.

    Args:
        validation: share of the training corpus' frames whose subjects validate instead.

    Raises:
        ProtocolError: if they share no AU, the training corpus has too few subjects, or both have the same
            name and a subject in common. The same person under two names of corpora cannot be seen.
    """
    name = f"{train.name} to {test.name}"
    aus = [au for au in train.aus if au in test.aus]
    if not aus:
        raise ProtocolError(
            f"{name}: no AU in common ({', '.join(train.aus) or 'none'}; {', '.join(test.aus) or 'none'})"
        )
    names, code = subjects_of(train, name, least=1)
    held_out = hold_out(
        np.bincount(code, minlength=len(names)), validation, np.random.default_rng(seed), name
    )
    joined = join(name, [train.with_aus(aus), test.with_aus(aus)])
    part = np.concatenate([held_out[code], np.full(len(test), 2)])
    return joined, Split.of_parts(joined.subject, name, part, seed if validation else None)
