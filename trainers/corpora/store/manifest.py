"""What a corpus folder says of itself: `corpus.toml`."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from engines.bundle_files import is_safe_name
from engines.manifest_writing import encode_manifest
from trainers.errors import CorpusError

MANIFEST_NAME = "corpus.toml"
LABELS_NAME = "labels.npz"
KIND = "livefacs-corpus"
SCHEMA = 1
"""Version of the folder's layout that this program writes, and the highest that it reads."""

HEADER = """\
# A LiveFACS corpus: labelled pictures of faces. README.md beside this file is its data card.
# [files] holds the sha256 and size of each file; change one, and the corpus is refused.
"""
SHARD_NAME = re.compile(r"pictures-[0-9]{5}\.tar")
_AU = re.compile(r"AU[0-9]{2}")


class FileEntry(msgspec.Struct, frozen=True):
    """One file of a corpus folder.

    Attributes:
        sha256: 64 lower-case hex digits.
        bytes: its size.
    """

    sha256: str
    bytes: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What `corpus.toml` says.

    Attributes:
        schema: version of the folder's layout.
        kind: `KIND`.
        name: of the corpus, as in `Corpus.name`.
        livefacs: version of LiveFACS that made it.
        licence: of pictures and labels.
        pictures: how many there are.
        aus: the labelled Action Units, in the columns' order.
        plan: the arguments it was made with (subjects, domain, poses, seed, ...); {} if unknown.
        files: relative path -> entry, of every file but `corpus.toml` itself.
    """

    schema: int
    kind: str
    name: str
    livefacs: str
    licence: str
    pictures: int
    aus: tuple[str, ...]
    plan: dict[str, Any] = {}
    files: dict[str, FileEntry]

    @property
    def shards(self) -> tuple[str, ...]:
        """Names of the picture shards, by their number."""
        return tuple(sorted(name for name in self.files if SHARD_NAME.fullmatch(name)))


def encode(manifest: Manifest) -> bytes:
    """Return the text of `corpus.toml`, UTF-8. Raises TypeError if TOML cannot hold the plan."""
    fields: Mapping[str, Any] = msgspec.to_builtins(manifest)
    return encode_manifest(fields, HEADER).encode()


def read_manifest(folder: Path) -> Manifest:
    """Read `corpus.toml` alone; what it says of the other files is not checked.

    Raises:
        CorpusError: no corpus folder, not readable, of a newer schema or another kind, or incomplete.
    """
    path = folder / MANIFEST_NAME
    if not path.is_file():
        problem = f"has no {MANIFEST_NAME}" if folder.is_dir() else "is not a folder"
        raise CorpusError(
            f"corpus {folder}: {problem}; name a folder that `livefacs corpus make` or CorpusWriter wrote"
        )
    where = f"corpus {folder}: {MANIFEST_NAME}"
    try:
        document = tomllib.loads(path.read_bytes().decode())
    except OSError as error:
        raise CorpusError(f"{where} cannot be read ({error.strerror}); check its permissions") from error
    except (ValueError, RecursionError) as error:  # TOMLDecodeError and UnicodeDecodeError are ValueErrors
        raise CorpusError(f"{where} is not valid TOML ({error}); copy or make the corpus again") from error
    _check_kind_and_schema(document, where)
    try:
        manifest = msgspec.convert(document, Manifest, strict=True)
    except msgspec.ValidationError as error:
        raise CorpusError(f"{where} is incomplete or damaged ({error}); make the corpus again") from error
    _check_names(manifest, where)
    return manifest


def file_entry(path: Path) -> FileEntry:
    """Return size and hash of a file, read piece by piece. Raises OSError."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return FileEntry(sha256=digest, bytes=file.tell())


def _check_kind_and_schema(document: Mapping[str, Any], where: str) -> None:
    """Look at these before all else: a newer manifest may have keys and types unknown here."""
    kind, schema = document.get("kind"), document.get("schema")
    if kind != KIND:
        raise CorpusError(f"{where} says kind = {kind!r}, wanted {KIND!r}: this is no LiveFACS corpus")
    if not isinstance(schema, int) or isinstance(schema, bool) or schema < 1:
        raise CorpusError(f"{where} says schema = {schema!r}, wanted a whole number up to {SCHEMA}")
    if schema > SCHEMA:
        raise CorpusError(
            f"{where} is of schema {schema}, this LiveFACS reads up to {SCHEMA}; "
            "upgrade livefacs (pip install -U livefacs)"
        )


def _check_names(manifest: Manifest, where: str) -> None:
    for name in manifest.files:
        if not is_safe_name(name):
            raise CorpusError(f"{where} lists {name!r}, which is not a plain path inside the folder")
    for au in manifest.aus:
        if not _AU.fullmatch(au) or manifest.aus.count(au) > 1:
            raise CorpusError(f"{where}: aus has {au!r}; each stands there once, as AU and two digits")
    if LABELS_NAME not in manifest.files:
        raise CorpusError(f"{where} lists no {LABELS_NAME}; copy or make the corpus again")
