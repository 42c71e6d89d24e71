"""A network that gives a picture the look of another domain (Zhu et al., arXiv:1703.10593, 7.2).

Johnson's: a wide convolution, two of stride 2, residual blocks, two of stride 1/2, a wide convolution; all
with instance normalisation and reflected borders.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

BRIGHTEST = 0.98
"""What a repainted picture's -1 and 1 become, whose atanh is infinite."""
DOWN = 4
"""By how much a picture is smaller where the residual blocks see it; its sides are multiples of it."""


class Generator(nn.Module):
    """(n, C, h, w) pictures in -1 to 1 -> the same, in the look of the other domain.

    Args:
        channels: C.
        width: channels of the first convolution; the blocks have four times as many. The paper's 64.
        blocks: residual blocks; the paper's 9.
        repaints: the picture itself is added before the last tanh, so that the network says what to change
            rather than paint all anew: sharp after hundreds of iterations instead of tens of thousands. The
            paper's does not.
        saving: keep only the input of each block for the way back and compute the rest again: a third of the
            memory for a third more time.
    """

    def __init__(
        self,
        *,
        channels: int = 3,
        width: int = 64,
        blocks: int = 9,
        repaints: bool = False,
        saving: bool = False,
    ) -> None:
        super().__init__()
        self.repaints, self.saving = repaints, saving
        self.encoder = nn.Sequential(
            nn.ReflectionPad2d(3),
            *_normed(nn.Conv2d(channels, width, 7)),
            *_normed(nn.Conv2d(width, 2 * width, 3, 2, 1)),
            *_normed(nn.Conv2d(2 * width, 4 * width, 3, 2, 1)),
        )
        self.blocks = nn.ModuleList(ResidualBlock(4 * width) for _ in range(blocks))
        self.decoder = nn.Sequential(
            *_normed(nn.ConvTranspose2d(4 * width, 2 * width, 3, 2, 1, output_padding=1)),
            *_normed(nn.ConvTranspose2d(2 * width, width, 3, 2, 1, output_padding=1)),
            nn.ReflectionPad2d(3),
            nn.Conv2d(width, channels, 7),
        )
        normal_weights(self)

    def forward(self, picture: Tensor) -> Tensor:
        """Return the picture restyled."""
        x = self.encoder(picture)
        for block in self.blocks:
            x = checkpoint(block, x, use_reentrant=False) if self.saving and x.requires_grad else block(x)
        x = self.decoder(x)
        if self.repaints:
            x = x + torch.atanh(picture.float() * BRIGHTEST)
        restyled: Tensor = x.tanh()
        return restyled


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions with instance normalisation, and the way past them."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.ReflectionPad2d(1),
            *_normed(nn.Conv2d(width, width, 3)),
            nn.ReflectionPad2d(1),
            nn.Conv2d(width, width, 3),
            nn.InstanceNorm2d(width),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(n, width, h, w) -> the same."""
        out: Tensor = x + self.layers(x)
        return out


def normal_weights(network: nn.Module) -> None:
    """Draw all convolutions from N(0, 0.02), biases 0 (4.2: "a standard deviation of 0.02")."""
    for layer in network.modules():
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.normal_(layer.weight, 0.0, 0.02)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def _normed(convolution: nn.Conv2d | nn.ConvTranspose2d) -> list[nn.Module]:
    return [convolution, nn.InstanceNorm2d(convolution.out_channels), nn.ReLU(inplace=True)]
