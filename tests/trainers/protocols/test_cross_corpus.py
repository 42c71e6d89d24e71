"""Training on one corpus and testing on another: one corpus, common AUs, nobody on both sides."""

from __future__ import annotations

import numpy as np
import pytest

from trainers.errors import ProtocolError
from trainers.protocols import cross_corpus


def test_rows_and_labels_stay_with_their_corpus(corpus) -> None:
    bp4d = corpus([5, 6, 7, 8], seed=1, name="BP4D", aus=("AU12", "AU01", "AU07"))
    disfa = corpus([4, 3], seed=2, name="DISFA", aus=("AU01", "AU05", "AU12"))
    joined, split = cross_corpus(bp4d, disfa, seed=0)
    assert joined.name == "BP4D to DISFA"
    assert joined.aus == ("AU12", "AU01")
    assert len(joined) == 26 + 7
    assert split.test.tolist() == list(range(26, 33))
    assert sorted(np.concatenate([split.train, split.validation])) == list(range(26))
    assert len(split.train) > len(split.validation) > 0
    assert np.array_equal(
        joined.intensity[split.test], disfa.with_aus(["AU12", "AU01"]).intensity, equal_nan=True
    )
    assert np.array_equal(joined.images[30], disfa.images[4])
    assert set(joined.subject[split.test]) == {"DISFA/S00", "DISFA/S01"}
    again = cross_corpus(bp4d, disfa, seed=0)[1]
    assert np.array_equal(split.train, again.train)


def test_validation_can_be_left_out(corpus) -> None:
    _, split = cross_corpus(corpus([5], name="A"), corpus([4], name="B"), seed=0, validation=0)
    assert len(split.train) == 5
    assert split.description == "A to B: train 1 subject, 5 frames; test 1 subject, 4 frames"


def test_one_corpus_against_itself_leaks(corpus) -> None:
    data = corpus([5, 5, 5])
    with pytest.raises(ProtocolError, match="open to open: subject S0. is in both"):
        cross_corpus(data, data, seed=0)


def test_no_common_au(corpus) -> None:
    with pytest.raises(ProtocolError, match=r"A to B: no AU in common \(AU01; AU02, AU04\)"):
        cross_corpus(
            corpus([5], name="A", aus=("AU01",)), corpus([5], name="B", aus=("AU02", "AU04")), seed=0
        )


def test_one_training_subject_cannot_validate(corpus) -> None:
    with pytest.raises(ProtocolError, match="A to B: one subject is left.*validation to 0"):
        cross_corpus(corpus([5], name="A"), corpus([4], name="B"), seed=0)
