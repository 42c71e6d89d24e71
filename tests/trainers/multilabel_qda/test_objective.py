"""The multi-label softmax loss against its equations, written out."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from trainers.multilabel_qda.objective import multilabel_softmax_loss, with_neutral_label


@given(st.integers(1, 6), st.integers(1, 5), st.integers(0, 2**16))
@settings(deadline=None, max_examples=40)
def test_it_is_equations_1_and_2(n, c, seed) -> None:
    draw = torch.Generator().manual_seed(seed)
    f = torch.randn(n, c, generator=draw)
    y = torch.randint(0, 2, (n, c), generator=draw).float()
    y[torch.rand(n, c, generator=draw) < 0.2] = torch.nan
    j = 0.0
    for i in range(n):
        total = sum(math.exp(float(f[i, k])) for k in range(c))
        for k in range(c):
            if y[i, k] == 1:
                j -= math.log(math.exp(float(f[i, k])) / total) / n
    assert float(multilabel_softmax_loss(f, y)) == pytest.approx(j, abs=1e-4)


def test_labels_that_are_absent_or_unknown_have_no_gradient_of_their_own() -> None:
    f = torch.zeros(2, 3, requires_grad=True)
    multilabel_softmax_loss(f, torch.tensor([[0.0, torch.nan, 0.0], [torch.nan, 1.0, 0.0]])).backward()
    assert f.grad[0].tolist() == [0, 0, 0]
    torch.testing.assert_close(f.grad[1], torch.tensor([1 / 3, -2 / 3, 1 / 3]) / 2)


def test_faces_without_action_units_are_neutral() -> None:
    occurrence = torch.tensor([[0.0, 0.0], [1.0, 0.0], [torch.nan, 0.0], [torch.nan, 1.0]])
    neutral = with_neutral_label(occurrence)[:, 2]
    assert neutral[:2].tolist() == [1, 0] and neutral[2].isnan() and neutral[3] == 0
