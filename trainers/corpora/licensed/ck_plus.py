"""CK+: 593 posed sequences of 123 adults, from neutral to the peak, whose peak frame is FACS coded.

Lucey et al., "The Extended Cohn-Kanade Dataset (CK+): A complete dataset for action unit and
emotion-specified expression", CVPR Workshops 2010; http://www.jeffcohn.net/Resources/. The release:

    cohn-kanade-images/S005/001/S005_001_00000011.png    subject, sequence, frame
    FACS/S005/001/S005_001_00000011_facs.txt             the peak frame's lines "AU intensity"
    Emotion/S005/001/S005_001_00000011_emotion.txt       0 neutral, 1 anger, 2 contempt, 3 disgust, 4 fear,
                                                         5 happy, 6 sadness, 7 surprise; 327 sequences only
    Landmarks/S005/001/S005_001_00000011_landmarks.txt   68 lines "x y" for each frame

Numbers are written as 1.0000000e+00. An AU that is not listed is absent. Intensity 0 says that the AU is
there but nobody graded it. Lucey et al. count every listed AU as present; Ghosh et al., "A Multi-label
Convolutional Neural Network Approach to Cross-Domain Action Unit Detection" (ACII 2015), section II, only
those of 3 and more, and do not say what becomes of the ungraded: `unspecified` chooses, and their intensity
is NaN in any case. Contempt is no basic expression here: "".

Sequences without a FACS file are left out, nobody coded them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from trainers.corpora.corpus import TOP_INTENSITY, Corpus
from trainers.corpora.images import ImageFiles
from trainers.corpora.licensed.layout import (
    au_name,
    au_number,
    check_active_from,
    find_folder,
    pictures_in,
    read_cells,
    read_whole_numbers,
)
from trainers.errors import CorpusError

NAME = "CK+"
AUS = tuple(
    au_name(n)
    for n in (1, 2, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 20, 21, 23, 24)
    + (25, 26, 27, 28, 29, 31, 34, 38, 39, 43)
)
"""The thirty of Lucey et al., table 1; the files also list head and eye movements."""

EMOTIONS = ("neutral", "anger", "", "disgust", "fear", "happiness", "sadness", "surprise")
"""Our expression for each of the release's numbers."""

LANDMARKS = 68
Unspecified = Literal["present", "absent", "unlabelled"]
_WANTED = "cohn-kanade-images and FACS"


def load(
    path: Path,
    aus: Sequence[str] = AUS,
    active_from: int = 3,
    unspecified: Unspecified = "present",
    first_frames: bool = False,
) -> Corpus:
    """Read the coded frames of CK+.

    Args:
        path: the folder that holds cohn-kanade-images and FACS, and Emotion and Landmarks if there are.
        aus: those to read; an AU that no file lists is absent everywhere.
        active_from: intensity, 1 to 5, from which on an AU counts as present.
        unspecified: what a listed AU without intensity counts as.
        first_frames: also take each sequence's first frame, as neutral with all AUs absent: the sequences
            begin there, though nobody coded it.

    Raises:
        CorpusError: if the tree is another or lacks something, or a label cannot be read.
    """
    path = Path(path)
    check_active_from(NAME, active_from)
    if unspecified not in get_args(Unspecified):
        raise CorpusError(f"{NAME}: unspecified={unspecified!r}, expected {', '.join(get_args(Unspecified))}")
    aus = [au_name(au_number(au)) for au in aus]
    example = "S005/001/S005_001_00000011"
    pictures = find_folder(NAME, path, ("cohn-kanade-images",), f"cohn-kanade-images/{example}.png", _WANTED)
    facs = find_folder(NAME, path, ("FACS", "FACS_labels"), f"FACS/{example}_facs.txt", _WANTED)
    tables = sorted(table for table in facs.rglob("*_facs.txt") if not table.name.startswith("."))
    if not tables:
        raise CorpusError(f"{NAME}: no table such as {example}_facs.txt in {facs}")
    files: list[Path] = []
    levels: list[NDArray[np.float32]] = []
    expression: list[str] = []
    absent = np.zeros(len(aus), dtype=np.float32)
    for table in tables:
        picture = _picture(pictures, table)
        if first_frames and (first := pictures_in(picture.parent)[0]) != picture:
            files.append(first)
            levels.append(absent)
            expression.append("neutral")
        files.append(picture)
        levels.append(_levels(table, aus))
        expression.append(_expression(path, picture))
    graded = np.array(levels, dtype=np.float32).reshape(len(files), len(aus))
    ungraded = graded == _UNGRADED
    occurrence = (graded >= active_from).astype(np.float32)
    occurrence[ungraded] = {"present": 1.0, "absent": 0.0, "unlabelled": np.nan}[unspecified]
    parts = [file.stem.split("_") for file in files]
    return Corpus(
        name=NAME,
        aus=tuple(aus),
        images=ImageFiles(files),
        subject=np.array([subject for subject, _, _ in parts], dtype=np.str_),
        sequence=np.array([f"{subject}/{sequence}" for subject, sequence, _ in parts], dtype=np.str_),
        frame=np.array([int(frame) for _, _, frame in parts], dtype=np.int64),
        intensity=np.where(ungraded, np.float32(np.nan), graded),
        occurrence=occurrence,
        expression=np.array(expression, dtype=np.str_),
        domain=np.full(len(files), "studio"),
        landmarks=_landmarks(path, files),
    )


