"""Fixations and saccades."""

from __future__ import annotations

import numpy as np

from trainers.corpora.behaviour.gaze import LIMIT, draw_gaze


def test_eyes_rest_most_of_the_time_and_leap_in_between() -> None:
    looks = draw_gaze(np.random.default_rng(0), 200, 300, 30.0)
    steps = np.linalg.norm(np.diff(looks, axis=1), axis=2)
    resting = steps == 0
    assert 0.85 < resting.mean() < 0.98
    assert steps.max() > 10
    leaps = (~resting[:, 1:] & resting[:, :-1]).sum() / (200 * 10)
    assert 0.8 < leaps < 1.5, "about one saccade in 0.8 s"


def test_eyes_stay_within_their_limits_and_centre_on_straight_ahead() -> None:
    looks = draw_gaze(np.random.default_rng(1), 3000, 4, 0.5).reshape(-1, 2)
    assert (np.abs(looks) <= LIMIT).all()
    assert np.abs(looks.mean(axis=0)).max() < 0.5
    assert 0.3 < (np.linalg.norm(looks, axis=1) < 3.0).mean() < 0.6


def test_a_sequence_does_not_see_the_others() -> None:
    """A fault in the shared time line would give one sequence another's fixations."""
    looks = draw_gaze(np.random.default_rng(2), 50, 2000, 10.0)
    correlation = np.corrcoef(looks[:, :, 0])
    assert np.abs(correlation - np.eye(50)).max() < 0.5
