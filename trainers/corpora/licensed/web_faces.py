"""Unlabelled faces from the web: CelebA and LFW.

Liu et al., "Deep Learning Face Attributes in the Wild", ICCV 2015;
https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html. The release:

    img_align_celeba/000001.jpg    or Img/img_align_celeba/; 202,599 pictures
    identity_CelebA.txt            or Anno/; lines "000001.jpg 2880"
    list_eval_partition.txt        or Eval/; lines "000001.jpg 0": 0 train, 1 validation, 2 test; optional

Huang et al., "Labeled Faces in the Wild", technical report 07-49, University of Massachusetts, 2007;
http://vis-www.cs.umass.edu/lfw/. The release:

    lfw/Aaron_Eckhart/Aaron_Eckhart_0001.jpg    or lfw_funneled/, lfw-deepfunneled/; 13,233 pictures

Both say who is seen, which is the subject, and nothing of the face: no AU, no expression. Each picture is a
recording of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from trainers.corpora.corpus import PARTITIONS, Corpus
from trainers.corpora.images import ImageFiles
from trainers.corpora.licensed.layout import (
    SKIP_MISSING,
    find_folder,
    pictures_in,
    read_cells,
    whole_number,
)
from trainers.errors import CorpusError

_CELEBA = "CelebA"
_LFW = "LFW"


def load_celeba(path: Path, skip_missing: bool = False) -> Corpus:
    """Read CelebA's aligned pictures.

    Args:
        path: the folder that holds img_align_celeba and identity_CelebA.txt.
        skip_missing: leave out people's pictures that are not there.

    Raises:
        CorpusError: if the tree is another or lacks something.
    """
    path = Path(path)
    wanted = "img_align_celeba and identity_CelebA.txt"
    names = ("img_align_celeba", "Img/img_align_celeba")
    folder = find_folder(_CELEBA, path, names, f"{names[0]}/000001.jpg", wanted)
    table = _table(path, "identity_CelebA.txt", "Anno")
    if table is None:
        raise CorpusError(f"{_CELEBA}: no identity_CelebA.txt in {path}; pass the folder that holds {wanted}")
    people = _numbers_by_picture(table)
    files = pictures_in(folder)
    there = {file.name for file in files}
    if unknown := [file.name for file in files if file.name not in people]:
        raise CorpusError(f"{_CELEBA}: {table} does not say who is on {unknown[0]} ({len(unknown)} such)")
    missing = [name for name in people if name not in there]
    if missing and not skip_missing:
        raise CorpusError(
            f"{_CELEBA}: no picture {folder / missing[0]} ({len(missing)} missing); {SKIP_MISSING}"
        )
    partition: list[str] = []
    if (division := _table(path, "list_eval_partition.txt", "Eval")) is not None:
        parts = _numbers_by_picture(division)
        for file in files:
            if parts.get(file.name) not in range(len(PARTITIONS)):
                raise CorpusError(f"{division}: {file.name} is in no partition 0, 1 or 2")
            partition.append(PARTITIONS[parts[file.name]])
    return _unlabelled(_CELEBA, files, [str(people[f.name]) for f in files], partition)


def load_lfw(path: Path) -> Corpus:
    """Read LFW.

    Args:
        path: the folder of the people's folders, or the one that holds it as lfw.

    Raises:
        CorpusError: if the tree is another.
    """
    path = Path(path)
    if not path.is_dir():
        raise CorpusError(f"{_LFW}: {path} is not a folder; pass the one that holds lfw")
    names = ("lfw", "lfw_funneled", "lfw-deepfunneled", ".")
    root = next(path / name for name in names if (path / name).is_dir())
    files = []
    for person in sorted(folder for folder in root.iterdir() if folder.is_dir()):
        files += [file for file in pictures_in(person) if file.stem.rpartition("_")[0] == person.name]
    if not files:
        raise CorpusError(
            f"{_LFW}: no people's folders in {root}; looked for Aaron_Eckhart/Aaron_Eckhart_0001.jpg; "
            "pass the folder that holds lfw"
        )
    return _unlabelled(_LFW, files, [file.parent.name for file in files], [])


def _unlabelled(name: str, files: Sequence[Path], subject: Sequence[str], partition: Sequence[str]) -> Corpus:
    n = len(files)
    unlabelled = np.zeros((n, 0), dtype=np.float32)
    return Corpus(
        name=name,
        aus=(),
        images=ImageFiles(files),
        subject=np.array(subject, dtype=np.str_),
        sequence=np.array([file.stem for file in files], dtype=np.str_),
        frame=np.ones(n, dtype=np.int64),
        intensity=unlabelled,
        occurrence=unlabelled,
        domain=np.full(n, "wild"),
        partition=np.array(partition, dtype=np.str_),
    )


def _table(root: Path, name: str, folder: str) -> Path | None:
    return next((path for path in (root / name, root / folder / name) if path.is_file()), None)


def _numbers_by_picture(table: Path) -> dict[str, int]:
    """Read lines "000001.jpg 2880"."""
    numbers: dict[str, int] = {}
    for line, cells in read_cells(table, delimiter=None):
        if len(cells) != 2:
            raise CorpusError(f"{table}: line {line} has {len(cells)} columns, expected picture and number")
        if cells[0] in numbers:
            raise CorpusError(f"{table}: line {line} lists {cells[0]} a second time")
        numbers[cells[0]] = whole_number(cells[1], table, line, 2)
    return numbers
