"""Light and exposure are taken out of a picture, noise is not made of a flat one."""

from __future__ import annotations

import pytest
import torch

from trainers.backbones import Standardise


@pytest.mark.parametrize(("gain", "offset"), [(0.4, 0.0), (1.0, 0.3), (0.7, -0.2)])
def test_light_and_exposure_change_little(gain, offset) -> None:
    torch.manual_seed(0)
    picture = torch.rand(2, 1, 16, 16)
    plain, changed = Standardise()(picture), Standardise()(gain * picture + offset)
    assert (plain - changed).abs().max() < 0.35
    assert torch.corrcoef(torch.stack([plain.flatten(), changed.flatten()]))[0, 1] > 0.99


def test_a_flat_picture_is_not_blown_up() -> None:
    assert Standardise()(torch.full((1, 1, 8, 8), 0.7)).abs().max() < 1e-3
