"""Intraclass correlations against Shrout and Fleiss' worked example and against regressions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import f_oneway

from trainers.errors import ProtocolError
from trainers.metrics import intraclass

# Shrout and Fleiss (1979), Table 2: six targets by four judges.
PUBLISHED = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7.0]])


def by_regression(ratings: np.ndarray) -> tuple[float, float, float]:
    """The three figures from residuals of least squares on indicator variables."""
    n, k = ratings.shape
    target, judge = np.indices(ratings.shape).reshape(2, -1)
    by_target, by_judge = np.eye(n)[target], np.eye(k)[judge]

    def residual(*indicators: np.ndarray) -> float:
        design = np.column_stack([np.ones(n * k), *indicators])
        fit = design @ np.linalg.lstsq(design, ratings.ravel(), rcond=None)[0]
        return float(((ratings.ravel() - fit) ** 2).sum())

    both = residual(by_target, by_judge)
    bms = (residual(by_judge) - both) / (n - 1)
    jms = (residual(by_target) - both) / (k - 1)
    ems = both / ((n - 1) * (k - 1))
    f = f_oneway(*ratings).statistic
    return (
        (f - 1) / (f + k - 1),
        (bms - ems) / (bms + (k - 1) * ems + k * (jms - ems) / n),
        (bms - ems) / (bms + (k - 1) * ems),
    )


def test_published_example() -> None:
    assert [round(figure, 2) for figure in intraclass(PUBLISHED)] == [0.17, 0.29, 0.71]
    assert intraclass(PUBLISHED) == pytest.approx(by_regression(PUBLISHED), abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(n=st.integers(3, 12), k=st.integers(2, 5), seed=st.integers(0, 2**32 - 1))
def test_agrees_with_regression(n: int, k: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    ratings = rng.normal(0, 1, (n, 1)) + rng.normal(0, 2, k) + rng.normal(0, 1, (n, k))
    assert intraclass(ratings) == pytest.approx(by_regression(ratings), abs=1e-6)


def test_targets_with_a_gap_do_not_count() -> None:
    gaps = np.insert(PUBLISHED, 3, [1, np.nan, 5, 5], axis=0)
    assert intraclass(gaps) == intraclass(PUBLISHED)


def test_consistency_forgives_a_judge_who_rates_higher() -> None:
    strict = np.array([1.0, 2, 4, 3])
    figures = intraclass(np.column_stack([strict, strict + 1]))
    assert figures.icc_31 == pytest.approx(1)
    assert figures.icc_21 < 0.9


@pytest.mark.parametrize("ratings", [np.full((4, 3), 2.3), np.array([[1.0, 2.0]]), np.full((5, 2), np.nan)])
def test_nothing_to_compare_is_nan(ratings) -> None:
    assert np.isnan(intraclass(ratings)).all()


def test_raters_who_differ_by_a_constant_only_are_not_called_consistent() -> None:
    assert np.isnan(intraclass(np.array([[1.1, 2.3]] * 7)).icc_31)


def test_one_rater_is_refused() -> None:
    with pytest.raises(ProtocolError, match=r"\(3, 1\).*two raters"):
        intraclass(np.ones((3, 1)))
