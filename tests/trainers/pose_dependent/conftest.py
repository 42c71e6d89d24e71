"""A small trunk, rows seen in views, faces of bars, and one thread: small networks run fastest so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from trainers.backbones import Backbone
from trainers.corpora.corpus import Corpus
from trainers.corpora.images import ArrayImages
from trainers.evaluation import Predictions
from trainers.reports import Comparison
from trainers.training.recipe import Recipe
from trainers.training.recipe_files import read_recipe
from trainers.training.train import Trained, split_of, train

SIZE = 64


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def trunk() -> Backbone:
    """A trunk for grey pictures of 64x64."""
    return Backbone("mobilenet_v3_small", in_channels=1)


@pytest.fixture(scope="session")
def tested():
    def make(corpus: Corpus, model: str, intensity: np.ndarray, **options) -> Comparison:
        """What a model says of the rows of a corpus, all of them tested."""
        predictions = Predictions(
            model,
            corpus.aus,
            (),
            occurrence=None,
            intensity=np.asarray(intensity, np.float32),
            expression=None,
            pose_group=np.array(["level"] * len(corpus)),
            thresholds=np.full(len(corpus.aus), 0.5),
        )
        settings = {"rendered": True, "seed": 0, "resamples": 200, **options}
        return Comparison.of_rows(corpus, predictions, "all", **settings)

    return make


@pytest.fixture(scope="session")
def viewed(make_corpus):
    """240 rows: eight subjects, ten moments, three views, AU01, AU12 and AU28; the last never varies."""
    rng = np.random.default_rng(0)
    subject, moment, view = (a.ravel() for a in np.meshgrid(range(8), range(10), range(3), indexing="ij"))
    intensity = rng.integers(0, 6, (8, 10, 1, 3)).repeat(3, axis=2).reshape(-1, 3).astype(np.float32)
    intensity[:, 2] = 0
    names = np.char.add("S", subject.astype(str))
    return make_corpus(
        len(subject),
        ("AU01", "AU12", "AU28"),
        name="livefacs-studio",
        subject=names,
        sequence=np.char.add(names, "/1"),
        frame=moment + 1,
        view=np.array(["1", "5", "9"])[view],
        intensity=intensity,
    )


AUS = ("AU04", "AU12")


@pytest.fixture(scope="session")
def faces(make_corpus) -> Corpus:
    """Six people, 36 pictures each: a bar's place tells the pose, two bars' lengths the intensities."""
    rng = np.random.default_rng(0)
    people, each = 6, 36
    n = people * each
    pitch = rng.permutation(np.resize([-30.0, 0.0, 30.0], n))
    intensity = rng.integers(0, 6, (n, 2)).astype(np.float32)
    pictures = rng.integers(0, 60, (n, 32, 32, 3), dtype=np.uint8)
    for picture, angle, (brow, mouth) in zip(pictures, pitch, intensity.astype(int), strict=True):
        row = round(14 + angle / 3)
        picture[row : row + 2] = 250
        picture[7:11, : 5 * brow] = 180
        picture[18:22, : 5 * mouth] = 180
    intensity[::11, 0] = np.nan
    subject = np.char.add("S", np.arange(people).repeat(each).astype(str))
    return make_corpus(
        n,
        AUS,
        name="bars",
        images=ArrayImages(pictures),
        subject=subject,
        sequence=np.char.add(subject, "/1"),
        frame=np.tile(np.arange(1, each + 1), people),
        intensity=intensity,
        pose=np.stack([np.zeros(n), pitch, np.zeros(n)], axis=1).astype(np.float32),
        partition=np.array(["train"] * 4 + ["validation", "test"]).repeat(each),
    )


@pytest.fixture(scope="session")
def recipe():
    """recipe("dependent", "training.epochs=3"): the small recipe on pictures of 32 pixels."""

    def made(model: str, *changes: str) -> Recipe:
        small = [
            "data.size=32", "data.batch=24", "data.sampling.kind=all", 'data.aus=["AU04", "AU12"]',
            "data.augmentation={}", "optimiser.warmup=0", "training.iterations=12", "training.interval=6",
            "training.precision=32-true",
        ]  # fmt: skip
        return read_recipe(f"pose-dependent/{model}-small", [*small, *changes])

    return made


@pytest.fixture(scope="session")
def trained(faces):
    """trained(recipe, folder, ...): train on the faces."""

    def run(recipe: Recipe, folder: Path, **options) -> Trained:
        corpus = options.pop("corpus", faces)
        return train(recipe, corpus, split_of(recipe, corpus), folder, device="cpu", **options)

    return run
