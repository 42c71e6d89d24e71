"""A slim residual trunk for aligned faces: dense 3x3 convolutions of few channels, and no pooling.

Residual blocks as He, Zhang, Ren and Sun, arXiv:1512.03385; widths and depths are ours. On a CPU dense
kernels of few channels keep the vector units busy, which depthwise ones do not: at 112x112 a training step
takes less than half of MobileOne-S0's time. The map is 1/16 of the picture's side, so that a head that
flattens it knows where on an aligned face a feature lies. torchvision has neither the network nor weights
for it.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

WIDTHS = (24, 48, 96, 192)
"""Of the stem and of each stage; each halves the map."""
DEPTHS = (1, 2, 2)
"""Residual blocks of each stage."""
PLAIN = (0, 0, 0)
"""Of "slim_plain", the same trunk without them, for the little that a few hundred pictures can teach."""

CHANNELS = WIDTHS[-1]
STRIDE = 2 ** len(WIDTHS)


class NormedConvolution(nn.Module):
    """A 3x3 or 5x5 convolution with batch norm, and ReLU where asked for."""

    def __init__(
        self, channels: int, width: int, stride: int = 1, *, kernel: int = 3, rectified: bool = True
    ) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(channels, width, kernel, stride, kernel // 2, bias=False)
        nn.init.kaiming_normal_(self.convolution.weight, mode="fan_out", nonlinearity="relu")
        self.norm = nn.BatchNorm2d(width)
        self.activation = nn.ReLU(inplace=True) if rectified else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """(n, channels, h, w) -> (n, width, h/stride, w/stride)."""
        out: Tensor = self.activation(self.norm(self.convolution(x)))
        return out

    def folded(self) -> nn.Sequential:
        """Return one convolution with bias that does the same as this does in evaluation mode."""
        return nn.Sequential(fuse_conv_bn_eval(self.convolution, self.norm), self.activation)


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions and the way past them; starts as that way alone."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = NormedConvolution(width, width)
        self.second = NormedConvolution(width, width, rectified=False)
        nn.init.zeros_(self.second.norm.weight)
        self.activation = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """(n, width, h, w) -> the same."""
        out: Tensor = self.activation(x + self.second(self.first(x)))
        return out


def slim_resnet_features(in_channels: int = 3, depths: tuple[int, ...] = DEPTHS) -> nn.Sequential:
    """Return the trunk: (n, in_channels, H, W) -> (n, 192, H/16, W/16)."""
    layers: list[nn.Module] = [NormedConvolution(in_channels, WIDTHS[0], 2, kernel=5)]
    for channels, width, depth in zip(WIDTHS, WIDTHS[1:], depths, strict=False):
        layers += [NormedConvolution(channels, width, 2), *(ResidualBlock(width) for _ in range(depth))]
    return nn.Sequential(*layers)
