"""Positives repeated as their rule says; intensities balanced in every view."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainers.errors import CorpusError, ProtocolError
from trainers.protocols import balanced_intensity_sample, positive_resampling, subject_folds

NINE_VIEWS = tuple("123456789")


def with_rates(corpus, active: dict[str, int], n: int):
    """A corpus of n rows in which each AU is active in that many, AU after AU, one at a time."""
    data = corpus([n], aus=tuple(active), gaps=0.0)
    data.occurrence[:] = 0
    start = 0
    for column, count in enumerate(active.values()):
        data.occurrence[start : start + count, column] = 1
        start += count
    return data


def test_the_rarer_the_more_often_between_four_and_seven(corpus) -> None:
    data = with_rates(corpus, {"AU01": 5, "AU02": 17, "AU04": 20, "AU06": 40}, n=100)
    sample = positive_resampling(data)
    times = np.bincount(sample.rows, minlength=100)
    # (1 - p) / p: 19, capped at 7; 4.9; 4; 1.5, which is not rare. The last 18 rows show nothing.
    assert set(times[:5]) == {7}
    assert set(times[5:22]) == {5}
    assert set(times[22:42]) == {4}
    assert set(times[42:]) == {1}
    assert sample.description == (
        "positive re-sampling: 100 training frames become 258 (AU01 x7, AU02 x5, AU04 x4)"
    )


def test_a_frame_follows_its_rarest_au_and_unlabelled_is_not_active(corpus) -> None:
    data = with_rates(corpus, {"AU01": 10, "AU02": 20}, n=100)
    data.occurrence[:10, 1] = 1
    data.occurrence[10:20, 1] = np.nan
    data.occurrence[50:60, 0] = np.nan
    times = np.bincount(positive_resampling(data).rows, minlength=100)
    assert set(times[:10]) == {7}  # AU01 in 10 of 90, AU02 in 20 of 90: 8 and 3.5, which is 4
    assert set(times[10:20]) == {1}
    assert set(times[20:30]) == {4}
    assert set(times[30:]) == {1}


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_only_the_rows_given_and_all_of_them(corpus, seed) -> None:
    data = corpus([20, 30, 40], seed=seed, rates=(0.02, 0.15, 0.6))
    split = subject_folds(data, seed=seed)[0]
    sample = positive_resampling(data, split.train)
    assert set(sample.rows) == set(split.train)
    assert set(np.unique(sample.rows, return_counts=True)[1]) <= {1, 4, 5, 6, 7}
    assert split.with_training(sample).train is sample.rows


def test_nothing_rare_or_nothing_there(corpus) -> None:
    assert "no AU is rare" in positive_resampling(corpus([40], rates=(0.6, 0.5, 0.4))).description
    assert len(positive_resampling(corpus([5]).select([])).rows) == 0
    with pytest.raises(ProtocolError, match="7 to 4 times"):
        positive_resampling(corpus([5]), least=7, most=4)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), per_view=st.integers(1, 40))
def test_as_many_zero_as_non_zero_in_every_view(corpus, seed, per_view) -> None:
    data = corpus([200, 300, 100], seed=seed, views=NINE_VIEWS)
    sample = balanced_intensity_sample(data, "AU02", seed=seed, per_view=per_view)
    intensity = data.intensity[sample.rows, 1]
    assert not np.isnan(intensity).any()
    assert len(np.unique(sample.rows)) == len(sample.rows)
    shortfall = False
    for view in NINE_VIEWS:
        of_view = data.view == view
        there = [(data.intensity[of_view, 1] > 0).sum(), (data.intensity[of_view, 1] == 0).sum()]
        taken = intensity[data.view[sample.rows] == view]
        expected = min(per_view, *there)
        assert ((taken > 0).sum(), (taken == 0).sum()) == (expected, expected)
        shortfall |= expected < per_view
        assert (f"{expected} in view {view}" in sample.description) == (expected < per_view)
    assert ("; of each only " in sample.description) == shortfall


def test_the_seed_decides_and_only_the_rows_given_are_taken(corpus) -> None:
    data = corpus([200, 200, 200])
    rows = np.flatnonzero(data.subject == "S01")
    first, again, other = (
        balanced_intensity_sample(data, "AU12", seed=seed, per_view=20, rows=rows).rows for seed in (1, 1, 2)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert set(data.subject[first]) == {"S01"}


def test_the_description(corpus) -> None:
    data = corpus([6], gaps=0.0)
    data.intensity[:, 0] = [0, 0, 0, 0, 2, 5]
    sample = balanced_intensity_sample(data, "AU01", seed=3)
    assert len(sample.rows) == 4
    assert sample.description == (
        "AU01 balanced (seed 3): 4 frames, 3,000 zero and 3,000 non-zero; of each only 2"
    )


def test_what_cannot_be_drawn_is_refused(corpus) -> None:
    data = corpus([30], rates=(0.0, 0.5, 0.5))
    with pytest.raises(ProtocolError, match="AU01: corpus open has no view with both"):
        balanced_intensity_sample(data, "AU01", seed=0)
    with pytest.raises(ProtocolError, match="0 frames a view"):
        balanced_intensity_sample(data, "AU12", seed=0, per_view=0)
    with pytest.raises(CorpusError, match="open has no AU99"):
        balanced_intensity_sample(data, "AU99", seed=0)
