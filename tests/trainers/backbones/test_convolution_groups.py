"""Groups are what works at one resolution."""

from __future__ import annotations

import pytest
import torch

from realtime.errors import OptionError
from trainers.backbones import Backbone, convolution_groups


@pytest.mark.parametrize(
    ("name", "ends"),
    [("vgg19", (4, 9, 18, 27, 36)), ("vgg16", (4, 9, 16, 23, 30)), ("slim_resnet", (1, 3, 6, 9))],
)
def test_groups_end_where_the_resolution_changes(name, ends) -> None:
    trunk = Backbone(name, in_channels=1)
    groups = convolution_groups(trunk)
    assert tuple(group.stop for group in groups) == ends
    x, sides = torch.zeros(1, 1, 64, 64), []
    with torch.no_grad():
        for layer in trunk.features:
            x = layer(x)
            sides.append(x.shape[-1])
    for group in groups:
        assert len({sides[k] for k in group}) == 1
    assert len({sides[group[0]] for group in groups}) == len(groups)


def test_a_trunk_that_is_no_row_of_layers_is_refused() -> None:
    with pytest.raises(OptionError, match="^backbone resnet50: has no groups of convolutions; vgg16, vgg19"):
        convolution_groups(Backbone("resnet50"))
