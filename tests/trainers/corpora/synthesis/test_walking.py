"""Walks: as many crossings as asked for, apart before and after each, never through one another."""

from __future__ import annotations

import numpy as np
import pytest

from trainers.corpora.synthesis.walking import SECONDS_EACH, crossing, standing

FPS = 30.0
APART = 0.4
"""Shares of the picture's width: people who turn around are at least so far from each other."""


def walks(seed: int, count: int = 20, seconds_each: float = SECONDS_EACH):
    return crossing(np.random.default_rng(seed), count, round(seconds_each * count * FPS), FPS)


def sides(one, other) -> list[int]:
    """On which side the first is of the other, each time they are apart."""
    gap = one.place[:, 0] - other.place[:, 0]
    signs = np.sign(gap[np.abs(gap) > APART]).astype(int)
    return [int(signs[0]), *signs[1:][signs[1:] != signs[:-1]].tolist()]


@pytest.mark.parametrize("count", [1, 2, 7, 20])
@pytest.mark.parametrize("seed", range(5))
def test_two_people_cross_as_often_as_asked(seed: int, count: int) -> None:
    one, other = walks(seed, count)
    assert sides(one, other) == [(-1) ** (k + 1) for k in range(count + 1)]
    assert len(one.place) == len(one.distance) == len(one.turn) == round(SECONDS_EACH * count * FPS)


@pytest.mark.parametrize("seed", range(5))
def test_they_stay_in_the_picture_and_one_is_well_before_the_other_when_they_meet(seed: int) -> None:
    one, other = walks(seed)
    places = np.concatenate([one.place, other.place])
    assert np.abs(places[:, 0]).max() < 0.34
    assert np.abs(places[:, 1]).max() < 0.2
    near = np.abs(one.place[:, 0] - other.place[:, 0]) < 0.25
    before = (one.distance - other.distance)[near]
    assert np.abs(before).min() >= 200.0
    assert (before > 0).any()
    assert (before < 0).any()


def test_in_each_round_somebody_turns_back() -> None:
    one, other = walks(3)
    gap = np.abs(one.place[:, 0] - other.place[:, 0])
    meetings = np.flatnonzero((gap[:-1] >= APART) & (gap[1:] < APART))
    assert len(meetings) == 20 + 5


def test_crossings_are_quick_and_slow_and_at_different_heights() -> None:
    one, other = walks(3)
    gap = np.abs(one.place[:, 0] - other.place[:, 0])
    close = gap < 0.1
    starts, ends = np.flatnonzero(~close[:-1] & close[1:]) + 1, np.flatnonzero(close[:-1] & ~close[1:]) + 1
    seconds = (ends - starts) / FPS
    assert seconds.min() < 0.15
    assert seconds.max() > 1.5
    apart = [
        np.abs(one.place[a:b, 1] - other.place[a:b, 1]).mean() for a, b in zip(starts, ends, strict=True)
    ]
    assert min(apart) < 0.03
    assert max(apart) > 0.09


def test_steps_are_small_at_any_pace() -> None:
    for seconds_each in (2.0, 4.0, 12.0):
        for walk in walks(1, 8, seconds_each):
            pace = np.abs(np.diff(walk.place[:, 0])).max() * FPS
            assert pace < 2.0 * SECONDS_EACH / seconds_each + 0.1
            assert np.abs(np.diff(walk.turn)).max() < 15.0


def test_heads_look_to_where_they_go() -> None:
    walk, _ = walks(2)
    moving = np.gradient(walk.place[:, 0])
    assert np.all(np.sign(walk.turn[np.abs(moving) > 0.005]) == -np.sign(moving[np.abs(moving) > 0.005]))


def test_the_same_seed_is_the_same_walk() -> None:
    first, again, other = walks(1)[0], walks(1)[0], walks(2)[0]
    np.testing.assert_array_equal(first.place, again.place)
    assert not np.array_equal(first.place, other.place)


def test_who_stands_stays() -> None:
    walk = standing(4, 0.25, 1000.0)
    np.testing.assert_array_equal(walk.place, [[0.25, 0.0]] * 4)
    assert set(walk.distance) == {1000.0}
    assert set(walk.turn) == {0.0}
