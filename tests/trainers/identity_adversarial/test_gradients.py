"""Who learns what: the three lines of equation (5), equation (4), and what is frozen."""

from __future__ import annotations

import pytest
import torch
from hand_made import occurrence_batch
from torch import nn

from trainers.identity_adversarial.network import IdentityAdversarial
from trainers.identity_adversarial.task import (
    ACTION_UNITS,
    IDENTITY,
    REVERSED,
    IdentityAdversarialOptions,
    IdentityAdversarialTask,
)
from trainers.training.batch import Batch
from trainers.training.errors import RecipeError
from trainers.training.facts import Facts
from trainers.training.masked_losses import class_entropy, cross_entropy_of_logits
from trainers.training.recipe import DataRecipe

AUS = ("AU01", "AU12", "AU17")
ALPHA = 0.3


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def make_task(identity: str, *, inputs=(), **options) -> IdentityAdversarialTask:
    data = DataRecipe(size=32, colour="grey", inputs=inputs)
    shapes = {"crop": (1, 32, 32), "landmarks": (478, 3)}
    facts = Facts(
        aus=AUS, inputs={kind: shapes[kind] for kind in ("crop", *inputs)}, subjects=("S1", "S2", "S3", "S4")
    )
    torch.manual_seed(0)
    small = {"backbone": "slim_resnet", "weights": "random", "features": 12, "neck": 4, "frozen": 0}
    made = IdentityAdversarialOptions(identity=identity, alpha=ALPHA, dropout=0.0, **{**small, **options})
    task = IdentityAdversarialTask(made, facts, data)
    task.eval_mode()  # batch statistics stay: gradients of the same network can be compared
    return task


@pytest.fixture
def batch() -> Batch:
    torch.manual_seed(1)
    n = 8
    occurrence = torch.randint(0, 2, (n, 3)).float()
    occurrence[0, 1] = torch.nan
    subject = torch.arange(n) % 4
    subject[3] = -1
    return occurrence_batch(occurrence, subject)


def parts(network: IdentityAdversarial) -> dict[str, list[nn.Parameter]]:
    return {
        "net": network.feature_layers(),
        "au": list(network.action_units.parameters()),
        "identity": list(network.identity.parameters()),
    }


def plain(network: IdentityAdversarial, batch: Batch, loss: str) -> dict[str, list[torch.Tensor]]:
    """The gradients of one of the paper's losses by itself, of each set of weights."""
    features = network.features(batch.picture)
    value = {
        ACTION_UNITS: lambda: cross_entropy_of_logits(network.action_units(features), batch.occurrence),
        IDENTITY: lambda: class_entropy(network.identity(features), batch.subject),
    }[loss]()
    found = {}
    for name, weights in parts(network).items():
        gradients = torch.autograd.grad(value, weights, retain_graph=True, allow_unused=True)
        found[name] = [
            torch.zeros_like(w) if g is None else g for w, g in zip(weights, gradients, strict=True)
        ]
    return found


@pytest.mark.parametrize(
    ("identity", "net", "head"),
    [("adversarial", -ALPHA, 1.0), ("joint", ALPHA, ALPHA), ("ignored", 0.0, 0.0)],
)
def test_each_set_of_weights_descends_its_own_loss(identity, net, head, batch) -> None:
    """theta_Net: L_AU - alpha L_ID; theta_AU: L_AU; theta_ID: L_ID. Joint: L_AU + alpha L_ID in all."""
    task = make_task(identity)
    of_au, of_identity = (plain(task.network, batch, loss) for loss in (ACTION_UNITS, IDENTITY))
    weights, gradients = task.weights(0), {}
    for step in task.steps(0):
        own = [w for group in task.optimisers()[step.optimiser] for w in group.parameters]
        loss = sum(weights.get(name, 1.0) * value for name, value in step.losses(batch).items())
        for weight, gradient in zip(own, torch.autograd.grad(loss, own, allow_unused=True), strict=True):
            assert id(weight) not in gradients  # nothing is moved twice
            gradients[id(weight)] = gradient
    for name, factor in (("net", net), ("au", 0.0), ("identity", head)):
        moved = False
        for weight, a, b in zip(parts(task.network)[name], of_au[name], of_identity[name], strict=True):
            expected = a + factor * b
            gradient = gradients[id(weight)]
            given = torch.zeros_like(weight) if gradient is None else gradient
            torch.testing.assert_close(given, expected, rtol=1e-4, atol=1e-6)
            moved = moved or bool((factor * b).abs().max() > 1e-5)
        assert moved == (factor != 0 and name != "au"), f"{name}: the identity plays no part in this"


