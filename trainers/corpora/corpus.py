"""What every corpus is once it is read: one row per picture, the labels as columns.

Loaders make it, protocols cut it, trainers and evaluations read it. Nothing in it knows where the
pictures come from: `images` fetches them one at a time.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from realtime import types
from trainers.corpora.images import Images, JoinedImages, SelectedImages
from trainers.errors import CorpusError

TOP_INTENSITY = types.TOP_INTENSITY
PARTITIONS = ("train", "validation", "test")
EXPRESSIONS = ("neutral", "anger", "disgust", "fear", "happiness", "sadness", "surprise")
"""The basic expressions, in the order of confusion matrices and class indices."""


@dataclass(frozen=True, eq=False)
class Corpus:
    """Labelled pictures of faces. n rows, A Action Units.

    Attributes:
        name: of the corpus, as tables print it: "BP4D", "livefacs-studio".
        aus: the A Action Units that are labelled, zero-padded ("AU01"), in the columns' order.
        images: the n pictures, each a (H, W, 3) uint8 RGB array, read when asked for.
        subject: (n,) who it is, unique within the corpus ("F001").
        sequence: (n,) the recording a picture belongs to, unique within the corpus ("F001/T1").
        frame: (n,) int64 place within the sequence, counted from 1.
        intensity: (n, A) float32 0 to 5; NaN where nobody labelled it.
        occurrence: (n, A) float32 0 or 1; NaN where nobody labelled it.
        expression: (n,) one of `EXPRESSIONS`, or "" where nobody labelled it.
        pose: (n, 3) float32 yaw, pitch, roll in degrees, axes as `realtime.types.Pose`; NaN if unknown.
        view: (n,) name of the camera or rendered view ("6" of FERA-2017's 1 to 9), "" if there is one only.
        domain: (n,) the look of the picture: "studio", "wild", "" if unknown.
        partition: (n,) one of `PARTITIONS` where the corpus itself divides its rows, else "".
        landmarks: (n, L, 2) float32 pixels counted from the picture's edge, or None.
        attributes: what else is known of each row, by name: (n,) or (n, ...) arrays ("age", "gaze").
    """

    name: str
    aus: tuple[str, ...]
    images: Images
    subject: NDArray[np.str_]
    sequence: NDArray[np.str_]
    frame: NDArray[np.int64]
    intensity: NDArray[np.float32]
    occurrence: NDArray[np.float32]
    expression: NDArray[np.str_] = field(default_factory=lambda: np.zeros(0, dtype=np.str_))
    pose: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 3), dtype=np.float32))
    view: NDArray[np.str_] = field(default_factory=lambda: np.zeros(0, dtype=np.str_))
    domain: NDArray[np.str_] = field(default_factory=lambda: np.zeros(0, dtype=np.str_))
    partition: NDArray[np.str_] = field(default_factory=lambda: np.zeros(0, dtype=np.str_))
    landmarks: NDArray[np.float32] | None = None
    attributes: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Fill the columns nobody gave, and refuse columns that do not fit together."""
        n = len(self.images)
        for column in ("expression", "view", "domain", "partition"):
            if len(getattr(self, column)) == 0 < n:
                object.__setattr__(self, column, np.full(n, "", dtype=np.str_))
        if len(self.pose) == 0 < n:
            object.__setattr__(self, "pose", np.full((n, 3), np.nan, dtype=np.float32))
        shapes = {"intensity": (n, len(self.aus)), "occurrence": (n, len(self.aus)), "pose": (n, 3)}
        for column in _ROWS:
            values = getattr(self, column)
            wanted = shapes.get(column, (n,))
            if values is not None and column != "landmarks" and values.shape != wanted:
                raise CorpusError(f"corpus {self.name}: column {column} is {values.shape}, expected {wanted}")
        for name, values in self.attributes.items():
            if len(values) != n:
                raise CorpusError(
                    f"corpus {self.name}: attribute {name} has {len(values)} rows, expected {n}"
                )
        if self.landmarks is not None and (len(self.landmarks) != n or self.landmarks.shape[2:] != (2,)):
            raise CorpusError(
                f"corpus {self.name}: landmarks are {self.landmarks.shape}, expected ({n}, L, 2)"
            )

    def __len__(self) -> int:
        return len(self.images)

    def select(self, rows: NDArray[np.bool_] | NDArray[np.integer] | Sequence[int]) -> Corpus:
        """Return the corpus of these rows, in this order: a mask of n or indices, which may repeat."""
        chosen = np.asarray(rows)
        indices = np.flatnonzero(chosen) if chosen.dtype == np.bool_ else chosen.astype(np.int64)
        columns = {c: v[indices] for c in _ROWS if (v := getattr(self, c)) is not None}
        attributes = {name: values[indices] for name, values in self.attributes.items()}
        images = SelectedImages(self.images, indices)
        return dataclasses.replace(self, images=images, attributes=attributes, **columns)

    def with_aus(self, aus: Sequence[str]) -> Corpus:
        """Return the corpus with these AU columns only, in this order.

        Raises:
            CorpusError: if one of them is not labelled here.
        """
        missing = [au for au in aus if au not in self.aus]
        if missing:
            raise CorpusError(
                f"corpus {self.name} has no {', '.join(missing)}; it has {', '.join(self.aus) or 'no AU'}"
            )
        columns = [self.aus.index(au) for au in aus]
        return dataclasses.replace(
            self,
            aus=tuple(aus),
            intensity=self.intensity[:, columns],
            occurrence=self.occurrence[:, columns],
        )


# The columns that have one value (or row of values) per picture.
_ROWS = (
    "subject",
    "sequence",
    "frame",
    "intensity",
    "occurrence",
    "expression",
    "pose",
    "view",
    "domain",
    "partition",
    "landmarks",
)


def join(name: str, parts: Sequence[Corpus]) -> Corpus:
    """Return the rows of several corpora with the same AUs as one; subjects get the part's name before them.

    Parts of the same name keep their subjects' names, so that one person stays one person. Landmarks
    stay only if every part has the same number of them, attributes only if every part has them.

    Raises:
        CorpusError: if there is no part or their AUs differ (see `Corpus.with_aus`).
    """
    if not parts:
        raise CorpusError(f"corpus {name}: nothing to join")
    if len({part.aus for part in parts}) > 1:
        listed = "; ".join(f"{part.name}: {', '.join(part.aus)}" for part in parts)
        raise CorpusError(f"corpus {name}: the parts label different AUs ({listed}); choose the common ones")
    apart = len({part.name for part in parts}) > 1

    def named(part: Corpus, column: str) -> NDArray[np.str_]:
        values: NDArray[np.str_] = getattr(part, column)
        return np.array([f"{part.name}/{value}" for value in values], dtype=np.str_) if apart else values

    marks = [part.landmarks for part in parts]
    shared = set.intersection(*(set(part.attributes) for part in parts))
    same = len({None if m is None else m.shape[1] for m in marks}) == 1 and marks[0] is not None
    columns = {
        column: np.concatenate([getattr(part, column) for part in parts])
        for column in _ROWS
        if column not in ("subject", "sequence", "landmarks")
    }
    return Corpus(
        name=name,
        aus=parts[0].aus,
        images=JoinedImages([part.images for part in parts]),
        subject=np.concatenate([named(part, "subject") for part in parts]),
        sequence=np.concatenate([named(part, "sequence") for part in parts]),
        landmarks=np.concatenate([m for m in marks if m is not None]) if same else None,
        attributes={k: np.concatenate([part.attributes[k] for part in parts]) for k in sorted(shared)},
        **columns,
    )
