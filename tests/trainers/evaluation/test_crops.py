"""Crops of a corpus are those that the live tracker hands to a head."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from engines.bundle import Bundle
from realtime.tracking.crop import Aligner
from trainers.corpora.images import ArrayImages
from trainers.errors import CorpusError
from trainers.evaluation import crops


@pytest.fixture
def noise(made_corpus):
    pictures = np.random.default_rng(3).integers(0, 256, (3, 8, 8, 3)).astype(np.uint8)
    return made_corpus(3, images=ArrayImages(pictures))


def test_they_are_cut_by_the_runtimes_aligner(noise, made_tracking, brightness_bundle) -> None:
    spec = Bundle.open(brightness_bundle).manifest.crop
    tracked = made_tracking(3, lost=[1])
    cut = pickle.loads(pickle.dumps(crops(noise, tracked, spec)))
    assert len(cut) == 3
    assert cut[2].shape == (1, 6, 6)
    assert cut[2].dtype == np.float32
    assert np.array_equal(cut[2], Aligner(spec)(noise.images[2], tracked.landmarks[2]))
    assert not np.array_equal(cut[2], cut[0])
    with pytest.raises(CorpusError, match="row 1"):
        cut[1]


def test_other_rows_are_refused(noise, made_tracking, brightness_bundle) -> None:
    with pytest.raises(CorpusError, match="3 rows, the tracking 2"):
        crops(noise, made_tracking(2), Bundle.open(brightness_bundle).manifest.crop)
