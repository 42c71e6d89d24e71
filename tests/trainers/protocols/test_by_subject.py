"""Every protocol on random corpora: no person in two parts, all rows where they belong, the seed decides."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainers.errors import ProtocolError
from trainers.protocols import (
    everything,
    leave_one_subject_out,
    own_partitions,
    protocol,
    subject_folds,
    subject_partitions,
    training_and_validation,
)
from trainers.protocols.dealing import deal

SUBJECTS = st.lists(st.integers(1, 30), min_size=4, max_size=12)
SEED = st.integers(0, 2**32 - 1)


def assert_sound(splits, corpus) -> None:
    """Disjoint by subject and together all rows, in every split."""
    for split in splits:
        people = [set(corpus.subject[rows]) for rows in split.parts.values()]
        assert sum(map(len, people)) == len(set.union(*people))
        used = np.concatenate(list(split.parts.values()))
        assert sorted(used) == list(range(len(corpus)))
        assert all(rows.dtype == np.int64 for rows in split.parts.values())


def every_row_tested_once(splits, corpus) -> bool:
    return sorted(np.concatenate([split.test for split in splits])) == list(range(len(corpus)))


@settings(max_examples=40, deadline=None)
@given(frames=SUBJECTS, k=st.integers(2, 4), validation=st.sampled_from([0.0, 0.3]), seed=SEED)
def test_folds(corpus, frames, k, validation, seed) -> None:
    data = corpus(frames)
    try:
        splits = subject_folds(data, k, seed=seed, validation=validation)
    except ProtocolError as error:
        # One large fold may leave a single subject to train on: nobody can then be held out.
        assert validation and "one subject is left" in str(error)
        return
    assert len(splits) == k
    assert_sound(splits, data)
    assert every_row_tested_once(splits, data)
    sizes = [len(split.test) for split in splits]
    assert min(sizes) > 0 and max(sizes) - min(sizes) <= max(frames)
    assert all((len(split.validation) > 0) == (validation > 0) for split in splits)


@settings(max_examples=40, deadline=None)
@given(frames=SUBJECTS, seed=SEED)
def test_partitions_by_share(corpus, frames, seed) -> None:
    data = corpus(frames)
    split = subject_partitions(data, seed=seed)
    assert_sound([split], data)
    for rows, share in zip(split.parts.values(), (0.6, 0.2, 0.2), strict=True):
        assert 0 < len(rows) <= share * len(data) + max(frames)


@settings(max_examples=40, deadline=None)
@given(frames=SUBJECTS, validation=st.floats(0.02, 0.5), seed=SEED)
def test_training_and_validation_alone(corpus, frames, validation, seed) -> None:
    data = corpus(frames)
    split = training_and_validation(data, validation, seed=seed)
    assert_sound([split], data)
    assert not len(split.test)
    assert 0 < len(split.validation) <= validation * len(data) + max(frames)


def test_equal_subjects_are_shared_out_exactly(corpus) -> None:
    data = corpus([20] * 10)
    assert [len(rows) for rows in subject_partitions(data, seed=3).parts.values()] == [120, 40, 40]
    splits = subject_folds(data, 5, seed=3, validation=0.25)
    assert [[len(rows) for rows in split.parts.values()] for split in splits] == [[120, 40, 40]] * 5


@settings(max_examples=30, deadline=None)
@given(frames=SUBJECTS, seed=SEED)
def test_leave_one_out(corpus, frames, seed) -> None:
    data = corpus(frames)
    splits = leave_one_subject_out(data, seed=seed)
    assert_sound(splits, data)
    assert every_row_tested_once(splits, data)
    assert [set(data.subject[split.test]) for split in splits] == [{s} for s in np.unique(data.subject)]
    for split in splits:
        rest = len(split.train) + len(split.validation)
        assert abs(len(split.validation) - 0.25 * rest) <= max(frames)
        assert len(split.train) and len(split.validation)


def test_leave_one_out_without_validation(corpus) -> None:
    splits = leave_one_subject_out(corpus([3, 4]), seed=0, validation=0)
    assert [len(split.validation) for split in splits] == [0, 0]
    assert splits[0].description == (
        "leave one subject out, S00: train 1 subject, 4 frames; test 1 subject, 3 frames"
    )


def test_own_partitions_are_kept(corpus) -> None:
    data = corpus([5, 6, 7, 8])
    of = {"S00": "train", "S01": "validation", "S02": "test", "S03": ""}
    data = dataclasses.replace(data, partition=np.array([of[s] for s in data.subject]))
    split = own_partitions(data)
    for part, rows in split.parts.items():
        assert np.array_equal(rows, np.flatnonzero(data.partition == part))
    assert "S03" not in data.subject[np.concatenate(list(split.parts.values()))]
    assert split.seed is None


def test_a_corpus_whose_own_partitions_leak_is_refused(corpus) -> None:
    data = corpus([5, 6])
    partition = np.where(data.subject == "S00", "train", "test")
    partition[np.flatnonzero(data.subject == "S00")[0]] = "test"
    with pytest.raises(ProtocolError, match="partitions of open: subject S00 is in both train and test"):
        own_partitions(dataclasses.replace(data, partition=partition))


def test_everything_is_tested(corpus) -> None:
    split = everything(corpus([5, 6]))
    assert split.test.tolist() == list(range(11))
    assert len(split.train) == len(split.validation) == 0


@pytest.mark.parametrize("name", ["3-fold", "60-20-20", "loso"])
@settings(max_examples=10, deadline=None)
@given(seed=SEED)
def test_the_seed_decides(corpus, name, seed) -> None:
    data = corpus(list(range(5, 25)))
    first, again, other = (protocol(name, data, s) for s in (seed, seed, seed + 1))
    for split, same in zip(first, again, strict=True):
        assert all(np.array_equal(split.parts[part], same.parts[part]) for part in split.parts)
    assert any(not np.array_equal(split.train, same.train) for split, same in zip(first, other, strict=True))


@settings(max_examples=40, deadline=None)
@given(
    frames=st.lists(st.integers(1, 50), min_size=1, max_size=30),
    shares=st.lists(st.floats(0.05, 1), min_size=1, max_size=4),
    seed=SEED,
)
def test_no_part_goes_empty_while_there_are_subjects(frames, shares, seed) -> None:
    part = deal(np.array(frames), shares, np.random.default_rng(seed))
    assert len(set(part)) == min(len(frames), len(shares))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda c: subject_folds(c, 5, seed=0), "5-fold: corpus open has 4 subjects, needed are 5"),
        (lambda c: subject_folds(c, 1, seed=0), "1-fold.*2 or more"),
        (lambda c: subject_folds(c, 2, seed=0, validation=1.0), "validation share 1 "),
        (lambda c: leave_one_subject_out(c, seed=0, validation=-0.1), "validation share -0.1"),
        (lambda c: subject_partitions(c, (0.5, 0.2, 0.2), seed=0), "50-20-20.*sum to 100 %"),
        (lambda c: subject_partitions(c, (0.8, 0.2, 0.0), seed=0), "80-20-0.*above 0"),
        (lambda c: subject_partitions(c.select(c.subject == "S01"), seed=0), "has 1 subject, needed are 3"),
        (lambda c: leave_one_subject_out(c.select(c.subject < "S02"), seed=0), "one subject is left"),
        (lambda c: own_partitions(c), "corpus open prescribes no partitions.*3-fold"),
        (lambda c: everything(c.select([])), "all: corpus open has 0 subjects"),
    ],
)
def test_what_cannot_be_made_is_refused_in_one_line(corpus, call, message) -> None:
    with pytest.raises(ProtocolError, match=message) as error:
        call(corpus([4, 4, 4, 4]))
    assert "\n" not in str(error.value)
