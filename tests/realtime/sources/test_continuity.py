"""Where a stream begins anew: time stamps that step back or leap, pictures of another size."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.sources.continuity import LEAP_S, Continuity

UNIT = Fraction(1, 10)
HOUR = 36_000
SMALL, LARGE = (320, 240, 0), (640, 480, 0)


def generations(pictures, *, live: bool) -> list[int]:
    """Of pictures given as PTS, capture time and shape."""
    continuity = Continuity(live=live)
    found = []
    for pts, t, shape in pictures:
        continuity.follow(pts, UNIT, t, shape)
        found.append(continuity.generation)
    return found


@pytest.mark.parametrize(
    ("pts", "times", "expected"),
    [
        ([0, 1, 2, 3], [0.0, 0.1, 0.2, 0.3], [0, 0, 0, 0]),
        ([0, 1, HOUR, HOUR + 1], [0.0, 0.1, 0.2, 0.3], [0, 0, 1, 1]),
        ([0, 1, -HOUR, 1 - HOUR], [0.0, 0.1, 0.2, 0.3], [0, 0, 1, 1]),
        ([None, 1, HOUR], [0.0, 0.1, 0.2], [0, 0, 1]),
        # a camera that is asleep, one that has a picture an hour, and pictures that were held back
        ([0, HOUR, 2 * HOUR], [0.0, 3600.0, 7200.0], [0, 0, 0]),
        ([0, 200, 201, 202], [0.0, 20.0, 20.0, 20.0], [0, 0, 0, 0]),
        ([0, 1, 200], [0.0, 20.0, 20.0], [0, 0, 0]),
    ],
)
def test_live_time_stamps_that_leap_begin_anew(pts, times, expected) -> None:
    pictures = list(zip(pts, times, [SMALL] * len(pts), strict=True))
    assert generations(pictures, live=True) == expected


def test_a_file_may_leap_for_it_is_read_at_any_speed() -> None:
    assert generations([(0, 0.0, SMALL), (HOUR, 0.1, SMALL), (1, 0.2, SMALL)], live=False) == [0, 0, 1]


@pytest.mark.parametrize("live", [False, True])
def test_another_size_begins_anew_and_once_if_the_time_does_as_well(live) -> None:
    pictures = [(0, 0.0, SMALL), (1, 0.1, LARGE), (2, 0.2, LARGE), (0, 0.3, SMALL), (1, 0.4, SMALL)]
    assert generations(pictures, live=live) == [0, 1, 1, 2, 2]
    turned = [(0, 0.0, SMALL), (1, 0.1, (*SMALL[:2], 90))]
    assert generations(turned, live=live) == [0, 1]


@given(
    st.lists(
        st.tuples(
            st.none() | st.integers(-(10**6), 10**6), st.floats(0, 100), st.sampled_from([SMALL, LARGE])
        )
    )
)
def test_within_a_generation_one_clock_rises_and_the_size_stays(pictures) -> None:
    continuity = Continuity(live=True)
    t, last = 0.0, 0
    stretches = defaultdict(list)
    for pts, wait, shape in pictures:
        t += wait
        delivered = continuity.follow(pts, UNIT, t, shape)
        assert delivered in (None, pts)
        assert continuity.generation in (last, last + 1)
        last = continuity.generation
        stretches[last].append((delivered, t, shape))
    for stretch in stretches.values():
        stamps = [pts for pts, _, _ in stretch]
        assert len({shape for *_, shape in stretch}) == 1
        assert set(stamps) == {None} or stamps == sorted(set(stamps))
        for (pts, t, _), (later, then, _) in zip(stretch, stretch[1:], strict=False):
            if pts is not None:
                assert (later - pts) * UNIT - (then - t) <= LEAP_S + 1e-6
