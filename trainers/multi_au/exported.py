"""The networks of the task as a bundle holds them: every pose group's scores from one ONNX file."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from trainers.backbones import folded
from trainers.multi_au.committee import Committee, Rules
from trainers.multi_au.network import MultiAu


class EveryGroup(nn.Module):
    """Occurrence, intensity and expression of the first pose group, then of the second, and so on."""

    def __init__(self, network: MultiAu, rules: Rules | None, committee: Committee | None) -> None:
        super().__init__()
        self.network = plain(network)
        self.rules = rules
        self.committee = committee

    def forward(self, picture: Tensor, *told: Tensor) -> tuple[Tensor, ...]:
        """(n, C, size, size) and the rule's inputs -> three tensors for each group."""
        by_group = self.network(picture)
        groups = by_group.shape[1]
        # Each group's scores as rows of their own: a third of the operations of one group after the other.
        said = self.network.logits(by_group.flatten(0, 1)).scores()
        if self.rules is not None and self.committee is not None:
            group = torch.arange(groups).expand(picture.shape[0], -1).flatten()
            said = self.committee(said, self.rules(*told).flatten(0, 1), group)
        kinds = [scores.reshape(-1, groups, scores.shape[1]) for scores in said]
        return tuple(kind[:, place] for place in range(groups) for kind in kinds)


def plain(network: MultiAu) -> MultiAu:
    """Return a copy without norms and branches, its kernels laid out as is usual."""
    copied = folded(network)
    nn.Module.to(copied, memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    return copied
