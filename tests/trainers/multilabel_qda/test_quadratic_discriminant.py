"""Quadratic discriminants against Bayes' rule with SciPy's densities."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal

from trainers.multilabel_qda.quadratic_discriminant import SHRINKAGE, QuadraticDiscriminants


@pytest.mark.parametrize(("d", "seed"), [(1, 0), (4, 1), (13, 2)])
def test_posteriors_are_those_of_bayes(d, seed) -> None:
    rng = np.random.default_rng(seed)
    occurrence = (rng.random((300, 2)) < (0.3, 0.6)).astype(np.float32)
    occurrence[:40, 1] = np.nan
    mixing = rng.normal(0, 1, (d, d))
    features = rng.normal(0, 1, (300, d)) @ mixing + occurrence[:, :1]
    features *= 1 + np.nan_to_num(occurrence[:, 1:])
    ours = QuadraticDiscriminants(d, 2)
    assert ours.fit(features, occurrence) == []
    found = ours(torch.from_numpy(features.astype(np.float32))).numpy()
    for au in range(2):
        known = ~np.isnan(occurrence[:, au])
        evidence = []
        for value in (0, 1):
            rows = features[known & (occurrence[:, au] == value)]
            covariance = np.atleast_2d(np.cov(rows.T, bias=True))
            covariance = (1 - SHRINKAGE) * covariance + SHRINKAGE * np.eye(d)
            density = multivariate_normal(rows.mean(axis=0), covariance)
            evidence.append(density.pdf(features) * len(rows) / known.sum())
        np.testing.assert_allclose(found[:, au], evidence[1] / sum(evidence), atol=1e-3)


def test_features_that_never_vary_do_not_decide() -> None:
    rng = np.random.default_rng(0)
    features = np.concatenate([rng.normal(0, 1, (50, 2)), np.zeros((50, 1))], axis=1)
    ours = QuadraticDiscriminants(3, 1)
    ours.fit(features, (rng.random((50, 1)) < 0.5).astype(np.float32))
    assert torch.isfinite(ours(torch.randn(5, 3))).all()


def test_an_au_that_hardly_occurs_is_named_and_stays_even() -> None:
    rng = np.random.default_rng(0)
    occurrence = np.zeros((30, 2), np.float32)
    occurrence[::2, 0] = 1
    occurrence[3, 1] = 1
    ours = QuadraticDiscriminants(2, 2)
    assert ours.fit(rng.normal(0, 1, (30, 2)), occurrence) == [1]
    assert ours(torch.randn(4, 2))[:, 1].tolist() == [0.5] * 4
