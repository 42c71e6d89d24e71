"""Scores measured from where they lie at rest."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.calibration import RestingScores
from realtime.types import Pose, Scores

FPS = 30
FACES = np.full(2, 0.5, np.float32)


def scores(*intensity: float, occurrence: bool = True) -> Scores:
    values = np.array(intensity, np.float32)
    return Scores(values / 5 if occurrence else None, values, FACES)


def watch(resting: RestingScores, said: Scores, seconds: float, start=0.0, pose=None) -> Scores:
    for number in range(max(round(seconds * FPS), 1)):
        measured = resting.measure(1, said, start + number / FPS, pose)
    return measured


def test_a_still_face_falls_to_zero_and_no_further() -> None:
    resting = RestingScores(3, 0.4)
    still = scores(1.9, 0.0, 0.4)
    first = resting.measure(1, still, 0.0)
    assert 1.5 < first.au_intensity[0] < 1.9, "a first frame says little of a person"
    after = watch(resting, still, 60)
    assert after.au_intensity.tolist() == pytest.approx([0.05, 0.0, 0.0], abs=0.03)
    assert after.au_occurrence.tolist() == pytest.approx([0.01, 0.0, 0.0], abs=0.006)
    assert after.expression is FACES


def test_an_action_stands_out_from_its_persons_rest() -> None:
    resting = RestingScores(1, 0.4)
    watch(resting, scores(1.0), 58)
    assert resting.measure(1, scores(3.0), 58.1).au_intensity[0] == pytest.approx(2.5, abs=0.03)
    assert resting.measure(1, scores(5.0), 58.2).au_intensity[0] == 5.0


def test_an_expression_held_from_the_first_frame_on_is_weakened_not_swallowed() -> None:
    held = watch(RestingScores(1, 0.3), scores(3.0), 300)
    assert held.au_intensity[0] == pytest.approx(5 * (0.6 - 0.3) / 0.7, abs=1e-5)


def test_a_share_of_nothing_changes_nothing() -> None:
    said = scores(1.9, 0.2)
    assert watch(RestingScores(2, 0.0), said, 60) is said


def test_turned_heads_are_measured_but_not_learnt_from() -> None:
    resting, turned = RestingScores(1, 0.4), Pose(0.4, 0.0, 0.0)
    assert watch(resting, scores(1.0), 30, pose=turned).au_intensity[0] == 1.0
    watch(resting, scores(1.0), 60)
    assert resting.measure(1, scores(1.0), 70.0, turned).au_intensity[0] == pytest.approx(0.0, abs=0.05)


def test_scores_that_a_bundle_does_not_give_stay_away() -> None:
    measured = RestingScores(1, 0.4).measure(1, scores(2.0, occurrence=False), 0.0)
    assert measured.au_occurrence is None and measured.au_intensity is not None
    neither = RestingScores(0, 0.4).measure(1, Scores(None, None, FACES), 0.0)
    assert neither == Scores(None, None, FACES)


def test_tracks_are_apart_and_can_be_forgotten() -> None:
    resting = RestingScores(1, 0.4)
    watch(resting, scores(1.0), 30)
    assert resting.measure(2, scores(1.0), 30.0).au_intensity[0] > 0.8
    resting.forget(1)
    assert resting.measure(1, scores(1.0), 30.0).au_intensity[0] > 0.8
    watch(resting, scores(1.0), 30, start=30.0)
    resting.reset()
    assert resting.measure(1, scores(1.0), 61.0).au_intensity[0] > 0.8


@given(seed=st.integers(0, 10_000), share=st.floats(0.01, 0.5))
@settings(deadline=None, max_examples=30)
def test_scores_stay_in_range_below_what_was_said_and_in_order(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    resting = RestingScores(4, share)
    for number in range(40):
        said = scores(*(rng.random(4) * 5))
        kept = said.au_intensity.copy()
        measured = resting.measure(1, said, number / 4)
        assert (measured.au_intensity >= 0).all() and (measured.au_intensity <= kept).all()
        assert (measured.au_occurrence >= 0).all() and (measured.au_occurrence <= 1).all()
        assert (said.au_intensity == kept).all(), "what the network said is not written over"
    turned = Pose(1.0, 0.0, 0.0)  # nothing is learnt between these, so their order must hold
    low, high = np.sort(rng.random((2, 4)) * 5, axis=0)
    one, other = (resting.measure(1, scores(*each), 10.1, turned).au_intensity for each in (low, high))
    assert (one <= other).all()
