"""E-Net's map: centres from landmarks, where the runtime's crop has them, weights that fall linearly."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.tracking.crop import similarity
from trainers.identity_adversarial.attention import Attention, IntoCrop
from trainers.identity_adversarial.au_centres import RULES, AuCentres
from trainers.training.errors import RecipeError
from trainers.training.recipe import DataRecipe

ANCHORS, TEMPLATE = DataRecipe().anchors, DataRecipe().template


def upright_face() -> torch.Tensor:
    """Landmarks of which the inner corners of the eyes are 1 apart, at y = 0."""
    points = torch.zeros(1, 478, 3)
    points[0, 133], points[0, 362] = torch.tensor([-0.5, 0.0, 0.0]), torch.tensor([0.5, 0.0, 0.0])
    points[0, 61], points[0, 291] = torch.tensor([-0.7, 2.0, 0.0]), torch.tensor([0.7, 2.0, 0.0])
    points[0, 17] = torch.tensor([0.0, 2.4, 0.0])
    points[0, [55, 107]] = torch.tensor([-0.4, -0.6, 0.0])
    points[0, [285, 336]] = torch.tensor([0.4, -0.6, 0.0])
    return points


def turned(points: torch.Tensor, degrees: float, scale: float = 1.0) -> torch.Tensor:
    angle = np.deg2rad(degrees)
    turn = torch.tensor(
        [[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]], dtype=torch.float32
    )
    moved = points.clone()
    moved[..., :2] = scale * points[..., :2] @ turn
    return moved


@pytest.mark.parametrize(
    ("au", "centres"),
    [
        ("AU12", [(-0.7, 2.0), (0.7, 2.0)]),
        ("AU17", [(0.0, 2.9)]),  # half a unit below the lip
        ("AU01", [(-0.4, -1.1), (0.4, -1.1)]),  # half a unit above the inner brows
    ],
)
def test_centres_lie_where_the_rule_says(au, centres) -> None:
    found = AuCentres([au])(upright_face())
    torch.testing.assert_close(found[0], torch.tensor(centres), rtol=0, atol=1e-5)


@given(st.floats(-180, 180), st.floats(0.2, 5))
@settings(deadline=None)
def test_centres_turn_and_grow_with_the_face(degrees, scale) -> None:
    aus = ["AU01", "AU12", "AU17"]
    still = AuCentres(aus)(upright_face())
    found = AuCentres(aus)(turned(upright_face(), degrees, scale))
    padded = torch.nn.functional.pad(still, (0, 1))
    torch.testing.assert_close(found, turned(padded, degrees, scale)[..., :2], rtol=1e-4, atol=1e-4)


def test_aus_that_show_in_one_place_share_it() -> None:
    assert len(AuCentres(["AU12", "AU15", "AU14"]).down) == 2
    assert len(AuCentres(list(RULES)).down) < 2 * len(RULES)


def test_an_au_without_a_place_is_refused() -> None:
    with pytest.raises(RecipeError, match=r"^attention: it is not known where AU99 shows: leave it out"):
        AuCentres(["AU12", "AU99"])


@given(st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=30)
def test_places_in_the_crop_are_those_that_the_runtime_cuts(seed) -> None:
    rng = np.random.default_rng(seed)
    landmarks = rng.normal(0, 1, (3, 478, 3)).astype(np.float32)
    places = rng.normal(0, 1, (3, 4, 2)).astype(np.float32)
    ours = IntoCrop(ANCHORS, TEMPLATE)(torch.from_numpy(landmarks), torch.from_numpy(places))
    for face, at, found in zip(landmarks, places, ours.numpy(), strict=True):
        source = np.array([face[list(group), :2].mean(axis=0) for group in ANCHORS], dtype=np.float64)
        matrix = similarity(source, np.array(TEMPLATE, dtype=np.float64))
        np.testing.assert_allclose(found, at @ matrix[:, :2].T + matrix[:, 2], atol=2e-3)


def test_the_weight_falls_linearly_with_manhattan_distance() -> None:
    """As EAC-Net: 0.095 a pixel of a face of 100, in 11 x 11 around the centre; nothing outside."""
    attention = Attention(["AU17"], ANCHORS, TEMPLATE)
    attention.centres.forward = lambda landmarks: torch.tensor([[[0.305, 0.705]]])
    attention.into_crop.forward = lambda landmarks, places: places
    weight = attention(torch.zeros(1, 478, 3), 100)[0, 0]
    assert weight[70, 30] == pytest.approx(1.0, abs=1e-4)
    assert weight[70, 33] == pytest.approx(1 - 0.095 * 3, abs=1e-4)
    assert weight[74, 28] == pytest.approx(1 - 0.095 * 6, abs=1e-4)
    assert weight[70, 36] == 0 and weight[64, 30] == 0
    rows, columns = torch.nonzero(weight, as_tuple=True)
    assert (rows.max() - rows.min() + 1, columns.max() - columns.min() + 1) == (11, 11)


def test_where_regions_overlap_the_higher_weight_counts() -> None:
    attention = Attention(["AU17"], ANCHORS, TEMPLATE)
    attention.centres.forward = lambda landmarks: torch.tensor([[[0.305, 0.305], [0.345, 0.305]]])
    attention.into_crop.forward = lambda landmarks, places: places
    weight = attention(torch.zeros(1, 478, 3), 100)[0, 0]
    assert weight.max() <= 1.0
    assert weight[30, 31] == pytest.approx(1 - 0.095, abs=1e-4)
