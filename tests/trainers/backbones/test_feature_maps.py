"""Feature maps on the way through a trunk: which, how large, and that the last is the trunk's own."""

from __future__ import annotations

import pytest
import torch

from realtime.errors import OptionError
from trainers.backbones import Backbone, PictureClassifier, feature_maps


@pytest.mark.parametrize(
    ("name", "sides"),
    [
        ("vgg16", (64, 32, 16, 8, 4)),
        ("slim_resnet", (32, 16, 8, 4)),
        ("slim_plain", (32, 16, 8, 4)),
        ("resnet18", (16, 8, 4, 2)),
        ("resnet50", (16, 8, 4, 2)),
    ],
)
def test_there_is_one_for_each_resolution(name, sides) -> None:
    torch.manual_seed(0)
    trunk = Backbone(name, in_channels=1).eval()
    picture = torch.rand(1, 1, 64, 64)
    with torch.no_grad():
        *maps, last = feature_maps(trunk, picture, range(1, len(sides) + 1))
        assert torch.equal(last, trunk(picture))
    assert tuple(each.shape[-1] for each in maps) == sides


def test_they_come_in_the_order_that_is_asked_for() -> None:
    trunk = Backbone("slim_resnet", in_channels=1).eval()
    third, first, _ = feature_maps(trunk, torch.rand(1, 1, 32, 32), (3, 1))
    assert (third.shape[1], first.shape[1]) == (96, 24)


@pytest.mark.parametrize("group", [0, 5])
def test_a_group_that_is_not_there_is_refused(group) -> None:
    trunk = Backbone("resnet18", in_channels=1).eval()
    with pytest.raises(OptionError, match=f"^backbone resnet18: has groups 1 to 4, not {group}$"):
        feature_maps(trunk, torch.rand(1, 1, 32, 32), (group,))


@pytest.mark.parametrize("pooled", [True, False])
def test_a_classifier_says_the_same_with_its_maps(pooled) -> None:
    torch.manual_seed(0)
    trunk = Backbone("slim_plain", in_channels=1)
    network = PictureClassifier(trunk, size=32, outputs=7, pooled=pooled, neck=4).eval()
    picture = torch.rand(2, 1, 32, 32)
    maps, logits = network.maps(picture, (2, 4))
    torch.testing.assert_close(logits, network(picture))
    assert [tuple(each.shape[1:]) for each in maps] == [(48, 8, 8), (192, 2, 2)]
    assert network.features(picture).shape == (2, 192 if pooled else 16)
