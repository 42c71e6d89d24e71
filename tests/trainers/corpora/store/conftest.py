"""Small corpora of two subjects, on disk."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from trainers.corpora.store import CorpusWriter

AUS = ("AU01", "AU12")


def pixels(seed: int, size: tuple[int, int] = (12, 10)) -> np.ndarray:
    """A picture of noise."""
    return np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)


def picture(seed: int, kind: str = "JPEG", size: tuple[int, int] = (12, 10)) -> bytes:
    """The same, encoded."""
    file = io.BytesIO()
    Image.fromarray(pixels(seed, size)).save(file, kind)
    return file.getvalue()


def block(subject: str, n: int) -> dict[str, Any]:
    """The columns of n rows of one subject, every one that there is."""
    rng = np.random.default_rng(n)
    intensity = rng.integers(0, 6, (n, len(AUS))).astype(np.float32)
    return {
        "subject": subject,
        "sequence": f"{subject}/T1",
        "frame": np.arange(1, n + 1),
        "intensity": intensity,
        "occurrence": (intensity >= 1).astype(np.float32),
        "expression": rng.choice(["", "fear", "happiness"], n),
        "pose": rng.uniform(-40, 40, (n, 3)),
        "view": "5",
        "domain": "studio",
        "partition": "train",
        "landmarks": rng.uniform(0, 10, (n, 4, 2)),
    }


@pytest.fixture(scope="session")
def encoded():
    return picture


@pytest.fixture(scope="session")
def jpeg():
    return picture


@pytest.fixture(scope="session")
def png():
    """png(seed): encoded without loss; png.pixels(seed): what it holds."""

    def made(seed: int) -> bytes:
        return picture(seed, "PNG")

    made.pixels = pixels  # type: ignore[attr-defined]
    return made


@pytest.fixture
def write():
    def made(folder: Path, *, shard_size: int = 3, seed: int = 0, **options: Any) -> Path:
        """Five rows of S1 and three of S2, in shards of three."""
        options = {"plan": {"subjects": 2, "domain": "studio", "size": [10, 12]}, **options}
        with CorpusWriter(folder, "tiny", AUS, shard_size=shard_size, **options) as writer:
            for subject, n in (("S1", 5), ("S2", 3)):
                pictures = [picture(seed + len(writer) + k) for k in range(n)]
                attributes = {"age": np.linspace(20, 60, n), "glasses": subject == "S1", "tone": f"T-{n}"}
                writer.add(pictures, block(subject, n), attributes)
        return folder

    return made
