"""The networks of the task as a bundle holds them: every pose group's scores from one ONNX file."""

from __future__ import annotations

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
        rules = None if self.rules is None else self.rules(*told)
        scores: list[Tensor] = []
        for place in range(len(self.network.heads)):
            said = self.network.logits(by_group[:, place]).scores()
            if rules is not None and self.committee is not None:
                said = self.committee(said, rules[:, place], place)
            scores += said
        return tuple(scores)


def plain(network: MultiAu) -> MultiAu:
    """Return a copy without norms and branches, its kernels laid out as is usual."""
    import torch

    copied = folded(network)
    nn.Module.to(copied, memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    return copied
