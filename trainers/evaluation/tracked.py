"""What the runtime's face landmarker finds in each picture of a corpus, and the file it is kept in."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engines.manifest import BLENDSHAPES, LANDMARKS
from realtime.fetching import sha256_of
from trainers.corpora.corpus import Corpus
from trainers.errors import CorpusError

FORMAT = 1


@dataclass(frozen=True, eq=False)
class Tracked:
    """One face per picture of a corpus of n rows, or none.

    Attributes:
        face_model: sha256 of the face model that found them.
        found: (n,) bool; where False the columns below are NaN.
        landmarks: (n, 478, 3) float32, as `realtime.types.Face`: px from the picture's edge.
        blendshapes: (n, 52) float32, 0 to 1, MediaPipe's order.
        pose: (n, 3) float32 degrees: yaw, pitch, roll as estimated, axes as `realtime.types.Pose`.
    """

    face_model: str
    found: NDArray[np.bool_]
    landmarks: NDArray[np.float32]
    blendshapes: NDArray[np.float32]
    pose: NDArray[np.float32]

    @classmethod
    def nothing(cls, rows: int, face_model: str) -> Tracked:
        """Return what is known of so many pictures before any was looked at: no face."""
        return cls(
            face_model,
            np.zeros(rows, dtype=np.bool_),
            np.full((rows, LANDMARKS, 3), np.nan, dtype=np.float32),
            np.full((rows, BLENDSHAPES), np.nan, dtype=np.float32),
            np.full((rows, 3), np.nan, dtype=np.float32),
        )

    @classmethod
    def joined(cls, parts: Sequence[Tracked]) -> Tracked:
        """Return those of several corpora, found by one face model, as of their `join`."""
        return cls(
            parts[0].face_model,
            *(
                np.concatenate([getattr(part, column) for part in parts])
                for column in ("found", "landmarks", "blendshapes", "pose")
            ),
        )

    def __len__(self) -> int:
        return len(self.found)

    def select(self, rows: NDArray[np.bool_] | NDArray[np.integer]) -> Tracked:
        """Return these rows in this order, as `Corpus.select` does."""
        return Tracked(
            self.face_model, self.found[rows], self.landmarks[rows], self.blendshapes[rows], self.pose[rows]
        )

    def save(self, path: Path, corpus: Corpus) -> None:
        """Write an .npz that `load` takes for this corpus only.

        Raises:
            CorpusError: if it cannot be written, or the corpus has another number of rows.
        """
        self.check(corpus)
        temporary = path.with_name(path.name + ".part")
        try:
            with temporary.open("wb") as file:
                np.savez(
                    file,
                    format=FORMAT,
                    corpus=corpus.name,
                    rows=_row_hash(corpus),
                    face_model=self.face_model,
                    found=self.found,
                    landmarks=self.landmarks[self.found],
                    blendshapes=self.blendshapes[self.found],
                    pose=self.pose[self.found],
                )
            temporary.replace(path)
        except OSError as error:
            raise CorpusError(f"tracking file {path}: cannot be written ({error})") from error

    @classmethod
    def load(cls, path: Path, corpus: Corpus, face_model: Path) -> Tracked:
        """Read what `save` wrote.

        Raises:
            CorpusError: if it is no such file, or was made of other pictures or by another face model.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                kept = {name: file[name] for name in file.files}
        except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise CorpusError(f"tracking file {path}: cannot be read ({error}); delete it") from error
        if str(kept.get("format")) != str(FORMAT):
            raise CorpusError(f"tracking file {path}: not one of this program's format {FORMAT}; delete it")
        wanted = {
            "corpus": corpus.name,
            "rows": _row_hash(corpus),
            "face_model": sha256_of(face_model),
        }
        for name, value in wanted.items():
            if str(kept[name]) != value:
                raise CorpusError(
                    f"tracking file {path}: made of {_STALE[name].format(kept[name], value)}; "
                    "delete it, or name another file"
                )
        found = kept["found"]
        tracked = cls.nothing(len(found), wanted["face_model"])
        tracked.found[:] = found
        for column in ("landmarks", "blendshapes", "pose"):
            getattr(tracked, column)[found] = kept[column]
        return tracked

    def check(self, corpus: Corpus) -> None:
        """Raise CorpusError unless there is one row per row of the corpus."""
        if len(self) != len(corpus):
            raise CorpusError(
                f"corpus {corpus.name} has {len(corpus)} rows, the tracking {len(self)}; track it again"
            )


_STALE = {
    "corpus": "corpus {}, not of {}",
    "rows": "other pictures, or in another order, than this corpus has",
    "face_model": "faces found by face model {:.12}…, not by {:.12}…",
}


def _row_hash(corpus: Corpus) -> str:
    """Sha256 of what tells one corpus' pictures from another's without reading them."""
    digest = hashlib.sha256()
    for column in (corpus.subject, corpus.sequence, corpus.view):
        digest.update("\n".join(column.tolist()).encode())
    for numbers in (corpus.frame, corpus.pose, corpus.landmarks):
        if numbers is not None:
            digest.update(np.ascontiguousarray(numbers).tobytes())
    return digest.hexdigest()
