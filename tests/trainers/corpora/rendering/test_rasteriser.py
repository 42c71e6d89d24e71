"""The z-buffer against a slow reference and against geometry."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from trainers.corpora.rendering.rasteriser import rasterise, vertex_normals

H, W = 20, 24
Drawn = tuple[NDArray[np.float32], NDArray[np.int32], NDArray[np.float32]]


def drawn(screen: NDArray[np.floating], faces: object) -> Drawn:
    """Depth, seen and weights of a fresh H x W picture."""
    depth, seen = np.zeros((H, W), np.float32), np.full((H, W), -1, np.int32)
    weights = np.zeros((H, W, 2), np.float32)
    rasterise(np.asarray(screen, np.float32), np.asarray(faces, np.int32), depth, seen, weights)
    return depth, seen, weights


def shares(corners: NDArray[np.floating]) -> NDArray[np.float64]:
    """(H, W, 3) barycentric coordinates of all pixel centres in one (3, 2) triangle, by solving for them."""
    y, x = np.mgrid[0:H, 0:W] + 0.5
    points = np.stack([x, y, np.ones_like(x)], axis=-1)
    return np.asarray(points @ np.linalg.inv(np.column_stack([corners, np.ones(3)])))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), triangles=st.integers(1, 8))
def test_agrees_with_a_slow_reference(seed: int, triangles: int) -> None:
    rng = np.random.default_rng(seed)
    screen = np.column_stack(
        [rng.uniform(-10, W + 10, 3 * triangles), rng.uniform(-10, H + 10, 3 * triangles)]
        + [rng.uniform(0.1, 1.0, 3 * triangles)]
    ).astype(np.float32)
    faces = np.arange(3 * triangles).reshape(-1, 3)
    depth, seen, weights = drawn(screen, faces)
    nearness, sure = np.zeros((triangles, H, W)), np.ones((H, W), bool)
    correct = np.zeros((triangles, H, W, 2))
    for face, corners in enumerate(screen[faces].astype(np.float64)):
        if abs(np.linalg.det(np.column_stack([corners[:, :2], np.ones(3)]))) < 1.0:
            return  # too thin for either to be exact
        share = shares(corners[:, :2])
        inverse = share @ corners[:, 2]
        nearness[face] = np.where((share > 0).all(axis=-1), inverse, 0.0)
        correct[face] = share[..., 1:] * corners[1:, 2] / inverse[..., None]
        sure &= np.abs(share).min(axis=-1) > 1e-4  # not on an edge
    best = nearness.argmax(axis=0)
    second = np.sort(nearness, axis=0)[-2] if triangles > 1 else 0.0
    sure &= nearness.max(axis=0) - second > 1e-5
    expected = np.where(nearness.max(axis=0) > 0, best, -1)
    np.testing.assert_array_equal(seen[sure], expected[sure])
    hit = sure & (expected >= 0)
    np.testing.assert_allclose(depth[hit], nearness.max(axis=0)[hit], rtol=1e-5)
    rows, columns = np.nonzero(hit)
    np.testing.assert_allclose(weights[hit], correct[best[hit], rows, columns], atol=1e-4)


def test_weights_lead_back_to_the_point_that_the_pixel_looks_at() -> None:
    corners = np.array([[-40.0, -30.0, 90.0], [60.0, -20.0, 200.0], [0.0, 70.0, 120.0]])
    focal = 15.0
    screen = np.column_stack(
        [focal * corners[:, 0] / corners[:, 2] + W / 2, focal * corners[:, 1] / corners[:, 2] + H / 2]
        + [1.0 / corners[:, 2]]
    )
    _, seen, weights = drawn(screen, [[0, 1, 2]])
    rows, columns = np.nonzero(seen == 0)
    assert len(rows) > 30
    full = np.column_stack([1.0 - weights[rows, columns].sum(axis=1), weights[rows, columns]])
    points = full @ corners
    np.testing.assert_allclose(focal * points[:, 0] / points[:, 2] + W / 2, columns + 0.5, atol=1e-3)
    np.testing.assert_allclose(focal * points[:, 1] / points[:, 2] + H / 2, rows + 0.5, atol=1e-3)


def test_the_nearer_triangle_wins_in_either_order() -> None:
    near = [[0, 0, 1.0], [W, 0, 1.0], [0, H, 1.0]]
    far = [[0, 0, 0.5], [W, 0, 0.5], [W, H, 0.5]]
    for order, first in (([[0, 1, 2], [3, 4, 5]], 0), ([[3, 4, 5], [0, 1, 2]], 1)):
        _, seen, _ = drawn(np.array(near + far), order)
        assert seen[2, 5] == first
        assert seen[H - 1, W - 1] == 1 - first


def test_intersecting_triangles_change_places_where_they_meet() -> None:
    rising = [[0, -50, 0.1], [0, 50, 0.1], [W, 0, 0.9]]
    level = [[-50, -50, 0.5], [90, -50, 0.5], [10, 90, 0.5]]
    _, seen, _ = drawn(np.array(rising + level), [[0, 1, 2], [3, 4, 5]])
    assert (seen[1, : W // 2 - 1] == 1).all()
    assert (seen[1, W // 2 + 1 : W - 2] == 0).all()


@pytest.mark.parametrize("winding", [[0, 1, 2], [0, 2, 1]])
def test_pixels_count_by_their_centres_and_both_sides_are_drawn(winding: list[int]) -> None:
    # A right angle at (4, 5): of its legs' pixels only those with their centre inside.
    _, seen, _ = drawn(np.array([[4, 5, 1.0], [8, 5, 1.0], [4, 9, 1.0]]), [winding])
    rows, columns = np.nonzero(seen == 0)
    assert set(zip(rows, columns, strict=True)) == {
        (y, x) for y in range(5, 9) for x in range(4, 8) if (x + 0.5 - 4) + (y + 0.5 - 5) <= 4
    }


def test_a_pixel_whose_centre_is_missed_stays_empty() -> None:
    _, seen, _ = drawn(np.array([[3.55, 3.1, 1.0], [3.95, 3.1, 1.0], [3.7, 3.9, 1.0]]), [[0, 1, 2]])
    assert (seen == -1).all()


def test_two_triangles_with_a_common_edge_leave_no_hole() -> None:
    """Also where pixels' centres lie on the edge itself, as rounding sees it or not."""
    rng, y, x = np.random.default_rng(0), *(np.mgrid[0:H, 0:W] + 0.5)
    on_edges = 0
    for trial in range(4000):
        corners = rng.uniform(1, 19, (4, 2)).astype(np.float32)
        if trial % 4:
            corners = np.floor(corners) + np.float32(0.5)
        a, b, c, d = corners.astype(np.float64)
        along = c - b
        sides = [along[0] * (p[1] - b[1]) - along[1] * (p[0] - b[0]) for p in (a, d)]
        if sides[0] * sides[1] > -1.0:
            continue
        _, seen, _ = drawn(np.column_stack([corners, np.ones(4)]), [[0, 1, 2], [3, 2, 1]])
        length = np.linalg.norm(along)
        beside = ((x - b[0]) * along[1] - (y - b[1]) * along[0]) / length
        ahead = ((x - b[0]) * along[0] + (y - b[1]) * along[1]) / length
        on_edge = (np.abs(beside) < 1e-5) & (ahead > 0.3) & (ahead < length - 0.3)
        on_edges += int(on_edge.sum())
        assert (seen[on_edge] >= 0).all(), corners
    assert on_edges > 500


