"""D of Wang et al. section 3.2, which looks at label vectors. R is a `PictureClassifier`."""

from __future__ import annotations

from torch import Tensor, nn


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
