"""The two networks, and how the estimates of the pose groups are merged."""

from __future__ import annotations

import pytest
import torch

from trainers.backbones import Backbone
from trainers.pose_dependent.networks import Intensities, PoseDependent, PoseEstimates, PoseInvariant
from trainers.pose_dependent.objective import euclidean_loss
from trainers.pose_dependent.pose_groups import POSE_GROUPS

SIZE = 64


def test_the_papers_network_has_the_papers_layers() -> None:
    with torch.device("meta"):
        network = PoseInvariant(Backbone("vgg16", in_channels=1))
        estimates = network(torch.zeros(2, 1, 224, 224))
    assert estimates.shape == (2, 1)
    shapes = [tuple(p.shape) for p in network.regressor.parameters()]
    assert shapes == [(256, 512 * 7 * 7), (256,), (1, 256), (1,)]


def test_estimates_lie_between_0_and_1(trunk) -> None:
    estimates = PoseInvariant(trunk, 5, size=SIZE)(100 * torch.randn(3, 1, SIZE, SIZE))
    assert estimates.shape == (3, 5)
    assert (estimates >= 0).all() and (estimates <= 1).all() and estimates.std() > 0


@pytest.mark.parametrize("aus", [1, 5])
def test_pose_dependent_networks_have_a_regressor_per_group(trunk, aus: int) -> None:
    network = PoseDependent(trunk, aus, size=SIZE).eval()
    by_group, pose = network(torch.randn(4, 1, SIZE, SIZE))
    assert by_group.shape == (4, 3, aus) and pose.shape == (4, 3)
    assert tuple(network.regressors) == POSE_GROUPS == ("up", "level", "down")
    heads = sum(p.numel() for n, p in network.named_parameters() if not n.startswith("trunk."))
    hidden = 576 * 2 * 2 * 256 + 256
    assert heads == 4 * hidden + 3 * (256 * aus + aus) + 256 * 3 + 3


@pytest.mark.parametrize("size", [64, 112])
def test_pooled_networks_have_one_size_of_hidden_layer(trunk, size: int) -> None:
    network = PoseInvariant(trunk, 2, size=size, pooled=True)
    assert network(torch.randn(2, 1, size, size)).shape == (2, 2)
    assert network.regressor[2].weight.shape == (256, 576)


def test_a_map_that_the_stride_does_not_divide_fits(trunk) -> None:
    assert PoseInvariant(trunk, 2, size=112)(torch.randn(2, 1, 112, 112)).shape == (2, 2)


@pytest.fixture
def estimates() -> PoseEstimates:
    by_group = torch.tensor([[[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]]]).repeat(4, 1, 1)
    pose = torch.tensor([[2.0, 1.0, 0.0], [0.0, 0.1, -5.0], [0.0, 0.0, 9.0], [-1.0, -2.0, -3.0]])
    return PoseEstimates(by_group, pose)


def test_the_winner_takes_all(estimates) -> None:
    merged = estimates.of_winner()
    torch.testing.assert_close(merged, torch.tensor([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6], [0.1, 0.2]]))


def test_another_networks_pose_estimator_may_decide(estimates) -> None:
    merged = estimates.of_winner(torch.tensor([[0.0, 0.0, 1.0]] * 4))
    torch.testing.assert_close(merged, torch.tensor([[0.5, 0.6]] * 4))


def test_the_known_pose_takes_all_in_training(estimates) -> None:
    merged = estimates.of_known_pose(torch.tensor([2, 1, -1, 0]))
    torch.testing.assert_close(merged, torch.tensor([[0.5, 0.6], [0.3, 0.4], [0.0, 0.0], [0.1, 0.2]]))


@pytest.mark.parametrize("known", range(3))
def test_only_the_known_poses_regressor_learns(trunk, known: int) -> None:
    network = PoseDependent(trunk, 2, size=SIZE)
    estimates = network(torch.randn(4, 1, SIZE, SIZE))
    euclidean_loss(estimates.of_known_pose(torch.full((4,), known)), torch.ones(4, 2)).backward()
    for number, group in enumerate(POSE_GROUPS):
        gradients = [p.grad for p in network.regressors[group].parameters()]
        if number == known:
            assert all((gradient != 0).any() for gradient in gradients)
        else:
            assert all((gradient == 0).all() for gradient in gradients)
    assert all(p.grad is None for p in network.pose.parameters())
    assert network.trunk.features[0][0].weight.grad.abs().sum() > 0


def test_intensities_are_facs_steps_of_the_chosen_group(trunk) -> None:
    network = PoseDependent(trunk, 2, size=SIZE).eval()
    pictures = torch.randn(5, 1, SIZE, SIZE)
    estimates = network(pictures)
    torch.testing.assert_close(Intensities(network)(pictures), 5 * estimates.of_winner())
    torch.testing.assert_close(Intensities(network, "down")(pictures), 5 * estimates.by_group[:, 2])
    single = PoseInvariant(trunk, 2, size=SIZE).eval()
    torch.testing.assert_close(Intensities(single)(pictures), 5 * single(pictures))


def test_pose_estimators_start_without_an_opinion(trunk) -> None:
    pose = PoseDependent(trunk, size=SIZE).eval()(torch.randn(4, 1, SIZE, SIZE)).pose
    assert (pose == 0).all()
