"""t-SNE keeps groups apart, takes given features, and is left out where it would say nothing."""

from __future__ import annotations

import numpy as np

from trainers.reports.embedding import embed, embedding_section


def test_groups_that_are_apart_stay_apart_and_the_seed_decides() -> None:
    rng = np.random.default_rng(0)
    features = np.concatenate([rng.normal(0, 1, (30, 8)), rng.normal(9, 1, (30, 8))])
    places = embed(features, seed=3)
    distance = np.linalg.norm(places[:, None] - places[None], axis=2) + 1e9 * np.eye(60)
    nearest = distance.argmin(axis=1)
    assert ((nearest < 30) == (np.arange(60) < 30)).all()
    assert np.array_equal(places, embed(features, seed=3))


def test_a_constant_feature_is_no_trouble() -> None:
    features = np.random.default_rng(0).normal(0, 1, (25, 3))
    features[:, 1] = 4
    assert np.isfinite(embed(features, seed=0)).all()


def test_given_features_are_embedded_and_coloured(rich, compare) -> None:
    corpus, predictions = rich
    rows = np.arange(60)
    features = np.random.default_rng(0).normal(0, 1, (60, 5))
    features[7] = np.nan
    made = compare(corpus.select(rows), predictions.select(rows), features=features)
    (plot,) = embedding_section(made).blocks
    assert plot.title == "t-SNE, coloured by expression"
    assert "penultimate layer" in plot.caption
    assert "59 frames" in plot.caption


def test_a_handful_of_faces_makes_no_map(rich, compare) -> None:
    corpus, predictions = rich
    rows = np.arange(12)
    assert embedding_section(compare(corpus.select(rows), predictions.select(rows))) is None
