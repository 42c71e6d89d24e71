"""A network that tells real from restyled pictures, patch by patch (Isola et al., arXiv:1611.07004)."""

from __future__ import annotations

from torch import Tensor, nn

from trainers.cycle_attention.generator import normal_weights

KERNEL = 4


class PatchDiscriminator(nn.Module):
    """(n, C, h, w) pictures -> (n, h', w') scores, each of one patch: high where it looks real.

    Args:
        channels: C.
        width: channels of the first convolution, theirs 64; they double from layer to layer, up to eightfold.
        layers: convolutions of stride 2. The paper's 3 see patches of 70 x 70; 2 see 34 x 34.
    """

    def __init__(self, *, channels: int = 3, width: int = 64, layers: int = 3) -> None:
        super().__init__()
        widths = [width * min(2**depth, 8) for depth in range(layers + 1)]
        made: list[nn.Module] = [nn.Conv2d(channels, width, KERNEL, 2, 1), nn.LeakyReLU(0.2, inplace=True)]
        for depth, (before, after) in enumerate(zip(widths, widths[1:], strict=False), start=1):
            stride = 2 if depth < layers else 1
            made += [
                nn.Conv2d(before, after, KERNEL, stride, 1),
                nn.InstanceNorm2d(after),
                nn.LeakyReLU(0.2, inplace=True),
            ]
        self.layers = nn.Sequential(*made, nn.Conv2d(widths[-1], 1, KERNEL, 1, 1))
        normal_weights(self)

    def forward(self, picture: Tensor) -> Tensor:
        """Return the scores, unbounded."""
        scores: Tensor = self.layers(picture).squeeze(1)
        return scores

    @property
    def receptive_field(self) -> int:
        """Height and width of the patch that one score looks at, in pixels."""
        field = 1
        for layer in reversed(self.layers):
            if isinstance(layer, nn.Conv2d):
                field = (field - 1) * layer.stride[0] + layer.kernel_size[0]
        return field
