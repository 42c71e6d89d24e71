"""Comparing two ways of running a bundle."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from engines.manifest import Parity
from trainers.compiling.parity import compare
from trainers.evaluation import Predictions


@pytest.fixture
def labelled(make_corpus):
    """200 rows of two AUs, every second of them present."""
    intensity = np.random.default_rng(0).uniform(0, 5, (200, 2)).astype(np.float32)
    return make_corpus(200, intensity=intensity, occurrence=(intensity >= 2).astype(np.float32))


@pytest.fixture
def said(labelled) -> Predictions:
    noise = np.random.default_rng(1).normal(0, 0.5, (200, 2))
    intensity = (labelled.intensity + noise).clip(0, 5).astype(np.float32)
    return Predictions(
        "made 1.0.0",
        ("AU01", "AU12"),
        (),
        intensity / 5,
        intensity,
        None,
        np.full(200, "any"),
        np.full(2, 0.4),
    )


def test_nothing_is_apart_from_itself(labelled, said) -> None:
    report = compare(labelled, said, said, Parity())
    assert report.passed and report.faces == 200
    assert set(report.apart) == {"occurrence", "intensity"}
    assert all(apart.largest == apart.mean == 0 for apart in report.apart.values())
    assert [worth.name for worth in report.worth] == ["ICC(3,1)", "F1"]
    assert all(worth.change == 0 for worth in report.worth)
    assert report.worth[0].a > 0.9


def test_differences_are_counted_over_faces_that_were_found(labelled, said) -> None:
    other = dataclasses.replace(said, intensity=said.intensity.copy())
    other.intensity[0, 1] += 0.5
    other.intensity[7] = np.nan
    apart = compare(labelled, said, other, Parity()).apart["intensity"]
    assert apart.largest == pytest.approx(0.5)
    assert apart.mean == pytest.approx(0.5 / (199 * 2))


def test_what_loses_too_much_fails(labelled, said) -> None:
    rng = np.random.default_rng(2)
    worse = dataclasses.replace(said, intensity=rng.permutation(said.intensity))
    report = compare(labelled, said, worse, Parity())
    assert not report.passed
    icc, f1 = report.worth
    assert not icc.held and icc.change < -0.5
    assert f1.held
    assert compare(labelled, said, worse, Parity(icc=1.0)).passed


def test_a_gain_that_is_too_large_fails_as_well(labelled, said) -> None:
    rng = np.random.default_rng(2)
    worse = dataclasses.replace(said, occurrence=rng.permutation(said.occurrence))
    assert not compare(labelled, worse, said, Parity()).passed


def test_only_labelled_aus_count(labelled, said) -> None:
    other = dataclasses.replace(said, intensity=said.intensity * [0, 1])
    report = compare(labelled.with_aus(("AU12",)), said, other.with_aus(("AU01", "AU12")), Parity())
    assert report.passed
    assert report.apart["intensity"].largest > 1  # told all the same
