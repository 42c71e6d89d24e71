"""MobileNetV3 small and large: Howard et al., arXiv:1905.02244, Tables 1 and 2.

Parameter names and shapes are torchvision's (`torchvision.models.mobilenet_v3_small`, `mobilenet_v3_large`),
so that its weights load unchanged.
"""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn


class Row(NamedTuple):
    """A row of the paper's tables; the input's channels are the output's of the row before."""

    kernel: int
    expanded: int
    out: int
    squeeze: bool
    activation: type[nn.Module]
    stride: int


_RE, _HS = nn.ReLU, nn.Hardswish
STEM = 16

ROWS = {
    "mobilenet_v3_small": (
        Row(3, 16, 16, True, _RE, 2),
        Row(3, 72, 24, False, _RE, 2),
        Row(3, 88, 24, False, _RE, 1),
        Row(5, 96, 40, True, _HS, 2),
        Row(5, 240, 40, True, _HS, 1),
        Row(5, 240, 40, True, _HS, 1),
        Row(5, 120, 48, True, _HS, 1),
        Row(5, 144, 48, True, _HS, 1),
        Row(5, 288, 96, True, _HS, 2),
        Row(5, 576, 96, True, _HS, 1),
        Row(5, 576, 96, True, _HS, 1),
    ),
    "mobilenet_v3_large": (
        Row(3, 16, 16, False, _RE, 1),
        Row(3, 64, 24, False, _RE, 2),
        Row(3, 72, 24, False, _RE, 1),
        Row(5, 72, 40, True, _RE, 2),
        Row(5, 120, 40, True, _RE, 1),
        Row(5, 120, 40, True, _RE, 1),
        Row(3, 240, 80, False, _HS, 2),
        Row(3, 200, 80, False, _HS, 1),
        Row(3, 184, 80, False, _HS, 1),
        Row(3, 184, 80, False, _HS, 1),
        Row(3, 480, 112, True, _HS, 1),
        Row(3, 672, 112, True, _HS, 1),
        Row(5, 672, 160, True, _HS, 2),
        Row(5, 960, 160, True, _HS, 1),
        Row(5, 960, 160, True, _HS, 1),
    ),
}
LAST = {"mobilenet_v3_small": 1024, "mobilenet_v3_large": 1280}
"""Units of the classifier's hidden layer."""


class SqueezeExcitation(nn.Module):
    """Channels weighed by what the whole map shows."""

    def __init__(self, channels: int, squeezed: int) -> None:
        super().__init__()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Conv2d(channels, squeezed, 1)
        self.fc2 = nn.Conv2d(squeezed, channels, 1)
        self.activation = nn.ReLU()
        self.scale_activation = nn.Hardsigmoid()

    def forward(self, x: Tensor) -> Tensor:
        """(n, channels, h, w) -> the same."""
        scale: Tensor = self.scale_activation(self.fc2(self.activation(self.fc1(self.avgpool(x)))))
        return scale * x


class InvertedResidual(nn.Module):
    """Widen by 1x1, convolve each channel by itself, weigh the channels, narrow by 1x1."""

    def __init__(self, channels: int, row: Row) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        if row.expanded != channels:
            layers.append(_convolution(channels, row.expanded, 1, activation=row.activation))
        layers.append(
            _convolution(
                row.expanded, row.expanded, row.kernel, row.stride, row.expanded, activation=row.activation
            )
        )
        if row.squeeze:
            layers.append(SqueezeExcitation(row.expanded, multiple_of_8(row.expanded // 4)))
        layers.append(_convolution(row.expanded, row.out, 1))
        self.block = nn.Sequential(*layers)
        self.passes = row.stride == 1 and channels == row.out

    def forward(self, x: Tensor) -> Tensor:
        """(n, channels, h, w) -> (n, out, h/stride, w/stride)."""
        out: Tensor = self.block(x)
        return out + x if self.passes else out


def mobilenet_v3_features(name: str, in_channels: int = 3) -> nn.Sequential:
    """Return all but the last pooling and the classifier.

    (n, in_channels, H, W) -> (n, 576 small or 960 large, H/32, W/32).
    """
    layers: list[nn.Module] = [_convolution(in_channels, STEM, 3, 2, activation=_HS)]
    channels = STEM
    for row in ROWS[name]:
        layers.append(InvertedResidual(channels, row))
        channels = row.out
    layers.append(_convolution(channels, 6 * channels, 1, activation=_HS))
    return nn.Sequential(*layers)


class MobileNetV3(nn.Module):
    """The complete network, for ImageNet's classes. (n, 3, H, W) -> (n, classes) logits."""

    def __init__(self, name: str, classes: int = 1000) -> None:
        super().__init__()
        self.features = mobilenet_v3_features(name)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(
            nn.Linear(6 * ROWS[name][-1].out, LAST[name]),
            nn.Hardswish(inplace=True),
            nn.Dropout(0.2, inplace=True),
            nn.Linear(LAST[name], classes),
        )

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits."""
        logits: Tensor = self.classifier(self.avgpool(self.features(images)).flatten(1))
        return logits


def multiple_of_8(channels: int) -> int:
    """Return the nearest multiple of 8, at least 8, and never less than 90 % of `channels`."""
    rounded = max(8, (channels + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels else rounded


def _convolution(
    channels: int,
    width: int,
    kernel: int,
    stride: int = 1,
    groups: int = 1,
    activation: type[nn.Module] | None = None,
) -> nn.Sequential:
    layer = nn.Conv2d(channels, width, kernel, stride, kernel // 2, groups=groups, bias=False)
    nn.init.kaiming_normal_(layer.weight, mode="fan_out")
    # As torchvision's weights were trained: a larger epsilon and slower statistics than torch's defaults.
    layers: list[nn.Module] = [layer, nn.BatchNorm2d(width, eps=0.001, momentum=0.01)]
    if activation is not None:
        layers.append(activation())
    return nn.Sequential(*layers)
