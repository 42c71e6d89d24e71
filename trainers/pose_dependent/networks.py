"""The pose-invariant and the pose-dependent network of Zhou et al. sections III.B and III.C, Fig. 1.

The paper trains one network per AU. Here a network may have A outputs, so that one trunk serves all AUs;
A = 1 is the paper's. Estimates are intensities scaled to 0-1 (`objective.scaled`).
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from trainers.backbones import Backbone
from trainers.corpora.corpus import TOP_INTENSITY
from trainers.pose_dependent.pose_groups import POSE_GROUPS

SIZE = 224
"""Height and width of the paper's pictures (section III.A)."""

HIDDEN = 256
"""Units of the hidden layer (section III.B)."""


class PoseInvariant(nn.Module):
    """One regressor for all poses, Fig. 1(a): trunk, 256 hidden units, sigmoid. The paper gives no more.

    The hidden units are rectified, as VGG's own are. The feature map is flattened, as the map of faces that
    are not aligned must be if the regressor is to tell where in it something is.

    Args:
        backbone: the trunk; `in_channels=1` for grey pictures. The paper repeats the grey picture for VGG's
            three channels; one channel and kernels summed over the colours do the same in a third of the
            first layer's work.
        aus: A, outputs.
        size: height and width of the pictures.
        pooled: average the feature map instead of flattening it: 49 times fewer weights at 224x224.
    """

    def __init__(self, backbone: Backbone, aus: int = 1, *, size: int = SIZE, pooled: bool = False) -> None:
        super().__init__()
        self.trunk = backbone
        self.regressor = _two_layers(backbone, aus, size, pooled)

    @property
    def output_layers(self) -> tuple[str, ...]:
        """Names of the layers whose outputs are the AUs."""
        return (f"regressor.{len(self.regressor) - 1}",)

    def forward(self, images: Tensor) -> Tensor:
        """(n, C, size, size) -> (n, A) estimates, 0-1."""
        estimates: Tensor = torch.sigmoid(self.regressor(self.trunk(images)))
        return estimates


class PoseEstimates(NamedTuple):
    """What a pose-dependent network says of n pictures.

    Attributes:
        by_group: (n, 3, A) estimates of the regressors of `POSE_GROUPS`, 0-1.
        pose: (n, 3) logits of the pose estimator.
    """

    by_group: Tensor
    pose: Tensor

    def of_known_pose(self, group: Tensor) -> Tensor:
        """Return (n, A) estimates of the regressor of each row's own pose group: training (section III.C).

        "Under the assumption that the output of the pose estimation network is equal to the known pose", so
        that each regressor learns from its own group's pictures only, and no gradient reaches the others.

        Args:
            group: (n,) int64, 0 to 2. Rows of unknown pose (-1) get zeros, of which nothing is learnt.
        """
        known = functional.one_hot(group.clamp(min=0), len(POSE_GROUPS)) * (group >= 0).unsqueeze(1)
        return self._dot(known)

    def of_winner(self, pose: Tensor | None = None) -> Tensor:
        """Return (n, A) estimates merged as at test: dot product with the winner-take-all pose.

        Args:
            pose: (n, 3) logits of another network's pose estimator: the paper has one, on its AU12 network.
        """
        winner = (self.pose if pose is None else pose).argmax(dim=1)
        return self._dot(functional.one_hot(winner, len(POSE_GROUPS)))

    def _dot(self, pose: Tensor) -> Tensor:
        return (self.by_group * pose.to(self.by_group.dtype).unsqueeze(2)).sum(dim=1)


class PoseDependent(nn.Module):
    """Three regressors and a pose estimator on one trunk, Fig. 1(b).

    The pose estimator has the regressors' two layers; the paper does not describe its "upper layers". It
    starts without an opinion, all groups equally likely, so that before its stage its loss stays what chance
    gives and cannot hide how the regressors get on.

    Args:
        backbone, aus, size, pooled: as `PoseInvariant`.
    """

    def __init__(self, backbone: Backbone, aus: int = 1, *, size: int = SIZE, pooled: bool = False) -> None:
        super().__init__()
        self.trunk = backbone
        self.regressors = nn.ModuleDict(
            {group: _two_layers(backbone, aus, size, pooled) for group in POSE_GROUPS}
        )
        self.pose = _two_layers(backbone, len(POSE_GROUPS), size, pooled)
        for parameter in self.pose[-1].parameters():
            nn.init.zeros_(parameter)

    @property
    def output_layers(self) -> tuple[str, ...]:
        """Names of the layers whose outputs are the AUs."""
        return tuple(f"regressors.{group}.{len(self.pose) - 1}" for group in POSE_GROUPS)

    def forward(self, images: Tensor) -> PoseEstimates:
        """(n, C, size, size) -> estimates of all three regressors, and the pose."""
        features = self.trunk(images)
        logits = torch.stack([self.regressors[group](features) for group in POSE_GROUPS], dim=1)
        return PoseEstimates(torch.sigmoid(logits), self.pose(features))


class Intensities(nn.Module):
    """A network as it is used: (n, C, size, size) pictures -> (n, A) intensities, 0-5.

    Args:
        network: trained.
        group: of `POSE_GROUPS`: always that group's regressor, for a runtime that chooses the group itself.
            By default the network's own pose estimator chooses.
    """

    def __init__(self, network: PoseInvariant | PoseDependent, group: str | None = None) -> None:
        super().__init__()
        self.network = network
        self._group = None if group is None else POSE_GROUPS.index(group)

    def forward(self, images: Tensor) -> Tensor:
        """Return the intensities."""
        estimates = self.network(images)
        if isinstance(estimates, PoseEstimates):
            estimates = estimates.of_winner() if self._group is None else estimates.by_group[:, self._group]
        intensities: Tensor = TOP_INTENSITY * estimates
        return intensities


def _two_layers(backbone: Backbone, outputs: int, size: int, pooled: bool) -> nn.Sequential:
    """Return the two fully connected layers on a feature map: (n, c, h, w) -> (n, outputs)."""
    side = 1 if pooled else backbone.map_side(size)
    pooling: list[nn.Module] = [nn.AdaptiveAvgPool2d(1)] if pooled else []
    hidden = nn.Linear(backbone.channels * side * side, HIDDEN)
    nn.init.kaiming_normal_(hidden.weight, nonlinearity="relu")
    nn.init.zeros_(hidden.bias)
    return nn.Sequential(*pooling, nn.Flatten(), hidden, nn.ReLU(inplace=True), nn.Linear(HIDDEN, outputs))
