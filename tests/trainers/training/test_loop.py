"""Training as a whole: what it learns, logs, keeps, and why it stops."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from trainers.corpora.corpus import join
from trainers.corpora.store import open_corpus
from trainers.errors import CorpusError, ProtocolError
from trainers.training.errors import RecipeError, TrainingError
from trainers.training.loading import load_run
from trainers.training.metrics_log import read
from trainers.training.predicting import as_predictions, predict
from trainers.training.progress import Report
from trainers.training.run_folder import CorpusOrigin
from trainers.training.samples import make_samples
from trainers.training.task_names import TASKS
from trainers.training.train import split_of, train


class Heard(Report):
    """Keeps what a loop says."""

    def __init__(self) -> None:
        self.looks, self.notes, self.iterations = [], [], 0

    def advance(self, losses) -> None:
        self.iterations += 1

    def look(self, line, better) -> None:
        self.looks.append((line["iteration"], better))

    def note(self, text) -> None:
        self.notes.append(text)


def refused(kind: type[Exception], *args, **options) -> str:
    """The one line that a training ends with."""
    with pytest.raises(kind) as caught:
        train(*args, device="cpu", **options)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    return message


@pytest.fixture(scope="module")
def linear(recipe, trained, tmp_path_factory):
    """The linear baseline after eight epochs, and what it said."""
    folder, heard = tmp_path_factory.mktemp("runs") / "linear", Heard()
    made = recipe(
        "training.epochs=8",
        "optimiser.lr=0.01",
        "training.metric=icc",
        "training.mode=max",
        "training.patience=0",
    )
    return trained(made, folder, report=heard), heard


def test_it_learns_what_is_plain_to_see(linear) -> None:
    result, _ = linear
    assert result.ended == "48 iterations done"
    assert not result.interrupted
    assert result.figures["icc"] > 0.9
    assert result.figures["f1"] > 0.9
    assert result.figures["expression_accuracy"] > 0.75


def test_every_loss_is_logged_by_its_name(linear) -> None:
    result, _ = linear
    lines = read(result.run.metrics)
    assert [line["iteration"] for line in lines] == list(range(0, 49, 6))
    assert lines[0]["train"] == {}  # a look before the first iteration
    names = ["loss", "loss/occurrence", "loss/intensity", "loss/expression"]
    for line in lines[1:]:
        assert list(line["train"]) == names
        assert list(line["validation"])[:4] == names
        assert line["epoch"] == line["iteration"] / 6
        for part in ("train", "validation"):
            loss, occurrence, intensity, expression = (line[part][name] for name in names)
            assert loss == pytest.approx(occurrence + intensity + 0.1 * expression, rel=1e-5)
    assert lines[-1]["validation"]["loss"] < lines[0]["validation"]["loss"] / 3
    assert lines[-1]["lr"] == {"all": 0.01}
    for metric in ("icc", "pcc", "rmse", "mae", "f1", "accuracy", "auc"):
        of_aus = [lines[-1]["validation"][f"{metric}/{au}"] for au in ("AU04", "AU12")]
        assert lines[-1]["validation"][metric] == pytest.approx(np.mean(of_aus))


def test_the_best_weights_are_kept_and_given_back(linear, corpus) -> None:
    result, heard = linear
    lines = read(result.run.metrics)
    iccs = {line["iteration"]: line["validation"]["icc"] for line in lines}
    best = max(iccs, key=iccs.get)
    assert result.best_iteration == best
    assert [at for at, better in heard.looks if better][-1] == best
    assert heard.iterations == 48
    loaded = load_run(result.run.folder)
    split = split_of(loaded.record.recipe, corpus)
    rows = make_samples(corpus, split.validation, loaded.record.recipe.data, loaded.record.facts, None)
    figures = loaded.task.score(rows, predict(loaded.task, rows))
    assert figures["icc"] == pytest.approx(iccs[best], abs=1e-6)
    assert loaded.figures["icc"] == iccs[best]
    weights = {f"network/linear/{k}": v for k, v in result.task.networks["linear"].state_dict().items()}
    kept = load_file(result.run.best)
    assert kept.keys() == weights.keys()
    assert all(torch.equal(kept[key], weights[key]) for key in kept)


def test_the_run_says_what_was_trained_on_what_by_what(linear, corpus) -> None:
    result, _ = linear
    record = load_run(result.run.folder).record
    assert record.recipe.name == "baseline/linear"
    assert record.recipe.training.epochs == 8
    assert record.facts.aus == corpus.aus
    assert record.facts.inputs == {"crop": (1, 16, 16)}
    assert record.facts.subjects == tuple(f"S{i}" for i in range(8))
    assert record.origin.split == (
        "partitions of blotches: train 8 subjects, 96 frames; validation 2 subjects, 24 frames; "
        "test 1 subject, 12 frames"
    )
    assert record.environment.packages["torch"] == torch.__version__
    assert record.environment.device == "cpu"
    with Image.open(result.run.curves) as curves:
        assert curves.width > 800
        assert np.asarray(curves).std() > 10
    assert result.run.best.stat().st_mode == result.run.record.stat().st_mode


def test_scores_become_predictions_that_reports_take(linear, corpus) -> None:
    result, _ = linear
    recipe = load_run(result.run.folder).record.recipe
    rows = make_samples(corpus, np.arange(96, 120), recipe.data, result.task.facts, None)
    made = as_predictions(result.task, rows, len(corpus), model="linear 1", expressions=("a",) * 7)
    assert made.found.tolist() == [False] * 96 + [True] * 24 + [False] * 12
    assert np.isnan(made.intensity[0]).all()
    assert made.intensity[96:120].min() >= 0.0
    np.testing.assert_array_equal(made.intensity[96:120], predict(result.task, rows)["au_intensity"])


def test_the_same_recipe_gives_the_same_weights_and_another_seed_others(toy, trained, tmp_path) -> None:
    first = trained(toy("blot"), tmp_path / "a")
    again = trained(toy("blot", "data.workers=2", "data.memory=0"), tmp_path / "b")  # read in other processes
    other = trained(toy("blot", "training.seed=1"), tmp_path / "c")
    assert first.run.best.read_bytes() == again.run.best.read_bytes()
    assert first.run.best.read_bytes() != other.run.best.read_bytes()


def test_looking_more_often_changes_nothing(toy, trained, tmp_path) -> None:
    seldom = trained(toy("blot"), tmp_path / "a")
    often = trained(toy("blot", "training.interval=1"), tmp_path / "b")
    assert len(read(often.run.metrics)) == 13
    tensors = (load_file(run.run.last) for run in (seldom, often))
    for one, other in zip(*(t.values() for t in tensors), strict=True):
        assert torch.equal(one, other)


def test_training_stops_when_nothing_gets_better(toy, trained, tmp_path) -> None:
    changes = ("training.metric=loss", "training.mode=min", "training.patience=2", "optimiser.lr=1e-12")
    result = trained(toy("blot", *changes, length="epochs = 50"), tmp_path / "run")
    lines = read(result.run.metrics)
    losses = [line["validation"]["loss"] for line in lines]
    best = int(np.argmin(losses))
    assert len(lines) == best + 3 < 50
    assert result.ended == "no better loss in 2 looks"
    assert result.best_iteration == lines[best]["iteration"]


def test_the_best_weights_need_not_be_the_last(toy, trained, tmp_path) -> None:
    """The highest loss is that of the first look."""
    result = trained(toy("blot", "training.metric=loss", "training.mode=max"), tmp_path / "run")
    lines = read(result.run.metrics)
    assert (result.best_iteration, result.iteration) == (0, 12)
    assert lines[0]["validation"]["loss"] > lines[-1]["validation"]["loss"]
    # What `finish` does comes after, with these weights.
    assert result.figures["loss"] == pytest.approx(lines[0]["validation"]["loss"])
    kept, last = load_file(result.run.best), load_file(result.run.last)
    assert not torch.equal(kept["network/body/6.weight"], last["network/body/6.weight"])
    assert torch.equal(kept["network/body/6.weight"], result.task.networks["body"][6].weight)


def test_a_number_of_iterations_instead_of_epochs(toy, trained, tmp_path) -> None:
    result = trained(toy("blot", "training.interval=4", length="iterations = 10"), tmp_path / "run")
    assert [line["iteration"] for line in read(result.run.metrics)] == [0, 4, 8, 10]


def test_clipped_gradients_move_weights_less(toy, trained, tmp_path) -> None:
    def moved(*changes: str) -> float:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        result = trained(toy("blot", *changes, length="iterations = 1", kind="sgd"), folder)
        before = trained(
            toy("blot", "optimiser.lr=1e-30", length="iterations = 1", kind="sgd"),
            tmp_path / "0b",
            overwrite=True,
        )
        both = (run.task.networks["body"].parameters() for run in (result, before))
        return math.sqrt(sum(float((a - b).detach().square().sum()) for a, b in zip(*both, strict=True)))

    assert moved("training.clip=0.5") == pytest.approx(0.01 * 0.5, rel=1e-3)
    assert moved() > 0.02


def test_tasks_draw_and_finish(toy, trained, tmp_path, corpus) -> None:
    result = trained(toy("blot"), tmp_path / "run")
    names = sorted(path.name for path in result.run.pictures.iterdir())
    assert names == ["seen-0000000.png", "seen-0000006.png", "seen-0000012.png"]
    with Image.open(result.run.pictures / names[0]) as picture:
        assert picture.size == (64, 16)
    # What `finish` found is in the weights that are kept.
    kept = load_file(result.run.best)["network/body/mean"]
    assert kept.abs().min() > 0.0
    recipe = load_run(result.run.folder).record.recipe
    rows = make_samples(corpus, np.arange(96), recipe.data, result.task.facts, None)
    torch.testing.assert_close(
        kept, torch.from_numpy(predict(result.task, rows)["au_intensity"].mean(axis=0))
    )


def test_mixed_precision_trains(toy, trained, tmp_path) -> None:
    result = trained(toy("blot", "training.precision=bf16-mixed"), tmp_path / "run")
    lines = read(result.run.metrics)
    assert lines[-1]["train"]["loss"] < lines[1]["train"]["loss"]
    assert all(weight.dtype == torch.float32 for weight in result.task.networks["body"].parameters())


def test_rare_aus_are_repeated_where_the_recipe_says_so(toy, trained, tmp_path) -> None:
    result = trained(toy("blot", "data.sampling.kind=positive", "data.sampling.least=1"), tmp_path / "run")
    assert (
        "positive re-sampling: 96 training frames become" in load_run(result.run.folder).record.origin.split
    )


def test_zero_and_non_zero_intensities_are_balanced_also_to_validate(toy, trained, tmp_path) -> None:
    changes = ("data.sampling.kind=intensity", "data.sampling.au=AU04", "data.sampling.per_view=2")
    result = trained(toy("blot", *changes), tmp_path / "run")
    split = load_run(result.run.folder).record.origin.split
    assert "AU04 balanced" in split
    assert "to validate, AU04 balanced" in split
    assert result.task.facts.subjects


def test_validation_rows_are_not_needed(toy, tmp_path, corpus) -> None:
    made = toy("blot", "protocol=2-fold")
    result = train(made, corpus, split_of(made, corpus), tmp_path / "run", device="cpu")
    assert result.figures == {}
    assert read(result.run.metrics)[-1]["validation"] == {}
    assert load_run(result.run.folder).figures == {}


# ------------------------------------------------------------------ what goes wrong


def test_a_loss_that_is_no_number_is_one_line(toy, corpus, tmp_path) -> None:
    made = toy("blot", "task.spoil_at=9")
    message = refused(TrainingError, made, corpus, split_of(made, corpus), tmp_path / "run")
    assert message == (
        f"run {tmp_path / 'run'}: loss/au became nan by iteration 9, epoch 2: lower optimiser.lr (0.01) "
        "or set training.clip; the last checkpoint is from before"
    )
    tensors = load_file(tmp_path / "run" / "last.safetensors")
    assert all(torch.isfinite(value).all() for value in tensors.values())


def test_a_run_is_never_replaced_by_accident(toy, trained, corpus, tmp_path) -> None:
    made = toy("blot")
    trained(made, tmp_path / "run")
    split = split_of(made, corpus)
    message = refused(TrainingError, made, corpus, split, tmp_path / "run")
    assert "holds a run already: go on with it by --resume, replace it by --overwrite" in message
    trained(made, tmp_path / "run", overwrite=True)
    assert len(read(tmp_path / "run" / "metrics.jsonl")) == 3
    (tmp_path / "file").write_text("mine")
    assert "is a file: name a folder" in refused(TrainingError, made, corpus, split, tmp_path / "file")


def test_a_figure_that_is_not_measured_is_named_at_once(toy, corpus, tmp_path) -> None:
    made = toy("blot", "training.metric=f1")
    heard = Heard()
    message = refused(TrainingError, made, corpus, split_of(made, corpus), tmp_path / "run", report=heard)
    assert message == (
        "training.metric is 'f1': the validation figures are loss, icc, pcc, rmse, mae; choose one of them"
    )
    assert heard.iterations == 0


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        (["protocol=all"], ProtocolError, "all: trains on nothing; set protocol to 60-20-20"),
        (["fold=2"], ProtocolError, "fold 2: protocol partitions has 1 on corpus blotches"),
        (['data.aus=["AU99"]'], CorpusError, "corpus blotches has no AU99; it has AU04, AU12"),
        (["data.picture=crop"], CorpusError, "its faces must be tracked for this recipe"),
        (
            ["optimisers.judge.lr=1"],
            RecipeError,
            "task blot has no optimiser 'judge': use one of [optimisers.all]",
        ),
    ],
)
def test_what_does_not_fit_is_one_line(toy, corpus, tmp_path, changes, kind, message) -> None:
    made = toy("blot", *changes)
    with pytest.raises(kind) as caught:
        train(made, corpus, split_of(made, corpus), tmp_path / "run", device="cpu")
    assert message in str(caught.value)
    assert not (tmp_path / "run").exists()


def test_devices_that_are_not_there(toy, corpus, tmp_path) -> None:
    made = toy("blot")
    split = split_of(made, corpus)
    for device, devices, message in (("tpu", 1, "--device tpu: choose auto"), ("cpu", 0, "--devices 0")):
        with pytest.raises(TrainingError, match=message):
            train(made, corpus, split, tmp_path / "run", device=device, devices=devices)
    if not torch.cuda.is_available():
        with pytest.raises(TrainingError, match="torch finds no CUDA device here"):
            train(made, corpus, split, tmp_path / "run", device="cuda")


def test_a_folder_without_a_run_or_with_a_damaged_one(toy, trained, tmp_path) -> None:
    with pytest.raises(TrainingError, match="has no run.toml: name a folder"):
        load_run(tmp_path)
    run = trained(toy("blot"), tmp_path / "run").run
    text = run.record.read_text()

    def broken(change) -> str:
        change()
        with pytest.raises((TrainingError, RecipeError)) as caught:
            load_run(run.folder)
        assert len(str(caught.value).splitlines()) == 1
        return str(caught.value)

    assert "cannot be read" in broken(lambda: run.best.write_bytes(b"none"))
    assert "is missing" in broken(run.best.unlink)
    assert "run.toml cannot be read" in broken(lambda: run.record.write_text("= 3"))
    assert "incomplete or damaged" in broken(lambda: run.record.write_text(text.replace("[facts]", "[fact]")))
    smaller = text.replace("crop = [1, 16, 16]", "crop = [3, 16, 16]")
    run.record.write_text(smaller)
    run.last.rename(run.best)
    assert "do not fit network 'body'" in broken(lambda: None)
    assert "task.name is 'gone'" in broken(
        lambda: run.record.write_text(text.replace('"blot"\n', '"gone"\n'))
    )


@pytest.mark.parametrize("workers", [0, 1])
def test_a_picture_that_cannot_be_read_is_one_line_from_any_process(
    toy, corpus_folder, tmp_path, workers
) -> None:
    folder = tmp_path / "damaged"
    shutil.copytree(corpus_folder, folder)
    damaged = open_corpus(folder)
    shard = folder / "pictures-00000.tar"
    content = bytearray(shard.read_bytes())
    start = int(damaged.images.offset[5])
    content[start + 8 : start + 400] = bytes(392)
    shard.write_bytes(content)
    made = toy("blot", "data.memory=0", f"data.workers={workers}")
    message = refused(CorpusError, made, damaged, split_of(made, damaged), tmp_path / "run")
    assert message.startswith(f"{shard}: picture of row 5 is damaged")


def test_epochs_are_of_one_length(toy, trained, tmp_path, toy_tasks, monkeypatch) -> None:
    class Uneven(toy_tasks.Blot):
        drawn = 0

        def draw(self, samples, rng):
            Uneven.drawn += 1
            return super().draw(samples, rng)[: 90 if Uneven.drawn > 2 else 96]

    monkeypatch.setitem(TASKS, "blot", Uneven)
    with pytest.raises(TrainingError, match="draws 90 rows in epoch 2 and 96 in the first"):
        trained(toy("blot"), tmp_path / "run")
    monkeypatch.setattr(Uneven, "draw", lambda self, samples, rng: np.zeros(0, np.int64))
    with pytest.raises(TrainingError, match="draws no training rows"):
        trained(toy("blot"), tmp_path / "other")


def test_two_domains_can_share_each_batch(toy, trained, tmp_path, toy_tasks, monkeypatch) -> None:
    """As unpaired translation wants them: half of a batch from one, half from the other."""

    class Mixed(toy_tasks.Blot):
        sides = ()

        def draw(self, samples, rng):
            sides = [np.flatnonzero(samples.columns["domain"] == side) for side in (0, 1)]
            return np.stack([rng.permutation(side) for side in sides], axis=1).ravel()

        def losses(self, batch):
            if self.networks["body"].training:
                Mixed.sides += (batch.domain.sum().item(),)
            return super().losses(batch)

    monkeypatch.setitem(TASKS, "blot", Mixed)
    trained(toy("blot"), tmp_path / "run")
    assert Mixed.sides == (8,) * 12


def test_where_the_corpus_came_from_is_written_down(toy, trained, tmp_path) -> None:
    origin = [CorpusOrigin(name="blotches", source="here", manifest="ab" * 32, licence="CC0-1.0")]
    run = trained(toy("blot"), tmp_path / "run", origin=origin).run
    assert load_run(run.folder).record.origin.corpora == tuple(origin)


def test_undefined_figures_are_null_in_the_log(recipe, corpus, tmp_path) -> None:
    flat = corpus.select(np.flatnonzero(corpus.partition != "validation"))
    still = corpus.select(np.flatnonzero((corpus.partition == "validation") & (corpus.intensity[:, 0] == 0)))
    both = join("both", [flat, still])
    made = recipe("training.epochs=1", "training.metric=", "training.patience=0")
    run = train(made, both, split_of(made, both), tmp_path / "run", device="cpu").run
    last = run.metrics.read_text().splitlines()[-1]
    assert json.loads(last)["validation"]["icc/AU04"] is None
    assert math.isnan(read(Path(run.metrics))[-1]["validation"]["icc/AU04"])
