"""Learning rates over a training, and what optimisers take of a recipe."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from trainers.training.optimisers import Turns, learning_rate, make_optimiser, set_rate
from trainers.training.recipe import OptimiserRecipe
from trainers.training.task import ParameterGroup


def rates(how: OptimiserRecipe, at: list[int], total: int = 100, epoch: int = 10) -> list[float]:
    return [round(learning_rate(how, iteration, total, epoch), 6) for iteration in at]


def test_constant() -> None:
    assert rates(OptimiserRecipe(lr=0.2), [0, 99]) == [0.2, 0.2]


def test_step_is_the_papers_four_per_cent_every_two_thousand() -> None:
    how = OptimiserRecipe(lr=1.0, schedule="step", decay=0.96, every=2000)
    assert rates(how, [0, 1999, 2000, 4000], total=9000) == [1.0, 1.0, 0.96, 0.9216]


def test_exponential_passes_through_the_same_values() -> None:
    how = OptimiserRecipe(lr=1.0, schedule="exponential", decay=0.25, every=10)
    assert rates(how, [0, 5, 10, 20]) == [1.0, 0.5, 0.25, 0.0625]


def test_linear_holds_then_falls_to_nothing() -> None:
    how = OptimiserRecipe(lr=1.0, schedule="linear", hold=0.5)
    assert rates(how, [0, 50, 75, 100]) == [1.0, 1.0, 0.5, 0.0]


def test_cosine() -> None:
    assert rates(OptimiserRecipe(lr=1.0, schedule="cosine"), [0, 50, 100]) == [1.0, 0.5, 0.0]


def test_warm_up_rises_to_the_rate_and_epochs_count_as_such() -> None:
    how = OptimiserRecipe(lr=1.0, warmup=2, unit="epoch", schedule="step", decay=0.5, every=4)
    assert rates(how, [0, 9, 19, 20, 39, 40]) == [0.05, 0.5, 1.0, 1.0, 1.0, 0.5]


@pytest.mark.parametrize(
    ("kind", "made"),
    [
        ("sgd", torch.optim.SGD),
        ("nesterov", torch.optim.SGD),
        ("adam", torch.optim.Adam),
        ("adamw", torch.optim.AdamW),
    ],
)
def test_each_kind_is_torchs(kind: str, made: type) -> None:
    how = OptimiserRecipe(kind=kind, lr=0.1, momentum=0.8, betas=(0.5, 0.9), weight_decay=0.01)
    optimiser = make_optimiser(how, [ParameterGroup([nn.Parameter(torch.ones(2))])])
    assert type(optimiser) is made
    (group,) = optimiser.param_groups
    assert group["weight_decay"] == 0.01
    if made is torch.optim.SGD:
        assert (group["momentum"], group["nesterov"]) == (0.8, kind == "nesterov")
    else:
        assert group["betas"] == (0.5, 0.9)


def test_groups_have_their_factor_and_frozen_weights_are_left_out() -> None:
    frozen, slow, plain = (nn.Parameter(torch.ones(2)) for _ in range(3))
    frozen.requires_grad_(False)
    groups = [
        ParameterGroup([frozen]),
        ParameterGroup([slow, frozen], lr_factor=0.1),
        ParameterGroup([plain], decay=False),
    ]
    optimiser = make_optimiser(OptimiserRecipe(lr=1.0, weight_decay=0.5), groups)
    assert [group["params"] for group in optimiser.param_groups] == [[slow], [plain]]
    assert [group["weight_decay"] for group in optimiser.param_groups] == [0.5, 0.0]
    set_rate(optimiser, 0.02)
    assert [group["lr"] for group in optimiser.param_groups] == pytest.approx([0.002, 0.02])


def test_turns_leave_frozen_weights_frozen() -> None:
    first, second, frozen = (nn.Parameter(torch.ones(1)) for _ in range(3))
    frozen.requires_grad_(False)
    turns = Turns(
        {
            "a": make_optimiser(OptimiserRecipe(), [ParameterGroup([first, frozen])]),
            "b": make_optimiser(OptimiserRecipe(), [ParameterGroup([second])]),
        }
    )
    turns.select("a")
    assert [first.requires_grad, second.requires_grad, frozen.requires_grad] == [True, False, False]
    turns.release()
    assert [first.requires_grad, second.requires_grad, frozen.requires_grad] == [True, True, False]
