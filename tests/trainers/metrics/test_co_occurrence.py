"""Base rates, conditional rates and Phi against counting and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import matthews_corrcoef

from trainers.errors import ProtocolError
from trainers.metrics import (
    conditional,
    conditional_distance,
    decide,
    marginal,
    marginal_distance,
    mean_off_diagonal,
    phi,
    with_neutral,
)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_agrees_with_counting_and_with_scikit_learn(rows, seed) -> None:
    occurrence = rows(seed, gaps=0.2).occurrence
    assert marginal(occurrence) == pytest.approx(np.nanmean(occurrence, axis=0), abs=1e-6)
    rates, correlations = conditional(occurrence), phi(occurrence)
    for i in range(4):
        for j in range(4):
            both = occurrence[~np.isnan(occurrence[:, [i, j]]).any(axis=1)]
            given_j = both[both[:, j] == 1, i]
            expected = given_j.mean() if len(given_j) else np.nan
            assert rates[i, j] == pytest.approx(expected, abs=1e-6, nan_ok=True)
            if all(0 < both[:, k].mean() < 1 for k in (i, j)):
                assert correlations[i, j] == pytest.approx(
                    matthews_corrcoef(both[:, i], both[:, j]), abs=1e-6
                )
            else:
                assert np.isnan(correlations[i, j])


def test_distances_compare_the_same_cells() -> None:
    labels = np.array([[1, 1], [1, 0], [0, 0], [0, np.nan]])
    decisions = np.array([[1, 1], [1, 1], [1, 0], [0, 1.0]])
    assert marginal_distance(labels, decisions) == pytest.approx([3 / 4 - 2 / 4, 2 / 3 - 1 / 3])
    # P(first | second): 1 labelled, 1 decided. P(second | first): 1/2 labelled, 2/3 decided.
    distance = conditional_distance(labels, decisions)
    assert distance == pytest.approx(np.array([[0, 0], [2 / 3 - 1 / 2, 0]]))
    assert mean_off_diagonal(distance) == pytest.approx((2 / 3 - 1 / 2) / 2)


def test_perfect_decisions_are_at_no_distance(rows) -> None:
    occurrence = rows(3).occurrence
    assert marginal_distance(occurrence, occurrence).tolist() == [0] * 4
    assert mean_off_diagonal(conditional_distance(occurrence, occurrence)) == 0


def test_what_never_occurs_conditions_nothing() -> None:
    occurrence = np.array([[1.0, 0.0], [0.0, 0.0]])
    assert np.isnan(conditional(occurrence)[:, 1]).all()
    assert conditional(occurrence)[1, 0] == 0
    assert np.isnan(phi(occurrence)).tolist() == [[False, True], [True, True]]
    assert np.isnan(mean_off_diagonal(phi(occurrence)))
    assert np.isnan(marginal(np.full((3, 1), np.nan)))


def test_neutral_is_the_absence_of_all() -> None:
    occurrence = np.array([[0, 0], [1, 0], [1, np.nan], [0, np.nan]])
    labelled = with_neutral(occurrence)
    assert np.array_equal(labelled[:, 2], [1, 0, 0, np.nan], equal_nan=True)
    assert np.array_equal(labelled[:, :2], occurrence, equal_nan=True)
    assert phi(labelled)[2, 0] == pytest.approx(-1)


def test_scores_are_refused(rows) -> None:
    data = rows(0)
    with pytest.raises(ProtocolError, match="threshold scores first"):
        phi(data.scores)
    with pytest.raises(ProtocolError, match="decisions hold"):
        marginal_distance(data.occurrence, data.scores)
    assert marginal_distance(data.occurrence, decide(data.scores)).shape == (4,)
