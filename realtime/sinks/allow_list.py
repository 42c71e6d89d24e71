"""The readers that a publisher lets in: a folder of their public key files."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from zmq.utils import z85

from realtime.key_files import read_public

_log = logging.getLogger(__name__)

# What is looked at to find out whether a file has changed: name, time and size.
_Listing = tuple[tuple[str, int, int], ...]


class AllowList:
    """The public keys in a folder's `*.key` files, read again whenever one comes, goes or changes.

    Whatever cannot be read lets nobody in, and is logged once.

    Args:
        folder: where the readers' `.key` files lie.

    Raises:
        ValueError: there is no such folder, in one line.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise ValueError(f"{folder}: is not a folder; make it, and put every reader's .key file into it")
        self.folder = folder
        self._seen: _Listing | None = None
        self._keys: frozenset[bytes] = frozenset()
        if not self.keys:
            _log.warning("%s: holds no .key file yet, so no reader is let in", folder)

    @property
    def keys(self) -> frozenset[bytes]:
        """The public keys that the folder holds now, 40 characters of Z85 each."""
        listing = self._listing()
        if listing != self._seen:
            self._keys = frozenset(filter(None, (self._key(name) for name, _, _ in listing)))
            self._seen = listing
        return self._keys

    def __contains__(self, key: bytes) -> bool:
        """Whether a public key is among them, given as the 32 bytes that ZeroMQ asks about."""
        return z85.encode(key) in self.keys

    def _listing(self) -> _Listing:
        try:
            with os.scandir(self.folder) as entries:
                found = [(entry.name, entry.stat()) for entry in entries if entry.name.endswith(".key")]
        except OSError as error:
            if self._seen != ():
                _log.warning("%s: cannot be read (%s), so no reader is let in", self.folder, error.strerror)
            return ()
        return tuple(sorted((name, seen.st_mtime_ns, seen.st_size) for name, seen in found))

    def _key(self, name: str) -> bytes | None:
        try:
            return read_public(self.folder / name)
        except ValueError as error:
            _log.warning("%s", error)
            return None
