"""Recipes found, read strictly, overridden, written down and read again."""

from __future__ import annotations

from pathlib import Path

import pytest

from trainers.training.errors import RecipeError
from trainers.training.recipe_files import decode_recipe, encode_recipe, read_recipe, recipe_names

SMALL = """
protocol = "3-fold"
fold = 2
[task]
name = "linear"
side = 4
[data]
picture = "none"
inputs = ["blendshapes", "neutral"]
aus = ["AU12"]
[data.pose_groups.up]
pitch = [-90, -12]
[optimiser]
kind = "nesterov"
lr = 0.1
[training]
iterations = 7
"""


def written(folder: Path, text: str) -> str:
    path = folder / "small.toml"
    path.write_text(text)
    return str(path)


def refused(name: str, *changes: str) -> str:
    """The one line that says what is wrong."""
    with pytest.raises(RecipeError) as caught:
        read_recipe(name, changes)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    return message


def test_every_shipped_recipe_can_be_read() -> None:
    assert "baseline/linear" in recipe_names()
    for name in recipe_names():
        assert read_recipe(name).name == name


def test_keys_have_their_values_and_what_is_left_out_its_default(tmp_path) -> None:
    recipe = read_recipe(written(tmp_path, SMALL))
    assert (recipe.name, recipe.task, recipe.protocol, recipe.fold) == ("small", "linear", "3-fold", 2)
    assert recipe.options.side == 4
    assert recipe.options.occurrence == 1.0
    assert recipe.data.inputs == ("blendshapes", "neutral")
    assert recipe.data.pose_groups["up"].pitch == (-90.0, -12.0)
    assert recipe.data.pose_groups["up"].yaw is None
    assert (recipe.optimiser.lr, recipe.optimiser.momentum) == (0.1, 0.9)
    assert (recipe.training.iterations, recipe.training.epochs) == (7, None)


def test_overrides_are_toml_values_or_bare_text(tmp_path) -> None:
    changes = (
        "optimiser.lr=0.5",
        "data.picture=crop",
        'data.aus=["AU01", "AU02"]',
        "data.augmentation.flip = 0.5",
        "task.side=9",
        "protocol=loso",
        "data.pose_groups.up.pitch=[-90, 0]",
    )
    recipe = read_recipe(written(tmp_path, SMALL), changes)
    assert recipe.optimiser.lr == 0.5
    assert (recipe.data.picture, recipe.data.aus) == ("crop", ("AU01", "AU02"))
    assert recipe.data.augmentation.flip == 0.5
    assert (recipe.options.side, recipe.protocol) == (9, "loso")
    assert recipe.data.pose_groups["up"].pitch == (-90.0, 0.0)


def test_an_optimiser_of_its_own_changes_only_what_it_names(tmp_path) -> None:
    recipe = read_recipe(written(tmp_path, SMALL + "[optimisers.critic]\nlr = 0.01\n"))
    assert recipe.optimisers["critic"].lr == 0.01
    assert recipe.optimisers["critic"].kind == "nesterov"


