"""Protocols as a command line names them."""

from __future__ import annotations

import re

from trainers.corpora.corpus import Corpus
from trainers.errors import ProtocolError
from trainers.protocols.by_subject import (
    everything,
    leave_one_subject_out,
    own_partitions,
    subject_folds,
    subject_partitions,
    training_and_validation,
)
from trainers.protocols.split import Split

PROTOCOLS = {
    "K-fold": "K folds by subject, K = 2 or more (the papers' is 3-fold): each is tested once",
    "60-20-20": "60, 20 and 20 % of the frames, by subject, to train, validate and test",
    "90-10": "90 and 10 % of the frames, by subject, to train and validate; test on another corpus",
    "loso": "leave one subject out: each subject is tested once, a quarter of the others validates",
    "partitions": "the training, validation and test partitions that the corpus itself prescribes",
    "all": "test on everything, train on nothing: for a finished bundle",
}
"""Name -> what it does, for a command's help. "K-fold" stands for "3-fold", "5-fold" and so on."""


def protocol(name: str, corpus: Corpus, seed: int) -> list[Split]:
    """Return the splits of a protocol in `PROTOCOLS`.

    Raises:
        ProtocolError: if there is none of that name, or the corpus does not fit it.
    """
    if folds := re.fullmatch(r"(\d+)-fold", name):
        return subject_folds(corpus, int(folds[1]), seed=seed)
    if name == "60-20-20":
        return [subject_partitions(corpus, (0.6, 0.2, 0.2), seed=seed)]
    if name == "90-10":
        return [training_and_validation(corpus, 0.1, seed=seed)]
    if name == "loso":
        return leave_one_subject_out(corpus, seed=seed)
    if name == "partitions":
        return [own_partitions(corpus)]
    if name == "all":
        return [everything(corpus)]
    raise ProtocolError(
        f"no protocol is named {name!r}; choose one of {', '.join(PROTOCOLS)} (K-fold: 3-fold, 5-fold, ...)"
    )
