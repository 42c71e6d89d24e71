"""Where a trunk's groups of convolutions end: each is what works at one resolution."""

from __future__ import annotations

from torch import nn

from realtime.errors import OptionError
from trainers.backbones.backbone import Backbone
from trainers.backbones.slim_resnet import NormedConvolution


def convolution_groups(trunk: Backbone) -> list[range]:
    """Return the positions in `trunk.features` of each group's layers, in order.

    A VGG's groups end in its poolings, which belong to none; slim_resnet's begin with a strided convolution.

    Raises:
        OptionError: a trunk that is no plain row of layers.
    """
    layers = trunk.features if isinstance(trunk.features, nn.Sequential) else ()
    groups: list[range] = []
    start = 0
    for position, layer in enumerate(layers):
        strided = isinstance(layer, NormedConvolution) and layer.convolution.stride[0] > 1
        pooling = isinstance(layer, nn.MaxPool2d)
        if (strided or pooling) and position > start:
            groups.append(range(start, position))
        if strided or pooling:
            start = position + int(pooling)
    if start < len(layers):
        groups.append(range(start, len(layers)))
    if len(groups) < 2:
        raise OptionError(
            f"backbone {trunk.name}: has no groups of convolutions; vgg16, vgg19, slim_resnet have"
        )
    return groups
