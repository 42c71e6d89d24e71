"""A file of text lines that others can read while it grows."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from realtime.errors import SinkError

FLUSH_SECONDS = 1.0
"""How old a line may get before others can read it."""


class TextFile:
    """Creates a file, appends lines to it, and turns what goes wrong into one SinkError of one line.

    Args:
        path: the file; its folder must exist.
        overwrite: whether a file of that name may be replaced.
    """

    def __init__(self, path: str | Path, overwrite: bool = False) -> None:
        self.path = Path(path)
        self.overwrite = overwrite
        self._file: BinaryIO | None = None
        self._full = False  # a SinkError has told of the full disk
        self._used = False
        self._flushed = 0.0

    def open(self, head: bytes = b"") -> None:
        """Create the file, with `head` as its first lines. Raises SinkError, one line, and leaves no file."""
        if self._file is not None:
            return
        try:
            self._file = self.path.open("wb" if self.overwrite else "xb", buffering=1 << 16)
        except (FileExistsError, IsADirectoryError):
            if self.path.is_dir():  # which --overwrite could not mend
                raise SinkError(f"{self.path}: is a folder; name a file in it") from None
            raise SinkError(f"{self.path}: exists; add --overwrite or choose another name") from None
        except (FileNotFoundError, NotADirectoryError):
            folder = self.path.parent
            raise SinkError(
                f"{self.path}: there is no folder {folder}; create it or choose another"
            ) from None
        except PermissionError:
            raise SinkError(f"{self.path}: no permission to write there; choose another folder") from None
        except (OSError, ValueError) as error:  # ValueError: a NUL character in the name
            reason = getattr(error, "strerror", None) or error
            raise SinkError(
                f"{self.path!s:.200}: cannot be created ({reason}); choose another name"
            ) from None
        self._full = self._used = False
        try:
            self._put(self._file, head, flush=True)
        except SinkError:
            self._remove_unused()
            raise

    def append(self, lines: bytes) -> None:
        """Append whole lines, or none; they reach other readers within about a second.

        Raises SinkError once when the disk is full; whatever follows is then discarded in silence.
        """
        if self._full:
            return
        if self._file is None:
            raise RuntimeError(f"{self.path} is not open")
        self._used = True
        self._put(self._file, lines)

    def flush_if_due(self) -> None:
        """Let others read what was appended, if the last time was `FLUSH_SECONDS` ago. Raises SinkError."""
        if self._file is not None:
            self._put(self._file, b"")

    def close(self) -> None:
        """Flush and close. Raises SinkError if the last lines do not fit on the disk.

        A file that was created here and got no `append` is taken away again, so that a run which fails
        before its first frame (port in use, camera gone) can simply be repeated.
        """
        file, self._file = self._file, None
        if file is None:
            return
        try:
            file.close()
        except OSError as error:
            raise self._no_space(error) from None
        finally:
            self._remove_unused()

    def _put(self, file: BinaryIO, lines: bytes, flush: bool = False) -> None:
        now = time.monotonic()
        try:
            file.write(lines)
            if flush or now - self._flushed >= FLUSH_SECONDS:
                file.flush()
                self._flushed = now
        except OSError as error:
            with suppress(OSError):  # closing tries to write the rest once more
                file.close()
            self._file = None
            raise self._no_space(error) from None

    def _no_space(self, error: OSError) -> SinkError:
        self._full = True
        reason = error.strerror or error
        return SinkError(
            f"{self.path}: cannot be written further ({reason}); free some space or choose another"
        )

    def _remove_unused(self) -> None:
        if not self._used and not self.overwrite:  # with overwrite it may be a device, or somebody's link
            with suppress(OSError):
                self.path.unlink()
