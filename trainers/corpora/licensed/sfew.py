"""SFEW 2.0: stills of feature films with one of seven expressions.

Dhall et al., "Static Facial Expression Analysis in Tough Conditions: Data, Evaluation Protocol and
Benchmark", ICCV Workshops 2011, and "Video and Image based Emotion Recognition Challenges in the Wild:
EmotiW 2015", ICMI 2015; https://cs.anu.edu.au/few/. The release, as its archives unpack:

    Train/Angry/Airheads_000519240_00000005.png    film, time, frame; or Train/Train/Angry/...
    Train_Aligned_Faces/Angry/...                  faces cut out; or Train/Train_Aligned_Faces/...
    Val/, Val_Aligned_Faces_new/ (or Val_Aligned_Faces/), alike
    Test/, Test_Aligned_Faces/                     pictures without expression folders: not labelled

The folders are Angry, Disgust, Fear, Happy, Neutral, Sad and Surprise. Who the actors are is not said. The
film is the unit that is independent of the others, so it is the subject here; an actor who plays in two of
them counts as two.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from trainers.corpora.corpus import PARTITIONS, Corpus
from trainers.corpora.images import ImageFiles
from trainers.corpora.licensed.layout import is_picture, pictures_in
from trainers.errors import CorpusError

NAME = "SFEW 2.0"
FOLDERS = {
    "Angry": "anger",
    "Disgust": "disgust",
    "Fear": "fear",
    "Happy": "happiness",
    "Neutral": "neutral",
    "Sad": "sadness",
    "Surprise": "surprise",
}
_WHOLE = {
    "train": ("Train", "Train/Train"),
    "validation": ("Val", "Val/Val"),
    "test": ("Test", "Test/Test"),
}
_ALIGNED = {
    "train": ("Train_Aligned_Faces", "Train/Train_Aligned_Faces"),
    "validation": (
        "Val_Aligned_Faces_new",
        "Val_Aligned_Faces",
        "Val/Val_Aligned_Faces_new",
        "Val/Val_Aligned_Faces",
    ),
    "test": ("Test_Aligned_Faces", "Test/Test_Aligned_Faces"),
}
_STILL = re.compile(r"(?P<film>.+?)_(?P<time>\d+)_(?P<frame>\d+)")


def load(path: Path, partitions: Sequence[str] = ("train", "validation"), aligned: bool = False) -> Corpus:
    """Read SFEW 2.0.

    Args:
        path: the folder that holds Train and Val.
        partitions: those to read; "test" has no expressions.
        aligned: read the faces that the makers cut out instead of the whole stills.

    Raises:
        CorpusError: if the tree is another or lacks something.
    """
    path = Path(path)
    if unknown := [name for name in partitions if name not in PARTITIONS]:
        raise CorpusError(f"{NAME}: no partition {unknown[0]!r}; there are {', '.join(PARTITIONS)}")
    files: list[Path] = []
    expression: list[str] = []
    partition: list[str] = []
    for name in partitions:
        found = _unlabelled(path, aligned) if name == "test" else _labelled(path, name, aligned)
        for file, shown in found:
            files.append(file)
            expression.append(shown)
            partition.append(name)
    stills = [_still(file) for file in files]
    n = len(files)
    unlabelled = np.zeros((n, 0), dtype=np.float32)
    return Corpus(
        name=NAME,
        aus=(),
        images=ImageFiles(files),
        subject=np.array([still["film"] for still in stills], dtype=np.str_),
        sequence=np.array([f"{still['film']}/{still['time']}" for still in stills], dtype=np.str_),
        frame=np.array([int(still["frame"]) for still in stills], dtype=np.int64),
        intensity=unlabelled,
        occurrence=unlabelled,
        expression=np.array(expression, dtype=np.str_),
        domain=np.full(n, "wild"),
        partition=np.array(partition, dtype=np.str_),
    )


def _labelled(root: Path, partition: str, aligned: bool) -> list[tuple[Path, str]]:
    """Return a partition's pictures with their expressions."""
    names = (_ALIGNED if aligned else _WHOLE)[partition]
    folder = next((root / name for name in names if (root / name / "Angry").is_dir()), None)
    if folder is None:
        others = (_WHOLE if aligned else _ALIGNED)[partition]
        way_out = "pass the folder that holds Train and Val"
        if any((root / name / "Angry").is_dir() for name in others):
            way_out = f"pass aligned={not aligned} to read {others[0]}"
        raise CorpusError(f"{NAME}: no {names[0]}/Angry in {root}; looked for {_example(names)}; {way_out}")
    pictures = []
    for name, expression in FOLDERS.items():
        stills = pictures_in(folder / name) if (folder / name).is_dir() else []
        if not stills:
            raise CorpusError(
                f"{NAME}: no picture in {folder / name}; {partition} has all of {', '.join(FOLDERS)}"
            )
        pictures += [(still, expression) for still in stills]
    return pictures


def _unlabelled(root: Path, aligned: bool) -> list[tuple[Path, str]]:
    """Return the test pictures."""
    names = (_ALIGNED if aligned else _WHOLE)["test"]
    cut_out = {root / name for name in _ALIGNED["test"]}
    for folder in (root / name for name in reversed(names)):
        stills = sorted(
            still
            for still in folder.rglob("*")
            if is_picture(still) and (aligned or not cut_out.intersection(still.parents))
        )
        if stills:
            return [(still, "") for still in stills]
    raise CorpusError(
        f"{NAME}: no picture in {root / names[0]}; leave out the test partition to read the rest"
    )


def _example(names: Sequence[str]) -> str:
    return f"{names[0]}/Angry/Airheads_000519240_00000005.png"


def _still(path: Path) -> re.Match[str]:
    match = _STILL.fullmatch(path.stem)
    if match is None:
        raise CorpusError(f"{path}: not named film_time_frame as Airheads_000519240_00000005.png")
    return match
