"""F1, accuracy, precision and recall against scikit-learn, and what they say where they say nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics

from trainers.errors import ProtocolError
from trainers.metrics import accuracy, counted, decide, f1, precision, recall

REFERENCES = [
    (f1, sklearn_metrics.f1_score),
    (accuracy, sklearn_metrics.accuracy_score),
    (precision, sklearn_metrics.precision_score),
    (recall, sklearn_metrics.recall_score),
]


def column(*values: float) -> np.ndarray:
    return np.array(values, np.float32)[:, None]


@pytest.mark.parametrize(("metric", "reference"), REFERENCES, ids=lambda m: getattr(m, "name", ""))
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_agrees_with_scikit_learn_on_the_labelled_cells(metric, reference, rows, seed) -> None:
    data = rows(seed)
    decisions = decide(data.scores, 0.4)
    figures = metric(data.occurrence, decisions)
    for au in range(4):
        known = ~np.isnan(data.occurrence[:, au]) & ~np.isnan(decisions[:, au])
        labels, decided = data.occurrence[known, au], decisions[known, au]
        if labels.any() and decided.any():
            assert figures[au] == pytest.approx(reference(labels, decided), abs=1e-6)


def test_undefined_is_nan_and_wrong_is_zero() -> None:
    nothing_active, one_decided = column(0, 0, 0), column(0, 1, 0)
    assert np.isnan(f1(nothing_active, one_decided))
    assert np.isnan(recall(nothing_active, one_decided))
    assert precision(nothing_active, one_decided) == 0
    assert accuracy(nothing_active, one_decided) == pytest.approx(2 / 3)
    one_active, nothing_decided = one_decided, nothing_active
    assert f1(one_active, nothing_decided) == 0
    assert recall(one_active, nothing_decided) == 0
    assert np.isnan(precision(one_active, nothing_decided))


@pytest.mark.parametrize("metric", [f1, accuracy, precision, recall])
def test_no_labelled_frame_is_nan(metric) -> None:
    assert np.isnan(metric(column(np.nan, np.nan), column(1, 0)))
    assert np.isnan(metric(np.zeros((0, 2)), np.zeros((0, 2)))).all()


def test_cells_count_where_both_are_there() -> None:
    labels, decisions = column(1, np.nan, 0, 1), column(1, 1, np.nan, 1)
    assert counted(labels, decisions).tolist() == [2]
    assert accuracy(labels, decisions) == 1


def test_decisions_reach_their_own_threshold_and_gaps_stay() -> None:
    scores = np.array([[0.5, 0.5], [0.49, np.nan]])
    assert np.array_equal(decide(scores), [[1, 1], [0, np.nan]], equal_nan=True)
    assert np.array_equal(decide(scores, np.array([0.4, 0.6])), [[1, 0], [1, np.nan]], equal_nan=True)


@pytest.mark.parametrize(
    ("labels", "decisions", "message"),
    [
        (column(0, 1), column(0.25, 0.75), "decisions hold 0.25.*threshold"),
        (column(0, 3), column(0, 1), "labels hold 3"),
        (column(0, 1), column(0, 1, 1), r"\(2, 1\).*\(3, 1\)"),
        (np.zeros(3), np.zeros(3), r"\(3,\).*frames, AUs"),
    ],
)
def test_other_values_and_shapes_are_refused(labels, decisions, message) -> None:
    with pytest.raises(ProtocolError, match=message):
        f1(labels, decisions)
