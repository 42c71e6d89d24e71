"""EmotioNet: faces from the web with AU occurrence, or with one of 16 basic and compound expressions.

Benitez-Quiroz et al., "EmotioNet: An accurate, real-time algorithm for the automatic annotation of a million
facial expressions in the wild", CVPR 2016, and "EmotioNet Challenge", arXiv:1703.01210;
http://cbcsl.ece.ohio-state.edu/EmotionNetChallenge/. The makers give lists of addresses, the user fetches
the pictures. A folder for LiveFACS:

    EmotioNet_FACS_aws_2020_24600.csv    the list; the makers' .xlsx saved as CSV
    images/N_0000000001/N_0000000001_00001.jpg    pictures, found by name wherever they lie in the folder

A list is one of

    URL, URL orig, 'AU 1', ..., 'AU 60'      0 absent, 1 present, 999 not coded; cells may be in quotes
    url_server, url, angrily_disgusted, ...  of the 16 columns one is 1 (URLsWithEmotionCat_aws)
    the challenge's dataFile_0001.txt        without a header, tabs between: address, original address,
                                             AU 1 to 60

Compound expressions ("happily_surprised") are not among ours: "". Nobody says who is in which picture, so
that each counts as a subject of its own; people may come twice.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from trainers.corpora.corpus import Corpus
from trainers.corpora.images import ImageFiles
from trainers.corpora.licensed.layout import (
    SKIP_MISSING,
    as_codes,
    au_name,
    au_number,
    is_picture,
    one_per_name,
    read_cells,
    whole_number,
)
from trainers.errors import CorpusError

NAME = "EmotioNet"
AUS = tuple(au_name(n) for n in (1, 2, 4, 5, 6, 9, 12, 17, 20, 25, 26))
"""The eleven of the challenge's first track."""

NOT_CODED = 999
BASIC = {
    "angry": "anger",
    "disgusted": "disgust",
    "fearful": "fear",
    "happy": "happiness",
    "sad": "sadness",
    "surprised": "surprise",
}
COMPOUND = (
    "angrily_disgusted",
    "angrily_surprised",
    "appalled",
    "awed",
    "fearfully_angry",
    "fearfully_surprised",
    "happily_disgusted",
    "happily_surprised",
    "sadly_angry",
    "sadly_disgusted",
)
_CHALLENGE_AUS = 60


def load(path: Path, annotations: str = "", aus: Sequence[str] = AUS, skip_missing: bool = False) -> Corpus:
    """Read one of EmotioNet's lists and the pictures that were fetched.

    Args:
        path: the folder that holds the list and the pictures.
        annotations: the list's name in that folder, or a pattern such as "dataFile_*.txt"; by default the
            only .csv there is.
        aus: of the list's AUs those to read; a list of expressions has none.
        skip_missing: leave out listed pictures that could not be fetched.

    Raises:
        CorpusError: if the list or a picture is missing, or a label cannot be read.
    """
    path = Path(path)
    aus = [au_name(au_number(au)) for au in aus]
    lists = [_read_list(file, aus) for file in _lists(path, annotations)]
    aus = aus if lists[0].codes.shape[1] else []
    if any(one.codes.shape[1] != len(aus) for one in lists):
        raise CorpusError(f"{NAME}: some of {annotations} list AUs and some do not; name one kind")
    names = [name for one in lists for name in one.names]
    fetched = one_per_name(sorted(file for file in path.rglob("*") if is_picture(file)))
    missing = [name for name in names if name not in fetched]
    if (missing and not skip_missing) or len(missing) == len(names):
        raise CorpusError(
            f"{NAME}: no picture {missing[0]} under {path} ({len(missing)} of {len(names)} missing); "
            f"fetch the list's addresses, or {SKIP_MISSING}"
        )
    there = np.array([name in fetched for name in names], dtype=np.bool_)
    occurrence = np.concatenate([one.codes for one in lists])[there]
    stems = np.array([Path(name).stem for name in names], dtype=np.str_)[there]
    return Corpus(
        name=NAME,
        aus=tuple(aus),
        images=ImageFiles([fetched[name] for name in names if name in fetched]),
        subject=stems,
        sequence=stems,
        frame=np.ones(len(stems), dtype=np.int64),
        intensity=np.full_like(occurrence, np.nan),
        occurrence=occurrence,
        expression=np.array([shown for one in lists for shown in one.expression], dtype=np.str_)[there],
        domain=np.full(len(stems), "wild"),
    )


