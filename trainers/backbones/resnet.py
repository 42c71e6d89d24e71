"""ResNet-18 and ResNet-50: He, Zhang, Ren and Sun, arXiv:1512.03385, Table 1.

Parameter names and shapes are torchvision's (`torchvision.models.resnet18`, `resnet50`), so that its weights
load unchanged. As there, the stride of a bottleneck is on its 3x3 convolution.
"""

from __future__ import annotations

from torch import Tensor, nn


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and the way past them."""

    EXPANSION = 1

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = _convolution(channels, width, 3, stride)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = _convolution(width, width, 3)
        self.bn2 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = _shortcut(channels, width, stride)

    def forward(self, x: Tensor) -> Tensor:
        """(n, channels, h, w) -> (n, width, h/stride, w/stride)."""
        past = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        out: Tensor = self.relu(self.bn2(self.conv2(x)) + past)
        return out


class Bottleneck(nn.Module):
    """A 3x3 convolution between two of 1x1, and the way past them."""

    EXPANSION = 4

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = _convolution(channels, width, 1)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = _convolution(width, width, 3, stride)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = _convolution(width, self.EXPANSION * width, 1)
        self.bn3 = nn.BatchNorm2d(self.EXPANSION * width)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = _shortcut(channels, self.EXPANSION * width, stride)

    def forward(self, x: Tensor) -> Tensor:
        """(n, channels, h, w) -> (n, 4 width, h/stride, w/stride)."""
        past = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.relu(self.bn2(self.conv2(x)))
        out: Tensor = self.relu(self.bn3(self.conv3(x)) + past)
        return out


Block = type[BasicBlock] | type[Bottleneck]

PLANS: dict[str, tuple[Block, tuple[int, int, int, int]]] = {
    "resnet18": (BasicBlock, (2, 2, 2, 2)),
    "resnet34": (BasicBlock, (3, 4, 6, 3)),
    "resnet50": (Bottleneck, (3, 4, 6, 3)),
    "resnet101": (Bottleneck, (3, 4, 23, 3)),
}
"""The kind of block, and how many of them each of the four stages has."""

WIDTHS = (64, 128, 256, 512)


class ResNetTrunk(nn.Module):
    """All but the last pooling and the classifier: (n, in_channels, H, W) -> (n, channels, H/32, W/32)."""

    def __init__(self, name: str, in_channels: int = 3) -> None:
        super().__init__()
        block, depths = PLANS[name]
        self.conv1 = _convolution(in_channels, 64, 7, 2)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        self.channels = 64
        for stage, (width, depth) in enumerate(zip(WIDTHS, depths, strict=True), start=1):
            blocks: list[nn.Module] = []
            for place in range(depth):
                blocks.append(block(self.channels, width, 2 if stage > 1 and place == 0 else 1))
                self.channels = block.EXPANSION * width
            self.add_module(f"layer{stage}", nn.Sequential(*blocks))

    def forward(self, images: Tensor) -> Tensor:
        """Return the feature map."""
        return self.stages(images)[-1]

    def stages(self, images: Tensor) -> list[Tensor]:
        """Return the maps after each of the four stages."""
        x: Tensor = self.maxpool(self.relu(self.bn1(self.conv1(images))))
        maps = []
        for stage in range(1, len(WIDTHS) + 1):
            x = self.get_submodule(f"layer{stage}")(x)
            maps.append(x)
        return maps


class ResNet(ResNetTrunk):
    """The complete network, for ImageNet's classes. (n, 3, H, W) -> (n, classes) logits."""

    def __init__(self, name: str, classes: int = 1000) -> None:
        super().__init__(name)
        self.fc = nn.Linear(self.channels, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits."""
        logits: Tensor = self.fc(super().forward(images).mean(dim=(2, 3)))
        return logits


def _convolution(channels: int, width: int, kernel: int, stride: int = 1) -> nn.Conv2d:
    layer = nn.Conv2d(channels, width, kernel, stride=stride, padding=kernel // 2, bias=False)
    nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
    return layer


def _shortcut(channels: int, width: int, stride: int) -> nn.Sequential | None:
    if stride == 1 and channels == width:
        return None
    return nn.Sequential(_convolution(channels, width, 1, stride), nn.BatchNorm2d(width))
