"""Which weights learn at each stage, from what; which rows meet; what a resume takes back."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from hand_made import occurrence_batch
from torch.nn import functional

from trainers.cycle_attention.cycle_options import (
    D_AUXILIARY,
    D_SOURCE,
    TO_AUXILIARY,
    TO_SOURCE,
    CycleAttentionOptions,
)
from trainers.cycle_attention.cycle_task import (
    CYCLE,
    DECEPTION,
    DISCRIMINATION,
    GENERATORS,
    IDENTITY,
    CycleAttentionTask,
)
from trainers.cycle_attention.expression_task import ATTENTION, EXPRESSION
from trainers.cycle_attention.teacher import CLASSIFIER
from trainers.training.batch import Batch
from trainers.training.errors import RecipeError, TrainingError
from trainers.training.facts import Facts
from trainers.training.optimisers import Turns, make_optimiser
from trainers.training.recipe import DataRecipe, OptimiserRecipe

FACTS = Facts(aus=(), inputs={"crop": (1, 32, 32)}, domains=("studio", "wild"))
SMALL = {
    "backbone": "slim_resnet",
    "weights": "random",
    "pooled": False,
    "neck": 4,
    "width": 4,
    "blocks": 1,
    "discriminator_width": 4,
    "discriminator_layers": 1,
}


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def make_task(**options) -> CycleAttentionTask:
    torch.manual_seed(0)
    return CycleAttentionTask(
        CycleAttentionOptions(**{**SMALL, **options}), FACTS, DataRecipe(size=32, colour="grey")
    )


def make_batch(n: int = 8) -> Batch:
    torch.manual_seed(1)
    batch = occurrence_batch(torch.zeros(n, 0))
    domain = torch.arange(n) % 2
    # Nobody labelled those of the web.
    expression = torch.where(domain == 0, torch.arange(n) % 7, -1)
    return dataclasses.replace(batch, domain=domain, expression=expression)


class FromAnother:
    """A teacher whose maps are of its own."""

    def __init__(self, task: CycleAttentionTask) -> None:
        self.classifier, self.seen = make_task().classifier.eval(), []

    def maps(self, picture, layers):
        self.seen.append(picture)
        with torch.no_grad():
            return self.classifier.maps(picture, layers)[0]


def moved_by(task: CycleAttentionTask, iteration: int, batch: Batch) -> list[set[str]]:
    """Return the networks that each step of an iteration moves."""
    optimisers = {
        name: make_optimiser(OptimiserRecipe(kind="sgd", lr=0.1, momentum=0.0), groups)
        for name, groups in task.optimisers().items()
    }
    turns, moved = Turns(optimisers), []
    for step in task.steps(iteration):
        before = {
            (name, key): value.clone()
            for name, network in task.networks.items()
            for key, value in network.named_parameters()
        }
        turns.select(step.optimiser)
        sum(step.losses(batch).values()).backward()
        optimisers[step.optimiser].step()
        optimisers[step.optimiser].zero_grad(set_to_none=True)
        moved.append(
            {
                name
                for name, network in task.networks.items()
                for key, value in network.named_parameters()
                if not torch.equal(value, before[name, key])
            }
        )
    turns.release()
    return moved


BOTH, JUDGES = {TO_AUXILIARY, TO_SOURCE}, {D_SOURCE, D_AUXILIARY}


@pytest.mark.parametrize(
    ("options", "iteration", "moved"),
    [
        ({"classifier": False}, 0, [BOTH, JUDGES]),
        ({"alone": 2}, 1, [BOTH, JUDGES]),  # stage I
        ({"alone": 2}, 2, [BOTH | {CLASSIFIER}, JUDGES]),  # stage II, equation (9)
        ({"generators": "given"}, 0, [{CLASSIFIER}]),
        ({"generators": "given", "held": False}, 0, [BOTH | {CLASSIFIER}, JUDGES]),
    ],
)
def test_each_stage_moves_its_networks_and_no_other(options, iteration, moved) -> None:
    assert moved_by(make_task(**options), iteration, make_batch()) == moved


def test_the_generator_is_taught_by_what_the_classifier_reads() -> None:
    task, batch = make_task(), make_batch()
    first, _ = task.steps(0)
    first.losses(batch)[EXPRESSION].backward()
    assert all(weight.grad is not None for weight in task.networks[TO_AUXILIARY].parameters())
    assert all(weight.grad is None for weight in task.networks[TO_SOURCE].parameters())


def test_losses_are_the_equations() -> None:
    task, batch = make_task(adversarial="log"), make_batch()
    task.eval_mode()
    task._teacher = FromAnother(task)
    first, second = task.steps(0)
    losses = first.losses(batch)
    studio, web = (batch.picture[batch.domain == domain] for domain in (0, 1))
    forth, back = task.networks[TO_AUXILIARY], task.networks[TO_SOURCE]
    made = forth(studio), back(web)
    judged = task.networks[D_AUXILIARY](made[0]), task.networks[D_SOURCE](made[1])
    close = torch.testing.assert_close
    close(losses[DECEPTION], -sum(score.sigmoid().log().mean() for score in judged))
    close(losses[CYCLE], (back(made[0]) - studio).abs().mean() + (forth(made[1]) - web).abs().mean())
    read = task.classifier(made[0])
    close(losses[EXPRESSION], functional.cross_entropy(read, batch.expression[batch.domain == 0]))
    # The teacher sees what was given, the classifier what was made of it.
    assert torch.equal(task._teacher.seen[0], studio)
    assert 0 < losses[ATTENTION] < 3
    real = task.networks[D_AUXILIARY](web), task.networks[D_SOURCE](studio)
    wanted = [
        -(yes.sigmoid().log().mean() + (1 - no.sigmoid()).log().mean()) / 2
        for yes, no in zip(real, judged, strict=True)
    ]
    close(second.losses(batch)[DISCRIMINATION], sum(wanted))


def test_discriminators_also_see_what_was_made_before() -> None:
    task = make_task(pool=4)
    first, second = task.steps(0)
    for _ in range(3):
        first.losses(make_batch())
        second.losses(make_batch())
    state = task.extra_state()
    assert {name: len(kept) for name, kept in state.items()} == {D_SOURCE: 4, D_AUXILIARY: 4}
    assert not any(kept.requires_grad for kept in state.values())
    again = make_task(pool=4)
    again.load_extra_state(state)
    assert all(torch.equal(value, state[name]) for name, value in again.extra_state().items())


class Rows:
    """Training rows of which only domains are looked at."""

    def __init__(self, domain: list[int]) -> None:
        self.columns = {"domain": np.array(domain)}
        self.epoch = np.arange(len(domain))


def test_every_batch_has_as_many_of_both_domains() -> None:
    task, rows = make_task(), Rows([0] * 7 + [1] * 3)
    drawn = task.draw(rows, np.random.default_rng(0))
    assert len(drawn) == 14
    assert rows.columns["domain"][drawn].tolist() == [0, 1] * 7
    assert sorted(drawn[::2].tolist()) == list(range(7))
    assert set(drawn[1::2].tolist()) == {7, 8, 9}


def test_a_domain_without_pictures_is_refused() -> None:
    with pytest.raises(
        TrainingError, match="no training picture is of domain 'wild', there are studio, wild"
    ):
        make_task().prepare(Rows([0, 0]))


def test_weights_are_lambda_and_beta() -> None:
    task = make_task(cycle=5.0, identity=0.5, expression=2.0, beta=3.0)
    assert task.weights(0) == {CYCLE: 5.0, IDENTITY: 2.5, EXPRESSION: 2.0, ATTENTION: 6.0}
    assert set(task.optimisers()) == {GENERATORS, "discriminators"}


def test_the_sheet_has_a_row_for_each_picture() -> None:
    task, batch = make_task(), make_batch()
    task.eval_mode()
    with torch.no_grad():
        sheets = task.pictures(batch)
    assert {name: sheet.shape for name, sheet in sheets.items()} == {
        TO_AUXILIARY: (4 * 32, 3 * 32, 3),
        TO_SOURCE: (4 * 32, 3 * 32, 3),
    }
    given = sheets[TO_AUXILIARY][:32, :32, 0]
    first = batch.picture[batch.domain == 0][0, 0].clamp(-1, 1)
    assert np.abs(given - ((first + 1) * 127.5).numpy()).max() <= 0.5


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (DataRecipe(size=30), "data.size is 30: take a multiple of 4"),
        (DataRecipe(size=32, mean=(0.5, 0.4, 0.4)), "generators make pixels from -1 to 1"),
    ],
)
def test_pictures_that_a_generator_cannot_make_are_refused(data, fault) -> None:
    with pytest.raises(RecipeError, match=fault):
        CycleAttentionTask(CycleAttentionOptions(**SMALL), FACTS, data)


def test_options_that_contradict_themselves_are_refused() -> None:
    with pytest.raises(ValueError, match="classifier is false: leave teacher and start empty"):
        CycleAttentionOptions(classifier=False, teacher="run")
    with pytest.raises(ValueError, match="generators are held: nothing is left to learn"):
        CycleAttentionOptions(classifier=False, generators="run")
    assert not CycleAttentionOptions(classifier=False, generators="run", held=False).held
    with pytest.raises(ValueError, match="name two domains"):
        CycleAttentionOptions(source="wild")
