"""The paper's two models in the training loop: what they learn, in which order, and what they leave."""

from __future__ import annotations

import dataclasses
import signal

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from engines import Bundle
from trainers.backbones import Backbone
from trainers.corpora.equalisation import equalised
from trainers.evaluation import Tracked
from trainers.evaluation.predicting import predict as predict_live
from trainers.pose_dependent.networks import Intensities
from trainers.pose_dependent.pose_groups import POSE_GROUPS
from trainers.pose_dependent.tasks import PoseDependentTask
from trainers.training.errors import RecipeError, TrainingError
from trainers.training.exporting import export_bundle
from trainers.training.facts import facts_of
from trainers.training.loading import load_run
from trainers.training.metrics_log import read
from trainers.training.predicting import predict
from trainers.training.preparation import Preparation
from trainers.training.progress import Report
from trainers.training.recipe_files import read_recipe
from trainers.training.run_folder import CorpusOrigin
from trainers.training.samples import make_samples
from trainers.training.task_names import TASKS
from trainers.training.train import new_task, split_of

STAGED = tuple(f"task.stages.{stage}=1" for stage in ("regressors", "pose", "joint"))


def samples_of(recipe, corpus, rows):
    corpus = corpus.with_aus(recipe.data.aus)
    facts = facts_of(corpus, split_of(recipe, corpus), recipe.data)
    return make_samples(corpus, rows, recipe.data, facts, None)


def task_of(recipe, corpus):
    return new_task(recipe, facts_of(corpus, split_of(recipe, corpus), recipe.data))


def batch_of(recipe, corpus, rows):
    samples = samples_of(recipe, corpus, rows)
    return Preparation(recipe.data).of_batch(samples[np.arange(len(rows))])


class Stop(Report):
    """Asks to stop after so many iterations, as Ctrl-C does."""

    def __init__(self, after: int) -> None:
        self.left = after

    def advance(self, losses) -> None:
        self.left -= 1
        if self.left == 0:
            signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("model", ["invariant", "dependent"])
def test_losses_fall_and_estimates_agree(model: str, recipe, trained, tmp_path) -> None:
    longer = ("training.iterations=72", "training.interval=24", "optimiser.lr=0.003")
    result = trained(recipe(model, *longer), tmp_path)
    lines = read(result.run.metrics)
    losses = [line["validation"]["loss"] for line in lines]
    assert min(losses) < losses[0] / 4
    assert result.figures["icc"] > 0.7
    if model == "dependent":
        assert result.figures["pose_group_accuracy"] > 0.95
        for line in lines:
            terms = {part: line["validation"][f"loss/{part}"] for part in ("intensity", "pose")}
            assert line["validation"]["loss"] == pytest.approx(terms["intensity"] + 0.05 * terms["pose"])


@pytest.mark.parametrize("group", range(3))
def test_a_batch_of_one_group_teaches_its_regressor_alone(group: int, recipe, faces) -> None:
    made = recipe("dependent")
    task = task_of(made, faces)
    rows = np.flatnonzero(faces.pose[:, 1] == (-30, 0, 30)[group])[:8]
    (step,) = task.steps(0)
    step.losses(batch_of(made, faces, rows))["intensity"].backward()
    learning = [
        any(bool((p.grad != 0).any()) for p in task.network.regressors[name].parameters())
        for name in POSE_GROUPS
    ]
    assert learning == [number == group for number in range(3)]
    assert task.network.trunk.features[0].convolution.weight.grad.abs().sum() > 0


@pytest.mark.parametrize("model", ["invariant", "dependent"])
def test_losses_are_the_sums_of_equation_1_and_validated_as_means(model: str, recipe, faces) -> None:
    rows = np.arange(12)
    made = recipe(model, "task.reduction=sum")
    task = task_of(made, faces)
    task.eval_mode()
    batch = batch_of(made, faces, rows)
    (step,) = task.steps(0)
    sums, means = step.losses(batch), task.validation_losses(batch)
    labelled = int((~np.isnan(faces.intensity[rows])).sum())
    assert sums["intensity"].item() == pytest.approx(labelled * means["intensity"].item(), rel=1e-5)
    if model == "dependent":
        assert sums["pose"].item() == pytest.approx(12 * np.log(3), rel=1e-5)
        assert task.weights(0) == {"pose": 0.05}


