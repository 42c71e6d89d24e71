"""VGG-16 and VGG-19: Simonyan and Zisserman, arXiv:1409.1556, configurations D and E.

Parameter names and shapes are torchvision's (`torchvision.models.vgg16`, `vgg19`), so that its weights load
unchanged.
"""

from __future__ import annotations

from collections import OrderedDict

from torch import Tensor, nn

DEPTHS = {"vgg16": (2, 2, 3, 3, 3), "vgg19": (2, 2, 4, 4, 4)}
"""Convolutions of each of the five stages."""

WIDTHS = (64, 128, 256, 512, 512)
HIDDEN = 4096
"""Units of FC6 and of FC7."""


def vgg_features(name: str, in_channels: int = 3) -> nn.Sequential:
    """Return the five stages of 3x3 convolutions, each ending in a 2x2 max pooling.

    (n, in_channels, H, W) -> (n, 512, H/32, W/32): 7x7 at 224x224. Random weights after He et al.
    """
    layers: list[nn.Module] = []
    channels = in_channels
    for width, depth in zip(WIDTHS, DEPTHS[name], strict=True):
        for _ in range(depth):
            convolution = nn.Conv2d(channels, width, kernel_size=3, padding=1)
            nn.init.kaiming_normal_(convolution.weight, mode="fan_out", nonlinearity="relu")
            nn.init.zeros_(convolution.bias)  # type: ignore[arg-type]
            layers += [convolution, nn.ReLU(inplace=True)]
            channels = width
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers)


def fully_connected() -> nn.Sequential:
    """Return what follows the convolutions up to and with FC7: (n, 512, h, w) -> (n, 4096).

    The map is first pooled to 7x7, which at 224x224 it already is. `0` and `3` are FC6 and FC7, numbered as
    in torchvision's `classifier`; dropout of 0.5 follows each.
    """
    return nn.Sequential(
        OrderedDict(
            [
                ("pool", nn.AdaptiveAvgPool2d(7)),
                ("flatten", nn.Flatten()),
                ("0", _linear(WIDTHS[-1] * 7 * 7, HIDDEN)),
                ("1", nn.ReLU(inplace=True)),
                ("2", nn.Dropout(0.5)),
                ("3", _linear(HIDDEN, HIDDEN)),
                ("4", nn.ReLU(inplace=True)),
                ("5", nn.Dropout(0.5)),
            ]
        )
    )


class VGG(nn.Module):
    """The complete network, for ImageNet's classes. (n, 3, H, W) -> (n, classes) logits."""

    def __init__(self, name: str, classes: int = 1000) -> None:
        super().__init__()
        self.features = vgg_features(name)
        self.classifier = fully_connected()
        self.classifier.add_module("6", _linear(HIDDEN, classes))

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits."""
        logits: Tensor = self.classifier(self.features(images))
        return logits


def _linear(inputs: int, outputs: int) -> nn.Linear:
    layer = nn.Linear(inputs, outputs)
    nn.init.normal_(layer.weight, 0, 0.01)
    nn.init.zeros_(layer.bias)
    return layer
