"""Samples cover what a corpus shows."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from trainers.corpora.data_card import choose_samples
from trainers.corpora.data_card.sample_choice import HIGH


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("count", [48, 10])
def test_every_au_view_expression_is_shown(corpus, seed, count):
    made = corpus(seed=seed)
    rows = choose_samples(made, count)
    assert len(set(rows.tolist())) == count
    high = made.intensity[rows].max(axis=0)
    assert (high >= np.minimum(HIGH, made.intensity.max(axis=0))).all()
    assert set(made.view[rows]) == set(made.view)
    assert set(made.expression[rows]) >= {"fear", "happiness"}


def test_nine_groups_of_poses_stand_for_views_without_names(corpus):
    made = corpus()
    made = dataclasses.replace(made, view=np.full(len(made), ""))
    pose = made.pose[choose_samples(made, 20), :2]
    cells = {(yaw, pitch) for yaw, pitch in np.round(pose / (40, 30)).astype(int).tolist()}
    assert len(cells) == 9


def test_the_plainest_picture_shows_an_au(corpus):
    """Frontal and alone wins over turned or among others."""
    intensity = np.zeros((6, 5), dtype=np.float32)
    intensity[1:5, 0] = 4.5
    intensity[1, 1:] = 2.0
    pose = np.zeros((6, 3), dtype=np.float32)
    pose[2, 0] = pose[3, 1] = 30
    made = dataclasses.replace(
        corpus(6), intensity=intensity, pose=pose, view=np.full(6, ""), subject=np.array(list("abcdef"))
    )
    assert choose_samples(made)[0] == 4


def test_the_choice_depends_on_nothing_but_the_corpus(corpus):
    np.testing.assert_array_equal(choose_samples(corpus()), choose_samples(corpus()))


@pytest.mark.parametrize("n", [0, 1, 7])
def test_small_corpora_are_shown_whole(corpus, n):
    assert sorted(choose_samples(corpus(n)).tolist()) == list(range(n))


def test_unlabelled_rows_are_no_obstacle(corpus):
    made = corpus(20)
    made = dataclasses.replace(
        made,
        intensity=np.full_like(made.intensity, np.nan),
        pose=np.full_like(made.pose, np.nan),
        view=np.full(20, ""),
        expression=np.full(20, ""),
        domain=np.full(20, ""),
    )
    assert len(choose_samples(made, 10)) == 10
