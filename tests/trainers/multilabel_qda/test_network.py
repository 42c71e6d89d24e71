"""The two mega layers."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from trainers.multilabel_qda.network import MultiLabelNetwork


@pytest.mark.parametrize("size", [31, 48])
@pytest.mark.parametrize("kernels", [(5, 5), (6, 4), (15, 7)])
@pytest.mark.parametrize("pools", [(2, 2), (3, 4)])
def test_every_architecture_of_the_search_fits_its_pictures(size, kernels, pools) -> None:
    network = MultiLabelNetwork(
        channels=1, size=size, widths=(4, 6), kernels=kernels, pools=pools, hidden=8, outputs=5, dropout=0.5
    )
    assert network(torch.randn(2, 1, size, size)).shape == (2, 5)
    kinds = [type(layer) for layer in network.mega]
    assert kinds == [nn.Conv2d, nn.ReLU, nn.Dropout, nn.MaxPool2d] * 2
