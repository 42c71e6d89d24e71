"""Optimisers as a recipe describes them, and their learning rate at every iteration.

The rate is a function of the iteration alone, so that a resumed run needs no scheduler's state.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from trainers.training.errors import RecipeError
from trainers.training.recipe import OptimiserRecipe, Recipe
from trainers.training.task import ParameterGroup, Task


def recipes_of(recipe: Recipe, task: Task) -> dict[str, OptimiserRecipe]:
    """Return each of the task's optimisers with its own recipe.

    Raises:
        RecipeError: the recipe describes one that the task does not have.
    """
    names = list(task.optimisers())
    for name in recipe.optimisers:
        if name not in names:
            raise RecipeError(
                f"recipe {recipe.name}: task {recipe.task} has no optimiser {name!r}: "
                f"use one of [optimisers.{'], [optimisers.'.join(names)}]"
            )
    return {name: recipe.optimisers.get(name, recipe.optimiser) for name in names}


def make_optimiser(how: OptimiserRecipe, groups: Iterable[ParameterGroup]) -> Optimizer:
    """Return an optimiser of these groups' weights that need a gradient."""
    tables: list[dict[str, Any]] = []
    for group in groups:
        weights = [parameter for parameter in group.parameters if parameter.requires_grad]
        if weights:
            tables.append(
                {
                    "params": weights,
                    "lr": how.lr * group.lr_factor,
                    "weight_decay": how.weight_decay if group.decay else 0.0,
                    "lr_factor": group.lr_factor,
                }
            )
    if how.kind == "adam":
        return torch.optim.Adam(tables, betas=how.betas)
    if how.kind == "adamw":
        return torch.optim.AdamW(tables, betas=how.betas)
    return torch.optim.SGD(tables, lr=how.lr, momentum=how.momentum, nesterov=how.kind == "nesterov")


def set_rate(optimiser: Optimizer, rate: float) -> None:
    """Set the learning rate, of each group times its factor."""
    for group in optimiser.param_groups:
        group["lr"] = rate * group["lr_factor"]


def learning_rate(how: OptimiserRecipe, iteration: int, total: int, epoch: int) -> float:
    """Return the learning rate of an iteration.

    Args:
        iteration: from 0.
        total: iterations of the whole training.
        epoch: iterations of one epoch.
    """
    unit = epoch if how.unit == "epoch" else 1
    warmup = how.warmup * unit
    rising = min(1.0, (iteration + 1) / warmup) if warmup else 1.0
    periods = iteration / (how.every * unit)
    held = how.hold * total
    done = min(1.0, max(0.0, iteration - held) / max(total - held, 1.0))
    return how.lr * rising * _falling(how, periods, done)


def _falling(how: OptimiserRecipe, periods: float, done: float) -> float:
    """The share of the rate that the schedule leaves."""
    match how.schedule:
        case "step":
            return float(how.decay ** math.floor(periods))
        case "exponential":
            return float(how.decay**periods)
        case "linear":
            return 1.0 - done
        case "cosine":
            return 0.5 * (1.0 + math.cos(math.pi * done))
        case "constant":
            return 1.0


def weights_of(optimiser: Optimizer) -> list[nn.Parameter]:
    """Return every weight that an optimiser updates."""
    return [weight for group in optimiser.param_groups for weight in group["params"]]


class Turns:
    """Of several optimisers, lets the weights of one at a time take gradients."""

    def __init__(self, optimisers: Mapping[str, Optimizer]) -> None:
        self._own = {name: {id(w) for w in weights_of(each)} for name, each in optimisers.items()}
        self._all = {id(w): w for each in optimisers.values() for w in weights_of(each)}

    def select(self, name: str) -> None:
        """Let this one's weights take gradients, and no other's."""
        for key, weight in self._all.items():
            weight.requires_grad_(key in self._own[name])

    def release(self) -> None:
        """Let all of them take gradients again."""
        for weight in self._all.values():
            weight.requires_grad_(True)
