"""The protocols that divide one corpus by its subjects: folds, shares, leave-one-out, own partitions."""

from __future__ import annotations

import numpy as np

from trainers.corpora.corpus import PARTITIONS, Corpus
from trainers.errors import ProtocolError
from trainers.protocols.dealing import deal, hold_out, subjects_of
from trainers.protocols.split import Split


def subject_folds(corpus: Corpus, k: int = 3, *, seed: int, validation: float = 0.0) -> list[Split]:
    """Return k splits; each subject is tested in one of them and trained on in the others.

    The 3-fold of Wang et al. 4.1 and Z. Zhang et al. 4.1, whose folds themselves are not published.

    Args:
        validation: share of each split's training frames, 0 to below 1, whose subjects validate instead.

    Raises:
        ProtocolError: if k is below 2 or there are too few subjects.
    """
    if k < 2:
        raise ProtocolError(f"{k}-fold: the number of folds must be 2 or more")
    name = f"{k}-fold"
    rng = np.random.default_rng(seed)
    names, code = subjects_of(corpus, name, least=k)
    frames = np.bincount(code, minlength=len(names))
    fold = deal(frames, [1.0] * k, rng)
    splits = []
    for tested in range(k):
        part = np.full(len(names), 2)
        others = np.flatnonzero(fold != tested)
        part[others] = hold_out(frames[others], validation, rng, name)
        splits.append(Split.of_parts(corpus.subject, f"{name}, fold {tested + 1} of {k}", part[code], seed))
    return splits


def subject_partitions(
    corpus: Corpus, shares: tuple[float, float, float] = (0.6, 0.2, 0.2), *, seed: int
) -> Split:
    """Return one split with these shares of the frames in training, validation and test.

    The 60 / 20 / 20 % of Wang et al. 4.3.

    Raises:
        ProtocolError: if a share is not above 0, they do not sum to 1, or there are fewer than three
            subjects.
    """
    name = "-".join(f"{100 * share:g}" for share in shares)
    if min(shares) <= 0 or abs(sum(shares) - 1) > 1e-6:
        raise ProtocolError(f"{name}: the three shares must be above 0 and sum to 100 %")
    names, code = subjects_of(corpus, name, least=3)
    part = deal(np.bincount(code, minlength=len(names)), shares, np.random.default_rng(seed))
    return Split.of_parts(corpus.subject, name, part[code], seed)


def training_and_validation(corpus: Corpus, validation: float = 0.1, *, seed: int) -> Split:
    """Return one split that tests on nothing: for weights to be passed on, tested on another corpus.

    Args:
        validation: share of the frames whose subjects validate.

    Raises:
        ProtocolError: if there are fewer than two subjects, or the share is not above 0 and below 1.
    """
    name = f"{100 * (1 - validation):g}-{100 * validation:g}"
    names, code = subjects_of(corpus, name, least=2)
    frames = np.bincount(code, minlength=len(names))
    part = hold_out(frames, validation, np.random.default_rng(seed), name)
    return Split.of_parts(corpus.subject, name, part[code], seed)


def leave_one_subject_out(corpus: Corpus, *, seed: int, validation: float = 0.25) -> list[Split]:
    """Return one split per subject, who is tested; a quarter of the others validate.

    Ghosh et al. V: "in each testing fold, 75% of the subjects were used for training, and the remaining
    25% for validation according to a random seed". Here the share is of frames, as everywhere.

    Raises:
        ProtocolError: if there are fewer than three subjects (two without validation).
    """
    name = "leave one subject out"
    names, code = subjects_of(corpus, name, least=2)
    rng = np.random.default_rng(seed)
    frames = np.bincount(code, minlength=len(names))
    splits = []
    for tested, subject in enumerate(names):
        part = np.full(len(names), 2)
        others = np.arange(len(names)) != tested
        part[others] = hold_out(frames[others], validation, rng, name)
        splits.append(
            Split.of_parts(corpus.subject, f"{name}, {subject}", part[code], seed if validation else None)
        )
    return splits


def own_partitions(corpus: Corpus) -> Split:
    """Return the split that the corpus itself prescribes (`Corpus.partition`), as FERA's challenges do.

    Raises:
        ProtocolError: if it prescribes none, or has a subject in two of its partitions.
    """
    if not np.isin(corpus.partition, PARTITIONS).any():
        raise ProtocolError(
            f"corpus {corpus.name} prescribes no partitions; divide it by subject: 3-fold, 60-20-20 or loso"
        )
    part = np.full(len(corpus), -1)
    for number, partition in enumerate(PARTITIONS):
        part[corpus.partition == partition] = number
    return Split.of_parts(corpus.subject, f"partitions of {corpus.name}", part, None)


def everything(corpus: Corpus) -> Split:
    """Return the split that tests on all rows and trains on none: for a model trained elsewhere.

    Raises:
        ProtocolError: if the corpus is empty.
    """
    subjects_of(corpus, "all", least=1)
    return Split.of_parts(corpus.subject, "all", np.full(len(corpus), 2), None)
