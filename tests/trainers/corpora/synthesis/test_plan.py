"""What is planned adds up, and what cannot be drawn is refused in one line."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainers.corpora.corpus import PARTITIONS
from trainers.corpora.synthesis.plan import LARGEST_SEED, CorpusPlan
from trainers.errors import CorpusError


def plan(**changes: object) -> CorpusPlan:
    return CorpusPlan(**{"name": "faces", "subjects": 10, "frames": 100} | changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": " "}, 'corpus name " ": give a name without slashes'),
        ({"name": "a/b"}, 'corpus name "a/b"'),
        ({"domain": "office"}, 'domain "office" is not known; choose from studio, wild'),
        ({"poses": "multipie"}, 'poses "multipie" is not known; choose from fera, bu3dfe, continuous'),
        ({"behaviour": "acted"}, 'behaviour "acted" is not known; choose from spontaneous, expressions'),
        ({"subjects": 0}, "subjects 0: at least one person"),
        ({"frames": 9}, "frames 9 for 10 subjects"),
        ({"size": 32}, "size 32: pictures are 64 to 1024"),
        ({"size": 4096}, "size 4096"),
        ({"habits": -0.5}, "habits -0.5: give 0 to 3, and only with spontaneous behaviour"),
        ({"habits": 3.5}, "habits 3.5: give 0 to 3"),
        ({"habits": float("nan")}, "habits nan: give 0 to 3"),
        ({"habits": 1.0, "behaviour": "posed"}, "habits 1: give 0 to 3, and only with spontaneous"),
        ({"seed": -1}, "seed -1: seeds are 0 to"),
        ({"seed": 2**32}, "seed 4294967296: seeds are 0 to"),
    ],
)
def test_impossible_plans_are_refused(changes: dict[str, object], said: str) -> None:
    with pytest.raises(CorpusError) as refusal:
        plan(**changes)
    assert str(refusal.value).startswith(said)
    assert "\n" not in str(refusal.value)


@given(subjects=st.integers(1, 60), spare=st.integers(0, 1000))
def test_frames_are_shared_out_evenly_and_completely(subjects: int, spare: int) -> None:
    made = plan(subjects=subjects, frames=subjects + spare)
    shares = [made.frames_of(subject) for subject in range(subjects)]
    assert sum(shares) == subjects + spare
    assert max(shares) - min(shares) <= 1
    assert min(shares) >= 1


@given(subjects=st.integers(1, 300), seed=st.integers(0, LARGEST_SEED))
def test_partitions_are_60_20_20_of_the_subjects(subjects: int, seed: int) -> None:
    made = plan(subjects=subjects, frames=subjects, seed=seed)
    counts = Counter(made.partition_of(subject) for subject in range(subjects))
    assert set(counts) <= set(PARTITIONS)
    assert sum(counts.values()) == subjects
    for partition, share in zip(PARTITIONS, (0.6, 0.2, 0.2), strict=True):
        assert abs(counts[partition] - share * subjects) <= 1


def test_who_is_in_which_partition_is_dealt_by_the_seed() -> None:
    def dealt(seed: int, **changes: object) -> list[str]:
        made = plan(subjects=50, seed=seed, **changes)
        return [made.partition_of(subject) for subject in range(50)]

    assert dealt(1) == dealt(1) == dealt(1, domain="wild", poses="bu3dfe")
    assert dealt(1) != dealt(2)
    assert dealt(1) != sorted(dealt(1))


def test_no_two_subjects_seeds_or_domains_share_their_randomness() -> None:
    streams = {
        tuple(plan(seed=seed, domain=domain).rng_of(subject).integers(2**62, size=2))
        for seed in (0, 1, 7, 91, LARGEST_SEED)
        for domain in ("studio", "wild")
        for subject in range(10)
    }
    assert len(streams) == 5 * 2 * 10


def test_randomness_starts_anew_each_time() -> None:
    first, second = plan().rng_of(3), plan().rng_of(3)
    assert first is not second
    np.testing.assert_array_equal(first.random(5), second.random(5))


def test_as_table_makes_the_same_plan_again() -> None:
    made = plan(domain="wild", poses="continuous", behaviour="expressions", seed=4, size=128)
    assert CorpusPlan(**made.as_table()) == made
    with_habits = plan(habits=1.5)
    assert CorpusPlan(**with_habits.as_table()) == with_habits
    assert "habits" not in made.as_table()  # corpora that were made before there were any are found again