def test_a_recipe_written_down_is_read_as_the_same(tmp_path) -> None:
    recipe = read_recipe(written(tmp_path, SMALL + "[optimisers.critic]\nlr = 0.01\n"))
    assert decode_recipe(encode_recipe(recipe), "small", "here") == recipe


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("optimiser.lr=-1", "recipe small: optimiser.lr is -1: write a number above 0"),
        ("optimiser.lr=nan", "optimiser.lr is nan: write a number above 0"),
        ("optimiser.lr=fast", "optimiser.lr is 'fast': write a number above 0"),
        (
            "optimiser.kind=lion",
            'optimiser.kind is \'lion\': write "sgd" or "nesterov" or "adam" or "adamw"',
        ),
        ("optimiser.speed=1", "unknown key 'speed' in [optimiser]: use one of kind, lr, momentum"),
        ("data.batch=0", "data.batch is 0: write a whole number of 1 or more"),
        ("data.batch=true", "data.batch is True: write a whole number of 1 or more"),
        ("data.size=4096", "data.size is 4096: write a whole number from 8 to 1024"),
        ("data.augmentation.cutout=1", "data.augmentation.cutout is 1: write a number from 0 below 1"),
        ("data.aus=AU12", "data.aus is 'AU12': write [text in quotes like AU[0-9]{2}, ...]"),
        ('data.aus=["AU12", "AU12"]', "data: aus names one twice"),
        (
            "data.pose_groups.up.pitch=[1]",
            "data.pose_groups.up.pitch is [1]: write [a number from -90 to 90,",
        ),
        ("data=3", "data is 3: write a table, [data]"),
        ("data.sampling=positive", "data.sampling is 'positive': write a table, [data.sampling]"),
        ("data.sampling.kind=intensity", 'data.sampling: kind "intensity" needs an AU'),
        ("data.equalise=true", 'data: equalise works on grey pictures: add colour = "grey"'),
        ("data.mean=[0.5, 0.5]", "data: mean has 2 numbers: write 3 for rgb"),
        ("data.mean=[0.5, nan, 0.5]", "data.mean is [0.5, nan, 0.5]: write [a number, ...]"),
        ("data.inputs=[]", 'data: picture is "none" and inputs is empty'),
        ("data.anchors=[[1]]", "data: 1 anchors and 3 points of the template"),
        ("optimiser.momentum=0", 'optimiser: kind "nesterov" needs a momentum above 0'),
        ("training.patience=3", "training: patience needs a figure to watch"),
        ("training.precision=8", 'training.precision is 8: write "32-true" or'),
        ("fold=0", "fold is 0: write a whole number of 1 or more"),
        ("speed=1", "unknown key 'speed': use one of protocol, fold, data"),
        (
            "task.name=oracle",
            "task.name is 'oracle': use one of cycle-attention, expression, identity-adversarial",
        ),
        ("task.name=nowhere:Task", "task.name is 'nowhere:Task', but importing it failed"),
        ("task.name=pathlib:Path", "task.name is 'pathlib:Path', but pathlib has no task Path"),
        ("task.side=0", "task.side is 0: write a whole number from 1 to 64"),
        ("task.depth=2", "unknown key 'depth' in [task]: use one of side, occurrence"),
        ("optimiser.lr", "--set optimiser.lr: write KEY=VALUE"),
        ("fold.x=1", "--set fold.x=1: fold is no table"),
        ("optimisers=1", "optimisers is 1: write a table for each"),
        ("optimisers.critic.lr=0", "optimisers.critic.lr is 0: write a number above 0"),
    ],
)
def test_what_is_not_allowed_is_one_line(tmp_path, change: str, message: str) -> None:
    assert message in refused(written(tmp_path, SMALL), change)


def test_one_length_takes_the_place_of_the_other(tmp_path) -> None:
    recipe = read_recipe(written(tmp_path, SMALL), ["training.epochs=3"])
    assert (recipe.training.epochs, recipe.training.iterations) == (3, None)
    both = ("training.epochs=3", "training.iterations=3")
    assert "set one of epochs and iterations, not both" in refused(written(tmp_path, SMALL), *both)


def test_landmarks_are_not_mirrored(tmp_path) -> None:
    changes = ('data.inputs=["landmarks"]', "data.augmentation.flip=0.5")
    assert "landmarks cannot be mirrored" in refused(written(tmp_path, SMALL), *changes)


def test_files_that_are_no_recipe(tmp_path) -> None:
    assert "no such file; LiveFACS has baseline/linear" in refused(str(tmp_path / "none.toml"))
    assert "neither a .toml file nor a recipe of LiveFACS" in refused("baseline/square")
    assert "is not valid TOML" in refused(written(tmp_path, "= 3"))
    assert "says no task" in refused(written(tmp_path, "[training]\nepochs = 1"))
    assert "key 'training' is missing" in refused(written(tmp_path, '[task]\nname = "linear"'))
    (tmp_path / "small.toml").write_bytes(b"\xff\xfe")
    assert "is not UTF-8 text" in refused(str(tmp_path / "small.toml"))
    (tmp_path / "folder.toml").mkdir()
    assert "cannot be read" in refused(str(tmp_path / "folder.toml"))
