"""The device or devices that a training runs on, and what its processes agree on."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from trainers.training.errors import TrainingError


def make_fabric(device: str, devices: int, precision: str) -> Fabric:
    """Return what moves tensors, scales losses and joins processes.

    Args:
        device: "auto", "cpu" or "cuda".
        devices: how many.
        precision: of the arithmetic (`TrainingRecipe.precision`).

    Raises:
        TrainingError: there is no such device.
    """
    if device not in ("auto", "cpu", "cuda"):
        raise TrainingError(f"--device {device}: choose auto, cpu or cuda")
    there = torch.cuda.device_count()
    if device == "cuda" and not there:
        raise TrainingError("--device cuda: torch finds no CUDA device here; choose cpu")
    kind = "cuda" if there and device != "cpu" else "cpu"
    if devices < 1 or (kind == "cuda" and devices > there):
        raise TrainingError(f"--devices {devices}: choose 1 to {there if kind == 'cuda' else 'any number'}")
    strategy = "ddp" if devices > 1 else "auto"
    options: Any = {"accelerator": kind, "devices": devices, "precision": precision, "strategy": strategy}
    return Fabric(**options)


def in_child_process() -> bool:
    """Tell whether this is one of the processes that training on several devices starts."""
    return int(os.environ.get("LOCAL_RANK", "0")) > 0


class Agreement:
    """What several processes that train together do together; nothing to do where there is one."""

    def __init__(self, fabric: Fabric) -> None:
        self._fabric = fabric
        self._alone = fabric.world_size == 1

    def mean(self, value: Tensor) -> Tensor:
        """Return the mean over the processes."""
        return value if self._alone else self._reduced(value, "mean")

    def any(self, asked: bool) -> bool:
        """Return whether it is so in one of them at least."""
        if self._alone:
            return asked
        return float(self._reduced(torch.tensor(float(asked), device=self._fabric.device), "sum")) > 0

    def average_gradients(self, weights: Iterable[nn.Parameter]) -> None:
        """Give each process the mean of all gradients.

        Instead of DistributedDataParallel, which allows one forward pass for each backward pass;
        adversaries make several.
        """
        if self._alone:
            return
        for weight in weights:
            gradient = torch.zeros_like(weight) if weight.grad is None else weight.grad
            weight.grad = self._reduced(gradient, "mean")

    def _reduced(self, value: Tensor, how: str) -> Tensor:
        reduced = self._fabric.all_reduce(value, reduce_op=how)
        assert isinstance(reduced, Tensor)
        return reduced
