"""MobileOne-S0, a trunk for CPUs: many branches in training, a plain chain of convolutions in use.

Vasu et al., "MobileOne: An Improved One Millisecond Mobile Backbone" (CVPR 2023, arXiv:2206.04040), section
3.2 and Table 2. All branches of a block are linear and normalised by batch, so that after training they
add up to one convolution (`folding.folded`). The paper trains S0 with four convolutions of the same size
in each block (its k); with one, as here, a training step costs a fifth, and folded the networks are alike.
torchvision has neither the network nor weights for it.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

STEM = 48
STAGES = ((2, 48), (8, 128), (10, 256), (1, 1024))
"""Depth and width of each stage; the first block of each halves the map, as does the stem."""

CHANNELS = STAGES[-1][1]


class BranchedConvolution(nn.Module):
    """ReLU of the sum of a convolution, a 1x1 convolution and the input, each with its own batch norm.

    Args:
        channels, width: of input and output; equal if depthwise.
        kernel: 3 or 1. The 1x1 branch is there beside kernels of 3, the input's if shapes allow it.
        depthwise: each channel by itself.
    """

    def __init__(
        self, channels: int, width: int, kernel: int, stride: int = 1, *, depthwise: bool = False
    ) -> None:
        super().__init__()
        groups = channels if depthwise else 1
        self.convolution = _convolution(channels, width, kernel, stride, groups)
        self.norm = nn.BatchNorm2d(width)
        self.pointwise = (
            nn.Sequential(_convolution(channels, width, 1, stride, groups), nn.BatchNorm2d(width))
            if kernel > 1
            else None
        )
        self.identity = nn.BatchNorm2d(channels) if stride == 1 and channels == width else None
        self.activation = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """(n, channels, h, w) -> (n, width, h/stride, w/stride)."""
        total: Tensor = self.norm(self.convolution(x))
        if self.pointwise is not None:
            total = total + self.pointwise(x)
        if self.identity is not None:
            total = total + self.identity(x)
        out: Tensor = self.activation(total)
        return out

    @torch.no_grad()
    def folded(self) -> nn.Sequential:
        """Return one convolution with bias, and ReLU, that do the same as this does in evaluation mode."""
        one = fuse_conv_bn_eval(self.convolution, self.norm)
        assert one.bias is not None
        middle = one.kernel_size[0] // 2
        if self.pointwise is not None:
            point = fuse_conv_bn_eval(*self.pointwise)
            assert point.bias is not None
            one.weight[:, :, middle, middle] += point.weight[:, :, 0, 0]
            one.bias += point.bias
        if self.identity is not None:
            norm = self.identity
            assert norm.running_mean is not None and norm.running_var is not None
            gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            output = torch.arange(len(gain), device=gain.device)
            # A depthwise kernel has one input channel, its own.
            one.weight[output, output % one.weight.shape[1], middle, middle] += gain
            one.bias += norm.bias - norm.running_mean * gain
        return nn.Sequential(one, nn.ReLU(inplace=True))


def mobileone_features(in_channels: int = 3) -> nn.Sequential:
    """Return the trunk: (n, in_channels, H, W) -> (n, 1024, H/32, W/32)."""
    layers: list[nn.Module] = [BranchedConvolution(in_channels, STEM, 3, 2)]
    channels = STEM
    for depth, width in STAGES:
        for place in range(depth):
            stride = 2 if place == 0 else 1
            layers.append(BranchedConvolution(channels, channels, 3, stride, depthwise=True))
            layers.append(BranchedConvolution(channels, width, 1))
            channels = width
    return nn.Sequential(*layers)


def _convolution(channels: int, width: int, kernel: int, stride: int, groups: int) -> nn.Conv2d:
    layer = nn.Conv2d(channels, width, kernel, stride, kernel // 2, groups=groups, bias=False)
    nn.init.kaiming_normal_(layer.weight, mode="fan_in", nonlinearity="relu")
    return layer
