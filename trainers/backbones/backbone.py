"""A convolutional trunk by its name, with the weights it starts from."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor, nn

from realtime.errors import OptionError
from trainers.backbones.mobilenet_v3 import mobilenet_v3_features
from trainers.backbones.mobileone import CHANNELS as MOBILEONE_CHANNELS
from trainers.backbones.mobileone import mobileone_features
from trainers.backbones.resnet import ResNetTrunk
from trainers.backbones.slim_resnet import CHANNELS as SLIM_CHANNELS
from trainers.backbones.slim_resnet import PLAIN, slim_resnet_features
from trainers.backbones.slim_resnet import STRIDE as SLIM_STRIDE
from trainers.backbones.vgg import WIDTHS as VGG_WIDTHS
from trainers.backbones.vgg import fully_connected, vgg_features
from trainers.backbones.weights import (
    IMAGENET_FILES,
    WeightsError,
    fetch_imagenet,
    fingerprint,
    fitted,
    read_weights,
)

_log = logging.getLogger(__name__)

IMAGENET, RANDOM = "imagenet", "random"


class Backbone(nn.Module):
    """A trunk: (n, in_channels, H, W) pictures -> (n, channels, H/stride, W/stride) feature map (`map_side`).

    Attributes:
        name: one of `BACKBONES`.
        weights: what it started from, for the run's record: "random", or a file and its sha256.
        in_channels: 3 for colour, 1 for grey.
        channels, stride: of the feature map.
        features: the trunk.
        fully_connected: VGG's FC6 and FC7, (n, channels, h, w) -> (n, 4096), where asked for.
    """

    def __init__(self, name: str, *, in_channels: int = 3, with_fully_connected: bool = False) -> None:
        super().__init__()
        kind = _kind(name)
        if with_fully_connected and not kind.has_fully_connected:
            having = ", ".join(n for n, k in _KINDS.items() if k.has_fully_connected)
            raise OptionError(f"backbone {name}: has no FC6 and FC7; {having} have")
        self.name = name
        self.weights = RANDOM
        self.in_channels = in_channels
        self.channels = kind.channels
        self.stride = kind.stride
        self.features: nn.Module = kind.build(name, in_channels)
        self.fully_connected: nn.Sequential | None = fully_connected() if with_fully_connected else None

    def forward(self, images: Tensor) -> Tensor:
        """Return the feature map."""
        features: Tensor = self.features(images)
        return features

    def map_side(self, size: int) -> int:
        """Return the height and width of the feature map of pictures of size x size.

        Where `stride` does not divide it, VGG's poolings drop the rest and strided convolutions keep it.
        """
        return size // self.stride if _kind(self.name).drops_rest else -(-size // self.stride)


def backbone(
    name: str,
    *,
    weights: str | Path = IMAGENET,
    in_channels: int = 3,
    with_fully_connected: bool = False,
) -> Backbone:
    """Return a backbone.

    Args:
        name: one of `BACKBONES`.
        weights: "imagenet" for torchvision's, from torch.hub's cache or fetched into it; where they cannot be
            had, the weights stay random and a logged warning says so. "random" to ask for that; drawn from
            torch's global generator. Or a file, `.safetensors` or `.pth`, with torchvision's names.
        in_channels: 3 for colour, 1 for grey, which sums a file's first kernels over the colours.
        with_fully_connected: add VGG's FC6 and FC7 (for networks that end in FC7; 224x224).

    Raises:
        OptionError: no such backbone, or it has no FC6 and FC7.
        WeightsError: the file cannot be read or is another network's.
    """
    made = Backbone(name, in_channels=in_channels, with_fully_connected=with_fully_connected)
    give_weights(made, weights)
    return made


def give_weights(trunk: Backbone, weights: str | Path) -> None:
    """Let a backbone start from the weights that `backbone` takes; random ones stay as they are.

    Raises:
        WeightsError: the file cannot be read or is another network's.
    """
    if weights == RANDOM:
        return
    if weights == IMAGENET:
        try:
            given = fetch_imagenet(trunk.name)
        except WeightsError as error:
            _log.warning(
                "backbone %s starts from RANDOM weights: %s. To start from ImageNet's, give a file as its "
                "weights, with torchvision's names (.pth or .safetensors)",
                trunk.name,
                error,
            )
            return
        _load(trunk, given, IMAGENET_FILES[trunk.name])
        trunk.weights = f"ImageNet, torchvision's {IMAGENET_FILES[trunk.name]}"
        return
    path = Path(weights)
    _load(trunk, read_weights(path), str(path))
    trunk.weights = f"{path.name}, sha256 {fingerprint(path)}"


def start_trunk(trunk: Backbone, weights: str | Path) -> list[str]:
    """Do as `give_weights`, and return what to tell the user of it: of random weights nothing."""
    give_weights(trunk, weights)
    return [] if weights == RANDOM else [f"trunk {trunk.name} starts from {trunk.weights}"]


def _load(made: Backbone, given: dict[str, Tensor], source: str) -> None:
    kind = _kind(made.name)
    names = {own: kind.torchvision_name(own) for own in made.state_dict()}
    wanted = {names[own]: value for own, value in made.state_dict().items()}
    chosen = fitted(
        given, wanted, source=source, network=made.name, first=kind.first, classifier=kind.classifier
    )
    made.load_state_dict({own: chosen.get(name, wanted[name]) for own, name in names.items()})


@dataclass(frozen=True)
class _Kind:
    """How a backbone is made, and what torchvision calls its parts."""

    build: Callable[[str, int], nn.Module]
    channels: int
    first: str
    trunk: str = "features."
    classifier: str = "classifier."
    stride: int = 32

    @property
    def has_fully_connected(self) -> bool:
        return self.build is vgg_features

    @property
    def drops_rest(self) -> bool:
        return self.build is vgg_features

    def torchvision_name(self, own: str) -> str:
        if own.startswith("fully_connected."):
            return self.classifier + own.removeprefix("fully_connected.")
        return self.trunk + own.removeprefix("features.")


_KINDS = {
    "vgg16": _Kind(vgg_features, VGG_WIDTHS[-1], "features.0.weight"),
    "vgg19": _Kind(vgg_features, VGG_WIDTHS[-1], "features.0.weight"),
    "resnet18": _Kind(ResNetTrunk, 512, "conv1.weight", trunk="", classifier="fc."),
    "resnet34": _Kind(ResNetTrunk, 512, "conv1.weight", trunk="", classifier="fc."),
    "resnet50": _Kind(ResNetTrunk, 2048, "conv1.weight", trunk="", classifier="fc."),
    "resnet101": _Kind(ResNetTrunk, 2048, "conv1.weight", trunk="", classifier="fc."),
    "mobilenet_v3_small": _Kind(mobilenet_v3_features, 576, "features.0.0.weight"),
    "mobilenet_v3_large": _Kind(mobilenet_v3_features, 960, "features.0.0.weight"),
    "mobileone_s0": _Kind(
        lambda name, in_channels: mobileone_features(in_channels),
        MOBILEONE_CHANNELS,
        "features.0.convolution.weight",
    ),
    "slim_resnet": _Kind(
        lambda name, in_channels: slim_resnet_features(in_channels),
        SLIM_CHANNELS,
        "features.0.convolution.weight",
        stride=SLIM_STRIDE,
    ),
    "slim_plain": _Kind(
        lambda name, in_channels: slim_resnet_features(in_channels, PLAIN),
        SLIM_CHANNELS,
        "features.0.convolution.weight",
        stride=SLIM_STRIDE,
    ),
}

BACKBONES = tuple(_KINDS)
"""The names of all backbones."""


def _kind(name: str) -> _Kind:
    if name not in _KINDS:
        raise OptionError(f"backbone {name}: not known; choose of {', '.join(BACKBONES)}")
    return _KINDS[name]
