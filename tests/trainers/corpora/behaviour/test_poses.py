"""Fixed views and head motion."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainers.corpora.behaviour import head_motion, views
from trainers.corpora.behaviour.poses import LIMIT, SPREAD
from trainers.errors import CorpusError


@pytest.mark.parametrize(("kind", "count"), [("fera", 9), ("bu3dfe", 143)])
def test_views_are_complete_and_symmetrical(kind: str, count: int) -> None:
    found = views(kind)
    angles = {(view.yaw, view.pitch) for view in found}
    assert len(found) == len({view.name for view in found}) == len(angles) == count
    assert (0, 0) in angles
    assert {(-yaw, pitch) for yaw, pitch in angles} == angles == {(yaw, -pitch) for yaw, pitch in angles}
    assert len({yaw for yaw, _ in angles}) * len({pitch for _, pitch in angles}) == count


def test_fera_views_are_numbered_up_level_down() -> None:
    by_name = {view.name: view for view in views("fera")}
    for names, pitch in (("123", -30), ("456", 0), ("789", 30)):
        assert [by_name[name].pitch for name in names] == [pitch] * 3
        assert [by_name[name].yaw for name in names] == [-40, 0, 40]


def test_bu3dfe_views_have_the_papers_angles() -> None:
    by_name = {view.name: view for view in views("bu3dfe")}
    assert (by_name["+25-10"].yaw, by_name["+25-10"].pitch) == (25, -10)
    assert sorted({view.yaw for view in by_name.values()}) == [-45, -35, -25, -15, -5, 0, 5, 15, 25, 35, 45]
    assert sorted({view.pitch for view in by_name.values()}) == list(range(-30, 31, 5))


@pytest.mark.parametrize(("kind", "said"), [("continuous", "only head motion"), ("multipie", "is not known")])
def test_other_kinds_are_refused(kind: str, said: str) -> None:
    with pytest.raises(CorpusError, match=said):
        views(kind)


def test_heads_have_the_stated_spread_at_any_time() -> None:
    poses = np.stack([head_motion(np.random.default_rng(seed), 60, 30) for seed in range(3000)])
    for frame in (0, 59):
        assert poses[:, frame].std(axis=0) == pytest.approx(SPREAD, rel=0.08)
        assert poses[:, frame].mean(axis=0) == pytest.approx([0, 0, 0], abs=1.0)
    assert poses.std(axis=1).mean(axis=0).min() > 0.5, "heads move"


def test_heads_move_smoothly() -> None:
    for seed in range(50):
        velocity = np.diff(head_motion(np.random.default_rng(seed), 300, 30), axis=0) * 30
        assert np.abs(velocity).max() < 120
        assert np.abs(np.diff(velocity, axis=0)).max() * 30 < 1000


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32), frames=st.integers(0, 100), fps=st.floats(0.1, 240))
def test_head_motion_stays_within_its_limits(seed: int, frames: int, fps: float) -> None:
    poses = head_motion(np.random.default_rng(seed), frames, fps)
    assert poses.shape == (frames, 3)
    assert poses.dtype == np.float32
    assert (np.abs(poses) <= LIMIT).all()
    np.testing.assert_array_equal(poses, head_motion(np.random.default_rng(seed), frames, fps))


@pytest.mark.parametrize(("frames", "fps"), [(-1, 30), (5, 0)])
def test_impossible_counts_are_refused(frames: int, fps: float) -> None:
    with pytest.raises(CorpusError, match="cannot move a head"):
        head_motion(np.random.default_rng(0), frames, fps)
