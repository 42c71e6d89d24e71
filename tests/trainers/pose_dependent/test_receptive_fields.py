"""Receptive fields of networks whose important pixels are known."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from trainers.pose_dependent.networks import Intensities, PoseDependent
from trainers.pose_dependent.receptive_fields import field_sheet, highly_activated, receptive_fields

SIDE = 16


class TwoSpots(nn.Module):
    """AU 0 reads one corner, AU 1 reads another with less, negative weight; dropout would disturb both."""

    def __init__(self) -> None:
        super().__init__()
        self.weights = torch.zeros(2, SIDE, SIDE)
        self.weights[0, 2:4, 2:4] = 3.0
        self.weights[1, 10:12, 12] = -0.5
        self.dropout = nn.Dropout(0.9)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return torch.einsum("nchw,ahw->na", self.dropout(pictures), self.weights)


@pytest.fixture
def pictures() -> torch.Tensor:
    return torch.rand(40, 2, SIDE, SIDE)


@pytest.fixture
def fields(pictures):
    network = TwoSpots()
    assert network.training
    estimates = network.eval()(pictures).numpy()
    network.train()
    estimates[:5] = np.nan
    group = np.array(["up", "down"]).repeat(20)
    found = receptive_fields(
        network,
        lambda rows: pictures[rows],
        estimates,
        group,
        aus=("AU01", "AU12"),
        groups=("up", "level", "down"),
        seed=0,
        batch=3,
    )
    assert network.training
    return found


def test_fields_show_the_pixels_that_count(fields) -> None:
    assert fields.fields.shape == (2, 3, SIDE, SIDE)
    corner, spot = np.zeros((SIDE, SIDE)), np.zeros((SIDE, SIDE))
    corner[2:4, 2:4], spot[10:12, 12] = 1, -1
    for pose in (0, 2):
        np.testing.assert_allclose(fields.fields[0, pose], corner)
        np.testing.assert_allclose(fields.fields[1, pose], spot)


def test_poses_without_a_picture_have_no_field(fields) -> None:
    assert np.isnan(fields.fields[:, 1]).all() and np.isnan(fields.pictures[:, 1]).all()
    # The highest tenth of 15 and of 20 estimates.
    assert fields.samples.tolist() == [[2, 0, 2], [2, 0, 2]]


def test_the_mean_picture_is_of_the_samples(fields, pictures) -> None:
    estimates = TwoSpots().eval()(pictures)[20:, 0]
    best = 20 + estimates.topk(2).indices
    np.testing.assert_allclose(fields.pictures[0, 2], pictures[best].mean(dim=(0, 1)).numpy(), rtol=1e-5)


def test_highly_activated_rows_are_drawn_by_seed() -> None:
    estimates = np.arange(1000.0)
    among = estimates >= 500
    drawn = highly_activated(estimates, among, np.random.default_rng(1), 20)
    assert len(drawn) == 20 and drawn.min() >= 949 and len(np.unique(drawn)) == 20
    again = highly_activated(estimates, among, np.random.default_rng(1), 20)
    assert np.array_equal(drawn, again)
    assert len(highly_activated(estimates, among, np.random.default_rng(1), 1000)) == 50


def test_networks_of_the_paper_have_fields(trunk) -> None:
    network = Intensities(PoseDependent(trunk, 2, size=64))
    pictures = torch.randn(6, 1, 64, 64)
    with torch.no_grad():
        estimates = network.eval()(pictures).numpy()
    found = receptive_fields(
        network, lambda rows: pictures[rows], estimates, np.array(["1"] * 6),
        aus=("AU01", "AU12"), groups=("1",), seed=0,
    )  # fmt: skip
    assert np.abs(found.fields).max(axis=(1, 2, 3)) == pytest.approx([1, 1])
    assert all(parameter.grad is None for parameter in network.parameters())


def test_the_sheet_is_a_picture_that_repeats(fields) -> None:
    plot = field_sheet(fields, model="tiny model", caption="2 AUs")
    assert (plot.name, plot.caption) == ("receptive_fields_tiny_model", "2 AUs")
    with Image.open(io.BytesIO(plot.png)) as sheet:
        red = np.asarray(sheet.convert("RGB")).astype(int)
    assert ((red[..., 0] - red[..., 2]) > 100).any()
    assert field_sheet(fields, model="tiny model", caption="2 AUs").png == plot.png
