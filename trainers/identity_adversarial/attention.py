"""E-Net's attention: a map of where Action Units show, by which features are enhanced.

Li, Abtahi, Zhu and Yin, "EAC-Net" (FG 2017, arXiv:1702.02925), section III.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from trainers.identity_adversarial.au_centres import AuCentres, means_of

RASTER = 100
"""Side of the face on which EAC-Net counts distances, px."""
FALL = 0.095
"""What the weight loses with each pixel of Manhattan distance from a centre."""
REACH = 5
"""Pixels to each side that belong to a centre: 11 x 11 in all."""


class IntoCrop(nn.Module):
    """Places on the face, in the unit of the landmarks -> places in the aligned crop, 0 to 1.

    The similarity that brings the anchors closest to the template, as the runtime cuts the crop
    (`realtime.tracking.crop.similarity`).

    Args:
        anchors: groups of landmarks.
        template: where the mean of each group lies in the crop, in its widths and heights.
    """

    selection: Tensor
    template: Tensor

    def __init__(self, anchors: Sequence[Sequence[int]], template: Sequence[Sequence[float]]) -> None:
        super().__init__()
        self.register_buffer("selection", means_of(anchors), persistent=False)
        self.register_buffer("template", torch.tensor(template, dtype=torch.float32), persistent=False)

    def forward(self, landmarks: Tensor, places: Tensor) -> Tensor:
        """(n, 478, 3) landmarks and (n, K, 2) places -> (n, K, 2)."""
        anchors = self.selection @ landmarks[..., :2]
        source = anchors - anchors.mean(dim=1, keepdim=True)
        target = self.template - self.template.mean(dim=0)
        # Turned and scaled by (a, b) as if points were complex numbers.
        size = source.square().sum(dim=(1, 2)).clamp(min=1e-9)
        a = (source * target).sum(dim=(1, 2)) / size
        b = (source[..., 0] * target[:, 1] - source[..., 1] * target[:, 0]).sum(dim=1) / size
        x, y = (places - anchors.mean(dim=1, keepdim=True)).unbind(dim=2)
        a, b = a[:, None], b[:, None]
        return torch.stack([a * x - b * y, b * x + a * y], dim=2) + self.template.mean(dim=0)


class Attention(nn.Module):
    """Landmarks -> how much each place of a feature map has to do with Action Units.

    Args:
        aus: whose regions; where they overlap the highest weight counts.
        anchors, template: of the crop.
    """

    def __init__(
        self,
        aus: Sequence[str],
        anchors: Sequence[Sequence[int]],
        template: Sequence[Sequence[float]],
    ) -> None:
        super().__init__()
        self.centres = AuCentres(aus)
        self.into_crop = IntoCrop(anchors, template)

    def forward(self, landmarks: Tensor, side: int) -> Tensor:
        """(n, 478, 3) -> (n, 1, side, side), 0 to 1."""
        centres = RASTER * self.into_crop(landmarks, self.centres(landmarks))
        cells = (torch.arange(side, device=landmarks.device, dtype=landmarks.dtype) + 0.5) * (RASTER / side)
        across = (cells - centres[:, :, 0:1]).abs()  # (n, K, side)
        down = (cells - centres[:, :, 1:2]).abs()
        weight = 1.0 - FALL * (down[:, :, :, None] + across[:, :, None, :])
        inside = (down <= REACH)[:, :, :, None] & (across <= REACH)[:, :, None, :]
        weight = torch.where(inside, weight, torch.zeros_like(weight)).clamp(min=0.0)
        return weight.amax(dim=1, keepdim=True)
