"""Networks of an experiment are trained once, whatever happens on the way."""

from __future__ import annotations

import signal

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from trainers.corpora.images import ArrayImages
from trainers.protocols import protocol
from trainers.reproduction.progress import Bars, RunReport
from trainers.reproduction.request import Material
from trainers.reproduction.runs import Interrupted, Run, command_of, train_all
from trainers.training.errors import TrainingError
from trainers.training.recipe_files import read_recipe
from trainers.training.run_folder import CorpusOrigin

CHANGES = ("data.picture=whole", "data.size=8", "task.side=2", "training.epochs=2", "training.patience=0")


class Silent(Bars):
    """Keeps the lines."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def note(self, text: str) -> None:
        self.lines.append(text)


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture
def material(make_corpus) -> Material:
    rng = np.random.default_rng(0)
    n = 96
    corpus = make_corpus(
        n,
        images=ArrayImages(rng.integers(0, 256, (n, 8, 8, 3), dtype=np.uint8)),
        intensity=rng.integers(0, 6, (n, 2)).astype(np.float32),
        partition=np.array(["train", "validation"])[np.arange(n) % 2],
    )
    return Material(corpus, (CorpusOrigin(name=corpus.name, source="some where", manifest="ab"),), True)


@pytest.fixture
def runs(tmp_path):
    """runs("training.seed=1"): two networks."""

    def made(*changes: str) -> list[Run]:
        changes = (*CHANGES, *changes)
        recipe = read_recipe("baseline/linear", changes)
        return [Run(name, recipe, changes, tmp_path / name) for name in ("first", "second")]

    return made


def trained(runs, material, bars=None):
    split = protocol("partitions", material.corpus, 0)[0]
    return train_all(runs, material, split, bars or Silent(), device="cpu")


def test_what_is_trained_is_found_again(runs, material) -> None:
    bars = Silent()
    once = trained(runs(), material, bars)
    assert [line.partition(":")[0] for line in bars.lines] == ["first", "second"]
    assert "2 iterations done in " in bars.lines[0]
    written = {path: path.stat().st_mtime_ns for run in runs() for path in run.folder.iterdir()}
    bars = Silent()
    again = trained(runs(), material, bars)
    assert bars.lines == ["2 of 2 networks are trained already"]
    assert written == {path: path.stat().st_mtime_ns for path in written}
    assert [run.standing for run in again] == [run.standing for run in once]
    assert once[0].standing.iteration == 2
    assert once[0].loaded.record.origin.command == command_of(runs()[0], material)


def test_the_command_trains_one_network_again(runs, material) -> None:
    command = command_of(runs("data.augmentation.flip=0.5")[0], material)
    assert command.startswith("livefacs train baseline/linear --corpus hand-made --set data.picture=whole ")
    assert command.endswith(" --set data.augmentation.flip=0.5")


def test_an_interrupted_experiment_goes_on_where_it_was(runs, material, tmp_path, monkeypatch) -> None:
    whole = [load_file(run.loaded.folder.best) for run in trained(runs("training.epochs=4"), material)]
    for run in runs():
        for path in run.folder.iterdir():
            path.unlink()
    advance = RunReport.advance
    left = iter(range(6))  # of four iterations each: in the midst of the second network

    def stopping(self, losses):
        advance(self, losses)
        if next(left, None) == 5:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(RunReport, "advance", stopping)
    with pytest.raises(Interrupted, match="^second: stopped after iteration 2$"):
        trained(runs("training.epochs=4"), material)
    begun = []
    begin = RunReport.begin
    monkeypatch.setattr(
        RunReport,
        "begin",
        lambda self, total, done, epoch: (begun.append(done), begin(self, total, done, epoch)),
    )
    bars = Silent()
    resumed = trained(runs("training.epochs=4"), material, bars)
    assert begun == [2]
    assert bars.lines[0] == "1 of 2 networks are trained already"
    for before, run in zip(whole, resumed, strict=True):
        after = load_file(run.loaded.folder.best)
        assert all(torch.equal(value, after[name]) for name, value in before.items())


def test_a_run_that_broke_off_before_its_first_checkpoint_begins_anew(runs, material) -> None:
    trained(runs(), material)
    (runs()[0].folder / "last.safetensors").unlink()
    assert [run.standing.iteration for run in trained(runs(), material)] == [2, 2]


def test_runs_with_other_settings_or_corpora_are_not_taken_for_these(runs, material) -> None:
    trained(runs(), material)
    with pytest.raises(
        TrainingError, match=r"first: was trained with optimiser.lr 0.003, not 0.1: name another"
    ):
        trained(runs("optimiser.lr=0.1"), material)
    other = Material(material.corpus, (CorpusOrigin(name="hand-made", manifest="cd"),), True)
    with pytest.raises(TrainingError, match=r"was trained with corpora .*'ab'.* not .*'cd'"):
        trained(runs(), other)


def test_bars_move_and_go(runs, material) -> None:
    """Where nobody looks nothing is drawn, but all is counted."""
    bars = Silent()
    report = RunReport(bars, "AU04")
    report.begin(total=10, done=4, epoch=5)
    (bar,) = bars._progress.tasks
    assert (bar.description, bar.completed, bar.total) == ("AU04: epoch 1 of 2", 4, 10)
    report.advance(dict)
    (bar,) = bars._progress.tasks
    assert (bar.description, bar.completed) == ("AU04: epoch 2 of 2", 5)
    report.end()
    with report.reading("training pictures", 7) as more:
        more(3)
        (bar,) = bars._progress.tasks
        assert (bar.description, bar.completed) == ("AU04: training pictures", 3)
    assert not bars._progress.tasks
