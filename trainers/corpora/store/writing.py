"""Writes a corpus folder, whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from trainers.corpora.corpus import Corpus
from trainers.corpora.store.blocks import LabelBlocks
from trainers.corpora.store.labels import PLACES, write_labels
from trainers.corpora.store.manifest import (
    KIND,
    LABELS_NAME,
    MANIFEST_NAME,
    SCHEMA,
    FileEntry,
    Manifest,
    encode,
    file_entry,
)
from trainers.corpora.store.reading import corpus_of
from trainers.corpora.store.shards import DEFAULT_SHARD_SIZE, Place, ShardWriter
from trainers.errors import CorpusError

OPEN_LICENCE = "CC0-1.0"

Card = Callable[[Path, Corpus, Mapping[str, Any]], None]
"""Writes the data card into a folder: folder, the corpus in it, what the manifest says but for the files."""


class CorpusWriter:
    """A corpus folder in the making; a context manager.

    Everything goes to a hidden folder beside the target, which takes the target's name at the end of a
    `with` block that did not fail. Rows are kept in the order in which they are added, and nothing of the
    time or the machine is stored: the same plan and rows give the same bytes.

        with CorpusWriter(folder, "livefacs-studio", aus, plan={"seed": 1}, card=write_data_card) as writer:
            for subject in subjects:
                writer.add(jpegs, {"subject": subject, "sequence": ..., ...}, {"age": 31.0})

    Args:
        folder: where to; must not exist yet, or be empty.
        name: of the corpus.
        aus: the A Action Units that are labelled.
        plan: the arguments it is made with: text, numbers, lists and mappings of these.
        card: what writes the data card when all rows are in: `trainers.corpora.data_card.write_data_card`.
        licence: of pictures and labels, as an SPDX name.
        shard_size: most pictures in a shard.
        overwrite: whether an older corpus in `folder` may be replaced, once this one is complete. A folder
            that holds anything else is never replaced.

    Raises:
        CorpusError: on entering or adding, if the folder is taken or cannot be written, or a row does not
            fit; at the end, if nothing was added. The target is then as it was before.
        TypeError: `plan` holds something that TOML does not.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        name: str,
        aus: Sequence[str],
        *,
        plan: Mapping[str, Any] | None = None,
        card: Card | None = None,
        licence: str = OPEN_LICENCE,
        shard_size: int = DEFAULT_SHARD_SIZE,
        overwrite: bool = False,
    ) -> None:
        self.folder = Path(folder)
        self._target = self.folder.resolve()  # replace the folder, not a link to it
        self._partial = self._beside("partial")
        self._card = card
        self._overwrite = overwrite
        self._places: list[Place] = []
        self._labels = LabelBlocks(f"corpus {self.folder}", len(aus))
        self._shards = ShardWriter(self._partial, shard_size)
        self._manifest = Manifest(
            schema=SCHEMA,
            kind=KIND,
            name=name,
            livefacs=version("livefacs"),
            licence=licence,
            pictures=0,
            aus=tuple(aus),
            plan=dict(plan or {}),
            files={},
        )
        encode(self._manifest)  # a plan that cannot be written is refused here, not after the last row

    def __enter__(self) -> Self:
        self._refuse_taken()
        try:
            shutil.rmtree(self._partial, ignore_errors=True)
            self._partial.mkdir(parents=True)
        except OSError as error:
            raise self._unwritable(error) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._complete()
        except OSError as failure:
            raise self._unwritable(failure) from failure
        finally:
            self._shards.abandon()
            shutil.rmtree(self._partial, ignore_errors=True)

    def __len__(self) -> int:
        """How many rows there are so far."""
        return len(self._places)

    def add(
        self,
        pictures: Sequence[bytes],
        columns: Mapping[str, ArrayLike],
        attributes: Mapping[str, ArrayLike] | None = None,
    ) -> None:
        """Append n rows, such as one subject's.

        Args:
            pictures: n encoded pictures (JPEG, WebP or PNG).
            columns: the columns of `Corpus` by name, n rows each; one text, number or row of numbers stands
                for all n. `subject`, `sequence`, `frame`, `intensity` and `occurrence` are needed, what is
                left out of the others is unlabelled. Landmarks are given for all rows of a corpus or none.
            attributes: what else is known, by name: (n,) or (n, ...) numbers, booleans or texts, or one for
                all; the same names in every call.

        Raises:
            CorpusError: a column is unknown, missing, of the wrong length or of a type that is not stored;
                a picture is none; the disk is full.
        """
        self._labels.add(len(pictures), columns, attributes or {})
        try:
            self._places += [self._shards.add(picture) for picture in pictures]
        except OSError as error:
            raise self._unwritable(error) from error

    def _complete(self) -> None:
        if not self._places:
            raise CorpusError(f"corpus {self.folder}: no picture was added; there is nothing to write")
        self._shards.close()
        places = np.array(self._places, dtype=np.int64)
        arrays = {"aus": np.array(self._manifest.aus, dtype=np.str_), **self._labels.joined()}
        arrays |= {name: places[:, column] for column, name in enumerate(PLACES)}
        write_labels(self._partial / LABELS_NAME, arrays)
        manifest = self._described(self._files({}))
        corpus = corpus_of(self._partial, manifest)  # also checks that every row has its picture
        if self._card is not None:
            about = {key: getattr(manifest, key) for key in manifest.__struct_fields__ if key != "files"}
            self._card(self._partial, corpus, about)
            manifest = self._described(self._files(manifest.files))
        (self._partial / MANIFEST_NAME).write_bytes(encode(manifest))
        for path in self._partial.rglob("*"):
            if path.is_file():
                _reach_the_disk(path)
        self._refuse_taken()  # hours may have passed since it was free
        self._take_its_place()

    def _described(self, files: dict[str, FileEntry]) -> Manifest:
        fields = {key: getattr(self._manifest, key) for key in self._manifest.__struct_fields__}
        return Manifest(**{**fields, "pictures": len(self), "files": files})

    def _files(self, known: Mapping[str, FileEntry]) -> dict[str, FileEntry]:
        paths = sorted(path for path in self._partial.rglob("*") if path.is_file())
        named = {path.relative_to(self._partial).as_posix(): path for path in paths}
        return {name: known.get(name) or file_entry(path) for name, path in named.items()}

    def _refuse_taken(self) -> None:
        """Raise CorpusError if something is at the target that may not be replaced."""
        target = self._target
        try:
            if not target.exists() or (target.is_dir() and not any(target.iterdir())):
                return
        except OSError as error:
            raise self._unwritable(error) from error
        if not (target / MANIFEST_NAME).is_file():
            raise CorpusError(f"corpus {self.folder}: exists and is no corpus; choose another folder")
        if not self._overwrite:
            raise CorpusError(f"corpus {self.folder}: exists; add --overwrite or choose another folder")

    def _take_its_place(self) -> None:
        older = self._beside("older")
        if self._target.exists():
            self._target.rename(older)
        try:
            self._partial.rename(self._target)
        except OSError:
            if older.exists():
                older.rename(self._target)
            raise
        shutil.rmtree(older, ignore_errors=True)

    def _beside(self, state: str) -> Path:
        """A hidden name next to the target, this process' own."""
        return self._target.parent / f".{self._target.name}.{os.getpid()}.{state}"

    def _unwritable(self, error: OSError) -> CorpusError:
        reason = error.strerror or error
        return CorpusError(f"corpus {self.folder}: cannot be written ({reason}); check permissions and space")


def _reach_the_disk(path: Path) -> None:
    """Or the rename may get there before the content does."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
