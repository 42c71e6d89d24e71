"""Networks of one AU that start from one of all AUs."""

from __future__ import annotations

import pytest
import torch

from trainers.pose_dependent.warm_start import start_from
from trainers.training.errors import TrainingError
from trainers.training.facts import facts_of
from trainers.training.loading import load_run
from trainers.training.train import new_task, split_of


@pytest.fixture(scope="module", params=["invariant", "dependent"])
def together(request, recipe, trained, tmp_path_factory):
    """A short run of AU04 and AU12, and its recipe's name."""
    folder = tmp_path_factory.mktemp("together")
    trained(recipe(request.param), folder)
    return folder, request.param


def alone(recipe, name, faces, au, *changes):
    own = recipe(name, f'data.aus=["{au}"]', *changes)
    corpus = faces.with_aus((au,))
    return new_task(own, facts_of(corpus, split_of(own, corpus), own.data))


@pytest.mark.parametrize(("column", "au"), [(0, "AU04"), (1, "AU12")])
def test_it_says_of_its_au_what_the_other_said(together, recipe, faces, column, au) -> None:
    folder, name = together
    task = alone(recipe, name, faces, au, f'task.weights="{folder}"')
    notes = task.pretrain()
    assert len(notes) == 1 and f"{folder.name}, sha256 " in notes[0]
    task.eval_mode()
    pictures = torch.rand(3, 1, 32, 32)
    with torch.no_grad():
        one, all_of_them = task.network(pictures), load_run(folder).task.network(pictures)
    if name == "dependent":
        torch.testing.assert_close(one.by_group[..., 0], all_of_them.by_group[..., column])
        torch.testing.assert_close(one.pose, all_of_them.pose)
    else:
        torch.testing.assert_close(one[:, 0], all_of_them[:, column])


def test_a_run_starts_from_it(together, recipe, faces, trained, tmp_path) -> None:
    folder, name = together
    started = recipe(name, 'data.aus=["AU12"]', f'task.weights="{folder}"', "training.iterations=1")
    result = trained(started, tmp_path, corpus=faces.with_aus(("AU12",)))
    before, after = (load_run(run).task.network.trunk.state_dict() for run in (folder, tmp_path))
    changed = max(float((before[key] - after[key]).abs().max()) for key in before if "weight" in key)
    assert result.iteration == 1 and changed < 0.01


def test_what_does_not_fit_is_named(together, recipe, faces) -> None:
    folder, name = together
    task = alone(recipe, name, faces, "AU12")
    with pytest.raises(TrainingError, match="the run has no AU09, only AU04, AU12"):
        start_from(task.network, ("AU09",), folder)
    other = alone(recipe, {"invariant": "dependent", "dependent": "invariant"}[name], faces, "AU12")
    with pytest.raises(TrainingError, match="do not fit .*: start from a run of the same task, backbone"):
        start_from(other.network, ("AU12",), folder)
    with pytest.raises(TrainingError, match="nowhere"):
        start_from(task.network, ("AU12",), folder / "nowhere")
