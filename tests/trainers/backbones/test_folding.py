"""Branches and batch norms fold into one convolution that does the same."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from trainers.backbones import Backbone, folded
from trainers.backbones.mobileone import BranchedConvolution
from trainers.backbones.slim_resnet import NormedConvolution


def trained(network: nn.Module) -> nn.Module:
    """The network as if it had seen pictures: no batch norm is as it began."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.3)
            module.running_var.uniform_(0.5, 1.5)
            nn.init.normal_(module.weight, 1, 0.2)
            nn.init.normal_(module.bias, 0, 0.2)
    return network.eval()


@pytest.mark.parametrize(
    ("channels", "width", "kernel", "stride", "depthwise"),
    [(3, 8, 3, 2, False), (8, 8, 3, 1, True), (8, 8, 3, 2, True), (8, 8, 1, 1, False), (8, 16, 1, 1, False)],
)
def test_a_folded_block_does_the_same(channels, width, kernel, stride, depthwise) -> None:
    block = trained(BranchedConvolution(channels, width, kernel, stride, depthwise=depthwise))
    pictures = torch.randn(2, channels, 9, 9)
    torch.testing.assert_close(block.folded()(pictures), block(pictures), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("rectified", [True, False])
def test_a_folded_norm_does_the_same(rectified) -> None:
    block = trained(NormedConvolution(3, 8, 2, kernel=5, rectified=rectified))
    pictures = torch.randn(2, 3, 9, 9)
    torch.testing.assert_close(block.folded()(pictures), block(pictures), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["mobileone_s0", "slim_resnet"])
def test_a_folded_network_has_no_norms_and_leaves_the_first_alone(name) -> None:
    network = trained(Backbone(name, in_channels=1))
    plain = folded(network)
    kinds = {type(module) for module in plain.modules() if not list(module.children())}
    assert kinds <= {nn.Conv2d, nn.ReLU, nn.Identity}
    assert any(isinstance(module, nn.BatchNorm2d) for module in network.modules())
    pictures = torch.randn(2, 1, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(plain(pictures), network(pictures), rtol=1e-3, atol=1e-4)
    assert plain.name == name


def test_folding_needs_no_training_batch_statistics() -> None:
    network = Backbone("mobileone_s0")
    assert network.training and not folded(network).training and network.training
