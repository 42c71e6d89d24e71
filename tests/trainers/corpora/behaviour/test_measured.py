"""Counting, on tables small enough to count by hand."""

from __future__ import annotations

import numpy as np
import pytest

from trainers.corpora.behaviour import levels_of, measure
from trainers.errors import CorpusError

TABLE = np.array([[1, 0], [3, 2], [0, 0.9], [5, 0], [2.6, 4], [0, 0]], dtype=np.float32)


def test_counts() -> None:
    counted = measure(TABLE, aus=("AU12", "AU15"), exclusions=[("AU12", "AU15"), ("AU01", "AU12")])
    assert counted.frames == 6
    np.testing.assert_allclose(counted.base_rate, [4 / 6, 2 / 6])
    np.testing.assert_allclose(counted.levels, [[0.25, 0, 0.5, 0, 0.25], [0, 0.5, 0, 0.5, 0]])
    np.testing.assert_allclose(counted.phi, [[1, 0.5], [0.5, 1]])
    assert counted.events.tolist() == [2, 2]
    assert counted.violations == {("AU12", "AU15"): 2}


def test_an_event_that_goes_on_into_another_sequence_counts_twice() -> None:
    assert measure(TABLE, starts=[0, 1, 4]).events.tolist() == [4, 2]


def test_what_never_occurs_has_no_levels_and_no_phi() -> None:
    counted = measure(np.array([[0.0, 1.0], [0.5, 0.0]]))
    assert np.isnan(counted.levels[0]).all()
    assert np.isnan(counted.phi[0, 1])


def test_levels_are_the_nearest_but_nothing_below_1() -> None:
    assert levels_of(np.array([0, 0.99, 1, 1.49, 1.5, 2.5, 3.49, 4.5, 5])).tolist() == [
        0,
        0,
        1,
        1,
        2,
        3,
        3,
        5,
        5,
    ]


@pytest.mark.parametrize("bad", [np.zeros((0, 2)), np.zeros(3), np.array([[np.nan, 1]])])
def test_tables_that_cannot_be_counted_are_refused(bad: np.ndarray) -> None:
    with pytest.raises(CorpusError, match="without NaN"):
        measure(bad)
