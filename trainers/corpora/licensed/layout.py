"""Reading a corpus' folder as its makers laid it out: folders, numbered pictures, tables of codes."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trainers.corpora.corpus import TOP_INTENSITY
from trainers.errors import CorpusError

PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})
UNLABELLED = 9
"""The code of BP4D and FERA-2017 for a frame that nobody could code."""

LARGEST = 2**53
"""Beyond it floating point numbers do not hold every whole number."""

SKIP_MISSING = "pass skip_missing=True to leave out labels without a picture"
"""The way out of an incomplete corpus, as error lines name it."""


def au_name(number: int) -> str:
    """6 -> "AU06"."""
    return f"AU{number:02d}"


def au_number(name: str) -> int:
    """ "AU06" (or "AU6", "6") -> 6.

    Raises:
        CorpusError: if it is not the name of an AU.
    """
    found = re.fullmatch(r"(?:AU)?\s*0*([1-9]\d?)", name.strip(), flags=re.IGNORECASE)
    if found is None:
        raise CorpusError(f"AU {name!r}: expected a name such as AU06")
    return int(found[1])


def find_folder(corpus: str, root: Path, names: Sequence[str], holds: str, wanted: str) -> Path:
    """Return the first of these folders that there is.

    Args:
        corpus: its name, for the error line.
        root: the folder that the user gave.
        names: the folder's known names, relative to `root`, the usual one first.
        holds: a file that would be in the corpus, relative to `root`, for the error line.
        wanted: what the folder that the user gives must hold, for the error line.

    Raises:
        CorpusError: if `root` or each of them is missing.
    """
    if not root.is_dir():
        raise CorpusError(f"{corpus}: {root} is not a folder; pass the folder that holds {wanted}")
    for name in names:
        if (root / name).is_dir():
            return root / name
    also = f" (nor {', '.join(f'{name}/' for name in names[1:])})" if names[1:] else ""
    raise CorpusError(
        f"{corpus}: no {names[0]}/{also} in {root}; looked for {holds}; pass the folder that holds {wanted}"
    )


def is_picture(path: Path) -> bool:
    """Whether a file's name is that of a picture; names that begin with a dot are other programs' notes."""
    return path.suffix.lower() in PICTURE_SUFFIXES and not path.name.startswith(".")


def pictures_in(folder: Path) -> list[Path]:
    """Return a folder's pictures by name."""
    return sorted(path for path in folder.iterdir() if is_picture(path))


def numbered_pictures(folder: Path) -> dict[int, Path]:
    """Return a folder's pictures by the number that is their name; "7", "007" and "0007" are all 7.

    Raises:
        CorpusError: if the folder is missing or two of its pictures have one number.
    """
    if not folder.is_dir():
        raise CorpusError(
            f"{folder}: no such folder; looked for the pictures that labels name; {SKIP_MISSING}"
        )
    numbered: dict[int, Path] = {}
    for path in pictures_in(folder):
        if not path.stem.isdecimal():
            continue
        other = numbered.setdefault(int(path.stem), path)
        if other is not path:
            raise CorpusError(f"{folder}: {other.name} and {path.name} both are frame {int(path.stem)}")
    return numbered


def one_per_name(paths: Iterable[Path]) -> dict[str, Path]:
    """Return files by their names.

    Raises:
        CorpusError: if two in different folders have one name.
    """
    named: dict[str, Path] = {}
    for path in paths:
        other = named.setdefault(path.name, path)
        if other is not path:
            raise CorpusError(f"{path}: {other} has the same name; keep one of them")
    return named


def read_cells(path: Path, delimiter: str | None = ",") -> list[tuple[int, list[str]]]:
    """Return the lines of a table that are not blank: line number from 1, cells without outer space.

    Args:
        path: the table.
        delimiter: between cells; None is any white space.

    Raises:
        CorpusError: if it cannot be read as text, or is empty.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = (
                (line.split() for line in file)
                if delimiter is None
                else csv.reader(file, delimiter=delimiter)
            )
            numbered = [(n, [cell.strip() for cell in cells]) for n, cells in enumerate(lines, 1)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CorpusError(f"{path}: not a readable table ({error})") from error
    filled = [(n, cells) for n, cells in numbered if any(cells)]
    if not filled:
        raise CorpusError(f"{path}: empty; expected a table of labels")
    return filled


def whole_number(cell: str, path: Path, line: int, column: int) -> int:
    """Read one cell; labels are whole numbers, though some corpora write them as 1.0000000e+00.

    Raises:
        CorpusError: if it is not a whole number; `line` and `column`, from 1, say where.
    """
    try:
        value = float(cell)
    except ValueError:
        value = np.nan
    if abs(value) < LARGEST and value.is_integer():
        return int(value)
    raise CorpusError(f"{path}: line {line}, column {column} is {cell!r}, expected a whole number")


def read_whole_numbers(
    path: Path, columns: int | None = None, delimiter: str | None = ","
) -> NDArray[np.int64]:
    """Return a table of whole numbers, (rows, columns) int64.

    Args:
        path: the table, without a header of words.
        columns: how many it must have; None takes the first line's.
        delimiter: between cells; None is any white space.

    Raises:
        CorpusError: if it cannot be read, a cell is no whole number, or a line has more or fewer cells.
    """
    lines = read_cells(path, delimiter)
    width = columns or len(lines[0][1])
    for line, cells in lines:
        if len(cells) != width:
            raise CorpusError(f"{path}: line {line} has {len(cells)} columns, expected {width}")
    try:
        # A table has thousands of cells: all at once, and one by one only to say which is wrong.
        values = np.array([cells for _, cells in lines], dtype=np.str_).astype(np.float64)
        if (np.abs(values) < LARGEST).all() and (values == np.rint(values)).all():
            return values.astype(np.int64)
    except ValueError:
        pass
    table = [
        [whole_number(cell, path, line, column) for column, cell in enumerate(cells, 1)]
        for line, cells in lines
    ]
    return np.array(table, dtype=np.int64)


def as_codes(values: NDArray[np.int64], top: int, unlabelled: int, path: Path) -> NDArray[np.float32]:
    """Turn codes of 0 to `top` into float32, `unlabelled` into NaN.

    Raises:
        CorpusError: if any is neither.
    """
    wrong = (values != unlabelled) & ((values < 0) | (values > top))
    if wrong.any():
        row = int(np.argwhere(wrong)[0, 0]) + 1
        raise CorpusError(
            f"{path}: label {values[wrong][0]} in row {row} of labels, expected 0 to {top}, "
            f"or {unlabelled} for unlabelled"
        )
    return np.where(values == unlabelled, np.nan, values).astype(np.float32)


def check_frames(frames: NDArray[np.int64], path: Path) -> None:
    """Refuse a table that labels a frame twice.

    Raises:
        CorpusError: if it does.
    """
    numbers, times = np.unique(frames, return_counts=True)
    if (times > 1).any():
        raise CorpusError(f"{path}: frame {numbers[times > 1][0]} is labelled twice")


def check_active_from(corpus: str, active_from: int) -> None:
    """Refuse an intensity from which on an AU is to count as present that no coder can give.

    Raises:
        CorpusError: if it is not 1 to 5.
    """
    if active_from not in range(1, int(TOP_INTENSITY) + 1):
        raise CorpusError(f"{corpus}: active_from={active_from}, expected an intensity of 1 to 5")
