"""The convolutional network of Ghosh et al. (section V, Fig. 1)."""

from __future__ import annotations

from torch import Tensor, nn

from trainers.backbones import Standardise


class MultiLabelNetwork(nn.Module):
    """Two mega layers and two fully connected ones: pictures -> (n, outputs) f of equation (2).

    A mega layer is a convolution, ReLU, dropout and max pooling. Before the first stands mean-variance
    normalisation.

    Args:
        channels: of the pictures.
        size: their height and width.
        widths: of the two convolutions; the paper tells only that all weights are about 100,000.
        kernels, pools: sizes of each, as the paper searches them: 5 to 15, and 2 to 4.
        hidden: units of the first fully connected layer.
        outputs: one for each label.
        dropout: in each mega layer, and between the fully connected ones.
    """

    def __init__(
        self,
        *,
        channels: int,
        size: int,
        widths: tuple[int, int],
        kernels: tuple[int, int],
        pools: tuple[int, int],
        hidden: int,
        outputs: int,
        dropout: float,
    ) -> None:
        super().__init__()
        self.normalise = Standardise()
        layers: list[nn.Module] = []
        side = size
        for width, kernel, pool in zip(widths, kernels, pools, strict=True):
            layers += [
                nn.Conv2d(channels, width, kernel, padding=kernel // 2),
                nn.ReLU(inplace=True),
                nn.Dropout(dropout),
                nn.MaxPool2d(pool),
            ]
            channels = width
            side = (side + 2 * (kernel // 2) - kernel + 1) // pool
        self.mega = nn.Sequential(*layers)
        self.connected = nn.Sequential(
            nn.Flatten(),
            nn.Linear(channels * side * side, hidden),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Linear(hidden, outputs),
        )

    def forward(self, picture: Tensor) -> Tensor:
        """(n, C, h, w) -> (n, outputs), the top layer."""
        top: Tensor = self.connected(self.mega(self.normalise(picture)))
        return top