def test_the_head_for_people_learns_on_the_features_that_climbed_its_loss(batch) -> None:
    task = make_task("adversarial", head_turns=3)
    climb, head = task.steps(0)
    assert (climb.times, head.times) == (1, 3)
    seen = task.network.features(batch.picture).detach()
    climb.losses(batch)
    with torch.no_grad():  # the features move on, the batch's stay
        for weight in task.network.feature_layers():
            weight.zero_()
    loss = head.losses(batch)[IDENTITY]
    torch.testing.assert_close(loss, class_entropy(task.network.identity(seen), batch.subject))
    loss.backward()
    assert all(weight.grad is None for weight in task.network.feature_layers())


def test_frozen_groups_learn_nothing_and_count_nothing(batch) -> None:
    task = make_task("adversarial", frozen=2)
    network = task.network
    frozen = [weight for k in range(3) for weight in network.trunk.features[k].parameters()]
    assert frozen and not any(weight.requires_grad for weight in frozen)
    assert all(weight.requires_grad for weight in network.trunk.features[3].parameters())
    before = {name: value.clone() for name, value in network.state_dict().items()}
    task.train_mode()
    optimiser = torch.optim.SGD([w for w in network.parameters() if w.requires_grad], lr=0.1)
    sum(task.losses(batch).values()).backward()
    optimiser.step()
    changed = {name for name, value in network.state_dict().items() if not torch.equal(value, before[name])}
    assert changed and not any(name.startswith(f"trunk.features.{k}.") for name in changed for k in range(3))
    assert any(name.startswith("trunk.features.3.") for name in changed)


def test_a_face_of_nobody_known_teaches_the_aus_only(batch) -> None:
    task = make_task("adversarial")
    unknown = batch[batch.subject == -1]
    assert float(task.losses(unknown)[REVERSED].detach()) == 0.0
    assert float(task.losses(unknown)[ACTION_UNITS].detach()) > 0.0
    assert set(task.validation_losses(batch)) == {ACTION_UNITS}


@pytest.mark.parametrize(
    ("inputs", "attention"), [((), True), (("landmarks",), False), (("blendshapes",), False)]
)
def test_inputs_that_do_not_fit_are_refused(inputs, attention) -> None:
    shapes = {"crop": (1, 32, 32), "landmarks": (478, 3), "blendshapes": (52,)}
    facts = Facts(aus=AUS, inputs={kind: shapes[kind] for kind in ("crop", *inputs)})
    options = IdentityAdversarialOptions(backbone="slim_resnet", weights="random", attention=attention)
    with pytest.raises(
        RecipeError, match=r"^task identity-adversarial: sees crop.*: with task.attention set"
    ):
        IdentityAdversarialTask(options, facts, DataRecipe(size=32, colour="grey", inputs=inputs))


def test_vgg_keeps_imagenets_fc6_and_has_an_fc7_of_its_own() -> None:
    task = make_task("ignored", backbone="vgg16", features=8)
    trunk = task.network.trunk
    assert [name for name, _ in trunk.fully_connected.named_parameters()] == ["0.weight", "0.bias"]
    with torch.no_grad():
        assert task.network.features(torch.zeros(1, 1, 32, 32)).shape == (1, 8)
