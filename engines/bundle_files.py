"""Reads single files out of a bundle, be it a folder or a zip, and never a file outside it.

Nothing is unpacked to disk: ONNX Runtime and TensorRT take a model as bytes.
"""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Protocol

from engines.errors import BundleError

MAX_UNPACKED_BYTES = 1 << 30
"""What a zip may hold, unpacked. A VGG-16 (the largest network of the five papers) takes 0.56e9 bytes."""

_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    IndexError,
    KeyError,
    OSError,
    RuntimeError,  # encrypted entries; NotImplementedError for exotic compression is one as well
    ValueError,
)


class BundleFiles(Protocol):
    """The files of one bundle."""

    def read(self, name: str) -> bytes | None:
        """Return the bytes of the file `name` (relative, with forward slashes), None if there is none.

        Raises:
            BundleError: the file cannot be read, or lies outside the bundle.
        """
        ...


def open_files(path: Path) -> BundleFiles:
    """Return the files of the bundle at `path`.

    Raises:
        BundleError: neither a folder nor a sound zip.
    """
    try:
        if path.is_dir():
            return FolderFiles(path)
        if path.is_file():
            return ZipFiles(path)
        exists = path.exists()
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the path
        raise BundleError(f"bundle {path}: cannot be opened ({error}): check the path") from error
    problem = "is neither a folder nor a file" if exists else "does not exist"
    raise BundleError(f"bundle {path}: {problem}: give the path of a bundle folder or a bundle .zip")


def is_safe_name(name: str) -> bool:
    """Tell whether `name` is a plain relative path with forward slashes that stays below its start."""
    if not name.isprintable() or any(sign in name for sign in '\\:"'):
        return False
    path = PurePosixPath(name)
    return str(path) == name and not path.is_absolute() and name != "." and ".." not in path.parts


class FolderFiles:
    """A bundle that is a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._root = folder.resolve()

    def read(self, name: str) -> bytes | None:
        """See `BundleFiles.read`. Symbolic links may point elsewhere in the bundle, not out of it."""
        try:
            target = (self._root / name).resolve()
            if not target.is_relative_to(self._root):
                raise BundleError(
                    f"bundle {self._folder}: {name!r} points out of the bundle to {target}: "
                    "replace the link by a copy of the file"
                )
            return target.read_bytes() if target.is_file() else None
        except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: links in a circle
            raise BundleError(
                f"bundle {self._folder}: {name!r} cannot be read ({error}): check its permissions"
            ) from error


class ZipFiles:
    """A bundle that is a zip. Holds no open file; each read opens it, checks its directory, and closes it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._opened():
            pass

    def read(self, name: str) -> bytes | None:
        """See `BundleFiles.read`."""
        with self._opened() as archive:
            names = archive.namelist()
            if name in names:
                return archive.read(name)
            nested = next((entry for entry in names if entry.endswith(f"/{name}")), None)
        if nested is not None:
            raise BundleError(
                f"bundle {self._path}: {name!r} is not at the top of the zip but at {nested!r}: "
                "zip the contents of the bundle folder, not the folder"
            )
        return None

    @contextmanager
    def _opened(self) -> Iterator[zipfile.ZipFile]:
        try:
            with zipfile.ZipFile(self._path) as archive:
                self._check(archive.infolist())
                yield archive
        except _DAMAGED as error:
            raise BundleError(
                f"bundle {self._path}: is not a readable zip ({error}): copy or download the bundle again"
            ) from error

    def _check(self, entries: list[zipfile.ZipInfo]) -> None:
        # zipfile never inflates an entry beyond the size its directory states, so the sum is a bound.
        total = sum(entry.file_size for entry in entries)
        if total > MAX_UNPACKED_BYTES:
            raise BundleError(
                f"bundle {self._path}: would unpack to {total} bytes, more than {MAX_UNPACKED_BYTES}: "
                "unpack it yourself if you trust it, and give the folder"
            )
        seen: set[str] = set()
        for entry in entries:
            name = entry.filename
            if not is_safe_name(name.removesuffix("/")):
                raise BundleError(
                    f"bundle {self._path}: entry {name!r} of the zip would leave the bundle: "
                    "do not use this zip; get the bundle from its author"
                )
            if stat.S_ISLNK(entry.external_attr >> 16):
                raise BundleError(
                    f"bundle {self._path}: entry {name!r} of the zip is a symbolic link: "
                    "pack the bundle again with the file itself"
                )
            if name in seen:
                raise BundleError(
                    f"bundle {self._path}: entry {name!r} is in the zip twice: pack the bundle again"
                )
            seen.add(name)
