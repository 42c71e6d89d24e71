"""Drawn behaviour against its configured statistics, and its course in time."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainers.corpora.behaviour import AUS, default_statistics, spontaneous, spontaneous_sequences
from trainers.corpora.behaviour.measured import Measured
from trainers.corpora.behaviour.statistics import BLINK
from trainers.errors import CorpusError

STATISTICS = default_statistics()
MIDLINE = [k for k, au in enumerate(AUS) if STATISTICS.spread[k] == 0]
BLINKS = AUS.index(BLINK)


def test_base_rates_match(counted: Measured) -> None:
    allowed = np.maximum(0.015, 0.15 * STATISTICS.base_rate)
    off = np.abs(counted.base_rate - STATISTICS.base_rate)
    assert (off <= allowed).all(), dict(zip(AUS, (off / allowed).round(2), strict=True))


def test_cooccurrence_matches(counted: Measured) -> None:
    for (a, b), phi in STATISTICS.phi.items():
        assert counted.phi[AUS.index(a), AUS.index(b)] == pytest.approx(phi, abs=0.08), (a, b)


def test_excluded_pairs_never_meet(counted: Measured) -> None:
    assert set(counted.violations) == set(STATISTICS.exclusions)
    assert set(counted.violations.values()) == {0}


def test_levels_match(counted: Measured) -> None:
    # Two points of bias, and four standard errors of a share: frames of one event are no independent draws.
    allowed = 0.02 + 4 * 0.5 / np.sqrt(counted.events)
    off = np.abs(counted.levels - STATISTICS.levels).max(axis=1)
    assert (off <= allowed).all(), dict(zip(AUS, (off / allowed).round(2), strict=True))


def test_statistics_hold_from_the_first_frame_to_the_last() -> None:
    drawn = spontaneous_sequences(np.random.default_rng(3), 6000, 8, fps=4)
    active = np.stack([sequence.occurrence for sequence in drawn])
    for frame in (0, -1):
        assert active[:, frame].mean(axis=0) == pytest.approx(STATISTICS.base_rate, abs=0.025)


@pytest.fixture(scope="module")
def long() -> np.ndarray:
    """(sides, frames, AUs) of ten minutes at 30 frames per second."""
    sequence = spontaneous(np.random.default_rng(5), 18_000)
    return np.stack([sequence.left, sequence.right])


def test_blinks_come_15_to_20_times_a_minute_and_last_a_blink(long: np.ndarray) -> None:
    shut = (long.max(axis=0)[:, BLINKS] >= 1).astype(int)
    edges = np.flatnonzero(np.diff(shut, prepend=0, append=0))
    lasting = (edges[1::2] - edges[::2]) / 30
    assert 15 <= len(lasting) / 10 <= 21
    assert 0.2 <= lasting.mean() <= 0.4
    assert lasting.max() <= 0.5


def test_nothing_moves_faster_than_the_shortest_onset_allows(long: np.ndarray) -> None:
    steps = np.abs(np.diff(long, axis=1)).max(axis=(0, 1)) * 30
    quickest = np.full(len(AUS), np.pi / 2 * 5 / STATISTICS.timing.onset[0])
    quickest[BLINKS] = np.pi / 2 * 5 / STATISTICS.blink.closing[0]
    assert (steps <= quickest).all()


def test_onsets_rise_without_a_dip_and_are_quicker_than_offsets() -> None:
    sequence = spontaneous(np.random.default_rng(8), 60_000)
    rises, falls, met = [], [], 0
    for au in set(range(len(AUS))) - {BLINKS}:
        course = sequence.intensity[:, au].astype(np.float64)
        edges = np.flatnonzero(np.diff((course > 0).astype(int))) + 1
        begins = edges[course[edges] > 0]
        for begin in begins:
            later = edges[edges > begin]
            if len(later) == 0:
                continue
            event = course[begin : later[0]]
            top = np.flatnonzero(event >= event.max() - 1e-6)
            if (np.diff(event[: top[0] + 1]) < 0).any() or (np.diff(event[top[-1] :]) > 0).any():
                met += 1  # two events that meet, one not over when the next begins
                continue
            rises.append(top[0] / 30)
            falls.append((len(event) - 1 - top[-1]) / 30)
    assert len(rises) > 1000
    assert met < 0.25 * len(rises)
    assert np.mean(rises) < 0.75 * np.mean(falls)
    assert np.percentile(rises, 5) > 0.2
    assert np.percentile(rises, 99) <= 0.8


def test_events_that_start_together_are_alike_in_strength() -> None:
    drawn = spontaneous_sequences(np.random.default_rng(4), 4000, 4, fps=0.2)
    x = np.concatenate([sequence.intensity for sequence in drawn])
    cheeks, corners = x[:, AUS.index("AU06")], x[:, AUS.index("AU12")]
    both = (cheeks >= 1) & (corners >= 1)
    assert np.corrcoef(cheeks[both], corners[both])[0, 1] > 0.2


def test_sides() -> None:
    drawn = spontaneous_sequences(np.random.default_rng(6), 2000, 4, fps=0.2)
    left, right = (
        np.concatenate([getattr(sequence, side) for sequence in drawn]) for side in ("left", "right")
    )
    np.testing.assert_array_equal(left[:, MIDLINE], right[:, MIDLINE])
    share = np.minimum(left, right) / np.maximum(np.maximum(left, right), 1e-6)
    for au in ("AU12", "AU14"):
        column = AUS.index(au)
        shares = share[:, column][np.maximum(left, right)[:, column] >= 1]
        assert np.median(shares) > 0.8
        assert (shares == 0).mean() == pytest.approx(STATISTICS.one_sided[column], abs=0.03)
    stronger_left = (left > right).sum() / (left != right).sum()
    assert stronger_left == pytest.approx(0.5, abs=0.03)


def test_the_same_seed_gives_the_same_behaviour() -> None:
    one, two, other = (spontaneous(np.random.default_rng(seed), 40) for seed in (1, 1, 2))
    for part in ("left", "right", "gaze"):
        np.testing.assert_array_equal(getattr(one, part), getattr(two, part))
        assert (getattr(one, part) != getattr(other, part)).any()


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    sequences=st.integers(0, 5),
    frames=st.integers(0, 60),
    fps=st.floats(0.05, 240),
)
def test_shapes_and_ranges(seed: int, sequences: int, frames: int, fps: float) -> None:
    drawn = spontaneous_sequences(np.random.default_rng(seed), sequences, frames, fps=fps)
    assert len(drawn) == sequences
    for sequence in drawn:
        assert len(sequence) == frames
        assert sequence.intensity.shape == (frames, len(AUS)) == sequence.occurrence.shape
        assert sequence.gaze.shape == (frames, 2)
        for part in (sequence.left, sequence.right, sequence.gaze):
            assert part.dtype == np.float32
            assert np.isfinite(part).all()
        assert ((sequence.left >= 0) & (sequence.right >= 0) & (sequence.intensity <= 5)).all()


@pytest.mark.parametrize(("frames", "fps"), [(-1, 30.0), (10, 0.0), (10, float("nan")), (10, float("inf"))])
def test_impossible_counts_are_refused(frames: int, fps: float) -> None:
    with pytest.raises(CorpusError, match="0 or more, the rate above 0"):
        spontaneous(np.random.default_rng(0), frames, fps=fps)


def test_20000_frames_a_second() -> None:
    spontaneous(np.random.default_rng(0), 1)
    best = 0.0
    for _ in range(3):  # the machine may be busy
        begun = time.perf_counter()
        spontaneous_sequences(np.random.default_rng(0), 1000, 12, fps=5)
        best = max(best, 12_000 / (time.perf_counter() - begun))
    assert best > 20_000
