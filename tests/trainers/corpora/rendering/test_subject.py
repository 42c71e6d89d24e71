"""The prior of people: within its ranges, of all tones, without caricatures."""

from __future__ import annotations

import dataclasses
from collections import Counter

import numpy as np
import pytest

from trainers.corpora.rendering.anatomy import centred
from trainers.corpora.rendering.hair import STYLES
from trainers.corpora.rendering.head_model import HeadModel
from trainers.corpora.rendering.subject import (
    DEEPEST_FOLD,
    HAIR_COLOURS,
    IRIS_COLOURS,
    SHAPE_LIMIT,
    SMOOTH,
    Subject,
    any_skin,
    draw_subject,
)
from trainers.corpora.rendering.wrinkles import FURROWS

PEOPLE = 500


@pytest.fixture(scope="module")
def people(model: HeadModel) -> list[Subject]:
    rng = np.random.default_rng(2)
    return [draw_subject(rng, f"S{k:04d}", model) for k in range(PEOPLE)]


def test_same_seed_same_person_and_other_seeds_others(model: HeadModel) -> None:
    def person(seed: int) -> dict[str, object]:
        made = dataclasses.asdict(draw_subject(np.random.default_rng(seed), "S0001", model))
        return made | {"expressiveness": made["expressiveness"].tolist()}

    assert person(5) == person(5)
    first, second = person(5), person(6)
    assert first["changes"] != second["changes"]
    assert first["seed"] != second["seed"]


def test_everything_stays_in_its_stated_range(people: list[Subject], model: HeadModel) -> None:
    for person in people:
        assert 16 <= person.years <= 80
        assert 0 <= person.age <= 1
        assert all(0 <= value <= 1 for value in person.phenotypes.values())
        assert set(person.changes) == {str(name) for name in model.change_names}
        assert 1 <= person.complexion.tone <= 10
        assert person.hair_style in STYLES
        assert 0.7 <= person.hair_volume <= 1.4
        assert 0.45 <= person.folding <= 1.35
        assert person.expressiveness.shape == (52,)
        assert 0.75 <= person.expressiveness.min() <= person.expressiveness.max() <= 1.25
        for colour in (person.hair_colour, person.iris_colour, person.cloth_colour, person.cloth_trim):
            assert all(0 < channel <= 0.8 for channel in colour)
        assert person.iris_colour in IRIS_COLOURS.values()
        if person.glasses is not None:
            roundness, wire, frame = person.glasses
            assert 2 <= roundness <= 5
            assert 0.4 < wire < 2
            assert len(frame) == 3


def test_ages_map_to_the_models_phenotype(people: list[Subject]) -> None:
    for person in people:
        # anny: 2/3 is 25 years, 1 is 90.
        assert person.phenotypes["age"] == pytest.approx(2 / 3 + (person.years - 25) / 65 / 3)
    years = np.array([person.years for person in people])
    assert np.histogram(years, [16, 30, 50, 80])[0].min() > 0.15 * PEOPLE


def test_tones_cover_the_whole_scale_evenly(people: list[Subject]) -> None:
    tones = np.array([person.complexion.tone for person in people])
    counts = np.histogram(tones, np.linspace(1, 10, 10))[0]
    assert counts.min() > 0.6 * PEOPLE / 9
    assert counts.max() < 1.5 * PEOPLE / 9


def test_both_sexes_and_only_men_have_beards(people: list[Subject]) -> None:
    women = [person for person in people if person.phenotypes["gender"] > 0.5]
    men = [person for person in people if person.phenotypes["gender"] <= 0.5]
    assert 0.42 < len(women) / PEOPLE < 0.58
    assert {person.complexion.beard for person in women} == {"none"}
    beards = Counter(person.complexion.beard for person in men)
    assert set(beards) == {"none", "stubble", "moustache", "goatee", "full"}


def test_ancestries_sum_to_one_and_tones_are_found_in_all(people: list[Subject]) -> None:
    shares = np.array([[p.phenotypes[name] for name in ("african", "asian", "caucasian")] for p in people])
    np.testing.assert_allclose(shares.sum(axis=1), 1.0)
    dark = np.array([person.complexion.tone > 7 for person in people])
    assert shares[dark, 0].mean() > shares[~dark, 0].mean() + 0.2
    assert shares.mean(axis=0).min() > 0.2


def test_grey_comes_with_age(people: list[Subject]) -> None:
    def brightness(group: list[Subject]) -> float:
        return float(np.mean([person.hair_colour for person in group]))

    old, young = ([p for p in people if pick(p.years)] for pick in (lambda y: y > 68, lambda y: y < 40))
    assert brightness(old) > 1.5 * brightness(young)
    assert set(HAIR_COLOURS) >= {"black", "grey", "white"}


def test_every_style_is_worn(people: list[Subject]) -> None:
    assert {person.hair_style for person in people} == set(STYLES)
    assert 0.1 < np.mean([person.glasses is not None for person in people]) < 0.4


def test_faces_are_nearly_symmetrical(people: list[Subject], model: HeadModel) -> None:
    names = [str(name) for name in model.change_names if str(name).startswith("l-")]
    apart = np.array([[p.changes[n] - p.changes["r" + n[1:]] for n in names] for p in people])
    assert np.abs(apart).max() < 0.03 * np.sqrt(2) * 5.5
    assert apart.std() == pytest.approx(0.03 * np.sqrt(2), rel=0.1)
    shifted = [p.changes[n] for p in people for n in ("mouth-trans-out", "nose-trans-out", "head-angle-out")]
    assert np.abs(shifted).max() <= 0.15 * SHAPE_LIMIT


def test_no_caricatures(people: list[Subject], model: HeadModel) -> None:
    """No vertex of a face strays far from the average of these people."""
    skin = model.of_part("skin") & (centred(model, model.template)[:, 2] < 40)
    heads = np.array([centred(model, model.neutral(p.phenotypes, p.changes))[skin] for p in people[:120]])
    away = np.linalg.norm(heads - heads.mean(axis=0), axis=2)
    assert np.sqrt((away**2).mean()) < 8.0
    assert away.max() < 45.0
    assert np.sqrt((away**2).mean()) > 2.0, "and they do differ"


def test_varied_people_fold_by_no_rule_and_have_any_brows(people: list[Subject]) -> None:
    rng = np.random.default_rng(0)
    varied = [any_skin(rng, person) for person in people]
    for person, other in zip(people, varied, strict=True):
        assert not person.folds and set(other.folds) == set(FURROWS)
        assert dataclasses.replace(other, folds={}, complexion=person.complexion) == person
    depth = np.array([[person.folds[name] for name in FURROWS] for person in varied])
    assert depth.min() >= 0.0 and 0.95 * DEEPEST_FOLD < depth.max() <= DEEPEST_FOLD
    assert np.abs((depth == 0).mean(axis=0) - SMOOTH).max() < 0.08
    assert np.abs(np.corrcoef(depth.T) - np.eye(len(FURROWS))).max() < 0.2
    brows = np.array([(person.complexion.brow, person.complexion.brow_height) for person in varied])
    assert brows[:, 0].min() < 0.8 and brows[:, 0].max() > 2.3
    assert abs(brows[:, 1].mean() + 1.0) < 0.4 and abs(brows[:, 1].std() - 2.2) < 0.3