def test_stages_train_their_parts_in_order(recipe, trained, tmp_path, monkeypatch) -> None:
    seen: dict[str, dict[str, torch.Tensor]] = {}

    class Watched(PoseDependentTask):
        def steps(self, iteration):
            now = {name: value.clone() for name, value in self.network.state_dict().items()}
            seen.setdefault(str(self.stage(iteration)), now)
            return super().steps(iteration)

    monkeypatch.setitem(TASKS, "pose-dependent", Watched)
    result = trained(recipe("dependent", *STAGED, "training.iterations=18"), tmp_path)
    assert list(seen) == ["regressors", "pose", "joint"]
    states = [*seen.values(), result.task.network.state_dict()]

    def changed(before, after) -> set[str]:
        return {name.split(".")[0] for name in before if not torch.equal(before[name], after[name])}

    changes = [changed(*pair) for pair in zip(states, states[1:], strict=False)]
    # Batch norm's statistics are of the trunk: in the pose's stage they, too, keep still.
    assert changes == [{"trunk", "regressors"}, {"pose"}, {"trunk", "regressors", "pose"}]
    losses = [set(line["train"]) for line in read(result.run.metrics)[1:]]
    assert losses == [{"loss/intensity"}, {"loss/pose alone"}, {"loss/intensity", "loss/pose"}]


@pytest.mark.parametrize("stopped", [8, 15])
def test_a_run_resumed_in_any_stage_ends_the_same(stopped: int, recipe, trained, tmp_path) -> None:
    made = recipe("dependent", *STAGED, "training.iterations=18")
    whole = trained(made, tmp_path / "whole")
    assert trained(made, tmp_path / "parts", report=Stop(stopped)).interrupted
    trained(made, tmp_path / "parts", resume=True)
    first, second = (
        load_file(folder / "last.safetensors") for folder in (whole.run.folder, tmp_path / "parts")
    )
    assert first.keys() == second.keys()
    assert all(torch.equal(value, second[name]) for name, value in first.items())


def test_a_network_without_a_trained_estimator_takes_the_pose_as_known(recipe, faces) -> None:
    made = recipe("dependent", "task.stages.regressors=1", "task.stages.joint=0")
    task = task_of(made, faces)
    task.eval_mode()
    rows = np.arange(9)
    unknown = faces.pose.copy()
    unknown[:3] = np.nan
    said = task.predict(batch_of(made, dataclasses.replace(faces, pose=unknown), rows))
    assert set(said) == {"au_intensity"}
    assert said["au_intensity"][:3].isnan().all()
    batch = batch_of(made, faces, rows)
    by_group = 5 * task.estimates(batch).by_group
    own = by_group[torch.arange(9), batch.pose_group]
    torch.testing.assert_close(said["au_intensity"][3:], own[3:])
    assert set(task.optimisers()) == {"regressors"}


def test_the_winner_takes_all_in_prediction(recipe, faces) -> None:
    made = recipe("dependent")
    task = task_of(made, faces)
    task.eval_mode()
    torch.nn.init.normal_(task.network.pose[-1].weight, std=5.0)
    batch = batch_of(made, faces, np.arange(20))
    said = task.predict(batch)
    winner = said["pose_group"].argmax(dim=1)
    assert len(set(winner.tolist())) > 1
    by_group = 5 * task.estimates(batch).by_group
    torch.testing.assert_close(said["au_intensity"], by_group[torch.arange(20), winner])


def test_trunks_start_from_a_file(recipe, trained, tmp_path) -> None:
    torch.manual_seed(7)
    given = Backbone("mobilenet_v3_small", in_channels=3)
    names = {f"features.{key.removeprefix('features.')}": v for key, v in given.state_dict().items()}
    save_file(names, tmp_path / "trunk.safetensors")
    notes = []

    class Noted(Report):
        def note(self, text):
            notes.append(text)

    made = recipe(
        "invariant", "task.backbone=mobilenet_v3_small", f"task.weights={tmp_path}/trunk.safetensors",
        "optimiser.lr=1e-12", "training.iterations=6",
    )  # fmt: skip
    result = trained(made, tmp_path / "run", report=Noted())
    assert notes[0].startswith("trunk mobilenet_v3_small starts from: trunk.safetensors, sha256 ")
    kernel = result.task.network.trunk.features[0][0].weight
    # The kernels of three colours become those of grey by their sum.
    torch.testing.assert_close(kernel, given.features[0][0].weight.sum(dim=1, keepdim=True))


def test_random_weights_are_announced(recipe, faces) -> None:
    assert task_of(recipe("invariant"), faces).pretrain() == ["trunk slim_resnet starts from: random"]


def test_pictures_are_prepared_as_the_paper_says(faces) -> None:
    """Grey, equalised, then resized; for the networks of mean 0 and spread 1."""
    made = read_recipe("pose-dependent/invariant", ["data.size=24", 'data.aus=["AU12"]'])
    samples = samples_of(made, faces, np.arange(3))
    grey = Image.fromarray(faces.images[2]).convert("L")
    wanted = Image.fromarray(equalised(np.asarray(grey))).resize((24, 24), Image.Resampling.BILINEAR)
    assert np.array_equal(samples.pictures[2, 0], np.asarray(wanted))
    even = torch.linspace(0, 1, 256).reshape(1, 1, 16, 16)
    prepared = Preparation(made.data)(even)
    assert prepared.mean().item() == pytest.approx(0, abs=1e-5)
    assert prepared.std().item() == pytest.approx(1, abs=0.01)


