"""The two networks of Wang et al. section 3.2: R looks at faces, D at label vectors."""

from __future__ import annotations

from torch import Tensor, nn

from trainers.backbones import Backbone


class Recogniser(nn.Module):
    """R: a trunk, its map averaged, and one fully connected layer.

    Args:
        backbone: the trunk; the paper's is ResNet-50, whose features are 2048.
        size: height and width of the pictures.
        aus: l, how many labels.
        pooled: average the map, as ResNet-50 does; or narrow it to `neck` channels and flatten it, for small
            trunks, whose features are few: on an aligned face the place is half of the answer.
        neck: channels, where it is not pooled.
    """

    def __init__(self, backbone: Backbone, *, size: int, aus: int, pooled: bool, neck: int) -> None:
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
        self.labels = nn.Linear(width, aus)

    def features(self, picture: Tensor) -> Tensor:
        """(n, C, h, w) -> (n, D), the layer before the last."""
        features: Tensor = self.reading(self.trunk(picture))
        return features

    def forward(self, picture: Tensor) -> Tensor:
        """Return (n, l) logits."""
        logits: Tensor = self.labels(self.features(picture))
        return logits


class Discriminator(nn.Module):
    """D: three fully connected layers on label vectors, or on what R says of them.

    Args:
        aus: l, how many labels.
        hidden: units of the first two layers; the paper does not tell.
    """

    def __init__(self, aus: int, hidden: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(aus, hidden),
            nn.LeakyReLU(0.2),
            nn.Linear(hidden, hidden),
            nn.LeakyReLU(0.2),
            nn.Linear(hidden, 1),
        )

    def forward(self, labels: Tensor) -> Tensor:
        """(n, l), 0 to 1 -> (n,) logits that they are true labels."""
        logits: Tensor = self.layers(labels).squeeze(1)
        return logits
