"""BP4D-Spontaneous: 41 young adults, eight tasks each, 2D pictures with AU occurrence and intensity.

Zhang et al., "BP4D-Spontaneous: a high-resolution spontaneous 3D dynamic facial expression database",
Image and Vision Computing 32 (2014); https://www.cs.binghamton.edu/~lijun/Research/3DFE/3DFE_Analysis.html.
The release:

    Sequences(2D+3D)/          or 2D+3D/
        F001/T1/2440.jpg       subject F001-F023, M001-M018, task T1-T8; zero padding of the number varies
    AUCoding/
        AU_OCC/F001_T1.csv     first row: 0 and the AU numbers; then frame number and codes 0, 1 or 9
        AU_INT/AU06/F001_T1_AU06.csv   frame number and intensity 0-5 or 9, no header; AU 6, 10, 12, 14, 17

Code 9 is "not coded" (occluded, or no such coding) and is read as NaN. A row of the corpus is a frame that
either file codes; labels and pictures are matched by frame number. Each task's most expressive 20 s or so
are coded, the frames around them are not and are left out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trainers.corpora.corpus import TOP_INTENSITY, Corpus
from trainers.corpora.images import ImageFiles
from trainers.corpora.licensed.layout import (
    SKIP_MISSING,
    UNLABELLED,
    as_codes,
    au_name,
    au_number,
    check_frames,
    find_folder,
    numbered_pictures,
    read_whole_numbers,
)
from trainers.corpora.licensed.recordings import Recording, corpus_of_recordings
from trainers.errors import CorpusError

NAME = "BP4D"
AUS = tuple(au_name(n) for n in (1, 2, 4, 6, 7, 10, 12, 14, 15, 17, 23, 24))
"""The twelve that papers report (Zhang et al.; Wang et al.); the tables hold more."""

INTENSITY_AUS = tuple(au_name(n) for n in (6, 10, 12, 14, 17))
_WANTED = "Sequences(2D+3D) (or 2D+3D) and AUCoding"


def load(path: Path, aus: Sequence[str] = AUS, intensity: bool = True, skip_missing: bool = False) -> Corpus:
    """Read BP4D.

    Args:
        path: the folder that holds the pictures' and the coding folder.
        aus: of AU_OCC's columns those to read.
        intensity: read AU_INT too; without it all intensities are NaN.
        skip_missing: leave out coded frames without a picture.

    Raises:
        CorpusError: if the tree is another or lacks something, or a label cannot be read.
    """
    path = Path(path)
    pictures = find_folder(NAME, path, ("Sequences(2D+3D)", "2D+3D"), "2D+3D/F001/T1/0001.jpg", _WANTED)
    coding = "AUCoding/AU_OCC"
    tables = find_folder(NAME, path, (coding, "AU_OCC"), f"{coding}/F001_T1.csv", _WANTED)
    named = {t: found for t in sorted(tables.glob("*.csv")) if (found := _TASK.fullmatch(t.stem))}
    if not named:
        raise CorpusError(f"{NAME}: no table such as F001_T1.csv in {tables}")
    # One spelling, "AU06", whatever the caller wrote.
    aus = [au_name(au_number(au)) for au in aus]
    files: list[Path] = []
    recordings: list[Recording] = []
    for table, (subject, task) in ((t, found.groups()) for t, found in named.items()):
        codes = _occurrence(table, aus)
        levels = _intensity(tables.parent, f"{subject}_{task}", aus) if intensity else {}
        folder = pictures / subject / task
        numbered = numbered_pictures(folder) if folder.is_dir() or not skip_missing else {}
        frames = sorted(codes.keys() | levels.keys())
        missing = [frame for frame in frames if frame not in numbered]
        if missing and not skip_missing:
            raise CorpusError(
                f"{NAME}: {table} labels frame {missing[0]}, no picture of that number in {folder} "
                f"({len(missing)} missing); {SKIP_MISSING}"
            )
        frames = [frame for frame in frames if frame in numbered]
        unlabelled = np.full(len(aus), np.nan, dtype=np.float32)
        files += [numbered[frame] for frame in frames]
        recordings.append(
            Recording(
                subject=subject,
                sequence=f"{subject}/{task}",
                frame=np.array(frames, dtype=np.int64),
                intensity=_rows([levels.get(f, unlabelled) for f in frames], len(aus)),
                occurrence=_rows([codes.get(f, unlabelled) for f in frames], len(aus)),
            )
        )
    if not files:
        raise CorpusError(f"{NAME}: no picture in {pictures} of any frame that {tables} labels")
    return corpus_of_recordings(NAME, aus, ImageFiles(files), recordings, domain="studio")


_TASK = re.compile(r"([FM]\d{3})_(T\d+)")


def _rows(rows: list[NDArray[np.float32]], columns: int) -> NDArray[np.float32]:
    return np.array(rows, dtype=np.float32).reshape(len(rows), columns)


def _occurrence(table: Path, aus: Sequence[str]) -> dict[int, NDArray[np.float32]]:
    """Return (A,) codes by frame number."""
    numbers = read_whole_numbers(table)
    header = [au_name(number) for number in numbers[0, 1:]]
    absent = [au for au in aus if au not in header]
    if absent:
        raise CorpusError(f"{table}: no column for {', '.join(absent)}; its first row names {numbers[0]}")
    columns = [1 + header.index(au) for au in aus]
    check_frames(numbers[1:, 0], table)
    codes = as_codes(numbers[1:, columns], 1, UNLABELLED, table)
    return dict(zip(numbers[1:, 0].tolist(), codes, strict=True))


def _intensity(coding: Path, recording: str, aus: Sequence[str]) -> dict[int, NDArray[np.float32]]:
    """Return (A,) intensities by frame number, NaN where an AU's file does not list the frame."""
    levels: dict[int, NDArray[np.float32]] = {}
    for column, au in enumerate(aus):
        if au not in INTENSITY_AUS:
            continue
        table = coding / "AU_INT" / au / f"{recording}_{au}.csv"
        if not table.is_file():
            raise CorpusError(f"{NAME}: no {table}; pass intensity=False to read occurrence only")
        numbers = read_whole_numbers(table, columns=2)
        check_frames(numbers[:, 0], table)
        codes = as_codes(numbers[:, 1], int(TOP_INTENSITY), UNLABELLED, table)
        for frame, code in zip(numbers[:, 0].tolist(), codes, strict=True):
            row = levels.setdefault(frame, np.full(len(aus), np.nan, dtype=np.float32))
            row[column] = code
    return levels