# Stands for "there, intensity not given" while the rows are gathered.
_UNGRADED = -1.0


def _picture(pictures: Path, table: Path) -> Path:
    """Return the picture that a FACS table codes."""
    stem = table.name.removesuffix("_facs.txt")
    parts = stem.split("_")
    if len(parts) != 3 or not parts[2].isdecimal():
        raise CorpusError(f"{table}: not named as S005_001_00000011_facs.txt")
    picture = pictures / parts[0] / parts[1] / f"{stem}.png"
    if not picture.is_file():
        raise CorpusError(f"{NAME}: {table} codes a picture that is not there: {picture}")
    return picture


def _levels(table: Path, aus: Sequence[str]) -> NDArray[np.float32]:
    """Return (A,) intensities of a FACS table, `_UNGRADED` where there is none."""
    levels = np.zeros(len(aus), dtype=np.float32)
    if not table.read_bytes().strip():  # a face without any AU
        return levels
    for number, level in read_whole_numbers(table, columns=2, delimiter=None).tolist():
        if not 0 <= level <= TOP_INTENSITY:
            raise CorpusError(f"{table}: AU {number} has intensity {level}, expected 0 to 5")
        if au_name(number) in aus:
            levels[aus.index(au_name(number))] = level or _UNGRADED
    return levels


def _expression(root: Path, picture: Path) -> str:
    """Return the expression of a sequence's peak, "" if it has no label."""
    folder = next((root / name for name in ("Emotion", "Emotion_labels") if (root / name).is_dir()), None)
    if folder is None:
        return ""
    table = folder / Path(*picture.parts[-3:-1]) / f"{picture.stem}_emotion.txt"
    if not table.is_file():
        return ""
    number = int(read_whole_numbers(table, columns=1, delimiter=None)[0, 0])
    if number not in range(len(EMOTIONS)):
        raise CorpusError(f"{table}: emotion {number}, expected 0 to {len(EMOTIONS) - 1}")
    return EMOTIONS[number]


def _landmarks(root: Path, files: Sequence[Path]) -> NDArray[np.float32] | None:
    """Return (n, 68, 2) landmarks as the files have them, None if the release's folder is not there."""
    folder = root / "Landmarks"
    if not folder.is_dir():
        return None
    points = np.empty((len(files), LANDMARKS, 2), dtype=np.float32)
    for row, file in enumerate(files):
        table = folder / Path(*file.parts[-3:-1]) / f"{file.stem}_landmarks.txt"
        if not table.is_file():
            raise CorpusError(f"{NAME}: no {table}; complete the folder Landmarks or take it away")
        lines = [cells for _, cells in read_cells(table, delimiter=None)]
        try:
            if len(lines) != LANDMARKS or {len(cells) for cells in lines} != {2}:
                raise ValueError(f"{len(lines)} lines, {len(lines[0])} columns in the first")
            points[row] = np.array(lines, dtype=np.float32)
        except ValueError as error:
            raise CorpusError(f"{table}: not {LANDMARKS} lines of x and y ({error})") from error
    return points
