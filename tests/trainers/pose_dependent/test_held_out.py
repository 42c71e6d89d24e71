"""One network per AU, put together on the people who are held out."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from trainers.pose_dependent.compared import compared
from trainers.pose_dependent.fields_by_pose import fields_by_pose
from trainers.pose_dependent.filtering import median_filtered
from trainers.pose_dependent.held_out import PerModel, estimate, estimator_of, held_out
from trainers.training.facts import facts_of
from trainers.training.predicting import predict
from trainers.training.train import new_task, split_of

CPU = torch.device("cpu")


@pytest.fixture
def networks(recipe, faces):
    """Networks of two AUs whose pose estimators have opinions of their own."""

    def one(model: str, au: str, seed: int):
        made = recipe(model, f'data.aus=["{au}"]', f"training.seed={seed}")
        part = faces.with_aus([au])
        task = new_task(made, facts_of(part, split_of(made, part), made.data))
        if model == "dependent":
            torch.nn.init.normal_(task.network.pose[-1].weight, std=5.0)
            for regressor in task.network.regressors.values():
                torch.nn.init.normal_(regressor[-1].weight, std=0.5)
        task.eval_mode()
        return task

    aus = ("AU04", "AU12")
    return PerModel(
        *(
            {au: one(model, au, seed + number) for number, au in enumerate(aus)}
            for model, seed in (("invariant", 0), ("dependent", 5))
        )
    )


@pytest.fixture
def seen(recipe, faces):
    made = recipe("dependent")
    return held_out(faces, split_of(made, faces), made.data)


def test_held_out_rows_are_those_of_validation_and_test(seen, faces) -> None:
    assert np.array_equal(seen.samples.rows, np.flatnonzero(faces.partition != "train"))
    for name, mask in seen.partitions.items():
        assert set(seen.corpus.partition[mask]) == {name}
    assert set(seen.group.tolist()) == {0, 1, 2}


def test_au12s_pose_estimator_serves_all_aus(networks, seen) -> None:
    made = estimate(networks, seen, CPU)
    assert list(made.pose) == ["AU12"]
    parts = {
        au: predict(task, seen.samples, lambda batch, task=task: task.estimates(batch)._asdict())
        for au, task in networks.dependent.items()
    }
    winner = parts["AU12"]["pose"].argmax(axis=1)
    own = parts["AU04"]["pose"].argmax(axis=1)
    assert (winner != own).any()
    rows = np.arange(len(winner))
    raw = np.stack([5 * parts[au]["by_group"][rows, winner, 0] for au in networks.dependent], axis=1)
    np.testing.assert_allclose(made.intensity["pose-dependent"], median_filtered(raw, seen.corpus), atol=1e-5)
    one = predict(networks.invariant["AU12"], seen.samples)["au_intensity"]
    np.testing.assert_allclose(
        made.intensity["pose-invariant"][:, 1:], median_filtered(one, seen.corpus), atol=1e-5
    )


def test_without_au12_each_has_its_own(networks, seen) -> None:
    assert (estimator_of("AU04", ("AU04", "AU12")), estimator_of("AU04", ("AU04",))) == ("AU12", "AU04")
    alone = PerModel(*({"AU04": each["AU04"]} for each in networks))
    made = estimate(alone, seen, CPU)
    assert list(made.pose) == ["AU04"]


def test_pictures_are_read_once_for_all_networks(networks, seen) -> None:
    counted = []
    estimate(networks, seen, CPU, counted.append)
    assert sum(counted) == len(seen.corpus)


def test_the_mixed_model_is_chosen_on_validation_people_only(networks, seen, faces) -> None:
    made = estimate(networks, seen, CPU)
    validation, test = seen.partitions["validation"], seen.partitions["test"]
    labels = np.nan_to_num(seen.corpus.intensity)
    # Of AU04 the pose-dependent model is right on validation people and wrong on test people; of AU12 never.
    good, bad = labels, 5 - labels
    made.intensity["pose-invariant"][:] = np.where(validation[:, None], bad, good)
    made.intensity["pose-invariant"][:, 1] = good[:, 1]
    made.intensity["pose-dependent"][:] = np.where(validation[:, None], good, bad)
    made.intensity["pose-dependent"][:, 1] = bad[:, 1]
    parts = {
        name: compared(name, seen, [made], ("AU04", "AU12"), rendered=True, seed=0)
        for name in ("validation", "test")
    }
    assert [part.mixture for part in parts.values()] == [("AU04",)] * 2
    mixture = parts["test"].first["mixed"].predictions.intensity
    assert np.array_equal(mixture, np.stack([bad[test, 0], good[test, 1]], axis=1).astype(np.float32))


def test_receptive_fields_of_a_group_are_of_its_own_regressor(networks, seen) -> None:
    made = estimate(networks, seen, CPU)
    rows = seen.partitions["validation"]
    counted = []
    found = fields_by_pose(
        networks.dependent, made.intensity["pose-dependent"], seen, rows, CPU, seed=0, progress=counted.append
    )
    # The corpus names no views: its poses are the pitch groups, all facing the camera.
    assert found.groups == ("up front", "level front", "down front")
    assert found.fields.shape == (2, 3, 32, 32) and sum(counted) == 6
    assert (found.samples > 0).all() and np.isfinite(found.fields).all()
    for parameter in networks.dependent["AU12"].network.regressors["up"].parameters():
        parameter.data.zero_()
    again = fields_by_pose(networks.dependent, made.intensity["pose-dependent"], seen, rows, CPU, seed=0)
    assert (again.fields[1, 0] == 0).all()
    np.testing.assert_array_equal(again.fields[:, 1:], found.fields[:, 1:])
    np.testing.assert_array_equal(again.fields[0], found.fields[0])
