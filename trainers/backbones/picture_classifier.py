"""A trunk and one fully connected layer: what several papers call their classifier of pictures."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from trainers.backbones.backbone import Backbone
from trainers.backbones.feature_maps import feature_maps


class PictureClassifier(nn.Module):
    """(n, C, size, size) pictures -> (n, outputs) logits.

    Args:
        backbone: the trunk; ResNet-50's features are 2048.
        size: height and width of the pictures.
        outputs: labels or classes.
        pooled: average the map, as ResNet-50 does; or narrow it to `neck` channels and flatten it, for small
            trunks, whose features are few: on an aligned face the place is half of the answer.
        neck: channels, where it is not pooled.
    """

    def __init__(self, backbone: Backbone, *, size: int, outputs: int, pooled: bool, neck: int) -> None:
        super().__init__()
        self.trunk = backbone
        if pooled:
            self.reading: nn.Module = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
            width = backbone.channels
        else:
            self.reading = nn.Sequential(
                nn.Conv2d(backbone.channels, neck, 1, bias=False),
                nn.BatchNorm2d(neck),
                nn.ReLU(inplace=True),
                nn.Flatten(),
            )
            width = neck * backbone.map_side(size) ** 2
        self.labels = nn.Linear(width, outputs)

    def features(self, picture: Tensor) -> Tensor:
        """Return (n, D), the layer before the last."""
        features: Tensor = self.reading(self.trunk(picture))
        return features

    def maps(self, picture: Tensor, groups: Sequence[int]) -> tuple[list[Tensor], Tensor]:
        """Return the trunk's feature maps after these groups of layers (`feature_maps`), and the logits."""
        *maps, last = feature_maps(self.trunk, picture, groups)
        logits: Tensor = self.labels(self.reading(last))
        return maps, logits

    def forward(self, picture: Tensor) -> Tensor:
        """Return the logits."""
        logits: Tensor = self.labels(self.features(picture))
        return logits
