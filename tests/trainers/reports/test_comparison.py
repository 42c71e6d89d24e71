"""Which rows and AUs are compared, and which are refused."""

from __future__ import annotations

import numpy as np
import pytest

from trainers.errors import ProtocolError
from trainers.metrics import auc, f1
from trainers.protocols import Split, protocol
from trainers.reports import Comparison, comparison, protocol_name, rows_tested


def test_folds_together_test_every_row_once(rich) -> None:
    corpus, predictions = rich
    splits = protocol("3-fold", corpus, 5)
    made = Comparison.of_splits(corpus, splits, predictions, rendered=True, seed=0)
    assert len(made.corpus) == len(corpus)
    assert made.protocol == "3-fold (seed 5)"
    assert "(rendered faces); protocol 3-fold (seed 5); 360 frames of 6 subjects" in made.caption("x")


def test_only_test_rows_are_compared(rich) -> None:
    corpus, predictions = rich
    splits = protocol("60-20-20", corpus, 5)
    made = Comparison.of_splits(corpus, splits, predictions, rendered=True, seed=0)
    assert set(made.corpus.subject) == set(corpus.subject[splits[0].test])
    rows = np.sort(splits[0].test)
    assert np.array_equal(made.predictions.intensity, predictions.intensity[rows], equal_nan=True)


def test_a_row_tested_twice_or_none_is_refused() -> None:
    subject = np.array(["A", "B"])
    split = Split("mine", subject, test=np.array([0]))
    assert rows_tested([split, Split("mine", subject, test=np.array([1]))]).tolist() == [0, 1]
    with pytest.raises(ProtocolError, match="mine: a row is tested twice"):
        rows_tested([split, split])
    with pytest.raises(ProtocolError, match="tests no row"):
        rows_tested([Split("mine", subject)])


def test_protocols_are_named_as_a_whole() -> None:
    subject = np.array(["A"])
    folds = [Split(f"2-fold, fold {k} of 2", subject, seed=4) for k in (1, 2)]
    assert protocol_name(folds) == "2-fold (seed 4)"
    assert protocol_name(folds[:1]) == "2-fold, fold 1 of 2 (seed 4)"
    assert protocol_name([Split("all", subject)]) == "all"


def test_aus_are_those_labelled_and_predicted(make_corpus, make_predictions, compare) -> None:
    labels = np.array([[1, 0, np.nan], [0, 1, np.nan]], np.float32)
    corpus = make_corpus(2, ("AU12", "AU01", "AU04"), occurrence=labels)
    scores = np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]])
    made = compare(corpus, make_predictions(2, ("AU04", "AU12", "AU25"), occurrence=scores))
    assert made.corpus.aus == made.predictions.aus == ("AU12",)
    assert made.predictions.occurrence[:, 0] == pytest.approx([0.2, 0.5])
    with pytest.raises(ProtocolError, match="no AU in common"):
        compare(corpus, make_predictions(2, ("AU04",), occurrence=scores[:, :1]))


def test_other_rows_are_refused(rich) -> None:
    corpus, predictions = rich
    with pytest.raises(ProtocolError, match="360 rows, the predictions 10"):
        Comparison.of_splits(
            corpus, protocol("all", corpus, 0), predictions.select(np.arange(10)), rendered=True, seed=0
        )
    with pytest.raises(ProtocolError, match="360 rows, the features 3"):
        Comparison.of_rows(corpus, predictions, "all", rendered=True, seed=0, features=np.zeros((3, 2)))


def test_auc_of_very_many_subjects_has_no_interval(rich, compare, monkeypatch) -> None:
    monkeypatch.setattr(comparison, "MOST_SUBJECTS_FOR_PAIRS", 5)
    made = compare(*rich)
    scores, decisions = made.scores, made.decisions
    ranked = made.figures(auc, scores.labels, scores.predictions)
    assert ranked.each[0].value == pytest.approx(auc(scores.labels, scores.predictions)[0])
    assert ranked.without_interval
    assert made.figures(f1, decisions.labels, decisions.predictions).each[0].has_interval
