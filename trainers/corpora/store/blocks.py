"""Rows of labels as they come, block by block, checked and put together to whole columns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from trainers.corpora.corpus import EXPRESSIONS, PARTITIONS
from trainers.corpora.store.labels import ATTRIBUTE, NUMBER_COLUMNS, PLAIN_KINDS, TEXT_COLUMNS, Array
from trainers.errors import CorpusError

REQUIRED = ("subject", "sequence", "frame", "intensity", "occurrence")
_ALLOWED = {"expression": ("", *EXPRESSIONS), "partition": ("", *PARTITIONS)}
_ATTRIBUTE_NAME = re.compile(r"[A-Za-z0-9_]+")


class LabelBlocks:
    """Collects blocks of rows; all of them have the same attributes, and landmarks all or none.

    Args:
        where: how messages begin: the corpus these rows are of.
        aus: how many Action Units there are.
    """

    def __init__(self, where: str, aus: int) -> None:
        self._where = where
        self._aus = aus
        self._blocks: list[dict[str, Array]] = []

    def add(self, n: int, columns: Mapping[str, ArrayLike], attributes: Mapping[str, ArrayLike]) -> None:
        """Take n rows. A text or number alone, and (A,), (3,) or (L, 2) values, stand for all n.

        Attributes are (n,) or (n, ...), or one text or number for all n.

        Raises:
            CorpusError: a column is unknown, missing, or not of n rows; its values cannot be stored.
        """
        for name in columns:
            if name not in TEXT_COLUMNS and name not in NUMBER_COLUMNS:
                raise CorpusError(f"{self._where}: unknown column {name!r}; is it an attribute?")
        for name in REQUIRED:
            if name not in columns:
                raise CorpusError(f"{self._where}: column {name!r} is missing")
        block = {name: self._column(name, columns.get(name, ""), n) for name in TEXT_COLUMNS}
        given = {"pose": (np.nan, np.nan, np.nan), **columns}
        block |= {name: self._column(name, given[name], n) for name in NUMBER_COLUMNS if name in given}
        block |= {ATTRIBUTE + name: self._attribute(name, v, n) for name, v in attributes.items()}
        if self._blocks:
            self._compare(block, self._blocks[0])
        self._blocks.append(block)

    def joined(self) -> dict[str, Array]:
        """Return the columns of all rows in the order they came, by their names in `labels.npz`."""
        return {name: np.concatenate([block[name] for block in self._blocks]) for name in self._blocks[0]}

    def _column(self, name: str, values: ArrayLike, n: int) -> Array:
        kind: Any = np.str_ if name in TEXT_COLUMNS else NUMBER_COLUMNS[name]
        try:
            column = np.asarray(values, dtype=kind)
        except (TypeError, ValueError) as error:
            raise CorpusError(f"{self._where}: column {name} is not usable ({error})") from None
        rows: dict[str, tuple[int, ...]] = {
            "intensity": (self._aus,),
            "occurrence": (self._aus,),
            "pose": (3,),
            "landmarks": (column.shape[-2] if column.ndim > 1 else 0, 2),
        }
        column = self._spread(f"column {name}", column, (n, *rows.get(name, ())))
        if name in _ALLOWED and (odd := set(np.unique(column).tolist()) - set(_ALLOWED[name])):
            allowed = ", ".join(word for word in _ALLOWED[name] if word)
            raise CorpusError(f"{self._where}: column {name} has {odd.pop()!r}; use {allowed} or nothing")
        return column

    def _attribute(self, name: str, values: ArrayLike, n: int) -> Array:
        if not _ATTRIBUTE_NAME.fullmatch(name):
            raise CorpusError(f"{self._where}: attribute {name!r}: use letters, digits and _ in its name")
        column = np.asarray(values)
        if column.dtype.kind not in PLAIN_KINDS:
            raise CorpusError(
                f"{self._where}: attribute {name} is of type {column.dtype}; give numbers, true/false or text"
            )
        return self._spread(f"attribute {name}", column, (n, *column.shape[1:]))

    def _spread(self, what: str, values: Array, shape: tuple[int, ...]) -> Array:
        if values.shape not in (shape, shape[1:]):
            raise CorpusError(f"{self._where}: {what} is {values.shape}, expected {shape}")
        return np.array(np.broadcast_to(values, shape))  # a copy: the caller may fill its own again

    def _compare(self, block: Mapping[str, Array], first: Mapping[str, Array]) -> None:
        for name in sorted(block.keys() ^ first.keys()):
            raise CorpusError(f"{self._where}: only some of the rows have {name}; give it for all or none")
        for name, values in block.items():
            before = first[name]
            if values.dtype.kind != before.dtype.kind or values.shape[1:] != before.shape[1:]:
                raise CorpusError(
                    f"{self._where}: {name} is {values.dtype} {values.shape[1:]} after rows of "
                    f"{before.dtype} {before.shape[1:]}"
                )
