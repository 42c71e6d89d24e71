"""Equation (1): hand-computed losses, and what is masked teaches nothing."""

from __future__ import annotations

import math

import pytest
import torch

from trainers.pose_dependent.networks import PoseEstimates
from trainers.pose_dependent.objective import euclidean_loss, objective, pose_loss, scaled

NAN = math.nan


def test_labels_are_scaled_to_0_1() -> None:
    torch.testing.assert_close(
        scaled(torch.tensor([0.0, 2.0, 5.0, NAN])), torch.tensor([0.0, 0.4, 1.0, NAN]), equal_nan=True
    )


@pytest.mark.parametrize(("reduction", "loss"), [("sum", 0.25 + 0.04), ("mean", (0.25 + 0.04) / 2)])
def test_euclidean_loss_is_the_squared_distance_of_labelled_cells(reduction, loss: float) -> None:
    estimates = torch.tensor([[0.5, 0.9], [0.2, 0.7]], requires_grad=True)
    value = euclidean_loss(estimates, torch.tensor([[1.0, NAN], [0.0, NAN]]), reduction)
    assert value.item() == pytest.approx(loss)
    value.backward()
    assert (estimates.grad[:, 1] == 0).all() and (estimates.grad[:, 0] != 0).all()


@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_nothing_labelled_is_no_loss(reduction) -> None:
    estimates = torch.rand(2, 3, requires_grad=True)
    logits = torch.rand(2, 3, requires_grad=True)
    loss = euclidean_loss(estimates, torch.full((2, 3), NAN), reduction)
    loss = loss + pose_loss(logits, torch.tensor([-1, -1]), reduction)
    loss.backward()
    assert loss.item() == 0
    assert (estimates.grad == 0).all() and (logits.grad == 0).all()


@pytest.mark.parametrize(("reduction", "count"), [("sum", 1), ("mean", 2)])
def test_pose_loss_is_the_cross_entropy_of_known_poses(reduction, count: int) -> None:
    logits = torch.log(torch.tensor([[0.5, 0.25, 0.25], [0.2, 0.2, 0.6], [0.1, 0.1, 0.8]]))
    loss = pose_loss(logits, torch.tensor([0, 2, -1]), reduction)
    assert loss.item() == pytest.approx(-(math.log(0.5) + math.log(0.6)) / count, rel=1e-5)


def test_objective_has_the_sums_of_equation_1() -> None:
    by_group = torch.tensor([[[0.1], [0.3], [0.5]], [[0.2], [0.4], [0.6]]])
    estimates = PoseEstimates(by_group, torch.zeros(2, 3))
    losses = objective(estimates, torch.tensor([[1.0], [0.0]]), torch.tensor([2, 0]))
    assert {name: loss.item() for name, loss in losses.items()} == pytest.approx(
        {"intensity": 0.25 + 0.04, "pose": 2 * math.log(3)}
    )


def test_rows_of_unknown_pose_teach_nothing() -> None:
    by_group = torch.rand(2, 3, 1, requires_grad=True)
    pose = torch.rand(2, 3, requires_grad=True)
    losses = objective(PoseEstimates(by_group, pose), torch.tensor([[1.0], [1.0]]), torch.tensor([1, -1]))
    assert losses["intensity"].item() == pytest.approx((1 - by_group[0, 1, 0].item()) ** 2)
    sum(losses.values()).backward()
    assert (by_group.grad[1] == 0).all() and (pose.grad[1] == 0).all()
    assert by_group.grad[0, 1] != 0 and (by_group.grad[0, [0, 2]] == 0).all() and (pose.grad[0] != 0).all()
