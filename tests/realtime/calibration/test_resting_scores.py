"""Scores measured from where they lie at rest."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.calibration import RestingScores
from realtime.types import Scores

FPS = 30
FACES = np.full(2, 0.5, np.float32)


def present(intensity: np.ndarray) -> np.ndarray:
    """Probability of level A or above, as a network gives it that is sure of its intensities."""
    return (1 / (1 + np.exp((1 - intensity) / 0.35))).astype(np.float32)


def scores(*intensity: float) -> Scores:
    values = np.array(intensity, np.float32)
    return Scores(present(values), values, FACES)


def watch(resting: RestingScores, said: Scores, seconds: float, start=0.0, track=1) -> Scores:
    for number in range(max(round(seconds * FPS), 1)):
        measured = resting.measure(track, said, start + number / FPS)
    return measured


def test_a_first_frame_is_measured_from_nothing() -> None:
    said = scores(1.9, 0.0)
    first = RestingScores(2, 0.4).measure(1, said, 0.0)
    assert (first.au_intensity == said.au_intensity).all()
    assert first.au_occurrence == pytest.approx(said.au_occurrence)


def test_a_still_face_falls_to_zero_and_is_not_present() -> None:
    resting, still = RestingScores(3, 0.4), scores(1.9, 0.0, 1.2)
    seconds = watch(resting, still, 3)
    assert seconds.au_intensity[0] < 1.0
    after = watch(resting, still, 60, start=3.0)
    assert after.au_intensity.tolist() == pytest.approx([0.05, 0.0, 0.03], abs=0.03)
    assert after.au_occurrence.max() < 0.1
    assert after.expression is FACES


def test_what_passes_is_at_rest_again_and_stands_out_from_its_persons_rest() -> None:
    resting = RestingScores(1, 0.4)
    watch(resting, scores(1.0), 58)
    acted = resting.measure(1, scores(3.0), 58.1)
    assert acted.au_intensity[0] == pytest.approx(2.5, abs=0.03)
    assert acted.au_occurrence[0] > 0.8
    top = resting.measure(1, scores(5.0), 58.2)
    assert top.au_intensity[0] == 5.0
    assert top.au_occurrence == pytest.approx(present(np.array([5.0])))


@pytest.mark.parametrize("rest", [0.5, 1.0, 1.5])
@pytest.mark.parametrize("intensity", [0.2, 0.8, 1.2, 1.6, 2.2, 3.0, 5.0])
def test_an_au_is_present_where_its_intensity_is_a_trace_or_more(rest: float, intensity: float) -> None:
    resting = RestingScores(1, 0.4)
    watch(resting, scores(rest), 60)
    acted = resting.measure(1, scores(intensity), 61.0)
    if abs(acted.au_intensity[0] - 1) > 0.3:
        assert (acted.au_occurrence[0] > 0.5) == (acted.au_intensity[0] > 1)


def test_an_expression_held_for_most_of_the_time_is_weakened_not_swallowed() -> None:
    held = watch(RestingScores(1, 0.3), scores(3.0), 300)
    assert held.au_intensity[0] == pytest.approx(5 * (0.6 - 0.3) / 0.7, abs=1e-5)
    assert held.au_occurrence[0] > 0.5


def test_a_share_of_nothing_changes_nothing() -> None:
    said = scores(1.9, 0.2)
    assert watch(RestingScores(2, 0.0), said, 60) is said


def test_scores_that_a_bundle_does_not_give_stay_away() -> None:
    intensity = np.array([2.0], np.float32)
    resting = RestingScores(1, 0.4)
    strengths = watch(resting, Scores(None, intensity, None), 60)
    assert strengths.au_occurrence is None and strengths.expression is None
    assert strengths.au_intensity[0] < 0.1
    chances = watch(RestingScores(1, 0.4), Scores(intensity / 5, None, FACES), 60)
    assert chances.au_intensity is None and chances.au_occurrence[0] < 0.02
    neither = Scores(None, None, FACES)
    assert RestingScores(0, 0.4).measure(1, neither, 0.0) is neither


def test_tracks_are_apart_and_can_be_forgotten() -> None:
    resting = RestingScores(1, 0.4)
    watch(resting, scores(1.0), 30)
    assert watch(resting, scores(1.0), 30).au_intensity[0] < 0.1
    assert resting.measure(2, scores(1.0), 30.0).au_intensity[0] == 1.0
    resting.forget(1)
    assert resting.measure(1, scores(1.0), 30.0).au_intensity[0] == 1.0
    watch(resting, scores(1.0), 30, start=30.0)
    resting.reset()
    assert resting.measure(1, scores(1.0), 61.0).au_intensity[0] == 1.0


@given(seed=st.integers(0, 10_000), share=st.floats(0.01, 0.5))
@settings(deadline=None, max_examples=30)
def test_scores_stay_in_range_below_what_was_said_and_in_order(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    resting = RestingScores(4, share)
    for number in range(40):
        said = scores(*(rng.random(4) * 5))
        kept = said.au_intensity.copy()
        measured = resting.measure(1, said, number / 4)
        assert (measured.au_intensity >= 0).all() and (measured.au_intensity <= kept + 1e-6).all()
        assert (measured.au_occurrence >= 0).all()
        assert (measured.au_occurrence <= said.au_occurrence + 1e-6).all()
        assert (said.au_intensity == kept).all(), "what the network said is not written over"
    low, high = np.sort(rng.random((2, 4)) * 5, axis=0)
    # Of one quarter of a second only the first frame is learnt from: these two are measured alike.
    resting.measure(1, scores(*low), 10.0)
    one, other = (resting.measure(1, scores(*each), 10.1) for each in (low, high))
    assert (one.au_intensity <= other.au_intensity).all()
    # Below rest all chances are slight, and in no order.
    assert (one.au_occurrence <= np.maximum(other.au_occurrence + 1e-6, 0.1)).all()
