"""Shares of faces found by view or pose, and errors of the estimated pose before and after calibration."""

from __future__ import annotations

import numpy as np
import pytest

from trainers.errors import ProtocolError
from trainers.evaluation import (
    FoundShare,
    PoseCalibration,
    found_per_pose,
    pose_error,
    share_found,
    viewpoints,
)

GRID = np.array([(yaw, pitch, 0) for pitch in (-30, 0, 30) for yaw in (40, 0, -40)], np.float32)


def test_views_are_groups_in_their_numbers_order(made_corpus, made_tracking) -> None:
    corpus = made_corpus(5, view=np.array(["10", "2", "2", "1", "2"]))
    assert found_per_pose(corpus, made_tracking(5, lost=[1, 3])) == {
        "1": FoundShare(0, 1),
        "2": FoundShare(2, 3),
        "10": FoundShare(1, 1),
    }
    assert FoundShare(2, 3).share == pytest.approx(2 / 3)


def test_poses_without_views_make_the_nine_groups_of_the_papers(made_corpus) -> None:
    groups = viewpoints(made_corpus(9, pose=GRID))
    assert groups.kind == "pose"
    assert groups.name.tolist() == list(groups.order) == [
        "up left", "up front", "up right",
        "level left", "level front", "level right",
        "down left", "down front", "down right",
    ]  # fmt: skip


def test_one_view_or_pose_or_none_known_is_no_grouping(made_corpus, made_tracking) -> None:
    assert viewpoints(made_corpus(3)) is None
    assert viewpoints(made_corpus(3, view=np.full(3, "1"))) is None
    assert viewpoints(made_corpus(3, pose=np.zeros((3, 3), np.float32))) is None
    assert found_per_pose(made_corpus(3), made_tracking(3)) == {}


def test_too_many_views_fall_back_to_poses(made_corpus) -> None:
    pose = np.resize(GRID, (26, 3))
    groups = viewpoints(made_corpus(26, pose=pose, view=np.arange(26).astype(str)))
    assert groups.kind == "pose"


def test_an_unknown_pose_is_in_no_group(made_corpus) -> None:
    pose = GRID.copy()
    pose[4, 1] = np.nan
    assert viewpoints(made_corpus(9, pose=pose)).name[4] == ""


def test_the_share_within_angles_counts_the_edge(made_corpus, made_tracking) -> None:
    pose = np.array([(40.0000008, 30, 0), (41, 0, 0), (0, -31, 0), (0, 0, 90), (np.nan, 0, 0)], np.float32)
    corpus = made_corpus(5, pose=pose)
    assert share_found(corpus, made_tracking(5, lost=[3, 4]), within=(40, 30)) == FoundShare(1, 2)
    assert share_found(corpus, made_tracking(5, lost=[3, 4]), within=None) == FoundShare(3, 5)


def test_the_error_is_over_found_faces_near_the_front(made_corpus, made_tracking) -> None:
    truth = np.array([(10, 0, np.nan), (-10, 20, np.nan), (80, 0, np.nan), (0, 0, np.nan)], np.float32)
    estimate = truth + (3, 0, 0)
    estimate[1] = (-11, 14, 0)
    tracked = made_tracking(4, pose=np.nan_to_num(estimate), lost=[3])
    error = pose_error(made_corpus(4, pose=truth), tracked)
    assert error[:2] == pytest.approx((2.0, 3.0))
    assert np.isnan(error.roll)
    assert error.faces == 2


def test_a_full_turn_is_no_error(made_corpus, made_tracking) -> None:
    pose = np.array([(0, 0, 179)], np.float32)
    assert pose_error(made_corpus(1, pose=pose), made_tracking(1, pose=(0, 0, -179))).roll == pytest.approx(2)


def test_a_calibration_undoes_what_shrinks_pitch(made_corpus, made_tracking) -> None:
    truth = np.random.default_rng(0).uniform(-30, 30, (60, 3)).astype(np.float32)
    truth[:, 2] = 0
    corpus = made_corpus(60, pose=truth)
    estimate = truth * (0.9, 0.7, 1.0) + (1.0, -4.0, 2.0)
    calibration = PoseCalibration.fit(corpus, made_tracking(60, pose=estimate))
    assert calibration.slope == pytest.approx((0.9, 0.7, 1.0), abs=1e-5)
    assert calibration.offset == pytest.approx((1.0, -4.0, 2.0), abs=1e-4)
    other = -truth
    shrunk = made_tracking(60, pose=other * (0.9, 0.7, 1.0) + (1.0, -4.0, 2.0))
    assert pose_error(made_corpus(60, pose=other), shrunk).pitch > 4
    error = pose_error(made_corpus(60, pose=other), shrunk, calibration=calibration)
    assert error[:3] == pytest.approx((0, 0, 0), abs=1e-4)


def test_estimates_that_run_against_the_labels_cannot_be_calibrated(made_corpus, made_tracking) -> None:
    truth = np.stack([np.linspace(-30, 30, 9), np.zeros(9), np.zeros(9)], axis=1).astype(np.float32)
    with pytest.raises(ProtocolError, match="yaw does not follow"):
        PoseCalibration.fit(made_corpus(9, pose=truth), made_tracking(9, pose=-truth))
