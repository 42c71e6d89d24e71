"""What features know of people, and what they are worth on another corpus."""

from __future__ import annotations

import numpy as np
import pytest

from trainers.identity_adversarial.probe import named_more, subject_probe
from trainers.identity_adversarial.published import published, published_table
from trainers.identity_adversarial.transfer import linear_transfer
from trainers.protocols import Split

PEOPLE, FRAMES = 6, 40


def people() -> tuple[np.ndarray, np.ndarray]:
    return np.repeat([f"S{k}" for k in range(PEOPLE)], FRAMES), np.tile(np.arange(FRAMES), PEOPLE)


def test_features_that_tell_people_apart_are_found_out() -> None:
    subject, order = people()
    rng = np.random.default_rng(0)
    mark = np.repeat(rng.normal(0, 3, (PEOPLE, 5)), FRAMES, axis=0)
    told = subject_probe(mark + rng.normal(0, 1, mark.shape), subject, order, seed=0)
    assert told.accuracy.value > 0.9 and told.accuracy.low <= told.accuracy.value <= told.accuracy.high
    assert told.chance == pytest.approx(1 / PEOPLE)
    assert told.subject.tolist() == [f"S{k}" for k in range(PEOPLE) for _ in range(12)]
    assert told.right.mean() == pytest.approx(told.accuracy.value)


def test_two_networks_are_compared_on_the_same_people() -> None:
    subject, order = people()
    rng = np.random.default_rng(3)
    mark, noise = (
        np.repeat(rng.normal(0, 1, (PEOPLE, 5)), FRAMES, axis=0),
        rng.normal(0, 1, (len(subject), 5)),
    )
    plain, hidden = (
        [subject_probe(strength * mark + noise, subject, order, seed=0)] * 2 for strength in (4.0, 0.2)
    )
    more = named_more(plain, hidden, seed=0)
    assert more.value == pytest.approx(plain[0].accuracy.value - hidden[0].accuracy.value)
    assert 0 < more.low < more.value < more.high
    assert named_more(hidden, plain, seed=0).high < 0
    same = named_more(plain, plain, seed=0)
    assert (same.low, same.value, same.high) == (0.0, 0.0, 0.0)


def test_features_that_know_nobody_are_at_chance() -> None:
    subject, order = people()
    features = np.random.default_rng(1).normal(0, 1, (len(subject), 5))
    features[3] = np.nan  # no face was found
    assert subject_probe(features, subject, order, seed=0).accuracy.value < 0.4


def test_a_recordings_end_is_told_from_its_beginning() -> None:
    """Neighbours must not give each other away: the probe learns early frames and meets late ones."""
    subject, order = people()
    rng = np.random.default_rng(2)
    late = order >= 28
    early_mark = np.where(late[:, None], 0.0, np.repeat(rng.normal(0, 3, (PEOPLE, 5)), FRAMES, axis=0))
    told = subject_probe(early_mark + rng.normal(0, 0.1, early_mark.shape), subject, order, seed=0)
    assert told.accuracy.value < 0.4


def test_a_linear_regressor_reads_what_features_hold() -> None:
    rng = np.random.default_rng(3)
    features = rng.normal(0, 2, (300, 6)) + 5
    occurrence = (features[:, :2] @ np.eye(2) > 5).astype(np.float32)
    occurrence[::7, 1] = np.nan
    features[5] = np.nan
    subject = np.repeat(["a", "b", "c"], 100)
    splits = [
        Split.of_parts(subject, name, np.where(subject == name, 2, 0), None) for name in ("a", "b", "c")
    ]
    said = linear_transfer(features, occurrence, splits)
    assert np.isnan(said[5]).all() and np.isnan(said).sum() == 2
    found = ~np.isnan(said[:, 0])
    assert ((said[found, 0] > 0.5) == occurrence[found, 0]).mean() > 0.9


def test_an_au_that_nobody_labelled_has_no_regressor() -> None:
    subject = np.repeat(["a", "b"], 10)
    splits = [Split.of_parts(subject, name, np.where(subject == name, 2, 0), None) for name in ("a", "b")]
    occurrence = np.full((20, 1), np.nan, np.float32)
    assert np.isnan(linear_transfer(np.ones((20, 3)), occurrence, splits)).all()


@pytest.mark.parametrize("key", ["bp4d", "disfa"])
def test_the_papers_means_are_those_of_its_columns(key) -> None:
    for values in published()[key]["models"].values():
        # As printed: DRML's means are 0.6 above those of its AUs.
        assert np.mean(values[:-1]) == pytest.approx(values[-1], abs=0.7)
    table = published_table(key)
    assert len(table.rows) == len(published()[key]["aus"])
