"""A sheet of sample pictures, each with what its labels say."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trainers.corpora.behaviour.measured import levels_of
from trainers.corpora.corpus import Corpus
from trainers.corpora.data_card.figures import DPI, png_figure

COLUMNS = 8
# Pixels: a picture's edge, the caption under it with its lines, the gap between cells.
EDGE = 192
LINES, LINE_HEIGHT = 4, 14
GAP = 10
TITLE_HEIGHT = 34
FONT_SIZE = 8.0
LINE_CHARACTERS = 28
NBSP = "\N{NO-BREAK SPACE}"


class _Sample(NamedTuple):
    picture: NDArray[np.uint8]
    caption: list[str]


def sample_sheet(
    path: Path, corpora: Sequence[Corpus], rows: Sequence[ArrayLike], *, columns: int = COLUMNS
) -> None:
    """Draw pictures of one or several corpora on one PNG, captioned as FACS coders write: "1C 2D 5B".

    Args:
        path: the PNG.
        corpora: whose pictures, one after the other.
        rows: for each corpus, the rows to show in their order (see `choose_samples`).
        columns: pictures side by side.

    Raises:
        CorpusError: a picture cannot be read.
        IndexError: a row is none of its corpus.
    """
    chosen = [np.asarray(part, dtype=np.int64).tolist() for part in rows]
    lines = math.ceil(sum(map(len, chosen)) / columns)
    cell_height = EDGE + LINES * LINE_HEIGHT + GAP
    width, height = GAP + columns * (EDGE + GAP), TITLE_HEIGHT + lines * cell_height
    sheet = np.full((height, width, 3), 255, dtype=np.uint8)
    with png_figure(path, width / DPI, height / DPI) as figure:
        figure.set_layout_engine("none")

        def write(x: float, y: float, text: str, size: float = FONT_SIZE) -> None:
            """Text from the pixel x, y on, counted from the upper left; never read as a formula."""
            figure.text(x / width, 1 - y / height, text, fontsize=size, va="top", parse_math=False)

        names = " and ".join(dict.fromkeys(corpus.name for corpus in corpora))
        write(GAP, 8, f"{names}: AUs with their intensity A to E (1 to 5), expression, look, head pose", 10.5)
        for number, (picture, caption) in enumerate(_samples(corpora, chosen)):
            x = GAP + number % columns * (EDGE + GAP)
            y = TITLE_HEIGHT + number // columns * cell_height
            top, left = y + (EDGE - picture.shape[0]) // 2, x + (EDGE - picture.shape[1]) // 2
            sheet[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
            for place, line in enumerate(caption):
                write(x, y + EDGE + 3 + place * LINE_HEIGHT, line)
        figure.figimage(sheet)


def caption(corpus: Corpus, row: int) -> list[str]:
    """Return what the labels of a row say, in at most `LINES` lines: AUs, expression, look, pose."""
    levels = levels_of(np.nan_to_num(corpus.intensity[row]))
    codes = [
        f"{int(au.removeprefix('AU'))}{' ABCDE'[level]}"
        for au, level in zip(corpus.aus, levels.tolist(), strict=True)
        if level
    ]
    words = [str(corpus.expression[row]), str(corpus.domain[row])]
    yaw, pitch = corpus.pose[row, :2].tolist()
    if not math.isnan(yaw + pitch):
        words += [f"yaw{NBSP}{round(yaw):+d}°", f"pitch{NBSP}{round(pitch):+d}°"]
    return [
        *textwrap.wrap(" ".join(codes) or "no AU", LINE_CHARACTERS, max_lines=2, placeholder=" …"),
        *textwrap.wrap(", ".join(word for word in words if word), LINE_CHARACTERS, max_lines=2),
    ]


def _samples(corpora: Sequence[Corpus], rows: Sequence[Sequence[int]]) -> Iterator[_Sample]:
    for corpus, part in zip(corpora, rows, strict=True):
        for row in part:
            yield _Sample(_fitted(corpus.images[row]), caption(corpus, row))


def _fitted(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Scale a picture to `EDGE` pixels at its longer side."""
    from PIL import Image

    scale = EDGE / max(picture.shape[:2])
    height, width = (max(1, round(scale * side)) for side in picture.shape[:2])
    return np.asarray(Image.fromarray(picture).resize((width, height), Image.Resampling.LANCZOS))
