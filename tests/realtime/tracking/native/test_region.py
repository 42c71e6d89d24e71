"""Regions: where the mesh network looks."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.tracking.native.region import (
    MARGIN,
    Region,
    overlap,
    region_of_detection,
    region_of_landmarks,
    without_repeats,
)

places = st.floats(-500, 500)
sides = st.floats(1, 500)
regions = st.builds(Region, places, places, sides, sides, st.floats(-math.pi, math.pi))


def face(angle: float, centre: tuple[float, float] = (100.0, 80.0)) -> np.ndarray:
    """Landmarks on a circle of radius 30, the outer eye corners level in the head, which is turned."""
    turn = np.linspace(0, 2 * math.pi, 478, endpoint=False)
    points = np.stack([np.cos(turn), np.sin(turn), np.zeros(478)], axis=1) * 30
    points[33, :2], points[263, :2] = (-20, -5), (20, -5)
    cos, sin = math.cos(angle), math.sin(angle)
    points[:, :2] = points[:, :2] @ np.array([[cos, sin], [-sin, cos]]) + centre
    return points.astype(np.float32)


@given(regions, st.integers(1, 300), st.integers(1, 300))
def test_a_raster_spans_its_region(region: Region, columns: int, rows: int) -> None:
    to_image = region.to_image(columns, rows)
    corners = np.array([(0, 0), (columns, 0), (columns, rows), (0, rows)], float) @ to_image[:, :2].T
    corners += to_image[:, 2]
    assert corners.mean(axis=0) == pytest.approx((region.x, region.y), abs=1e-6)
    assert np.linalg.norm(corners[1] - corners[0]) == pytest.approx(region.width)
    assert np.linalg.norm(corners[3] - corners[0]) == pytest.approx(region.height)
    across = corners[1] - corners[0]
    assert across / region.width == pytest.approx((math.cos(region.angle), math.sin(region.angle)), abs=1e-6)


@pytest.mark.parametrize("angle", [-1.2, 0.0, 0.4])
def test_the_next_region_holds_the_face_and_turns_with_it(angle: float) -> None:
    region = region_of_landmarks(face(angle))
    assert region.angle == pytest.approx(angle, abs=1e-5)
    assert (region.x, region.y) == pytest.approx((100, 80), abs=0.2)
    assert region.width == region.height == pytest.approx(60 * MARGIN, rel=0.01)


def test_the_region_of_a_detection() -> None:
    region = region_of_detection((10, 20, 50, 80), (20, 40), (40, 60))
    assert (region.x, region.y, region.width, region.height) == (30, 50, 40 * MARGIN, 60 * MARGIN)
    assert region.angle == pytest.approx(math.pi / 4)


@given(regions, regions)
def test_overlap_is_a_share_and_does_not_depend_on_the_order(one: Region, other: Region) -> None:
    assert 0 <= overlap(one, other) <= 1 + 1e-9
    assert overlap(one, other) == pytest.approx(overlap(other, one))
    assert overlap(one, one) == pytest.approx(1)


def test_overlap_of_two_halves() -> None:
    assert overlap(Region(0, 0, 10, 10, 0), Region(5, 0, 10, 10, 0)) == pytest.approx(1 / 3)
    assert overlap(Region(0, 0, 10, 10, 0), Region(10, 0, 10, 10, 0)) == 0


@given(st.lists(regions, max_size=8))
def test_of_regions_of_one_face_the_first_is_kept(many: list[Region]) -> None:
    kept = without_repeats(many)
    assert kept[:1] == many[:1]
    assert all(overlap(a, b) <= 0.5 for i, a in enumerate(kept) for b in kept[:i])
    assert all(any(overlap(region, other) > 0.5 for other in kept) or region in kept for region in many)
