"""A small corpus on disk whose Action Units are plain to see, and the faces a tracker would find in it."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image

from trainers.corpora.corpus import Corpus
from trainers.corpora.store import CorpusWriter
from trainers.evaluation import Tracked
from trainers.training.run_folder import CorpusOrigin

AUS = ("AU04", "AU12")
OPEN = [CorpusOrigin(name="blotches", manifest="ab" * 32, licence="CC0-1.0")]
"""Where it came from, as a run writes it down."""
PARTITIONS = ("train",) * 8 + ("validation",) * 2 + ("test",)
FRAMES = 12


def write_blotches(
    folder: Path,
    *,
    name: str = "blotches",
    seed: int = 0,
    partitions: tuple[str, ...] = PARTITIONS,
    domains: tuple[str, str] = ("studio", "wild"),
) -> Path:
    """Write one person for each of `partitions`, six pictures in each domain; some labels are missing."""
    rng = np.random.default_rng(seed)
    with CorpusWriter(folder, name, AUS) as writer:
        for person, partition in enumerate(partitions):
            levels = rng.integers(0, 6, (FRAMES, 2)).astype(np.float32)
            pictures = [_picture(rng, row) for row in levels]
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
                "domain": np.repeat(domains, FRAMES // 2),
                "partition": partition,
            }
            writer.add(pictures, columns)
    return folder


def _picture(rng: np.random.Generator, levels: np.ndarray) -> bytes:
    """Noise: the brighter its upper half, the higher the first AU; the lower one, the second."""
    pixels = rng.integers(0, 40, (24, 24, 3), dtype=np.uint8)
    pixels[4:12, 4:20] += np.uint8(30 * levels[0])
    pixels[14:22, 4:20] += np.uint8(30 * levels[1])
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def faces_of_blotches(corpus: Corpus, face_model: str) -> Tracked:
    """Return a face in every picture but one in seven, placed so that its crop is the whole picture."""
    n = len(corpus)
    faces = Tracked.nothing(n, face_model)
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
