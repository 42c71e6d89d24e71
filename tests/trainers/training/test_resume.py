"""A run that was stopped and resumed is the run that never stopped, bit for bit."""

from __future__ import annotations

import signal

import pytest
import torch
from interrupting import Crash, Stop, same
from safetensors.torch import load_file

from trainers.corpora.corpus import Corpus
from trainers.training.errors import TrainingError
from trainers.training.metrics_log import read
from trainers.training.task_names import TASKS
from trainers.training.train import split_of, train


@pytest.mark.parametrize("kind", ["adam", "nesterov"])
def test_stopped_in_the_middle_of_an_epoch(toy, trained, tmp_path, kind: str) -> None:
    changes = ("training.metric=icc", "optimiser.schedule=cosine", "optimiser.warmup=4")
    made = toy("blot", *changes, length="epochs = 3", kind=kind)
    whole = trained(made, tmp_path / "whole")
    before = signal.getsignal(signal.SIGINT)
    stopped = trained(made, tmp_path / "parts", report=Stop(8))
    assert signal.getsignal(signal.SIGINT) is before
    assert stopped.interrupted
    assert (stopped.ended, stopped.iteration) == ("interrupted", 8)
    assert len(read(stopped.run.metrics)) == 2
    again = trained(made, tmp_path / "parts", resume=True, report=Stop(3, signal.SIGTERM))
    assert (again.interrupted, again.iteration) == (True, 11)
    resumed = trained(made, tmp_path / "parts", resume=True)
    assert not resumed.interrupted
    same(whole, resumed)


def test_two_optimisers_and_a_task_with_a_memory(toy, trained, tmp_path) -> None:
    made = toy("duel", "optimisers.judge.lr=0.001")
    whole = trained(made, tmp_path / "whole")
    assert "task/pool" in load_file(whole.run.last)
    assert trained(made, tmp_path / "parts", report=Stop(7)).interrupted
    same(whole, trained(made, tmp_path / "parts", resume=True))


def test_what_is_prepared_does_not_replace_what_is_remembered(
    toy, trained, tmp_path, toy_tasks, monkeypatch
) -> None:
    class Preparing(toy_tasks.Duel):
        def prepare(self, train):
            self.pool = torch.rand(4, 2) + len(train)

    monkeypatch.setitem(TASKS, "duel", Preparing)
    whole = trained(toy("duel"), tmp_path / "whole")
    trained(toy("duel"), tmp_path / "parts", report=Stop(7))
    same(whole, trained(toy("duel"), tmp_path / "parts", resume=True))


def test_killed_after_the_last_checkpoint(toy, trained, tmp_path) -> None:
    """What the log holds of later iterations is measured again."""
    made = toy("blot", "training.checkpoint=2", length="epochs = 4")
    whole = trained(made, tmp_path / "whole")
    with pytest.raises(MemoryError):
        trained(made, tmp_path / "parts", report=Crash(20))
    assert len(read(tmp_path / "parts" / "metrics.jsonl")) == 4
    same(whole, trained(made, tmp_path / "parts", resume=True))


def test_stopped_while_looking_at_the_last_iteration_is_simply_done(toy, trained, tmp_path) -> None:
    result = trained(toy("blot"), tmp_path / "run", report=Stop(12))
    assert not result.interrupted


def test_a_half_written_line_of_the_log_is_dropped(toy, trained, tmp_path) -> None:
    made = toy("blot")
    whole = trained(made, tmp_path / "whole")
    trained(made, tmp_path / "parts", report=Stop(8))
    with (tmp_path / "parts" / "metrics.jsonl").open("a") as log:
        log.write('{"iteration": 1')
    same(whole, trained(made, tmp_path / "parts", resume=True))


def test_only_the_same_training_goes_on(toy, trained, corpus, tmp_path) -> None:
    made = toy("blot")
    trained(made, tmp_path / "run", report=Stop(8))

    def refused(recipe, corpus: Corpus = corpus) -> str:
        with pytest.raises(TrainingError) as caught:
            train(recipe, corpus, split_of(recipe, corpus), tmp_path / "run", device="cpu", resume=True)
        assert len(str(caught.value).splitlines()) == 1
        return str(caught.value)

    assert "began with optimiser.lr 0.01, not 0.1" in refused(toy("blot", "optimiser.lr=0.1"))
    assert "began with task.name blot, not duel" in refused(toy("duel"))
    fewer = corpus.select(range(10, 132))
    assert "began with split partitions of blotches" in refused(made, fewer)
    one_au = corpus.with_aus(["AU12"])
    assert "began with aus ('AU04', 'AU12'), not ('AU12',)" in refused(made, one_au)
    # How pictures are read is nobody's business.
    assert not trained(toy("blot", "data.memory=0"), tmp_path / "run", resume=True).interrupted
    assert "has ended (12 iterations done): evaluate or export it" in refused(made)


def test_nothing_to_resume(toy, trained, tmp_path) -> None:
    made = toy("blot")
    with pytest.raises(TrainingError, match="has no run.toml"):
        trained(made, tmp_path / "run", resume=True)
    trained(made, tmp_path / "run", report=Stop(8))
    (tmp_path / "run" / "last.safetensors").unlink()
    with pytest.raises(TrainingError, match="is missing: train first"):
        trained(made, tmp_path / "run", resume=True)
