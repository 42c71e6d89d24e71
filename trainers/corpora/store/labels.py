"""The labels of a corpus folder as named arrays: `labels.npz`, of numbers and fixed-width text only.

Arrays are those of `Corpus` under its own names, `attribute.<name>` for attributes, `aus`, and `shard`,
`offset`, `length` of each picture. `numpy.load` reads the file without pickle.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainers.errors import CorpusError

Array = NDArray[Any]

TEXT_COLUMNS = ("subject", "sequence", "expression", "view", "domain", "partition")
NUMBER_COLUMNS: dict[str, Any] = {
    "frame": np.int64,
    "intensity": np.float32,
    "occurrence": np.float32,
    "pose": np.float32,
    "landmarks": np.float32,
}
OPTIONAL = ("landmarks",)
PLACES = ("shard", "offset", "length")
ATTRIBUTE = "attribute."
PLAIN_KINDS = "biufU"
"""Kinds of NumPy types that may be stored: bool, whole and real numbers, text."""


def write_labels(path: Path, arrays: Mapping[str, Array]) -> None:
    """Write arrays as an uncompressed .npz; the same arrays give the same bytes anywhere.

    `numpy.savez` leaves times and versions to zipfile, and so to the machine.

    Raises:
        OSError: the file cannot be written.
    """
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, values in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system = 3  # Unix, also where this runs on Windows
            little = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
            with archive.open(entry, "w", force_zip64=True) as file:
                np.lib.format.write_array(file, little, version=(1, 0), allow_pickle=False)


def read_labels(path: Path) -> dict[str, Array]:
    """Read every array of an .npz; their shapes are not checked.

    Raises:
        CorpusError: not a readable .npz, an array is missing, or holds something but numbers and text.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        raise CorpusError(f"{path}: is no readable table of labels ({error}); copy it again") from error
    except (TypeError, AttributeError):  # a lone array is no archive
        raise CorpusError(f"{path}: is no table of labels but something else; copy it again") from None
    wanted = {"aus": "U"} | dict.fromkeys(TEXT_COLUMNS, "U")
    wanted |= {name: np.dtype(kind).kind for name, kind in NUMBER_COLUMNS.items()}
    wanted |= dict.fromkeys(PLACES, "i")
    for name, kind in wanted.items():
        if name not in arrays:
            if name not in OPTIONAL:
                raise CorpusError(f"{path}: has no column {name}; copy or make the corpus again")
        elif arrays[name].dtype.kind != kind:
            raise CorpusError(
                f"{path}: column {name} is of type {arrays[name].dtype}, as no corpus is written"
            )
    return arrays


def attributes_of(arrays: Mapping[str, Array]) -> dict[str, Array]:
    """Return the attributes among the arrays of `labels.npz`, by their own names."""
    return {
        name.removeprefix(ATTRIBUTE): values for name, values in arrays.items() if name.startswith(ATTRIBUTE)
    }
