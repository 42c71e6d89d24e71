"""Labels and predictions: some small enough to work figures out by hand, one large enough for all plots."""

from __future__ import annotations

import numpy as np
import pytest

from trainers.corpora.corpus import EXPRESSIONS, Corpus
from trainers.evaluation import Predictions
from trainers.reports import Comparison


@pytest.fixture(scope="session")
def make_predictions():
    def make(n: int, aus=("AU01", "AU12"), expressions=(), lost=(), **scores) -> Predictions:
        """n rows of a model with thresholds 0.5, without a face in the rows `lost`."""
        group = np.array(["level"] * n)
        group[list(lost)] = ""
        given = {kind: None for kind in ("occurrence", "intensity", "expression")}
        for kind, values in scores.items():
            given[kind] = np.array(values, np.float32)
            given[kind][list(lost)] = np.nan
        return Predictions(
            "model 1", aus, expressions, **given, pose_group=group, thresholds=np.full(len(aus), 0.5)
        )

    return make


@pytest.fixture(scope="session")
def compare():
    def make(corpus: Corpus, predictions: Predictions, **options) -> Comparison:
        settings = {"rendered": False, "seed": 0, "resamples": 50, **options}
        return Comparison.of_rows(corpus, predictions, settings.pop("protocol", "all"), **settings)

    return make


@pytest.fixture(scope="session")
def rich(make_corpus, make_predictions):
    """360 rows with every kind of label and their predictions, six subjects under three views; some lost."""
    rng = np.random.default_rng(0)
    aus = ("AU01", "AU02", "AU12", "AU28")
    subject, moment, view = (a.ravel() for a in np.meshgrid(range(6), range(20), range(3), indexing="ij"))
    n = len(subject)
    intensity = (rng.integers(0, 6, (6, 20, 1, 4)) * (rng.random((6, 20, 1, 4)) < 0.5)).repeat(3, axis=2)
    intensity = intensity.reshape(n, 4).astype(np.float32)
    intensity[:, 3] = 0  # AU28 never occurs: F1, AUC and ICC are undefined
    predicted = np.clip(0.7 * intensity + rng.normal(0, 0.8, intensity.shape), 0, 5)
    expression = rng.choice(EXPRESSIONS[:5], n)
    scores = rng.dirichlet(np.ones(7), n)
    scores[np.arange(n), [EXPRESSIONS.index(name) for name in expression]] += 0.4
    names = np.char.add("S", subject.astype(str))
    corpus = make_corpus(
        n,
        aus,
        name="livefacs-studio",
        subject=names,
        sequence=np.char.add(names, "/1"),
        frame=moment + 1,
        intensity=intensity,
        occurrence=(intensity > 0).astype(np.float32),
        expression=expression,
        view=np.array(["1", "2", "3"])[view],
        domain=np.array(["studio", "wild"])[subject % 2],
        attributes={"age": 20.0 + 10 * subject, "glasses": subject > 3},
    )
    predictions = make_predictions(
        n,
        aus,
        EXPRESSIONS,
        lost=range(0, n, 30),
        occurrence=1 / (1 + np.exp(1 - predicted)),
        intensity=predicted,
        expression=scores / scores.sum(axis=1, keepdims=True),
    )
    return corpus, predictions
