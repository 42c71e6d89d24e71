"""A corpus' rows divided into training, validation and test, with no person in two of them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from trainers.errors import ProtocolError


def _no_rows() -> NDArray[np.int64]:
    return np.zeros(0, dtype=np.int64)


class Sample(NamedTuple):
    """Rows chosen from a corpus, and how.

    Attributes:
        rows: int64 indices into the corpus; may repeat.
        description: what a report must say about the choice, in one line.
    """

    rows: NDArray[np.int64]
    description: str


@dataclass(frozen=True, eq=False)
class Split:
    """One division of a corpus of n rows. Rows in no part are not used.

    Attributes:
        name: the protocol and which of its splits this is: "3-fold, fold 1 of 3".
        subject: (n,) the corpus' column, against which the parts are checked.
        train, validation, test: int64 row indices, each maybe empty. Training rows may repeat.
        seed: what the subjects were drawn with; None where nothing is drawn.
        notes: what reports must say besides, a line each.

    Raises:
        ProtocolError: if a subject is in two parts, a row is not in the corpus, or a validation or test
            row repeats.
    """

    name: str
    subject: NDArray[np.str_]
    train: NDArray[np.int64] = field(default_factory=_no_rows)
    validation: NDArray[np.int64] = field(default_factory=_no_rows)
    test: NDArray[np.int64] = field(default_factory=_no_rows)
    seed: int | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse leakage: no protocol can skip this."""
        part_of: dict[str, str] = {}
        for part, rows in self.parts.items():
            outside = rows[(rows < 0) | (rows >= len(self.subject))]
            if outside.size:
                raise ProtocolError(
                    f"{self.name}: {part} row {outside[0]} is not in the corpus of {len(self.subject)} rows"
                )
            if part != "train" and len(np.unique(rows)) < len(rows):
                raise ProtocolError(f"{self.name}: {part} rows repeat; only training rows may")
            for subject in np.unique(self.subject[rows]).tolist():
                if subject in part_of:
                    raise ProtocolError(
                        f"{self.name}: subject {subject} is in both {part_of[subject]} and {part}; "
                        "all frames of a person must be in one part"
                    )
                part_of[subject] = part

    @classmethod
    def of_parts(
        cls, subject: NDArray[np.str_], name: str, part: NDArray[np.integer], seed: int | None
    ) -> Split:
        """Return the split of (n,) rows whose part is 0 (train), 1 (validation), 2 (test) or -1 (none)."""
        train, validation, test = (np.flatnonzero(part == number) for number in range(3))
        return cls(name, subject, train, validation, test, seed)

    @property
    def parts(self) -> dict[str, NDArray[np.int64]]:
        """The rows by name of the part, also of empty ones."""
        return {"train": self.train, "validation": self.validation, "test": self.test}

    @property
    def description(self) -> str:
        """One line for reports: name, seed, subjects and frames of each part that has any, notes."""
        counts = [
            f"{part} {_plural(len(np.unique(self.subject[rows])), 'subject')}, {_plural(len(rows), 'frame')}"
            for part, rows in self.parts.items()
            if len(rows)
        ]
        seed = "" if self.seed is None else f" (seed {self.seed})"
        return "; ".join(
            [f"{self.name}{seed}: {counts[0] if counts else 'no frames'}", *counts[1:], *self.notes]
        )

    def with_training(self, sample: Sample) -> Split:
        """Return this split with other training rows, as a re-sampling chose them, and its note."""
        return dataclasses.replace(self, train=sample.rows, notes=(*self.notes, sample.description))


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
