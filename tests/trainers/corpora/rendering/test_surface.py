"""What a pixel knows of the surface it sees."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from trainers.corpora.rendering.parts import Material
from trainers.corpora.rendering.surface import DISC, bend_normals, bilinear, occlusion, surface_points

H, W = 24, 32
MATERIAL = np.array([Material.SKIN, Material.HAIR], np.int32)


def wall(depth: NDArray[np.floating] | float = 500.0) -> NDArray[np.float32]:
    """(H, W, 10) points of a wall that faces the camera, a millimetre per pixel; the chart is x and y."""
    y, x = np.mgrid[0:H, 0:W].astype(np.float32)
    points = np.zeros((H, W, 10), np.float32)
    points[..., 0], points[..., 1], points[..., 2] = x, y, depth
    points[..., 5] = -1.0
    points[..., 6], points[..., 7] = x, y
    return points


def test_attributes_are_interpolated_with_the_weights() -> None:
    seen = np.array([[0, -1]], np.int32)
    weights = np.array([[[0.5, 0.2], [0.9, 0.9]]], np.float32)
    attributes = np.array([[10, 0], [20, 1], [30, 5]], np.float32)
    points = np.full((1, 2, 2), -7, np.float32)
    surface_points(seen, weights, np.array([[0, 1, 2]], np.int32), attributes, points)
    np.testing.assert_allclose(points[0, 0], [0.3 * 10 + 0.5 * 20 + 0.2 * 30, 0.5 + 1.0], rtol=1e-6)
    np.testing.assert_array_equal(points[0, 1], -7)


def test_bilinear_samples_between_centres_and_keeps_to_the_border() -> None:
    image = np.array([[0, 1], [10, 11]], np.float32)
    assert bilinear(image, 0.0, 0.0) == 0
    assert bilinear(image, 0.5, 0.5) == pytest.approx(5.5)
    assert bilinear(image, 0.0, 0.25) == pytest.approx(0.25)
    assert bilinear(image, -5.0, 9.0) == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize(("slope_u", "slope_v"), [(0.3, 0.0), (0.0, -0.4), (0.2, 0.1)])
def test_a_slope_painted_as_relief_bends_the_normals_as_a_real_one(slope_u: float, slope_v: float) -> None:
    """Height rises towards the camera: z = -(su x + sv y), whose normal is (-su, -sv, -1)."""
    rows, columns = np.mgrid[0:40, 0:40]
    relief = (slope_u * columns + slope_v * rows).astype(np.float32)
    points, seen = wall(), np.zeros((H, W), np.int32)
    chart = np.array([-0.5, -0.5, 1.0], np.float32)
    bend_normals(MATERIAL, seen, points, relief, chart, np.zeros((H, W), np.float32))
    expected = np.array([-slope_u, -slope_v, -1.0])
    np.testing.assert_allclose(points[5, 5, 3:6], expected / np.linalg.norm(expected), atol=1e-3)
    np.testing.assert_allclose(np.linalg.norm(points[..., 3:6], axis=2), 1.0, atol=1e-5)


def test_only_skin_is_bent_and_not_across_a_silhouette() -> None:
    relief = np.random.default_rng(0).normal(size=(40, 40)).astype(np.float32)
    chart = np.array([-0.5, -0.5, 1.0], np.float32)
    step = np.where(np.arange(W) < 16, 500.0, 520.0)[None, :]
    points, seen = wall(step), np.zeros((H, W), np.int32)
    seen[12:] = 1  # hair
    bend_normals(MATERIAL, seen, points, relief, chart, np.zeros((H, W), np.float32))
    flat = (points[..., 5] == -1.0) & (points[..., 3] == 0.0)
    assert flat[12:].all()
    assert flat[1:10, 15].all(), "the next pixel to the right lies 20 mm behind"
    assert not flat[1:10, 3:14].any()


def opened(points: NDArray[np.float32], seen: NDArray[np.int32]) -> NDArray[np.float32]:
    sky = np.full((H, W), np.nan, np.float32)
    occlusion(seen, points, DISC, 9.0, 9.0, sky)
    return sky


def test_a_wall_sees_everything_and_a_groove_does_not() -> None:
    seen = np.zeros((H, W), np.int32)
    np.testing.assert_array_equal(opened(wall(), seen), 1.0)
    groove = 500.0 + np.clip(6.0 - 2.0 * np.abs(np.arange(W) - 16.0), 0.0, None)[None, :]
    sky = opened(wall(groove), seen)
    assert sky[12, 16] < 0.85 < sky[12, 2]
    assert sky.min() >= 0.08


def test_what_is_far_nearer_hardly_darkens() -> None:
    """Something half a metre before the wall is no furrow of it."""
    seen = np.zeros((H, W), np.int32)
    near = np.where(np.arange(W) < 16, 500.0, 470.0)[None, :]
    far = np.where(np.arange(W) < 16, 500.0, 20.0)[None, :]
    assert opened(wall(near), seen)[12, 13] < opened(wall(far), seen)[12, 13] - 0.05


def test_where_nobody_is_seen_the_sky_is_open() -> None:
    seen = np.zeros((H, W), np.int32)
    seen[:, 20:] = -1
    assert np.isfinite(opened(wall(), seen)).all()
