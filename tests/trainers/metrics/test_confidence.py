"""The bootstrap over subjects: its draws, its shortcuts and its refusals to promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from trainers.errors import ProtocolError
from trainers.metrics import (
    accuracy,
    auc,
    bootstrap,
    class_accuracy,
    decide,
    f1,
    icc,
    mae,
    marginal_distance,
    mean_accuracy,
    pcc,
    precision,
    recall,
    rmse,
    two_afc,
)

OF_DECISIONS = (f1, accuracy, precision, recall, marginal_distance)
OF_SCORES = (auc, two_afc)
OF_INTENSITIES = (icc, pcc, rmse, mae)


@pytest.mark.parametrize("metric", [*OF_DECISIONS, *OF_SCORES, *OF_INTENSITIES], ids=lambda m: m.name)
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_sums_per_subject_give_what_the_repeated_rows_give(metric, rows, seed) -> None:
    data = rows(seed, n=80)
    labels = data.intensity if metric in OF_INTENSITIES else data.occurrence
    predictions = decide(data.scores) if metric in OF_DECISIONS else data.scores
    fast = bootstrap(metric, labels, predictions, data.subject, resamples=20, seed=seed)
    slow = bootstrap(lambda x, y: metric(x, y), labels, predictions, data.subject, resamples=20, seed=seed)
    assert fast.resampled == pytest.approx(slow.resampled, abs=1e-9, nan_ok=True)
    assert fast.value == pytest.approx(slow.value, nan_ok=True)
    assert fast.subjects == len(set(data.subject))


def test_expressions_are_resampled_too() -> None:
    rng = np.random.default_rng(1)
    labels = rng.choice(["anger", "fear", "happiness", ""], 300)
    predictions = np.where(rng.random(300) < 0.6, labels, "fear")
    subject = rng.choice(list("abcdefgh"), 300)
    fast = bootstrap(class_accuracy, labels, predictions, subject, resamples=50, seed=2)
    slow = bootstrap(mean_accuracy, labels, predictions, subject, resamples=50, seed=2)
    assert fast.value.shape == (7,)
    assert fast.mean == pytest.approx(slow.value[0])
    assert fast.mean_interval() == pytest.approx([end[0] for end in slow.interval()])


def test_the_interval_is_that_of_subjects_not_of_frames() -> None:
    # Forty subjects of 50 frames, of whom every second is always decided right: binomial over subjects.
    labels = np.ones((2000, 1))
    decisions = (np.arange(2000) // 50 % 2)[:, None]
    subject = np.repeat([f"S{k}" for k in range(40)], 50)
    result = bootstrap(accuracy, labels, decisions, subject, resamples=4000, seed=0)
    assert result.value == 0.5
    low, high = result.interval(0.9)
    assert low[0] == pytest.approx(binom.ppf(0.05, 40, 0.5) / 40, abs=0.026)
    assert high[0] == pytest.approx(binom.ppf(0.95, 40, 0.5) / 40, abs=0.026)
    assert result.resampled.std() == pytest.approx(np.sqrt(0.25 / 40), rel=0.05)


def test_the_same_seed_draws_the_same(rows) -> None:
    data = rows(5)
    first, again, other = (
        bootstrap(rmse, data.intensity, data.scores, data.subject, resamples=30, seed=seed).resampled
        for seed in (1, 1, 2)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_no_interval_from_one_subject(rows) -> None:
    data = rows(5)
    alone = bootstrap(icc, data.intensity, data.scores, np.full(200, "S1"), resamples=100, seed=0)
    assert not np.isnan(alone.value).any()
    assert np.isnan(alone.interval()).all()
    assert np.isnan(alone.mean_interval()).all()


def test_no_interval_for_an_au_that_one_subject_alone_shows() -> None:
    rng = np.random.default_rng(0)
    subject = np.repeat([f"S{k:02d}" for k in range(20)], 30)
    labels = (rng.random((600, 2)) < 0.3).astype(float)
    labels[30:, 1] = 0
    result = bootstrap(f1, labels, labels, subject, resamples=1000, seed=0)
    low, high = result.interval()
    assert result.value.tolist() == [1, 1]
    assert (low[0], high[0]) == (1, 1)
    assert np.isnan([low[1], high[1]]).all()


def test_an_au_nobody_labelled_stays_nan_and_out_of_the_mean() -> None:
    labels = np.column_stack([np.tile([0.0, 1, 2, 3], 10), np.full(40, np.nan)])
    predictions = labels + np.tile([0.5, -0.5], 20)[:, None]
    result = bootstrap(rmse, labels, predictions, np.repeat(list("abcd"), 10), resamples=50, seed=0)
    assert result.mean == pytest.approx(0.5)
    assert result.mean_interval() == pytest.approx((0.5, 0.5))
    assert np.isnan([end[1] for end in result.interval()]).all()


def test_rows_that_do_not_match_are_refused() -> None:
    with pytest.raises(ProtocolError, match="3 labels, 3 predictions and 2 subjects"):
        bootstrap(rmse, np.ones((3, 1)), np.ones((3, 1)), np.array(["a", "b"]), seed=0)
    with pytest.raises(ProtocolError, match="at least one"):
        bootstrap(rmse, np.ones((0, 1)), np.ones((0, 1)), np.array([], dtype=str), seed=0)
