"""Models that tell occurrence, side by side, and networks that are trained fold by fold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from trainers.reports import Comparison
from trainers.reproduction.by_fold import Model, as_predictions, over_folds, runs_of
from trainers.reproduction.occurrence import f1_of, f1_table, gained
from trainers.reproduction.request import Request


@pytest.fixture
def told(make_corpus):
    rng = np.random.default_rng(0)
    n = 200
    occurrence = (rng.random((n, 2)) < 0.4).astype(np.float32)
    subject = np.array([f"S{k % 10}" for k in range(n)])
    corpus = make_corpus(n, occurrence=occurrence, subject=subject)

    def make(name: str, noise: float) -> Comparison:
        scores = np.where(rng.random((n, 2)) < noise, 1 - occurrence, occurrence).astype(np.float32)
        return Comparison.of_rows(
            corpus, as_predictions(name, scores, corpus.aus), "all", rendered=True, seed=0, resamples=200
        )

    return make


def test_the_better_model_gains(told) -> None:
    bad, good = told("bad", 0.3), told("good", 0.05)
    gain = gained([(bad, good)])
    assert gain.value == pytest.approx(f1_of(good).mean.value - f1_of(bad).mean.value)
    assert 0 < gain.low < gain.value < gain.high
    back = gained([(good, bad)])
    assert (back.value, back.low, back.high) == pytest.approx((-gain.value, -gain.high, -gain.low))


def test_a_table_has_a_column_for_each_model(told) -> None:
    table, figures = f1_table("F1", {"bad": told("bad", 0.3), "good": told("good", 0.05)}, "a note")
    assert table.head == ("AU", "bad", "good") and len(table.rows) == 2
    assert set(figures) == {"bad", "good"}


def test_each_row_is_of_the_fold_that_tested_it() -> None:
    one = np.array([[1.0], [np.nan], [np.nan]], np.float32)
    two = np.array([[np.nan], [2.0], [np.nan]], np.float32)
    np.testing.assert_array_equal(over_folds([one, two]), [[1.0], [2.0], [np.nan]])
    with pytest.raises(ValueError, match="one fold or more"):
        over_folds([])


def test_models_of_some_folds_are_trained_on_those_only(tmp_path: Path) -> None:
    models = [
        Model("ATF", "identity-adversarial/small"),
        Model("ATF alpha 0.1", "identity-adversarial/small", ("task.alpha=0.1",), folds=(1,)),
    ]
    request = Request(out=tmp_path, size="small", aus=("AU04", "AU12"), changes=("training.iterations=7",))
    first, second = (runs_of(models, request, 3, fold, 3) for fold in (1, 2))
    assert [run.name for run in first] == ["ATF (fold 1 of 3)", "ATF alpha 0.1 (fold 1 of 3)"]
    assert [run.folder.relative_to(tmp_path).as_posix() for run in second] == ["runs/seed-3/fold-2/atf"]
    swept = first[1].recipe
    assert (swept.fold, swept.training.seed, swept.training.iterations) == (1, 3, 7)
    assert swept.data.aus == ("AU04", "AU12") and swept.options.alpha == 0.1
