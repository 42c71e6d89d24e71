"""Losses over known labels: their values, and no gradient from unknown ones."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from trainers.training.masked_losses import class_entropy, cross_entropy_of_logits, squared_error

NAN = math.nan


def test_squared_error_by_hand() -> None:
    loss = squared_error(torch.tensor([[1.0, 5.0], [2.0, 3.0]]), torch.tensor([[0.0, NAN], [4.0, 3.0]]))
    assert loss.item() == pytest.approx((1 + 4 + 0) / 3)


def test_cross_entropy_is_torchs_on_the_known_cells() -> None:
    rng = np.random.default_rng(0)
    logit = torch.from_numpy(rng.normal(size=(20, 4)))
    label = torch.from_numpy(rng.integers(0, 2, (20, 4)).astype(float))
    known = torch.from_numpy(rng.random((20, 4)) < 0.6)
    masked = torch.where(known, label, NAN)
    expected = functional.binary_cross_entropy_with_logits(logit[known], label[known])
    assert cross_entropy_of_logits(logit, masked).item() == pytest.approx(expected.item())
    weight = torch.tensor([1.0, 2.0, 3.0, 4.0], dtype=torch.float64)
    expected = functional.binary_cross_entropy_with_logits(
        logit[known], label[known], pos_weight=weight.expand(20, 4)[known]
    )
    assert cross_entropy_of_logits(logit, masked, weight).item() == pytest.approx(expected.item())


def test_class_entropy_is_torchs_on_the_known_rows() -> None:
    logit = torch.from_numpy(np.random.default_rng(0).normal(size=(5, 3)))
    index = torch.tensor([0, -1, 2, 1, -1])
    expected = functional.cross_entropy(logit[[0, 2, 3]], index[[0, 2, 3]])
    assert class_entropy(logit, index).item() == pytest.approx(expected.item())


@pytest.mark.parametrize("loss", [squared_error, cross_entropy_of_logits])
def test_an_unknown_label_has_no_gradient_even_where_the_prediction_is_no_number(loss) -> None:
    prediction = torch.tensor([[1.0, NAN], [2.0, 0.5]], requires_grad=True)
    label = torch.tensor([[1.0, NAN], [NAN, 0.0]])
    loss(prediction, label).backward()
    assert prediction.grad[0, 1] == 0.0
    assert prediction.grad[1, 0] == 0.0
    assert prediction.grad[1, 1] != 0.0


def test_nothing_known_is_zero_with_a_gradient_of_zero() -> None:
    prediction = torch.ones(2, 2, requires_grad=True)
    loss = squared_error(prediction, torch.full((2, 2), NAN))
    loss.backward()
    assert loss.item() == 0.0
    assert prediction.grad.abs().sum() == 0.0
    assert class_entropy(torch.ones(2, 3), torch.tensor([-1, -1])).item() == 0.0