@dataclass(frozen=True, eq=False)
class _List:
    """What one file lists: pictures' names, (n, A) codes, expressions."""

    names: list[str]
    codes: NDArray[np.float32]
    expression: list[str]


def _lists(root: Path, annotations: str) -> list[Path]:
    """Return the files to read."""
    if not root.is_dir():
        raise CorpusError(f"{NAME}: {root} is not a folder; pass the one that holds the list and images/")
    try:
        found = sorted(root.glob(annotations or "*.csv"))
    except (ValueError, NotImplementedError) as error:  # absolute, or no pattern at all
        raise CorpusError(
            f"{NAME}: annotations={annotations!r}, expected a name in {root} ({error})"
        ) from error
    if any(file.suffix.lower() in (".xlsx", ".xls") for file in found) or (
        not found and (found := sorted(root.glob("*.xls*")))
    ):
        raise CorpusError(f"{NAME}: {found[0]} is a workbook; save it as CSV and pass that")
    if not found:
        looked_for = annotations or "EmotioNet_FACS_aws_2020_24600.csv or another .csv"
        raise CorpusError(f"{NAME}: no list in {root}; looked for {looked_for}; pass annotations= to name it")
    if not annotations and len(found) > 1:
        listed = ", ".join(file.name for file in found)
        raise CorpusError(f"{NAME}: several lists in {root} ({listed}); pass annotations= to choose one")
    return found


def _read_list(file: Path, aus: Sequence[str]) -> _List:
    rows = [(n, [_bare(cell) for cell in cells]) for n, cells in read_cells(file, _delimiter(file))]
    if "://" in rows[0][1][0]:
        header = ["url", "url orig"] + [f"AU {n}" for n in range(1, _CHALLENGE_AUS + 1)]
    else:
        header = rows.pop(0)[1]
    if not rows:
        raise CorpusError(f"{file}: lists no picture")
    for line, cells in rows:
        if len(cells) < len(header):
            raise CorpusError(f"{file}: line {line} has {len(cells)} columns, expected {len(header)}")
    columns = {au_name(int(m[1])): c for c, cell in enumerate(header) if (m := _AU.fullmatch(cell))}
    shown = {cell.lower(): c for c, cell in enumerate(header) if cell.lower() in (*BASIC, *COMPOUND)}
    if columns and (absent := [au for au in aus if au not in columns]):
        raise CorpusError(f"{file}: no column for {', '.join(absent)}; pass aus= to choose others")
    if not columns and not shown:
        raise CorpusError(
            f"{file}: neither AU nor expression columns; expected URL, URL orig, AU 1, AU 2 ..."
        )
    chosen = [columns[au] for au in aus] if columns else []
    numbers = [[whole_number(cells[c], file, line, c + 1) for c in chosen] for line, cells in rows]
    codes = np.array(numbers, dtype=np.int64).reshape(len(rows), len(chosen))
    return _List(
        names=[PurePosixPath(cells[0]).name for _, cells in rows],
        codes=as_codes(codes, 1, NOT_CODED, file),
        expression=[_expression(file, line, cells, shown) for line, cells in rows],
    )


_AU = re.compile(r"AU\s*(\d{1,2})", flags=re.IGNORECASE)


def _expression(file: Path, line: int, cells: Sequence[str], columns: dict[str, int]) -> str:
    """Return the expression whose column is 1, "" if there is none of ours."""
    chosen = [name for name, c in columns.items() if whole_number(cells[c], file, line, c + 1) == 1]
    if len(chosen) > 1:
        raise CorpusError(f"{file}: line {line} has several expressions, {' and '.join(chosen)}")
    return BASIC.get(chosen[0], "") if chosen else ""


def _bare(cell: str) -> str:
    return cell.strip("'\" ")


def _delimiter(file: Path) -> str:
    """Tab for the challenge's files, else a comma or, from some spreadsheets, a semicolon."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            return csv.Sniffer().sniff(opened.readline(), delimiters=",;\t").delimiter
    except (OSError, UnicodeDecodeError, csv.Error):
        return ","
