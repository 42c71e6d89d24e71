"""Pictures as differences from their subject's mean, and the same behind the runtime's inputs."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from trainers.training.errors import RecipeError
from trainers.training.recipe import DataRecipe
from trainers.training.recipe_files import read_recipe
from trainers.training.subject_means import FromMean, subject_differences


def test_differences_are_from_the_mean_of_each_subject() -> None:
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (12, 1, 5, 4)).astype(np.uint8)
    subject = np.array(["a", "b"] * 6)
    found = subject_differences(pictures, subject)
    for name in ("a", "b"):
        rows = subject == name
        apart = pictures[rows].astype(np.float64) - pictures[rows].mean(axis=0)
        np.testing.assert_allclose(found[rows], (255 + apart) / 2, atol=0.51)


def test_of_nobody_there_is_nothing() -> None:
    nobody = np.zeros((0, 1, 4, 4), np.uint8)
    assert subject_differences(nobody, np.zeros(0, dtype=np.str_)).shape == (0, 1, 4, 4)


def test_a_subject_of_one_picture_is_plain_grey() -> None:
    found = subject_differences(np.full((1, 3, 2, 2), 200, np.uint8), np.array(["a"]))
    assert set(found.ravel().tolist()) <= {127, 128}


@pytest.mark.parametrize("normalised", [{}, {"mean": (0.3,), "std": (0.2,)}])
def test_the_network_is_fed_what_it_was_trained_on(normalised) -> None:
    data = DataRecipe(size=8, colour="grey", baseline="subject", **normalised)
    rng = np.random.default_rng(1)
    crop, mean = rng.random((2, 4, 1, 8, 8)).astype(np.float32)
    middle, spread = (data.mean or (0.5,))[0], (data.std or (0.5,))[0]
    seen = []

    class Witness(nn.Module):
        def forward(self, picture, *others):
            seen.append((picture, others))
            return (picture,)

    other = torch.ones(4, 2)
    fed = [torch.from_numpy((values - middle) / spread) for values in (crop, mean)]
    FromMean(Witness(), data)(fed[0], other, fed[1])
    picture, others = seen[0]
    kept = ((1 + crop - mean) / 2 - middle) / spread  # as a kept difference is normalised
    np.testing.assert_allclose(picture.numpy(), kept, atol=1e-5)
    assert len(others) == 1 and others[0] is other


@pytest.mark.parametrize("change", ["data.picture=none", "data.equalise=true"])
def test_differences_of_nothing_are_refused(change) -> None:
    changes = ["data.baseline=subject", "data.colour=grey", 'data.inputs=["blendshapes"]', change]
    with pytest.raises(RecipeError, match='baseline "subject" needs a picture, and one that is not equ'):
        read_recipe("baseline/linear", changes)
