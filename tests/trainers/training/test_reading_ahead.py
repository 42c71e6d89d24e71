"""The plan of batches: every row once an epoch, in another order each time, shared out among devices."""

from __future__ import annotations

import numpy as np
import pytest

from trainers.training.errors import TrainingError
from trainers.training.facts import facts_of
from trainers.training.reading_ahead import Plan
from trainers.training.samples import make_samples
from trainers.training.train import new_task, split_of


@pytest.fixture
def plan(toy, corpus):
    made = toy("blot")
    split = split_of(made, corpus)
    facts = facts_of(corpus, split, made.data)
    samples = make_samples(corpus, split.train, made.data, facts, None)
    task = new_task(made, facts)
    return lambda batch=16, seed=0, share=(0, 1): Plan(task, samples, batch, seed, share)


def batches(plan: Plan, start: int, end: int) -> list[list[int]]:
    return [batch.tolist() for batch in plan.between(start, end)]


def test_an_epoch_has_every_row_once_and_the_next_another_order(plan) -> None:
    made = plan()
    assert made.epoch == 6
    first, second = batches(made, 0, 6), batches(made, 6, 12)
    for epoch in (first, second):
        assert sorted(sum(epoch, [])) == list(range(96))
    assert first != second
    assert batches(plan(seed=1), 0, 6) != first
    assert batches(plan(), 4, 9) == (first + second)[4:9]
    assert len(made.between(4, 9)) == 5


def test_rows_that_do_not_fill_a_batch_wait(plan) -> None:
    made = plan(batch=50)
    assert made.epoch == 1
    assert [len(batch) for batch in batches(made, 0, 2)] == [50, 50]
    assert len(set(sum(batches(made, 0, 8), []))) == 96
    assert [len(batch) for batch in batches(plan(batch=1000), 0, 1)] == [96]


def test_devices_share_each_batch(plan) -> None:
    whole = batches(plan(), 0, 6)
    shares = [batches(plan(share=(rank, 4)), 0, 6) for rank in range(4)]
    for number, batch in enumerate(whole):
        parts = [share[number] for share in shares]
        assert {len(part) for part in parts} == {4}
        assert sorted(sum(parts, [])) == sorted(batch)
    with pytest.raises(TrainingError, match="data.batch is 16: with 3 devices it must be a multiple of that"):
        plan(share=(0, 3))
    assert not np.array_equal(whole[0], whole[1])
