"""The random search stays within the paper's ranges, and what the papers print is whole."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainers.label_adversarial.published import published as wang
from trainers.label_adversarial.published import published_table
from trainers.multilabel_qda.published import published, published_tables
from trainers.multilabel_qda.search import drawn
from trainers.training.recipe_files import read_recipe


@given(st.integers(1, 200), st.integers(0, 10), st.sampled_from([32, 48, 64]))
@settings(deadline=None, max_examples=25)
def test_every_trial_is_a_recipe_within_the_ranges(trial, seed, size) -> None:
    changes = drawn(trial, seed=seed, size=size, momentum=True)
    recipe = read_recipe("multilabel-qda/paper", [*changes, f"data.size={size}"])
    options = recipe.options
    assert all(5 <= kernel <= 15 for kernel in options.kernels)
    assert all(2 <= pool <= 4 for pool in options.pools)
    assert 1e-4 <= recipe.optimiser.lr <= 1e-2 and 5e-6 <= recipe.optimiser.weight_decay <= 5e-3
    assert 0.5 <= recipe.optimiser.momentum <= 0.9
    assert changes == drawn(trial, seed=seed, size=size, momentum=True)


def test_the_first_trial_is_the_recipe_as_it_stands() -> None:
    assert drawn(0, seed=3, size=48, momentum=False) == ()
    assert drawn(1, seed=3, size=48, momentum=False) != drawn(2, seed=3, size=48, momentum=False)


def test_the_papers_means_are_those_of_their_columns() -> None:
    data = published()
    for each in (*data["same"].values(), *data["cross"]["pairs"].values()):
        for name, tolerance in (("accuracy", 0.5), ("2AFC", 0.005)):
            assert np.mean(each[name][:-1]) == pytest.approx(each[name][-1], abs=tolerance)
    assert len(published_tables()) == 3
    for key in ("bp4d", "disfa"):
        for figures in wang()[key]["models"].values():
            for values in figures.values():
                assert np.mean(values[:-1]) == pytest.approx(values[-1], abs=0.15)
        assert len(published_table(key).rows) == len(wang()[key]["aus"])
