"""Attention maps and the loss between them, against values computed by hand."""

from __future__ import annotations

import math

import pytest
import torch

from trainers.cycle_attention.attention import attention_map, transfer_loss


def test_a_map_is_the_sum_of_absolute_features() -> None:
    features = torch.tensor([[[[1.0, -2.0]], [[-3.0, 0.5]]]])
    assert attention_map(features).tolist() == [[[[4.0, 2.5]]]]


def test_the_loss_is_half_the_sum_of_distances_between_unit_vectors() -> None:
    # Maps (3, 4) and (4, 3): as unit vectors (0.6, 0.8) and (0.8, 0.6), apart by sqrt(0.08).
    one, two = torch.tensor([[[[3.0, -4.0]]]]), torch.tensor([[[[-4.0, 3.0]]]])
    assert transfer_loss([one], [two]).item() == pytest.approx(math.sqrt(0.08) / 2)
    # A second layer whose maps are at right angles adds sqrt(2) / 2.
    east, north = torch.tensor([[[[1.0, 0.0]]]]), torch.tensor([[[[0.0, 7.0]]]])
    assert transfer_loss([one, east], [two, north]).item() == pytest.approx(
        (math.sqrt(0.08) + math.sqrt(2)) / 2
    )


def test_how_strong_and_how_many_features_are_makes_no_difference() -> None:
    torch.manual_seed(0)
    one = torch.rand(2, 3, 4, 4)
    assert transfer_loss([one], [7 * one]).item() == pytest.approx(0, abs=1e-6)
    spread = torch.cat([one / 2, one / 2], dim=1)
    assert transfer_loss([one], [spread]).item() == pytest.approx(0, abs=1e-6)


def test_it_is_the_mean_over_pictures() -> None:
    torch.manual_seed(0)
    one, two = torch.rand(2, 3, 4, 4), torch.rand(2, 5, 4, 4)
    each = [transfer_loss([one[k : k + 1]], [two[k : k + 1]]) for k in range(2)]
    assert transfer_loss([one], [two]).item() == pytest.approx(torch.stack(each).mean().item())


def test_a_teachers_larger_map_is_averaged_to_the_students() -> None:
    large = torch.zeros(1, 1, 4, 4)
    large[..., :2, :2] = torch.tensor([[1.0, 3.0], [0.0, 4.0]])  # mean 2
    large[..., 2:, 2:] = 1.0
    small = torch.tensor([[[[2.0, 0.0], [0.0, 1.0]]]])
    assert transfer_loss([large], [small]).item() == pytest.approx(0, abs=1e-6)


def test_as_many_maps_of_both_are_needed_and_silence_has_a_gradient() -> None:
    one = torch.zeros(1, 2, 3, 3, requires_grad=True)
    with pytest.raises(ValueError, match="shorter"):
        transfer_loss([one], [])
    transfer_loss([torch.ones(1, 1, 3, 3)], [one]).backward()
    assert one.grad is not None and bool(torch.isfinite(one.grad).all())
