"""Figures of merit from predictions, and predictions as reports take them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from trainers import metrics
from trainers.training.facts import facts_of
from trainers.training.predicting import as_predictions, predict
from trainers.training.progress import Report
from trainers.training.samples import make_samples
from trainers.training.scoring import standard_figures
from trainers.training.task_names import TASKS
from trainers.training.train import new_task, split_of

GROUPS = ("data.pose_groups.up.pitch=[-90, 0]", "data.pose_groups.down.pitch=[0, 90]")


@pytest.fixture
def made(toy, corpus, toy_tasks, monkeypatch):
    """A task that tells pose groups by the bottom left pixel, and the test rows."""

    class Posed(toy_tasks.Blot):
        def pretrain(self):
            return ["weights from nowhere"]

        def predict(self, batch):
            left = torch.arange(len(batch)) % 4 < 2
            return {**super().predict(batch), "pose_group": torch.stack([left, ~left], dim=1).float()}

    monkeypatch.setitem(TASKS, "blot", Posed)
    recipe = toy("blot", *GROUPS)
    split = split_of(recipe, corpus)
    facts = facts_of(corpus, split, recipe.data)
    return recipe, new_task(recipe, facts), make_samples(corpus, split.test, recipe.data, facts, None)


def test_figures_are_the_metrics_of_the_labels_that_are_there(made) -> None:
    _, _, samples = made
    rng = np.random.default_rng(0)
    scores = {name: rng.random((12, 2), dtype=np.float32) for name in ("au_intensity", "au_occurrence")}
    figures = standard_figures(samples, {**scores, "expression": np.eye(7, dtype=np.float32)[[0, 1] * 6]})
    intensity, occurrence = samples.columns["intensity"], samples.columns["occurrence"]
    assert np.isnan(intensity).any()
    assert figures["icc/AU12"] == metrics.icc(intensity, scores["au_intensity"])[1]
    assert figures["rmse"] == metrics.rmse(intensity, scores["au_intensity"]).mean()
    decided = metrics.decide(scores["au_occurrence"])
    assert figures["f1"] == metrics.f1(occurrence, decided).mean()
    assert figures["auc/AU04"] == metrics.auc(occurrence, scores["au_occurrence"])[0]
    named = np.array(["neutral", "anger"] * 6)
    assert figures["expression_accuracy"] == metrics.mean_accuracy(samples.corpus.expression, named)
    assert "pose_group_accuracy" not in figures


def test_pose_groups_are_scored_and_reported_by_name(made, corpus) -> None:
    _, task, samples = made
    predicted = predict(task, samples)
    # The poses of the corpus go up, down, up, down; the task says up, up, down, down.
    assert samples.columns["pose_group"].tolist() == [0, 1] * 6
    assert standard_figures(samples, predicted)["pose_group_accuracy"] == 0.5
    report = as_predictions(task, samples, len(corpus), model="posed 1")
    assert report.pose_group[samples.rows].tolist() == ["up", "up", "down", "down"] * 3
    assert not report.found[: samples.rows[0]].any()
    assert report.occurrence is None


def test_what_a_task_says_of_its_pretrained_weights_is_told(made, corpus, trained, tmp_path) -> None:
    class Heard(Report):
        notes = ()

        def note(self, text: str) -> None:
            self.notes += (text,)

    heard = Heard()
    trained(made[0], tmp_path / "run", report=heard)
    assert heard.notes == ("weights from nowhere",)
