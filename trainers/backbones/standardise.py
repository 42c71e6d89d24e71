"""A picture's own light taken out of it, ahead of a trunk."""

from __future__ import annotations

from torch import Tensor, nn

# Keeps a flat picture from being blown up to noise; in units of the normalised picture.
FLAT = 0.04


class Standardise(nn.Module):
    """Take each picture's own mean and spread out of it: light and exposure are nobody's expression."""

    def forward(self, picture: Tensor) -> Tensor:
        """(n, C, h, w) -> the same."""
        mean = picture.mean(dim=(1, 2, 3), keepdim=True)
        spread = (picture - mean).square().mean(dim=(1, 2, 3), keepdim=True).sqrt()
        standardised: Tensor = (picture - mean) / (spread + FLAT)
        return standardised
