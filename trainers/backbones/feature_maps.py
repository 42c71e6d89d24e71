"""What a trunk sees on the way: its feature maps, one for each resolution."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from torch import Tensor

from realtime.errors import OptionError
from trainers.backbones.backbone import Backbone
from trainers.backbones.convolution_groups import convolution_groups
from trainers.backbones.resnet import ResNetTrunk


def feature_maps(trunk: Backbone, images: Tensor, groups: Sequence[int]) -> list[Tensor]:
    """Return the maps after these groups of layers, from 1, and after them the trunk's own output.

    A group is what works at one resolution (`convolution_groups`); a ResNet's are its four stages, which the
    first convolution and its pooling do not count among. VGG's maps are those before a pooling.

    Raises:
        OptionError: the trunk has no such group, or none at all.
    """
    *maps, last = _maps(trunk, images)
    strange = [group for group in groups if not 1 <= group <= len(maps)]
    if strange:
        raise OptionError(f"backbone {trunk.name}: has groups 1 to {len(maps)}, not {min(strange)}")
    return [*(maps[group - 1] for group in groups), last]


def _maps(trunk: Backbone, x: Tensor) -> Iterator[Tensor]:
    """Yield each group's map, and the output of the whole trunk."""
    if isinstance(trunk.features, ResNetTrunk):
        stages = trunk.features.stages(x)
        yield from (*stages, stages[-1])
        return
    ends = {group[-1] for group in convolution_groups(trunk)}
    for position, layer in enumerate(trunk.features.children()):
        x = layer(x)
        if position in ends:
            yield x
    yield x
