"""AUC and 2AFC against scikit-learn's curve, SciPy's U and the pairs counted one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu
from sklearn.metrics import roc_auc_score

from trainers.metrics import auc, two_afc


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_agrees_with_scikit_learn_and_scipy(rows, seed) -> None:
    data = rows(seed)
    areas, choices = auc(data.occurrence, data.scores), two_afc(data.occurrence, data.scores)
    for au in range(4):
        known = ~np.isnan(data.occurrence[:, au]) & ~np.isnan(data.scores[:, au])
        active, scores = data.occurrence[known, au] == 1, data.scores[known, au]
        if active.any() and not active.all():
            assert areas[au] == pytest.approx(roc_auc_score(active, scores), abs=1e-6)
            u = mannwhitneyu(scores[active], scores[~active]).statistic
            assert choices[au] == pytest.approx(u / active.sum() / (~active).sum(), abs=1e-6)


def test_a_tie_is_half_right() -> None:
    labels = np.array([[1, 1, 0, 0]]).T
    scores = np.array([[0.9, 0.5, 0.5, 0.1]]).T
    # Pairs: 0.9 beats both, 0.5 ties with one and beats the other.
    assert two_afc(labels, scores) == (2 + 0.5 + 1) / 4


def test_one_class_is_nan() -> None:
    scores = np.array([[0.1], [0.2]])
    for labels in ([[1], [1]], [[0], [0]], [[np.nan], [np.nan]], [[1], [np.nan]]):
        assert np.isnan(auc(np.array(labels), scores))
