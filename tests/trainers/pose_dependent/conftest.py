"""A small trunk, rows seen in views, and one thread: small networks run fastest so."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from trainers.backbones import Backbone
from trainers.corpora.corpus import Corpus
from trainers.evaluation import Predictions
from trainers.reports import Comparison

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
