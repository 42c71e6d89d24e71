"""Tiny trees in the licensed corpora's layouts; each picture carries a code that survives compression."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image


def _paint(path: Path, code: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (16, 12), (code, code, code)).save(path)
    return path


def _code_of(image: np.ndarray) -> int:
    assert (image.shape[2], image.dtype) == (3, np.uint8)
    return round(float(image.mean()))


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.fixture
def paint():
    """Writes a grey picture whose brightness, 0 to 255, is its code."""
    return _paint


@pytest.fixture
def codes():
    """Reads the codes of all of a corpus' pictures."""
    return lambda corpus: [_code_of(corpus.images[i]) for i in range(len(corpus))]


@pytest.fixture
def write():
    """Writes a text file and the folders above it."""
    return _write


@pytest.fixture
def one_line():
    """Checks that an error is one line that holds these words."""

    def check(raised, *words):
        text = str(raised.value)
        assert "\n" not in text
        for word in words:
            assert str(word) in text, f"{word!r} is not in: {text}"

    return check
