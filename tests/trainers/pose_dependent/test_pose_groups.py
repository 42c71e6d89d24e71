"""Which pose group a row belongs to, whatever the corpus tells of its pose."""

from __future__ import annotations

import numpy as np
import pytest

from trainers.pose_dependent.pose_groups import POSE_GROUPS, check_pose_groups, with_group_pitch
from trainers.training.errors import RecipeError
from trainers.training.recipe_files import read_recipe
from trainers.training.samples import pose_groups_of

RECIPES = ("pose-dependent/dependent", "pose-dependent/dependent-small")


def groups(corpus, recipe: str) -> list[str]:
    ranges = read_recipe(recipe).data.pose_groups
    return [("", *POSE_GROUPS)[number + 1] for number in pose_groups_of(corpus.pose, ranges)]


@pytest.mark.parametrize("recipe", RECIPES)
def test_pose_groups_are_of_labelled_pitch(make_corpus, recipe: str) -> None:
    pose = np.zeros((6, 3), np.float32)
    pose[:, 1] = [-30, -14.9, 0, 15, 40, np.nan]
    assert groups(make_corpus(6, pose=pose), recipe) == ["up", "level", "level", "down", "down", ""]


@pytest.mark.parametrize("recipe", RECIPES)
def test_fera_2017_tells_the_group_by_the_view(make_corpus, recipe: str) -> None:
    views = np.array(["1", "3", "4", "6", "7", "9"])
    pose = np.full((6, 3), np.nan, np.float32)
    pose[4] = (10, -40, 0)  # who knows the degrees is believed
    fera = make_corpus(6, view=views, pose=pose, name="FERA 2017")
    assert groups(with_group_pitch(fera), recipe) == ["up", "up", "level", "level", "up", "down"]
    assert np.isnan(fera.pose[0, 1])
    other = make_corpus(6, view=views, pose=pose)
    assert with_group_pitch(other) is other


@pytest.mark.parametrize("names", [(), ("up", "down"), ("down", "level", "up"), ("up", "level", "low")])
def test_other_groups_are_refused(names) -> None:
    listed = ", ".join(names) or "none"
    with pytest.raises(
        RecipeError, match=f"task x: data.pose_groups are {listed}: write .data.pose_groups.up"
    ):
        check_pose_groups(names, "x")
    check_pose_groups(POSE_GROUPS, "x")
