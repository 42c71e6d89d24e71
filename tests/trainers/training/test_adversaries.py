"""Tasks whose networks learn against each other: each step moves its own weights, and no other's."""

from __future__ import annotations

import pytest
import torch

from trainers.training.errors import TrainingError
from trainers.training.metrics_log import read
from trainers.training.task import Step
from trainers.training.task_names import TASKS


def test_steps_are_taken_turn_by_turn(toy, trained, tmp_path) -> None:
    result = trained(toy("duel"), tmp_path / "run")
    assert result.task.log == ["judge", "judge", "player"] * 4
    lines = read(result.run.metrics)
    assert sorted(lines[-1]["train"]) == ["loss/au", "loss/fooled", "loss/judge"]
    assert lines[-1]["train"]["loss/au"] < lines[1]["train"]["loss/au"]
    assert list(lines[-1]["lr"]) == ["player", "judge"]


@pytest.mark.parametrize(("iterations", "moved"), [(1, {"judge"}), (3, {"judge", "player"})])
def test_a_step_moves_its_own_weights_only(toy, trained, tmp_path, iterations, moved) -> None:
    still = trained(toy("duel", "optimiser.lr=1e-30", length="iterations = 1"), tmp_path / "still").task
    task = trained(toy("duel", length=f"iterations = {iterations}"), tmp_path / "run").task
    changed = {
        name
        for name in task.networks
        for a, b in zip(task.networks[name].parameters(), still.networks[name].parameters(), strict=True)
        if not torch.equal(a, b)
    }
    assert changed == moved


def test_the_others_weights_take_no_gradient_meanwhile(
    toy, trained, tmp_path, toy_tasks, monkeypatch
) -> None:
    seen = []

    class Watched(toy_tasks.Duel):
        def player_losses(self, batch):
            losses = super().player_losses(batch)
            judge = next(self.networks["judge"].parameters())
            player = next(self.networks["player"].parameters())
            seen.append((judge.requires_grad, player.requires_grad, losses["fooled"].requires_grad))
            return losses

    monkeypatch.setitem(TASKS, "duel", Watched)
    task = trained(toy("duel"), tmp_path / "run").task
    assert seen == [(False, True, True)] * 4  # the judge's verdict still reaches the player
    assert all(weight.requires_grad for network in task.networks.values() for weight in network.parameters())


def test_each_optimiser_has_its_own_rate(toy, trained, tmp_path) -> None:
    made = toy("duel", "optimisers.judge.lr=0.5", "optimisers.judge.schedule=linear")
    lines = read(trained(made, tmp_path / "run").run.metrics)
    assert lines[0]["lr"] == {"player": 0.01, "judge": 0.5}
    assert lines[-1]["lr"]["judge"] == pytest.approx(0.5 / 12)


def test_a_step_can_be_taken_several_times_on_a_batch(toy, trained, tmp_path, toy_tasks, monkeypatch) -> None:
    class Eager(toy_tasks.Duel):
        def steps(self, iteration):
            return [Step("judge", self.judge_losses, times=3), Step("player", self.player_losses)]

    monkeypatch.setitem(TASKS, "duel", Eager)
    task = trained(toy("duel", length="iterations = 2"), tmp_path / "run").task
    assert task.log == ["judge", "judge", "judge", "player"] * 2


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        (
            lambda task: [Step("referee", task.judge_losses)],
            "names optimiser 'referee', there are player, judge",
        ),
        (lambda task: [Step("judge", task.judge_losses)] * 2, "two steps name a loss 'loss/judge'"),
        (lambda task: [Step("judge", lambda batch: {})], "gives no loss"),
    ],
)
def test_a_task_that_contradicts_itself(
    toy, trained, tmp_path, toy_tasks, monkeypatch, steps, message
) -> None:
    class Odd(toy_tasks.Duel):
        def steps(self, iteration):
            return steps(self)

    monkeypatch.setitem(TASKS, "duel", Odd)
    with pytest.raises(TrainingError, match=message):
        trained(toy("duel"), tmp_path / "run")
