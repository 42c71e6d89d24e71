"""Reading the detector's outputs."""

from __future__ import annotations

import numpy as np
import pytest

from realtime.tracking.native.detector import anchors, blend, decode


def box(x: float, y: float, side: float) -> np.ndarray:
    """A square box with its six points in its middle, 0-1."""
    half = side / 2
    return np.array([x - half, y - half, x + half, y + half, *([x, y] * 6)], np.float32)


def test_anchors_are_those_of_blazeface() -> None:
    points = anchors()
    assert points.shape == (896, 2)
    assert points[0] == pytest.approx((0.5 / 16, 0.5 / 16))
    assert points[1] == pytest.approx(points[0]), "two anchors in each of the 16 x 16 cells"
    assert points[2] == pytest.approx((1.5 / 16, 0.5 / 16)), "x first"
    assert points[512] == pytest.approx((0.5 / 8, 0.5 / 8))
    assert len({tuple(point) for point in points[512:].tolist()}) == 64, "six in each of the 8 x 8"


def test_boxes_count_from_their_anchor_in_pixels() -> None:
    regressors = np.zeros((896, 16), np.float32)
    regressors[2, :6] = (12.8, -6.4, 25.6, 51.2, 1.28, 2.56)
    logits = np.full(896, -5.0, np.float32)
    logits[2] = 2.0
    boxes, scores = decode(regressors, logits, anchors())
    x, y = 1.5 / 16, 0.5 / 16
    assert boxes[0, :4] == pytest.approx((x, y - 0.25, x + 0.2, y + 0.15), abs=1e-6)
    assert boxes[0, 4:6] == pytest.approx((x + 0.01, y + 0.02), abs=1e-6)
    assert scores.tolist() == pytest.approx([1 / (1 + np.exp(-2.0))])


def test_only_likely_faces_count_surest_first() -> None:
    logits = np.full(896, -0.01, np.float32)
    logits[[7, 3]] = (0.0, 3.0)
    boxes, scores = decode(np.zeros((896, 16), np.float32), logits, anchors())
    assert len(boxes) == 2
    assert scores.tolist() == pytest.approx([1 / (1 + np.exp(-3.0)), 0.5])


def test_boxes_of_one_face_are_blended_by_probability() -> None:
    boxes = np.stack([box(0.5, 0.5, 0.4), box(0.2, 0.2, 0.1), box(0.54, 0.5, 0.4)])
    faces = blend(boxes, np.array([0.9, 0.8, 0.6], np.float32))
    assert len(faces) == 2
    assert faces[0][4:6] == pytest.approx(((0.9 * 0.5 + 0.6 * 0.54) / 1.5, 0.5))
    assert faces[1] == pytest.approx(box(0.2, 0.2, 0.1), abs=1e-6)


def test_a_box_without_area_ends_the_search_all_the_same() -> None:
    faces = blend(np.stack([box(0.5, 0.5, 0.0)] * 2), np.array([0.9, 0.8], np.float32))
    assert np.array(faces) == pytest.approx(np.stack([box(0.5, 0.5, 0.0)] * 2))
