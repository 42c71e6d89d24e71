"""Losses: against values worked out by hand and by SciPy, and blind to labels nobody gave."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from trainers.multi_au.losses import (
    discordance,
    rarity_weights,
    weighted_cross_entropy,
    weighted_squared_error,
)

NAN = float("nan")


def test_squared_error_weighs_labels_and_leaves_unknown_ones_out() -> None:
    prediction = torch.tensor([[0.5, 0.9], [0.0, 0.2]], requires_grad=True)
    label = torch.tensor([[1.0, NAN], [0.0, 0.6]])
    weight = torch.tensor([[2.0, 5.0], [1.0, 3.0]])
    loss = weighted_squared_error(prediction, label, weight)
    assert loss.item() == pytest.approx((2 * 0.25 + 0 + 3 * 0.16) / 3)
    loss.backward()
    assert prediction.grad[0, 1] == 0 and not prediction.grad.isnan().any()


def test_cross_entropy_weighs_labels_and_leaves_unknown_ones_out() -> None:
    logit = torch.tensor([[0.0, 2.0], [1.0, -1.0]], requires_grad=True)
    label = torch.tensor([[1.0, NAN], [0.0, 1.0]])
    weight = torch.tensor([[2.0, 1.0], [1.0, 4.0]])
    wanted = (2 * np.log(2) + np.log1p(np.e) + 4 * np.log1p(np.e)) / 3
    loss = weighted_cross_entropy(logit, label, weight)
    assert loss.item() == pytest.approx(wanted, rel=1e-6)
    loss.backward()
    assert logit.grad[0, 1] == 0 and not logit.grad.isnan().any()


def concordance(one: np.ndarray, other: np.ndarray) -> float:
    """Lin's coefficient, from NumPy's own moments."""
    apart = one.var() + other.var() + (one.mean() - other.mean()) ** 2
    return 2 * np.cov(one, other, bias=True)[0, 1] / apart


@given(st.integers(0, 10_000))
def test_discordance_is_one_minus_concordance(seed: int) -> None:
    rng = np.random.default_rng(seed)
    label = rng.random((40, 2)) * [1.0, 0.5]
    prediction = np.clip(label + rng.normal(0, 0.2, label.shape), 0, 1)
    wanted = 1 - np.mean([concordance(prediction[:, k], label[:, k]) for k in range(2)])
    got = discordance(torch.tensor(prediction), torch.tensor(label), torch.ones(40, 1)).item()
    assert got == pytest.approx(wanted, abs=0.02)  # the term that fades it out where nothing varies


def test_a_face_that_weighs_twice_is_a_face_that_is_there_twice() -> None:
    torch.manual_seed(0)
    prediction, label, weight = torch.rand(20, 2), torch.rand(20, 2), torch.ones(20, 1)
    label[3, 1] = NAN
    weight[:8] = 2.0
    twice = [torch.cat([values[:8], values]) for values in (prediction, label)]
    torch.testing.assert_close(discordance(prediction, label, weight), discordance(*twice, torch.ones(28, 1)))


def test_discordance_leaves_unknown_labels_out() -> None:
    torch.manual_seed(0)
    prediction, label, weight = torch.rand(20, 2), torch.rand(20, 2), torch.rand(20, 1) + 0.5
    holes = label.clone()
    holes[5:, 1] = NAN
    whole = discordance(prediction[:, :1], label[:, :1], weight)
    part = discordance(prediction[:5, 1:], label[:5, 1:], weight[:5])
    torch.testing.assert_close(discordance(prediction, holes, weight), (whole + part) / 2)


def test_discordance_of_constant_or_unknown_labels_has_a_finite_gradient() -> None:
    prediction = torch.full((4, 2), 0.3, requires_grad=True)
    label = torch.tensor([[0.3, NAN]] * 4)
    discordance(prediction, label, torch.ones(4, 1)).backward()
    assert prediction.grad.isfinite().all()


def test_rare_aus_weigh_where_they_occur() -> None:
    weight = rarity_weights(torch.tensor([[1.0, 0.0], [NAN, 1.0]]), torch.tensor([3.0, 2.0]))
    assert weight.tolist() == [[3.0, 1.0], [1.0, 2.0]]
