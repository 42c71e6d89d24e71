"""The course of single events, and how they are laid onto frames."""

from __future__ import annotations

import dataclasses

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from trainers.corpora.behaviour.events import Events, curve, draw_curves, draw_sides, ramp_part


def events(*rows: tuple[int, int, float, float, float], onset: float = 0.4, offset: float = 0.8) -> Events:
    """Events of (sequence, AU column, seen from, seen to, apex)."""
    sequence, au, seen_from, seen_to, apex = (np.array(column) for column in zip(*rows, strict=True))
    ones = np.ones(len(rows))
    return Events(
        sequence, au, seen_from, seen_to, apex.astype(float), onset * ones, offset * ones, ones, ones
    )


@settings(max_examples=60, deadline=None)
@given(
    apex=st.floats(1.1, 5),
    onset=st.floats(0.25, 0.8),
    offset=st.floats(0.4, 1.6),
    lasting=st.floats(0.4, 6),
)
def test_an_event_rises_falls_and_is_seen_exactly_as_long_as_it_says(
    apex: float, onset: float, offset: float, lasting: float
) -> None:
    def at(time: np.ndarray) -> np.ndarray:
        return curve(time, *(np.array([value]) for value in (0.0, lasting, apex, onset, offset)))

    time = np.linspace(-onset, lasting + offset, 2001)
    course = at(time)
    top = int(course.argmax())
    assert (np.diff(course[: top + 1]) >= -1e-9).all()
    assert (np.diff(course[top:]) <= 1e-9).all()
    assert course.max() <= apex + 1e-9
    inside = (time > 1e-6) & (time < lasting - 1e-6)
    assert (course[inside] > 1).all()
    assert (course[(time < -1e-6) | (time > lasting + 1e-6)] < 1).all()
    np.testing.assert_allclose(at(np.array([0.0, lasting])), 1.0, atol=1e-9)


def test_a_long_event_reaches_its_apex_after_the_rest_of_the_onset() -> None:
    row = events((0, 0, 1.0, 4.0, 3.0))
    course = draw_curves(row, 1, 600, 100.0, 1)[0, 0, :, 0]
    below = float(ramp_part(np.array([3.0]))[0])
    assert np.flatnonzero(course > 0)[0] / 100 == np.ceil(100 * (1 - below * 0.4)) / 100
    assert abs(np.flatnonzero(course > 2.9999)[0] / 100 - (1 + (1 - below) * 0.4)) <= 0.02
    assert abs(np.flatnonzero(course > 0)[-1] / 100 - (4 + below * 0.8)) <= 0.02


def test_events_land_in_their_sequence_and_column_and_the_stronger_counts() -> None:
    two = events(
        (1, 2, 0.0, 2.0, 2.0), (1, 2, 1.0, 3.0, 4.0), (0, 0, -9.0, -5.0, 5.0), (0, 1, 50.0, 60.0, 5.0)
    )
    drawn = draw_curves(two, 2, 4, 1.0, 3)
    assert drawn.shape == (2, 2, 4, 3)
    assert np.flatnonzero(drawn.any(axis=(0, 2))).tolist() == [5]
    np.testing.assert_allclose(drawn[0, 1, :, 2], [1.0, 2.0, 4.0, 1.0], atol=1e-6)


def test_each_side_gets_its_share() -> None:
    half = dataclasses.replace(events((0, 0, -1.0, 9.0, 4.0)), right=np.array([0.25]))
    np.testing.assert_allclose(draw_curves(half, 1, 1, 30.0, 1).ravel(), [4.0, 1.0])


def test_one_side_always_shows_the_whole_intensity() -> None:
    left, right = draw_sides(np.random.default_rng(0), np.full(5000, 0.2), np.full(5000, 0.1))
    assert (np.maximum(left, right) == 1).all()
    weaker = np.minimum(left, right)
    assert abs((weaker == 0).mean() - 0.1) < 0.02
    assert abs(np.median(1 - weaker[weaker > 0]) - 0.2 * 0.6745) < 0.01


def test_midline_aus_are_even() -> None:
    left, right = draw_sides(np.random.default_rng(0), np.zeros(50), np.zeros(50))
    assert (left == 1).all()
    assert (right == 1).all()
