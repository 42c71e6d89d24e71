"""A small corpus on disk whose AUs are plain to see, and recipes for it."""

from __future__ import annotations

import importlib.util
import io
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from trainers.corpora.corpus import Corpus
from trainers.corpora.store import CorpusWriter, open_corpus
from trainers.evaluation import Tracked
from trainers.training.recipe import Recipe
from trainers.training.recipe_files import read_recipe
from trainers.training.task_names import TASKS
from trainers.training.train import Trained, split_of, train

AUS = ("AU04", "AU12")
PARTITIONS = ["train"] * 8 + ["validation"] * 2 + ["test"]
FRAMES = 12


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def blotches(rng: np.random.Generator, levels: np.ndarray) -> bytes:
    """A noisy picture: the brighter its upper half, the higher the first AU; the lower one, the second."""
    pixels = rng.integers(0, 40, (24, 24, 3), dtype=np.uint8)
    pixels[4:12, 4:20] += np.uint8(30 * levels[0])
    pixels[14:22, 4:20] += np.uint8(30 * levels[1])
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="session")
def corpus_folder(tmp_path_factory) -> Path:
    """Eleven people, twelve pictures each; some labels are missing."""
    rng = np.random.default_rng(0)
    folder = tmp_path_factory.mktemp("corpora") / "blotches"
    with CorpusWriter(folder, "blotches", AUS) as writer:
        for person, partition in enumerate(PARTITIONS):
            levels = rng.integers(0, 6, (FRAMES, 2)).astype(np.float32)
            pictures = [blotches(rng, row) for row in levels]
            levels[::5, 1] = np.nan
            columns = {
                "subject": f"S{person}",
                "sequence": f"S{person}/1",
                "frame": np.arange(1, FRAMES + 1),
                "intensity": levels,
                "occurrence": np.where(np.isnan(levels), np.nan, levels > 0).astype(np.float32),
                "expression": np.where(levels[:, 0] > 2, "anger", "neutral"),
                "pose": np.column_stack([np.tile([-30.0, 0, 30], 4), np.tile([-20.0, 20], 6), np.zeros(12)]),
                "view": np.tile(["left", "front", "right"], 4),
                "domain": ["studio"] * 6 + ["wild"] * 6,
                "partition": partition,
            }
            writer.add(pictures, columns)
    return folder


@pytest.fixture(scope="session")
def corpus(corpus_folder) -> Corpus:
    return open_corpus(corpus_folder)


@pytest.fixture(scope="session")
def tracked(corpus) -> Tracked:
    """A face in every picture but one in seven, placed so that its crop is the whole picture."""
    n = len(corpus)
    faces = Tracked.nothing(n, "0" * 64)
    rng = np.random.default_rng(1)
    faces.landmarks[:] = rng.uniform(2, 22, (n, 478, 3))
    for group, (x, y) in zip(
        ((33, 133), (362, 263), (61, 291)), ((0.32, 0.4), (0.68, 0.4), (0.5, 0.74)), strict=True
    ):
        faces.landmarks[:, group, :2] = (24 * x, 24 * y)
    faces.blendshapes[:] = rng.random((n, 52))
    faces.pose[:] = rng.uniform(-30, 30, (n, 3))
    faces.found[:] = np.arange(n) % 7 != 3
    for column in (faces.landmarks, faces.blendshapes, faces.pose):
        column[~faces.found] = np.nan
    return faces


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