@pytest.mark.parametrize("behind", [0, 1, 2])
def test_triangles_that_reach_behind_the_camera_are_left_out(behind: int) -> None:
    screen = np.array([[0, 0, 1.0], [W, 0, 1.0], [0, H, 1.0]])
    screen[behind, 2] = -1.0
    assert (drawn(screen, [[0, 1, 2]])[1] == -1).all()


def test_a_triangle_larger_than_the_picture_is_cut_at_its_border() -> None:
    _, seen, _ = drawn(np.array([[-1e4, -1e4, 1.0], [3e4, -1e4, 1.0], [-1e4, 3e4, 1.0]]), [[0, 1, 2]])
    assert (seen == 0).all()
    _, seen, _ = drawn(np.array([[-9, -9, 1.0], [-1, -9, 1.0], [-9, -1, 1.0]]), [[0, 1, 2]])
    assert (seen == -1).all()


def test_normals_of_a_ball_point_outward_with_length_one() -> None:
    theta, phi = np.meshgrid(np.linspace(0.2, 2.9, 24), np.linspace(0, 2 * np.pi, 48, endpoint=False))
    ball = np.stack([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)], axis=-1)
    vertices = ball.reshape(-1, 3).astype(np.float32)
    faces = []
    for i in range(48):
        for j in range(23):
            a, b, c, d = i * 24 + j, i * 24 + j + 1, (i + 1) % 48 * 24 + j, (i + 1) % 48 * 24 + j + 1
            faces += [[a, b, c], [b, d, c]]
    normals = np.full_like(vertices, 9.0)
    vertex_normals(vertices, np.array(faces, np.int32), normals)
    inner = (theta.ravel() > 0.4) & (theta.ravel() < 2.7)
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1.0, atol=1e-5)
    assert (normals[inner] * vertices[inner]).sum(axis=1).min() > 0.99


def test_a_large_face_counts_more_in_a_normal_and_a_vertex_without_faces_has_none() -> None:
    vertices = np.array([[0, 0, 0], [10, 0, 0], [0, 10, 0], [1, 0, 0], [0, 0, 1], [5, 5, 5]], np.float32)
    normals = np.empty_like(vertices)
    vertex_normals(vertices, np.array([[0, 1, 2], [0, 4, 3]], np.int32), normals)
    assert normals[0, 2] > 0.99  # 50 mm^2 towards z against half of one towards y
    np.testing.assert_array_equal(normals[5], 0.0)
