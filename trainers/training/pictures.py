"""Pictures as networks see them: aligned crops or whole pictures, uint8, read once or every time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engines.manifest import CropInput
from trainers.corpora.corpus import Corpus
from trainers.corpora.equalisation import equalised
from trainers.corpora.images import Images
from trainers.evaluation import Tracked, crops
from trainers.training.recipe import DataRecipe

# Pictures that a thread makes one after the other: neighbouring frames of a video are decoded in one go.
IN_A_ROW = 32


class Pictures(Protocol):
    """(C, S, S) uint8 pictures by number."""

    def __len__(self) -> int:
        """How many there are."""
        ...

    def __getitem__(self, index: int) -> NDArray[np.uint8]:
        """Return picture `index`."""
        ...


def crop_input(data: DataRecipe) -> CropInput:
    """Return the crop that a network of this recipe takes live.

    Where histograms are equalised, the network itself does it, and normalises after it.
    """
    mean, std = normalisation(data)
    return CropInput(
        size=(data.size, data.size),
        colour=data.colour,
        mean=(0.0,) * data.channels if data.equalise else mean,
        std=(1.0,) * data.channels if data.equalise else std,
        anchors=data.anchors,
        template=data.template,
    )


def normalisation(data: DataRecipe) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return mean and standard deviation, a number per channel."""
    half = (0.5,) * data.channels
    return data.mean or half, data.std or half


def pictures_of(corpus: Corpus, data: DataRecipe, tracked: Tracked | None) -> Pictures:
    """Return the corpus' pictures as the recipe wants them, each made when it is asked for."""
    if data.picture == "whole":
        return WholePictures(corpus.images, data)
    assert tracked is not None  # `samples` refuses crops without faces
    return CropPictures(corpus, data, tracked)


def in_memory(
    pictures: Pictures,
    shape: Sequence[int],
    *,
    jobs: int | None = None,
    progress: Callable[[int], None] = lambda pictures: None,
) -> NDArray[np.uint8]:
    """Return all of them as (n, C, S, S). Decoding and warping leave Python's lock, so threads do it."""
    made = np.empty((len(pictures), *shape), dtype=np.uint8)

    def make(row: range) -> int:
        for index in row:
            made[index] = pictures[index]
        return len(row)

    with ThreadPoolExecutor(jobs) as pool:
        starts = range(0, len(pictures), IN_A_ROW)
        for done in pool.map(make, [range(len(pictures))[start : start + IN_A_ROW] for start in starts]):
            progress(done)
    return made


class CropPictures:
    """The runtime's own crops, rounded to 256 levels so that many fit in memory."""

    def __init__(self, corpus: Corpus, data: DataRecipe, tracked: Tracked) -> None:
        plain = CropInput(
            size=(data.size, data.size),
            colour=data.colour,
            mean=(0.0,) * data.channels,
            std=(1.0,) * data.channels,
            anchors=data.anchors,
            template=data.template,
        )
        self._crops = crops(corpus, tracked, plain)

    def __len__(self) -> int:
        return len(self._crops)

    def __getitem__(self, index: int) -> NDArray[np.uint8]:
        """Cut one crop. Raises CorpusError where no face was found."""
        pixels: NDArray[np.uint8] = np.rint(self._crops[index] * 255.0).clip(0, 255).astype(np.uint8)
        return pixels


class WholePictures:
    """Whole pictures: grey and equalised if the recipe says so, then resized (Zhou et al. III.A)."""

    def __init__(self, images: Images, data: DataRecipe) -> None:
        self._images = images
        self._size = (data.size, data.size)
        self._colour = data.colour
        self._equalise = data.equalise

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: int) -> NDArray[np.uint8]:
        """Read one picture. Raises CorpusError."""
        from PIL import Image

        image = Image.fromarray(self._images[index])
        if self._colour == "grey":
            image = image.convert("L")
        if self._equalise:
            image = Image.fromarray(equalised(np.asarray(image)))
        pixels = np.asarray(image.resize(self._size, Image.Resampling.BILINEAR))
        return np.ascontiguousarray(pixels.reshape(*self._size, -1).transpose(2, 0, 1))
