"""Three corpora as one: which rows play which part, and that nobody is trained on and tested."""

from __future__ import annotations

import numpy as np
import pytest

from trainers.corpora.corpus import EXPRESSIONS
from trainers.cycle_attention.domains import joined_domains
from trainers.errors import ProtocolError
from trainers.reproduction.request import Material

PEOPLE, EACH = 10, 7


@pytest.fixture
def material(make_corpus):
    def made(name: str, **columns) -> Material:
        n = PEOPLE * EACH
        who = np.repeat([f"P{k}" for k in range(PEOPLE)], EACH)
        given = {"aus": (), "subject": who, "expression": np.tile(EXPRESSIONS, PEOPLE), **columns}
        return Material(make_corpus(n, name=name, **given), (), rendered=True)

    return made


@pytest.fixture
def domains(material):
    return joined_domains(material("lab"), material("web"), material("street"))


def test_each_corpus_plays_its_part(domains) -> None:
    subject = domains.material.corpus.subject
    for rows, name in ((domains.source, "lab"), (domains.auxiliary, "web"), (domains.target, "street")):
        assert len(rows) == PEOPLE * EACH
        assert {who.split("/")[0] for who in subject[rows]} == {name}


def test_nothing_is_known_of_the_auxiliary_pictures(domains) -> None:
    expression = domains.material.corpus.expression
    assert set(expression[domains.auxiliary]) == {""}
    assert "" not in expression[domains.source] and "" not in expression[domains.target]


def test_strong_expressions_are_used_where_a_corpus_tells_levels(material) -> None:
    level = np.tile([0, 1, 2, 3, 4, 3, 4], PEOPLE)
    told = material("lab", attributes={"level": level})
    domains = joined_domains(told, material("web", attributes={"level": level}), material("street"))
    assert set(level[domains.source]) == {0, 3, 4}
    assert len(domains.auxiliary) == len(domains.target) == PEOPLE * EACH


def test_rows_without_an_expression_are_left_out(material) -> None:
    expression = np.tile([*EXPRESSIONS[:-1], ""], PEOPLE)
    domains = joined_domains(material("lab"), material("web"), material("street", expression=expression))
    assert len(domains.target) == PEOPLE * (EACH - 1)
    assert "" not in domains.material.corpus.expression[domains.target]


@pytest.mark.parametrize("seed", [0, 1])
def test_people_are_dealt_to_train_and_to_test(domains, seed) -> None:
    subject = domains.material.corpus.subject
    for split, rows, share in (
        (domains.source_split(seed), domains.source, 0.8),
        (domains.target_split(0.2, 100, seed), domains.target, 0.2),
    ):
        assert len(np.unique(subject[split.train])) == round(share * PEOPLE)
        assert sorted([*split.train, *split.test]) == rows.tolist()
        assert not set(subject[split.train]) & set(subject[split.test])


def test_no_more_of_the_target_is_labelled_than_asked_for(domains) -> None:
    whole, few = (domains.target_split(0.4, most, 0) for most in (100, 9))
    assert len(few.train) == 9 and set(few.train) < set(whole.train)
    assert few.test.tolist() == whole.test.tolist()
    assert few.name == "target, 9 pictures labelled"


def test_the_seed_deals(domains) -> None:
    assert any(
        domains.source_split(0).train.tolist() != domains.source_split(seed).train.tolist()
        for seed in range(1, 5)
    )


def test_generators_see_the_source_and_all_of_the_auxiliary(domains) -> None:
    studio = domains.source_split(0)
    both = domains.with_auxiliary(studio)
    assert both.train.tolist() == [*studio.train, *domains.auxiliary]
    assert not set(both.train) & set(domains.target)


def test_what_cannot_be_told_apart_or_has_no_labels_is_refused(material) -> None:
    with pytest.raises(ProtocolError, match="two have the same name"):
        joined_domains(material("lab"), material("web"), material("lab"))
    blank = np.full(PEOPLE * EACH, "")
    with pytest.raises(ProtocolError, match="corpus street: labels no expression"):
        joined_domains(material("lab"), material("web"), material("street", expression=blank))
