"""The network of Z. Zhang et al.: a trunk, FC6 and FC7, and on top of FC7 a head for AUs and one for people.

With attention it is E-Net (Li et al.): features of the third and the fourth group of convolutions are
multiplied by the attention map and added back.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from trainers.backbones import Backbone, Standardise, convolution_groups
from trainers.backbones.vgg import HIDDEN as FC6
from trainers.identity_adversarial.attention import Attention

ENHANCED = (3, 4)
"""Groups of convolutions, from 1."""


class IdentityAdversarial(nn.Module):
    """Pictures -> logits of Action Units; `features` and `identity` are what training is about.

    Args:
        backbone: the trunk; a VGG with FC6.
        size: height and width of the pictures.
        aus, subjects: M and C, outputs of the two heads.
        features: units of FC7 and of each head's first layer; the paper's are 2048.
        neck: without FC6: channels to which the map is narrowed before it is flattened.
        dropout: after FC7 and, without a VGG's own, before it.
        attention: None without.
        frozen: so many groups of convolutions keep their weights, and their batch statistics.
    """

    def __init__(
        self,
        backbone: Backbone,
        *,
        size: int,
        aus: int,
        subjects: int,
        features: int,
        neck: int,
        dropout: float,
        attention: Attention | None = None,
        frozen: int = 0,
    ) -> None:
        super().__init__()
        self.standardise = Standardise()
        self.trunk = backbone
        self.groups = convolution_groups(backbone)
        self.attention = attention
        self.embedding = _embedding(backbone, size, features, neck, dropout)
        self.action_units = _head(features, aus)
        self.identity = _head(features, max(1, subjects))
        ends = {group[-1] for number, group in enumerate(self.groups, start=1) if number in ENHANCED}
        self._enhanced = ends if attention is not None else set()
        self._frozen = [self._layer(k) for group in self.groups[:frozen] for k in group]
        for layer in self._frozen:
            layer.requires_grad_(False)

    def features(self, picture: Tensor, landmarks: Tensor | None = None) -> Tensor:
        """Return FC7: (n, C, h, w) pictures and, with attention, (n, 478, 3) landmarks -> (n, features)."""
        x = self.standardise(picture)
        for position, layer in enumerate(self._layers()):
            x = layer(x)
            if position in self._enhanced:
                assert self.attention is not None and landmarks is not None
                x = x + x * self.attention(landmarks, x.shape[-1])
        if self.trunk.fully_connected is not None:
            x = self.trunk.fully_connected(x)
        features: Tensor = self.embedding(x)
        return features

    def forward(self, picture: Tensor, landmarks: Tensor | None = None) -> Tensor:
        """Return (n, M) logits of AUs."""
        logits: Tensor = self.action_units(self.features(picture, landmarks))
        return logits

    def train(self, mode: bool = True) -> IdentityAdversarial:
        """Put it into training mode; what is frozen keeps its batch statistics."""
        super().train(mode)
        for layer in self._frozen:
            layer.eval()
        return self

    def feature_layers(self) -> list[nn.Parameter]:
        """Return theta_Net of equation (5): everything up to and with FC7 that is not frozen."""
        layers = (self.trunk, self.embedding)
        return [weight for layer in layers for weight in layer.parameters() if weight.requires_grad]

    def _layers(self) -> Sequence[nn.Module]:
        layers = self.trunk.features
        assert isinstance(layers, nn.Sequential)
        return list(layers)

    def _layer(self, position: int) -> nn.Module:
        return self._layers()[position]


def _embedding(backbone: Backbone, size: int, features: int, neck: int, dropout: float) -> nn.Sequential:
    """Return what follows the trunk, up to and with FC7.

    The paper's FC7 has 2048 units, ImageNet's 4096: so of a VGG FC6 is ImageNet's, and FC7 is new.
    """
    if backbone.fully_connected is not None:
        fc6 = backbone.fully_connected[:5]  # pooled, flattened, FC6, rectified, dropped out
        assert isinstance(fc6, nn.Sequential)
        backbone.fully_connected = fc6
        return nn.Sequential(nn.Linear(FC6, features), nn.ReLU(inplace=True), nn.Dropout(dropout))
    return nn.Sequential(
        nn.Conv2d(backbone.channels, neck, 1, bias=False),
        nn.BatchNorm2d(neck),
        nn.ReLU(inplace=True),
        nn.Flatten(),
        nn.Dropout(dropout),
        nn.Linear(neck * backbone.map_side(size) ** 2, features),
        nn.ReLU(inplace=True),
        nn.Dropout(dropout),
    )


def _head(features: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(features, features), nn.ReLU(inplace=True), nn.Linear(features, outputs))
