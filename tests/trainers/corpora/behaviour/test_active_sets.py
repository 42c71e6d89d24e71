"""The joint distribution of active AUs, counted exactly."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from trainers.corpora.behaviour import AUS, Statistics, default_statistics
from trainers.corpora.behaviour.active_sets import ActiveSets, possible_sets
from trainers.errors import CorpusError


def few(aus: tuple[str, ...], **changes: object) -> Statistics:
    """The default statistics of a few AUs, without any relation but those given."""
    whole = default_statistics()
    rows = [AUS.index(au) for au in aus]
    arrays = {name: getattr(whole, name)[rows] for name in ("base_rate", "levels", "spread", "one_sided")}
    return dataclasses.replace(whole, aus=aus, **{**arrays, "phi": {}, "exclusions": {}, **changes})


@pytest.fixture(scope="module")
def model() -> ActiveSets:
    return ActiveSets(default_statistics())


def test_the_default_sets_have_the_configured_moments_exactly(model: ActiveSets) -> None:
    statistics = default_statistics()
    rates = model.probability @ model.sets
    np.testing.assert_allclose(rates[:-1], statistics.base_rate[:-1], atol=1e-4)
    assert rates[-1] == 0, "blinks are drawn apart"
    for (a, b), phi in statistics.phi.items():
        i, j = AUS.index(a), AUS.index(b)
        both = model.probability @ (model.sets[:, i] & model.sets[:, j])
        spread = np.sqrt(rates[i] * (1 - rates[i]) * rates[j] * (1 - rates[j]))
        assert (both - rates[i] * rates[j]) / spread == pytest.approx(phi, abs=2e-3)
    for a, b in statistics.exclusions:
        assert not (model.sets[:, AUS.index(a)] & model.sets[:, AUS.index(b)]).any()


def test_a_dropped_jaw_nearly_always_parts_the_lips(model: ActiveSets) -> None:
    jaw, lips = (model.sets[:, AUS.index(au)] for au in ("AU26", "AU25"))
    assert (model.probability @ (jaw & lips)) / (model.probability @ jaw) > 0.93


def test_without_relations_aus_are_independent() -> None:
    statistics = few(("AU01", "AU12", "AU17", "AU45"))
    model = ActiveSets(statistics)
    rate = statistics.base_rate[:3]
    expected = np.where(model.sets[:, :3], rate, 1 - rate).prod(axis=1)
    np.testing.assert_allclose(model.probability, expected, atol=1e-5)


def test_draws_follow_the_probabilities() -> None:
    model = ActiveSets(few(("AU01", "AU02", "AU45"), phi={("AU01", "AU02"): 0.6}))
    drawn = model.draw(np.random.default_rng(0), (400, 100))
    assert drawn.shape == (400, 100, 3)
    number = drawn.reshape(-1, 3) @ [1, 2, 4]
    counted = np.bincount(number, minlength=8) / number.size
    np.testing.assert_allclose(counted[model.sets @ [1, 2, 4]], model.probability, atol=0.01)


def test_the_possible_sets_are_those_without_an_excluded_pair() -> None:
    sets = possible_sets(few(("AU12", "AU15", "AU17", "AU45"), exclusions={("AU15", "AU12"): "smile"}))
    assert {tuple(row) for row in sets[:, :3].tolist()} == {
        (a, b, c) for a in (False, True) for b in (False, True) for c in (False, True) if not (a and b)
    }
    assert not sets[0].any()


def test_statistics_that_contradict_each_other_are_refused() -> None:
    # 1 and 2 always together, 2 and 4 too, but 1 and 4 never.
    statistics = few(
        ("AU01", "AU02", "AU04", "AU45"),
        base_rate=np.array([0.3, 0.3, 0.3, 0.08]),
        phi={("AU01", "AU02"): 0.95, ("AU02", "AU04"): 0.95},
        exclusions={("AU01", "AU04"): "contradiction"},
    )
    with pytest.raises(CorpusError, match="no behaviour has these statistics: AU"):
        ActiveSets(statistics)


def test_too_many_sets_are_refused() -> None:
    with pytest.raises(CorpusError, match="use fewer AUs"):
        possible_sets(dataclasses.replace(default_statistics(), exclusions={}))
