"""Corpora of an experiment are rendered once, and another one is not taken for them."""

from __future__ import annotations

import dataclasses
import importlib.util
import io

import numpy as np
import pytest
from PIL import Image

from trainers.corpora.store import CorpusWriter, open_corpus
from trainers.corpora.synthesis.plan import CorpusPlan
from trainers.errors import CorpusError, ProtocolError
from trainers.reproduction.open_corpora import open_corpora
from trainers.reproduction.papers import PAPERS, paper_named
from trainers.reproduction.progress import Bars

PLAN = CorpusPlan("tiny", subjects=1, frames=2, size=64)


def test_a_corpus_is_rendered_once(tmp_path) -> None:
    if importlib.util.find_spec("anny") is None:
        pytest.skip("anny is not installed")
    folders = open_corpora([PLAN], tmp_path / "corpora", 1, Bars())
    assert folders == [tmp_path / "corpora" / "tiny"]
    corpus = open_corpus(folders[0])
    assert (len(corpus), corpus.images[0].shape) == (2, (64, 64, 3))
    written = (folders[0] / "corpus.toml").stat().st_mtime_ns
    assert open_corpora([PLAN], tmp_path / "corpora", 1, Bars()) == folders
    assert (folders[0] / "corpus.toml").stat().st_mtime_ns == written


@pytest.mark.parametrize(
    ("key", "value"), [("frames", 3), ("domain", "wild"), ("size", 128), ("habits", 1.0)]
)
def test_another_corpus_in_its_place_is_refused(tmp_path, key: str, value) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (64, 64)).save(picture, "PNG")
    columns = {"subject": "S", "sequence": "S/1", "frame": np.ones(1, np.int64)}
    labels = {name: np.zeros((1, 1), np.float32) for name in ("intensity", "occurrence")}
    with CorpusWriter(tmp_path / "tiny", "tiny", ("AU12",), plan=PLAN.as_table()) as writer:
        writer.add([picture.getvalue()], columns | labels)
    wanted = dataclasses.replace(PLAN, **{key: value})
    there = getattr(PLAN, key)
    with pytest.raises(
        CorpusError, match=f"tiny: was rendered with {key} {there}, this reproduction needs {value}"
    ):
        open_corpora([wanted], tmp_path, 1, Bars())


@pytest.mark.parametrize("name", PAPERS)
def test_every_paper_can_be_asked_for(name: str) -> None:
    paper = paper_named(name)
    assert paper.sizes == ("small", "paper")
    assert paper.source
    assert (paper.aus == ()) == (name == "cycleat")  # which is about expressions


def test_an_unknown_paper_is_refused() -> None:
    with pytest.raises(ProtocolError, match="paper 'x': not known; choose of atf, cycleat, pose-dependent"):
        paper_named("x")
