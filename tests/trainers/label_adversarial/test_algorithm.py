"""Algorithm 1: whose turn it is, what each update moves, what it is taught by."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hand_made import occurrence_batch
from torch.nn import functional

from trainers.label_adversarial.task import (
    DECEPTION,
    DISCRIMINATION,
    DISCRIMINATOR,
    RECOGNISER,
    RECOGNITION,
    LabelAdversarialOptions,
    LabelAdversarialTask,
)
from trainers.training.batch import Batch
from trainers.training.errors import RecipeError, TrainingError
from trainers.training.facts import Facts
from trainers.training.optimisers import Turns, make_optimiser
from trainers.training.recipe import DataRecipe, OptimiserRecipe

AUS = ("AU01", "AU12", "AU17")


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def make_task(**options) -> LabelAdversarialTask:
    data = DataRecipe(size=32, colour="grey")
    torch.manual_seed(0)
    small = {"backbone": "slim_resnet", "weights": "random", "pooled": False, "neck": 4, "hidden": 8}
    made = LabelAdversarialOptions(**{**small, **options})
    return LabelAdversarialTask(made, Facts(aus=AUS, inputs={"crop": (1, 32, 32)}), data)


class Rows:
    """Training rows of which only labels are looked at."""

    def __init__(self, occurrence: np.ndarray) -> None:
        self.columns = {"occurrence": occurrence.astype(np.float32)}
        self.epoch = np.arange(len(occurrence))


LABELS = np.array([[0, 1, 1], [1, 0, 0], [0, np.nan, 1], [np.nan] * 3, [0, 1, 1]])


def make_batch(n: int = 6) -> Batch:
    torch.manual_seed(1)
    occurrence = torch.randint(0, 2, (n, 3)).float()
    occurrence[1] = torch.nan
    return occurrence_batch(occurrence)


@pytest.mark.parametrize(
    ("options", "turns"),
    [
        ({}, "DRDRDR"),
        ({"discriminator_turns": 2}, "DDRDDR"),
        ({"recogniser_turns": 3}, "DRRRDR"),
        ({"alpha": 0.0}, "RRRRRR"),
    ],
)
def test_turns_alternate_as_the_algorithm_says(options, turns) -> None:
    task = make_task(**options)
    assert "".join(task.turn(iteration)[0].upper() for iteration in range(6)) == turns
    for iteration in range(6):
        (step,) = task.steps(iteration)
        assert step.optimiser == task.turn(iteration)


@pytest.mark.parametrize(("iteration", "moving"), [(0, DISCRIMINATOR), (1, RECOGNISER)])
def test_an_update_moves_one_network_only(iteration, moving) -> None:
    task = make_task(alpha=0.5)
    task.prepare(Rows(LABELS))
    optimisers = {
        name: make_optimiser(OptimiserRecipe(lr=0.1), groups) for name, groups in task.optimisers().items()
    }
    before = {
        name: [w.detach().clone() for w in network.parameters()] for name, network in task.networks.items()
    }
    (step,) = task.steps(iteration)
    turns = Turns(optimisers)
    turns.select(step.optimiser)
    weights = task.weights(iteration)
    sum(weights.get(name, 1.0) * value for name, value in step.losses(make_batch()).items()).backward()
    optimisers[step.optimiser].step()
    turns.release()
    for name, network in task.networks.items():
        same = [torch.equal(a, b) for a, b in zip(network.parameters(), before[name], strict=True)]
        assert all(same) != (name == moving), name


def test_the_recogniser_is_taught_by_equation_4_without_saturating() -> None:
    task, batch = make_task(alpha=0.25), make_batch()
    task.prepare(Rows(LABELS))
    task.eval_mode()
    said = task.recogniser(batch.picture).sigmoid()
    known = ~batch.occurrence.isnan().any(dim=1)
    y, p = batch.occurrence[known], said[known]
    by_hand = -(y * p.log() + (1 - y) * (1 - p).log()).sum(dim=1).mean()  # equation (5), mean over T1
    deceived = -torch.sigmoid(task.discriminator(said)).log().mean()  # of all faces
    losses = task.losses(batch)
    torch.testing.assert_close(losses[RECOGNITION], by_hand, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(losses[DECEPTION], deceived, rtol=1e-4, atol=1e-5)
    assert task.weights(0) == {RECOGNITION: 0.75, DECEPTION: 0.25}


def test_the_discriminator_is_taught_by_equation_3() -> None:
    task, batch = make_task(), make_batch()
    task.prepare(Rows(LABELS[:1].repeat(4, axis=0)))  # every real label is the same
    task.eval_mode()
    real = task.discriminator(torch.tensor([[0.0, 1.0, 1.0]]))
    fake = task.discriminator(task.recogniser(batch.picture).sigmoid())
    by_hand = -(torch.sigmoid(real).log().mean() + (1 - torch.sigmoid(fake)).log().mean())
    (step,) = task.steps(0)
    torch.testing.assert_close(step.losses(batch)[DISCRIMINATION], by_hand, rtol=1e-4, atol=1e-5)


def test_masked_labels_have_no_gradient() -> None:
    """What an unlabelled face is said to show moves nothing but through D."""
    task, batch = make_task(alpha=0.0), make_batch()
    task.eval_mode()
    logits = task.recogniser(batch.picture).detach().requires_grad_()
    task._recognition(logits, batch).backward()
    assert bool((logits.grad[1] == 0).all()) and bool((logits.grad[0] != 0).all())
    assert set(task.losses(batch)) == {RECOGNITION}
    with_d = make_task(alpha=0.5)
    with_d.prepare(Rows(LABELS))
    with_d.eval_mode()
    logits = with_d.recogniser(batch.picture).detach().requires_grad_()
    functional.softplus(-with_d.discriminator(logits.sigmoid())).mean().backward()
    assert bool((logits.grad[1] != 0).any())


def test_real_labels_are_whole_ones_that_occur() -> None:
    task = make_task()
    task.prepare(Rows(LABELS))
    drawn = {tuple(row) for row in task._real(200).tolist()}
    assert drawn == {(0.0, 1.0, 1.0), (1.0, 0.0, 0.0)}


def test_labels_that_are_nowhere_whole_are_refused() -> None:
    task = make_task()
    with pytest.raises(TrainingError, match="no training face has a label for every AU"):
        task.prepare(Rows(LABELS[2:4]))
    make_task(alpha=0.0).prepare(Rows(LABELS[2:4]))


def test_inputs_that_do_not_fit_are_refused() -> None:
    facts = Facts(aus=AUS, inputs={"blendshapes": (52,)})
    options = LabelAdversarialOptions(backbone="slim_resnet", weights="random")
    with pytest.raises(
        RecipeError, match="^task label-adversarial: sees a picture and nothing else, not blend"
    ):
        LabelAdversarialTask(options, facts, DataRecipe(picture="none", inputs=("blendshapes",)))