def test_the_papers_recipe_is_the_papers_network() -> None:
    made = read_recipe("pose-dependent/dependent")
    assert (made.optimiser.kind, made.optimiser.lr, made.options.alpha) == ("sgd", 1e-4, 0.05)
    assert (made.options.backbone, made.options.weights, made.options.reduction) == (
        "vgg16",
        "imagenet",
        "sum",
    )
    assert (made.data.size, made.data.sampling.per_view, made.training.mode) == (224, 3000, "min")


@pytest.mark.parametrize("size", ["", "-small"])
def test_both_models_get_the_same_training(size: str) -> None:
    one, other = (read_recipe(f"pose-dependent/{model}{size}") for model in ("invariant", "dependent"))
    assert (one.optimiser, one.training, one.protocol) == (other.optimiser, other.training, other.protocol)
    for name in one.data.__struct_fields__:
        if name != "pose_groups":
            assert getattr(one.data, name) == getattr(other.data, name), name
    for name in one.options.__struct_fields__:
        assert getattr(one.options, name) == getattr(other.options, name), name


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ("data.pose_groups={}", RecipeError, "data.pose_groups are none: write .data.pose_groups.up"),
        ('data.inputs=["pose"]', RecipeError, "sees a picture and nothing else, not crop, pose"),
        ("task.backbone=vgg99", Exception, "backbone vgg99: not known; choose of vgg16"),
        ("data.pose_groups.up.pitch=[-90, -89]", TrainingError, "no training row is of pose group up by"),
    ],
)
def test_what_does_not_fit_is_refused(change, error, message, recipe, faces) -> None:
    made = recipe("dependent", change)
    with pytest.raises(error, match=message) as raised:
        facts = facts_of(faces, split_of(made, faces), made.data)
        new_task(made, facts).prepare(make_samples(faces, np.arange(100), made.data, facts, None))
    assert len(str(raised.value).splitlines()) == 1


def test_stages_without_an_epoch_are_refused(recipe) -> None:
    with pytest.raises(RecipeError, match="task.stages: all stages have 0 epochs"):
        recipe("dependent", "task.stages.joint=0")


@pytest.mark.parametrize("model", ["invariant", "dependent"])
def test_a_bundle_gives_live_what_the_network_gives(model: str, recipe, trained, faces, tmp_path) -> None:
    """Crops of faces that fill the picture; the runtime routes them by their estimated pitch."""
    tracked = Tracked.nothing(len(faces), "0" * 64)
    rng = np.random.default_rng(1)
    tracked.landmarks[:] = rng.uniform(2, 30, (len(faces), 478, 3))
    anchors = ((33, 133), (362, 263), (61, 291))
    for group, (x, y) in zip(anchors, ((0.32, 0.4), (0.68, 0.4), (0.5, 0.74)), strict=True):
        tracked.landmarks[:, group, :2] = (32 * x, 32 * y)
    tracked.pose[:, 1] = rng.permutation(np.resize([-13.0, -11, 11, 13], len(faces)))
    tracked.found[:] = True
    made = recipe(model, "data.picture=crop", "training.iterations=6")
    origin = [CorpusOrigin(name="bars", licence="CC0-1.0")]
    run = trained(made, tmp_path / "run", tracked=tracked, origin=origin).run.folder
    export_bundle(run, tmp_path / "bundle")
    loaded = load_run(run)
    samples = make_samples(faces, np.arange(len(faces)), made.data, loaded.record.facts, tracked)
    with Bundle.open(tmp_path / "bundle") as bundle:
        live = predict_live(bundle, faces, tracked)
        assert len(bundle.manifest.files) == 1
    if model == "invariant":
        assert set(live.pose_group) == {"any"}
        expected = predict(loaded.task, samples)["au_intensity"]
    else:
        groups = np.select([tracked.pose[:, 1] < -12, tracked.pose[:, 1] < 12], [0, 1], 2)
        assert live.pose_group.tolist() == [POSE_GROUPS[group] for group in groups]
        by_group = []
        for name in POSE_GROUPS:
            own = Intensities(loaded.task.network, name)
            by_group.append(
                predict(loaded.task, samples, lambda batch, own=own: {"x": own(batch.picture)})["x"]
            )
        expected = np.stack(by_group)[groups, np.arange(len(groups))]
    np.testing.assert_allclose(live.intensity, expected, atol=2e-2)
    assert np.ptp(live.intensity) > 0.05
