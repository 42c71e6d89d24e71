"""Opens a corpus folder, or says in one line why not."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from trainers.corpora.corpus import Corpus
from trainers.corpora.store.labels import (
    NUMBER_COLUMNS,
    PLACES,
    TEXT_COLUMNS,
    Array,
    attributes_of,
    read_labels,
)
from trainers.corpora.store.manifest import LABELS_NAME, FileEntry, Manifest, file_entry, read_manifest
from trainers.corpora.store.shards import ShardImages, shard_name
from trainers.errors import CorpusError


def open_corpus(folder: str | os.PathLike[str], *, verify: bool = True) -> Corpus:
    """Open a corpus folder; its pictures stay on disk until they are asked for.

    Args:
        folder: as `CorpusWriter` wrote it. Files that the manifest does not list are left alone.
        verify: also check the sha256 of every file (about a second per GB), not only its size.

    Raises:
        CorpusError: one line: no corpus folder, another kind, a newer schema, a file that is missing, of the
            wrong size or the wrong hash, or labels that contradict the manifest.
    """
    path = Path(folder)
    manifest = read_manifest(path)
    _check_files(path, manifest, verify)
    return corpus_of(path, manifest)


def corpus_of(folder: Path, manifest: Manifest) -> Corpus:
    """Return the corpus of a folder whose manifest is read and whose files are there.

    Raises:
        CorpusError: the labels cannot be read or contradict the manifest.
    """
    arrays = read_labels(folder / LABELS_NAME)
    _check_labels(folder, manifest, arrays)
    shard, offset, length = (arrays[name] for name in PLACES)
    return Corpus(
        name=manifest.name,
        aus=manifest.aus,
        images=ShardImages([folder / name for name in manifest.shards], shard, offset, length),
        attributes=attributes_of(arrays),
        **{name: arrays[name] for name in (*TEXT_COLUMNS, *NUMBER_COLUMNS) if name in arrays},
    )


def _check_files(folder: Path, manifest: Manifest, verify: bool) -> None:
    for name, entry in manifest.files.items():
        path = folder / name
        if not path.is_file():
            raise CorpusError(f"corpus {folder}: {name} is missing; copy or make the corpus again")
        size = path.stat().st_size
        if size != entry.bytes:
            raise CorpusError(
                f"corpus {folder}: {name} has {size} bytes, {entry.bytes} expected; copy the corpus again"
            )
    if not verify:
        return

    def check(item: tuple[str, FileEntry]) -> None:
        name, entry = item
        try:
            found = file_entry(folder / name).sha256
        except OSError as error:
            raise CorpusError(f"corpus {folder}: {name} cannot be read ({error.strerror})") from error
        if found != entry.sha256:
            raise CorpusError(
                f"corpus {folder}: {name} was changed or damaged: its sha256 is {found[:12]}…, "
                f"{entry.sha256[:12]}… expected; copy or make the corpus again"
            )

    with ThreadPoolExecutor() as pool:  # hashing leaves Python alone
        for _ in pool.map(check, manifest.files.items()):
            pass


def _check_labels(folder: Path, manifest: Manifest, arrays: dict[str, Array]) -> None:
    where = f"corpus {folder}: {LABELS_NAME}"
    way_out = "make the corpus again"
    aus = tuple(arrays["aus"].tolist())
    if aus != manifest.aus:
        raise CorpusError(
            f"{where} labels {', '.join(aus) or 'no AU'}, the manifest says "
            f"{', '.join(manifest.aus) or 'none'}; {way_out}"
        )
    for name, values in arrays.items():
        if name != "aus" and values.shape[:1] != (manifest.pictures,):
            raise CorpusError(
                f"{where}: {name} is {values.shape}, the manifest says {manifest.pictures} pictures; "
                + way_out
            )
    shard, offset, length = (arrays[name] for name in PLACES)
    shards = manifest.shards
    if tuple(map(shard_name, range(len(shards)))) != shards:
        raise CorpusError(f"corpus {folder}: its shards are not numbered from 0 without a gap; {way_out}")
    sizes = np.array([manifest.files[name].bytes for name in shards], dtype=np.int64)
    inside = (shard >= 0) & (shard < len(shards)) & (offset >= 0) & (length >= 0)
    inside[inside] = (offset + length)[inside] <= sizes[shard[inside]]
    if not inside.all():
        row = int(np.argmin(inside))
        raise CorpusError(f"{where}: the picture of row {row} lies outside the shards; {way_out}")
