"""Restyled pictures that look like the target's are taken, others are not."""

from __future__ import annotations

import numpy as np

from trainers.cycle_attention.selection import most_alike


def clouds(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Ten target pictures; of the made ones the first 30 are like them, the other 30 far away."""
    rng = np.random.default_rng(seed)
    target, alike = rng.normal(0, 1, (10, 6)), rng.normal(0, 1, (30, 6))
    return target, np.concatenate([alike, rng.normal(40, 1, (30, 6))])


def test_those_are_taken_that_look_alike() -> None:
    chosen = most_alike(*clouds(), 3, seed=0)
    assert 3 <= len(chosen) <= 30
    assert (np.diff(chosen) > 0).all()
    assert (chosen < 30).all()


def test_no_more_than_there_are() -> None:
    target, made = clouds()
    assert most_alike(target, made[:2], 8, seed=0).tolist() == [0, 1]


def test_the_seed_decides() -> None:
    assert most_alike(*clouds(), 3, seed=1).tolist() == most_alike(*clouds(), 3, seed=1).tolist()
