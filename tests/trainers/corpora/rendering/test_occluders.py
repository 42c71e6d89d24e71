"""What is held before a face covers what it says."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from trainers.corpora.rendering.occluders import Occluder, draw_occluder, occlude

SIZE, MIDDLE, FACE = 200, (100.0, 100.0), 100.0
DISC = Occluder((0.2, 0.1), (0.15, 0.15), 0.0, 2.0, (0.8, 0.2, 0.1), stem=False)


def covered(occluder: Occluder, middle: tuple[float, float] = MIDDLE, face: float = FACE) -> np.ndarray:
    """(H, W) 0 to 1: how much of a grey picture has changed. Occluders are never exactly -1."""
    picture = np.full((SIZE, SIZE, 3), -1.0, np.float32)
    occlude(picture, occluder, middle, face)
    assert np.isfinite(picture).all()
    return np.asarray((picture.max(axis=2) > -1.0).astype(float))


def test_a_disc_lies_where_it_should_with_its_area() -> None:
    cover = covered(DISC)
    rows, columns = np.nonzero(cover)
    assert rows.mean() + 0.5 == pytest.approx(110, abs=0.5)
    assert columns.mean() + 0.5 == pytest.approx(120, abs=0.5)
    assert cover.sum() == pytest.approx(np.pi * 15**2, rel=0.15)


def test_it_scales_and_moves_with_the_face() -> None:
    near = covered(DISC, face=150.0)
    assert near.sum() == pytest.approx(1.5**2 * covered(DISC).sum(), rel=0.1)
    moved = covered(DISC, middle=(60.0, 100.0))
    np.testing.assert_array_equal(moved[:, :160], covered(DISC)[:, 40:])


def test_a_box_fills_its_corners_and_a_turn_turns_it() -> None:
    box = dataclasses.replace(DISC, squareness=20.0, centre=(0.0, 0.0), radii=(0.3, 0.1))
    assert covered(box).sum() == pytest.approx(60 * 20, rel=0.2)
    rows, columns = np.nonzero(covered(dataclasses.replace(box, turn=np.pi / 2)))
    assert np.ptp(rows) > 2.5 * np.ptp(columns)


def test_a_stem_reaches_down_to_the_edge() -> None:
    held = covered(dataclasses.replace(DISC, stem=True))
    assert held[-1].any()
    assert not covered(DISC)[-1].any()
    assert not held[:90].any(), "and not up"


def test_its_colour_is_its_own() -> None:
    picture = np.zeros((SIZE, SIZE, 3), np.float32)
    occlude(picture, DISC, MIDDLE, FACE)
    red, green, blue = picture[110, 120]
    assert 0.5 < red <= 1.0
    assert red > 3 * green > green > blue
    assert picture.max() <= 1.0


def test_what_is_drawn_hides_a_part_of_the_face_and_not_all_of_it() -> None:
    rng = np.random.default_rng(0)
    shares = []
    face = np.hypot((np.mgrid[0:200, 0:200][0] - 100) / 50, (np.mgrid[0:200, 0:200][1] - 100) / 35) < 1
    for _ in range(200):
        occluder = draw_occluder(rng)
        assert all(0 <= channel <= 1 for channel in occluder.colour)
        shares.append(covered(occluder)[face].mean())
    assert np.mean(np.array(shares) > 0.01) > 0.8, "most reach the face"
    assert np.quantile(shares, 0.95) < 0.4
    assert draw_occluder(np.random.default_rng(4)) == draw_occluder(np.random.default_rng(4))
