"""The task: who teaches which head, what is refused, and what goes into a bundle."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from trainers.multi_au.committee import INPUTS
from trainers.multi_au.task import MultiAuOptions, MultiAuTask
from trainers.training.errors import RecipeError
from trainers.training.facts import Facts
from trainers.training.recipe import DataRecipe, PoseRange

NAN = float("nan")


def total(losses) -> torch.Tensor:
    return sum(losses.values())


def taught(task) -> set[str]:
    """Names of the heads whose weights got a gradient."""
    return {name for name, head in task.network.heads.items() if head[2].weight.grad.abs().max() > 0}


@pytest.mark.parametrize("group", [0, 1, 2])
def test_a_face_teaches_the_head_of_its_own_group_only(make_task, make_batch, group) -> None:
    task = make_task(jitter=0.0)
    task.train_mode()
    total(task.losses(make_batch(6, group=group))).backward()
    assert taught(task) == {("up", "level", "down")[group]}


def test_at_the_border_neighbours_are_taught_too(make_task, make_batch) -> None:
    task = make_task(jitter=5.0)
    task.train_mode()
    border = torch.tensor([[0.0, 14.0, 0.0]]).repeat(64, 1)
    total(task.losses(make_batch(64, group=1, head_pose=border))).backward()
    assert taught(task) == {"level", "down"}


def test_nothing_is_jittered_when_weights_are_judged(make_task, make_batch) -> None:
    task = make_task(jitter=90.0)
    task.eval_mode()
    batch = make_batch()
    first, second = (total(task.losses(batch)).item() for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("loss", "times"), [("intensity", 3.0), ("occurrence", 3.0), ("discordance", 1.5), ("expression", 1.0)]
)
def test_the_aus_of_a_group_with_emphasis_teach_more(make_task, make_batch, loss, times) -> None:
    batch = make_batch(12)
    counts = []
    for emphasis in ({}, {"down": 3.0}):
        task = make_task(jitter=0.0, dropout=0.0, emphasis=emphasis)
        task.train_mode()
        task.losses(batch)[loss].backward()
        slopes = {name: head[2].weight.grad.norm() for name, head in task.network.heads.items()}
        counts.append(float(slopes["down"] / slopes["level"]))
    gained = counts[1] / counts[0]
    if loss == "discordance":  # a share of all faces' variance, so not in proportion
        assert gained > times
    else:
        assert gained == pytest.approx(times, rel=1e-4)


def test_losses_fall_and_predictions_follow_the_labels(make_task, make_batch) -> None:
    task = make_task(dropout=0.0, jitter=0.0, occurrence=1.0, expression=1.0)
    task.train_mode()
    batch = make_batch(24)
    optimiser = torch.optim.AdamW(task.network.parameters(), lr=3e-3)
    weights = task.weights(0)
    for _ in range(60):
        loss = sum(weights[name] * value for name, value in task.losses(batch).items())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    task.eval_mode()
    predicted = task.predict(batch)
    for column in range(3):
        pair = torch.stack([predicted["au_intensity"][:, column], batch.intensity[:, column]])
        assert torch.corrcoef(pair)[0, 1] > 0.9
    assert ((predicted["au_occurrence"] > 0.5) == batch.occurrence.bool()).float().mean() > 0.9
    assert (predicted["expression"].argmax(dim=1) == batch.expression).float().mean() > 0.9


def test_unknown_labels_and_poses_teach_nothing(make_task, make_batch) -> None:
    task = make_task()
    task.train_mode()
    nothing = torch.full((6, 3), NAN)
    batch = make_batch(
        6,
        intensity=nothing,
        occurrence=nothing,
        expression=torch.full((6,), -1),
        pose_group=torch.full((6,), -1),
        head_pose=nothing,
    )
    loss = total(task.losses(batch))
    loss.backward()
    assert loss.isfinite()
    assert all(p.grad is None or p.grad.isfinite().all() for p in task.network.parameters())


def test_the_bundle_routes_by_estimated_pose(make_task) -> None:
    routes = {
        "up": {"pitch": (-90.0, -12.0)},
        "level": {"pitch": (-12.0, 12.0)},
        "down": {"pitch": (12.0, 90.0)},
    }
    groups = make_task(routes=routes).export().pose_groups
    assert [(group["name"], group["pitch"]) for group in groups] == [
        ("up", [-90.0, -12.0]),
        ("level", [-12.0, 12.0]),
        ("down", [12.0, 90.0]),
    ]
    assert groups[2]["outputs"]["au_intensity"] == "au_intensity_down"
    labelled = make_task().export().pose_groups
    assert [group["pitch"] for group in labelled] == [[-90.0, -15.0], [-15.0, 15.0], [15.0, 90.0]]


def test_one_group_serves_any_pose(make_task) -> None:
    (group,) = make_task(groups={"any": PoseRange()}).export().pose_groups
    assert "pitch" not in group and "yaw" not in group


@pytest.mark.parametrize("inputs", [(), INPUTS], ids=["picture", "committee"])
def test_the_exported_network_says_the_same(make_task, make_batch, inputs) -> None:
    task, batch = make_task(inputs, rule_only=["AU12"]), make_batch(6, inputs)
    task.train_mode()
    task.network(batch.picture)  # so that batch norms have seen something
    task.eval_mode()
    exported = task.export().networks["head.onnx"]
    with torch.no_grad():
        scores = dict(zip(exported.outputs, exported.module(*batch.inputs.values()), strict=True))
        predicted = task.predict(batch)
    for row, group in enumerate(batch.pose_group.tolist()):
        name = ("up", "level", "down")[group]
        for output, values in predicted.items():
            torch.testing.assert_close(scores[f"{output}_{name}"][row], values[row], rtol=1e-3, atol=1e-4)
    assert not any(
        isinstance(module, torch.nn.BatchNorm2d) for module in exported.module.network.trunk.modules()
    )


@pytest.mark.parametrize(
    ("data", "options", "words"),
    [
        ({"picture": "whole"}, {}, 'data.picture is "whole"'),
        ({}, {}, "no pose groups"),
        (
            {"pose_groups": {"any": PoseRange()}, "inputs": ("pose",)},
            {},
            "data.inputs is \\['pose'\\]: leave it out",
        ),
        ({"pose_groups": {"any": PoseRange()}}, {"routes": {"some": {}}}, "differ in any, some"),
        ({"pose_groups": {"any": PoseRange()}}, {"emphasis": {"dwon": 2.0}}, "emphasis: no pose group dwon"),
        ({"pose_groups": {"any": PoseRange()}}, {"trust": {"dwon": 0.5}}, "trust: no pose group dwon"),
    ],
)
def test_recipes_that_cannot_work_are_refused(data, options, words) -> None:
    recipe = DataRecipe(size=32, colour="grey", **data)
    facts = Facts(aus=("AU12",), inputs={"crop": (1, 32, 32)}, pose_groups=tuple(recipe.pose_groups))
    with pytest.raises(RecipeError, match=words):
        MultiAuTask(MultiAuOptions(**options), facts, recipe)


def test_the_committee_learns_its_line_and_leaves_the_picture_alone(make_task, make_batch) -> None:
    task, batch = make_task(INPUTS, jitter=0.0), make_batch(12, INPUTS)
    task.train_mode()
    losses = task.losses(batch)
    losses["joint"].backward()
    committee = task.networks["committee"]
    assert committee.gain.grad.abs().max() > 0 and committee.shift.grad.abs().max() > 0
    assert all(weight.grad is None for weight in task.network.parameters())


def test_preparation_counts_rare_aus(make_task) -> None:
    task = make_task(INPUTS)
    occurrence = np.zeros((300, 3), np.float32)
    occurrence[:75, 0], occurrence[:3, 1] = 1.0, 1.0
    task.prepare(SimpleNamespace(columns={"occurrence": occurrence}, epoch=np.arange(300)))
    assert task._rarity.tolist() == pytest.approx([2.0, 12**0.5, 12**0.5])
