"""Counts of a data card, against counting by hand."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from trainers.corpora.corpus import join
from trainers.corpora.data_card.counts import (
    count_aus,
    count_expressions,
    count_parts,
    count_values,
    count_viewpoints,
)


def test_levels_are_facs_levels_and_gaps_are_not_counted(corpus):
    intensity = np.zeros((9, 5), dtype=np.float32)
    intensity[:, 0] = [0.0, 0.9, 1.0, 1.49, 1.5, 3.0, 4.4, 5.0, np.nan]
    intensity[:, 1] = np.nan
    made = dataclasses.replace(corpus(9), intensity=intensity)
    counts = count_aus(made)
    assert counts.levels[0].tolist() == [2, 2, 1, 1, 1, 1]
    assert counts.labelled.tolist() == [8, 0, 9, 9, 9]
    assert counts.base_rate[0] == 6 / 8
    assert np.isnan(counts.base_rate[1])
    assert counts.base_rate[2] == 0


def test_parts_are_told_apart_by_partition_and_domain(corpus):
    both = join("both", [corpus(90), corpus(60, seed=1, domain="wild", name="wild")])
    parts = count_parts(both)
    assert [(part.partition, part.domain) for part in parts] == [
        (partition, domain) for partition in ("train", "validation", "test") for domain in ("studio", "wild")
    ]
    assert sum(part.pictures for part in parts) == 150
    rows = (both.partition == "train") & (both.domain == "wild")
    assert parts[1].pictures == rows.sum()
    assert (parts[1].subjects, parts[1].sequences) == (3, 3)


def test_expressions_and_viewpoints(corpus):
    made = corpus()
    counted = count_expressions(made)
    assert list(counted) == ["fear", "happiness", ""]
    assert sum(counted.values()) == len(made)
    views = count_viewpoints(made)
    assert [view.name for view in views] == [str(k) for k in range(1, 10)]
    assert (round(views[0].yaw), round(views[0].pitch)) == (-40, -30)
    assert (round(views[5].yaw), round(views[5].pitch)) == (40, 0)
    assert sum(view.pictures for view in views) == len(made)


@pytest.mark.parametrize(
    ("attribute", "values"),
    [
        ("gender", ["female", "male"]),
        ("glasses", ["no"]),
        ("age", ["20 to 25", "25 to 30", "35 to 40", "40 to 45", "50 to 55", "60 to 65"]),
        ("gaze", []),
    ],
)
def test_values_of_attributes(corpus, attribute, values):
    made = corpus()
    counted = count_values(made, attribute)
    assert [each.value for each in counted] == values
    if values:
        assert sum(each.pictures for each in counted) == len(made)
        assert sum(each.subjects for each in counted) == 6


def test_texts_that_differ_almost_everywhere_are_not_counted(corpus):
    made = dataclasses.replace(corpus(30), attributes={"file": np.array([f"{k}.bvh" for k in range(30)])})
    assert count_values(made, "file") == []


def test_ranges_hold_both_their_ends(corpus):
    made = dataclasses.replace(corpus(21), attributes={"age": np.linspace(20, 30, 21)})
    counted = count_values(made, "age")
    assert (counted[0].value, counted[-1].value) == ("20 to 21", "29 to 30")
    assert [each.pictures for each in counted] == [2] * 9 + [3]


def test_unknown_numbers_are_not_counted(corpus):
    ages = np.r_[np.nan, np.linspace(20, 29.5, 29)]
    made = dataclasses.replace(corpus(30), attributes={"age": ages, "weight": np.full(30, np.nan)})
    assert sum(each.pictures for each in count_values(made, "age")) == 29
    assert count_values(made, "weight") == []
