"""ICC(3,1), PCC, RMSE and MAE against SciPy, scikit-learn and the analysis of variance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import pearsonr
from sklearn.metrics import mean_absolute_error, root_mean_squared_error

from trainers.metrics import false_alarms, icc, intraclass, mae, pcc, rmse


def column(*values: float) -> np.ndarray:
    return np.array(values)[:, None]


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), offset=st.sampled_from([0.0, 1e4]))
def test_agrees_with_the_references(rows, seed, offset) -> None:
    data = rows(seed)
    labels, predictions = data.intensity, 5 * data.scores + offset
    figures = {metric: metric(labels, predictions) for metric in (icc, pcc, rmse, mae)}
    for au in range(4):
        known = ~np.isnan(labels[:, au]) & ~np.isnan(predictions[:, au])
        x, y = labels[known, au].astype(float), predictions[known, au]
        assert figures[icc][au] == pytest.approx(intraclass(np.column_stack([x, y])).icc_31, abs=1e-6)
        assert figures[pcc][au] == pytest.approx(pearsonr(x, y).statistic, abs=1e-6)
        assert figures[rmse][au] == pytest.approx(root_mean_squared_error(x, y), abs=1e-6)
        assert figures[mae][au] == pytest.approx(mean_absolute_error(x, y), abs=1e-6)


def test_icc_forgives_a_shift_but_no_scale() -> None:
    labels = column(0, 1, 2, 3, 4, 5)
    assert icc(labels, labels + 2) == pytest.approx(1)
    assert icc(labels, 2 * labels) == pytest.approx(2 * 2 / (1 + 4))
    assert pcc(labels, 2 * labels) == pytest.approx(1)
    assert icc(labels, -labels) == pytest.approx(-1)


@pytest.mark.parametrize("level", [0.0, 0.1, 3.3])
def test_labels_without_variance_have_no_icc_and_no_correlation(level: float) -> None:
    constant, varied = np.full((7, 1), level), column(0, 1, 2, 3, 4, 5, 5)
    assert np.isnan(icc(constant, varied))
    assert np.isnan(pcc(constant, varied))
    assert np.isnan(pcc(varied, constant))
    assert icc(varied, constant) == 0
    assert rmse(constant, constant) == 0


def test_false_alarms_are_readings_above_a_trace_where_nothing_is_labelled() -> None:
    labels = column(0, 0, 0, 0, 3, np.nan)
    assert false_alarms(labels, column(0, 1, 1.01, np.nan, 0, 5)) == pytest.approx(1 / 3)
    assert np.isnan(false_alarms(column(2, np.nan), column(5, 5)))


def test_one_frame_or_none() -> None:
    for labels in (column(3), column(np.nan, 3), column(np.nan)):
        assert np.isnan(icc(labels, labels))
        assert np.isnan(pcc(labels, labels))
    assert np.isnan(rmse(column(np.nan), column(1)))
    assert mae(column(np.nan, 3), column(1, 1)) == 2
