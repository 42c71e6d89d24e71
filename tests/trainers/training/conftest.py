"""A small corpus on disk whose AUs are plain to see, and recipes for it."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from blotches import faces_of_blotches, write_blotches

from trainers.corpora.corpus import Corpus
from trainers.corpora.store import open_corpus
from trainers.evaluation import Tracked
from trainers.training.recipe import Recipe
from trainers.training.recipe_files import read_recipe
from trainers.training.task_names import TASKS
from trainers.training.train import Trained, split_of, train


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def corpus_folder(tmp_path_factory) -> Path:
    """Eleven people, twelve pictures each; some labels are missing."""
    return write_blotches(tmp_path_factory.mktemp("corpora") / "blotches")


@pytest.fixture(scope="session")
def corpus(corpus_folder) -> Corpus:
    return open_corpus(corpus_folder)


@pytest.fixture(scope="session")
def tracked(corpus) -> Tracked:
    """A face in every picture but one in seven, placed so that its crop is the whole picture."""
    return faces_of_blotches(corpus, "0" * 64)


@pytest.fixture(scope="session")
def recipe() -> Callable[..., Recipe]:
    """recipe("training.epochs=3", ...): the linear baseline on whole pictures of 16 pixels."""

    def made(*changes: str) -> Recipe:
        small = ["data.picture=whole", "data.size=16", "data.batch=16", "training.epochs=2", "task.side=8"]
        return read_recipe("baseline/linear", [*small, *changes])

    return made


@pytest.fixture(scope="session", autouse=True)
def toy_tasks():
    """Recipes may say task.name=blot and duel."""
    place = Path(__file__).with_name("toy_tasks.py")
    spec = importlib.util.spec_from_file_location("toy_tasks", place)
    module = importlib.util.module_from_spec(spec)
    sys.modules["toy_tasks"] = module
    spec.loader.exec_module(module)
    TASKS.update(blot=module.Blot, duel="toy_tasks:Duel")
    yield module
    del TASKS["blot"], TASKS["duel"], sys.modules["toy_tasks"]


TOY = """
[task]
name = "{task}"
[data]
picture = "whole"
size = 16
colour = "grey"
batch = 16
[data.augmentation]
flip = 0.5
noise = 0.05
[optimiser]
kind = "{kind}"
lr = 0.01
[training]
{length}
"""


@pytest.fixture(scope="session")
def toy(tmp_path_factory) -> Callable[..., Recipe]:
    """toy("blot", "training.metric=icc", length="epochs = 3"): a recipe of a toy task."""

    def made(task: str, *changes: str, length: str = "epochs = 2", kind: str = "adam") -> Recipe:
        path = tmp_path_factory.mktemp("recipes") / f"{task}.toml"
        path.write_text(TOY.format(task=task, length=length, kind=kind))
        return read_recipe(str(path), changes)

    return made


@pytest.fixture(scope="session")
def trained(corpus) -> Callable[..., Trained]:
    """trained(recipe, folder, ...): train on the small corpus."""

    def run(recipe: Recipe, folder: Path, **options) -> Trained:
        return train(recipe, corpus, split_of(recipe, corpus), folder, device="cpu", **options)

    return run
