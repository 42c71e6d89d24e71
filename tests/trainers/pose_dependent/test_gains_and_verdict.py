"""What the pose-dependent model gains over several trainings, by look, and in words."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from trainers.metrics import icc
from trainers.pose_dependent.gains import by_look, by_seed, gain, mean_icc
from trainers.pose_dependent.verdict import verdict
from trainers.reports.comparison import Figures
from trainers.reports.content import Measured


def noisy(corpus, spread: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.clip(corpus.intensity + rng.normal(0, spread, corpus.intensity.shape), 0, 5)


@pytest.fixture
def pairs(viewed, tested):
    """Two seeds of a poor and of a better model, on faces of two looks."""
    looks = dataclasses.replace(viewed, domain=np.array(["studio", "wild"])[np.arange(len(viewed)) % 2])
    return [
        (
            tested(looks, "poor", noisy(viewed, 2.0, seed)),
            tested(looks, "good", noisy(viewed, 1.0, seed + 10)),
        )
        for seed in (1, 2)
    ]


def iccs(comparison, rows=slice(None)) -> np.ndarray:
    return icc(comparison.corpus.intensity[rows], comparison.predictions.intensity[rows])


def test_the_gain_is_the_mean_over_seeds(pairs) -> None:
    made = gain(pairs)
    wanted = np.mean([iccs(good) - iccs(poor) for poor, good in pairs], axis=0)
    assert [figure.value for figure in made.each] == pytest.approx(wanted, nan_ok=True)
    assert made.mean.value == pytest.approx(np.nanmean(wanted))
    assert 0 < made.mean.low < made.mean.value < made.mean.high
    alone = [gain([pair]).mean for pair in pairs]
    assert made.mean.low > min(figure.low for figure in alone)


def test_means_per_look_are_of_its_rows(pairs) -> None:
    table = by_look(pairs, "caption")
    assert table.head == ("look", "poor", "good", "gained", "frames")
    for row in table.rows:
        rows = pairs[0][0].corpus.domain == row[0]
        wanted = [np.mean([np.nanmean(iccs(pair[k], rows)) for pair in pairs]) for k in (0, 1)]
        assert row[1:3] == pytest.approx(wanted)
        assert row[3].value == pytest.approx(wanted[1] - wanted[0])
        assert row[4] == rows.sum()


def test_seeds_are_told_one_by_one(pairs) -> None:
    table = by_seed(pairs, (3, 5), "caption")
    assert [row[0] for row in table.rows] == ["3", "5"]
    assert table.rows[1][1] == pytest.approx(np.nanmean(iccs(pairs[1][0])))
    assert table.summary[0][2] == pytest.approx(mean_icc([good for _, good in pairs]))
    assert by_seed(pairs[:1], (3,), "caption") is None


def test_one_look_has_no_table(viewed, tested) -> None:
    one, other = (tested(viewed, name, noisy(viewed, 1.0, 1)) for name in ("one", "other"))
    assert by_look([(one, other)], "caption") is None


@pytest.mark.parametrize(
    ("mean", "said"),
    [
        (Measured(0.05, 0.01, 0.09), "the pose-dependent model is better, as in the paper."),
        (Measured(-0.05, -0.09, -0.01), "the pose-dependent model is worse, unlike in the paper."),
        (
            Measured(0.05, -0.01, 0.09),
            "cannot be told apart, and the paper's finding is neither confirmed nor",
        ),
        (Measured(0.05), "too few subjects for an interval: nothing follows from this difference."),
    ],
)
def test_the_verdict_says_what_the_interval_says(mean: Measured, said: str, pairs) -> None:
    single = (Measured(0.2, 0.1, 0.3), Measured(0.1, -0.1, 0.3), Measured(float("nan")))
    text = verdict("test", pairs[0][0], (0.5, 0.55), Figures(single, mean), 2)
    assert said in text
    assert text.startswith(
        "Test partition of livefacs-studio, rendered faces (8 subjects, 240 frames, mean of 2"
    )
    assert "is 0.550 for the pose-dependent model and 0.500 for the pose-invariant one" in text
    assert "Of single AUs the interval excludes 0 for AU01 +0.200 [+0.100, +0.300]." in text
    # AU01 and AU12 are the paper's, too.
    assert "The paper reports 0.676 against 0.622 over 2 AUs on the validation partition of FERA 2017" in text


def test_no_single_au_is_said_too(pairs) -> None:
    none = Figures((Measured(0.1, -0.1, 0.3),) * 3, Measured(0.1, -0.1, 0.3))
    assert "Of no single AU does the interval exclude 0." in verdict("test", pairs[0][0], (0.5, 0.6), none, 1)
