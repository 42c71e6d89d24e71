"""A file of text lines that others can read while it grows."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from realtime.errors import SinkError

FLUSH_SECONDS = 1.0
"""How old a line may get before others can read it."""
BUFFER = 1 << 16
"""Bytes that are written out at once, due or not."""
BACKLOG = 1 << 20
"""Bytes by which the reader of a pipe may lag behind."""

# Nonblocking for pipes: neither one that nobody reads nor a full one may hold up the pipeline.
_FLAGS = os.O_WRONLY | os.O_APPEND | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class TextFile:
    """Creates a file, appends lines to it, and turns what goes wrong into one SinkError of one line.

    A file that may be replaced is replaced only when the first line is appended: a run that fails before
    keeps it. Pipes and character devices (`/dev/null`, a terminal) are written to as they are; a pipe gets
    every line at once, and its reader may lag behind by `BACKLOG` bytes.

    Args:
        path: the file; its folder must exist.
        overwrite: whether a file of that name may be replaced.
    """

    def __init__(self, path: str | Path, overwrite: bool = False) -> None:
        self.path = Path(path)
        self.overwrite = overwrite
        self._descriptor: int | None = None
        self._created = False  # by us, under its own name
        self._partial: Path | None = None  # what will replace the existing file
        self._stream = False  # a pipe or a device: has no length, and may be full for a while
        self._used = False
        self._lines = bytearray()
        self._flushed = 0.0

    def open(self, head: bytes = b"") -> None:
        """Create the file, with `head` as its first lines. Raises SinkError, one line, and leaves no file."""
        if self._descriptor is not None:
            return
        self._created = self._stream = self._used = False
        try:
            self._descriptor = self._create()
        except (FileExistsError, IsADirectoryError):
            if self.path.is_dir():  # which --overwrite could not mend
                raise SinkError(f"{self.path}: is a folder; name a file in it") from None
            raise SinkError(f"{self.path}: exists; add --overwrite or choose another name") from None
        except (FileNotFoundError, NotADirectoryError):
            if self.path.is_symlink():
                raise SinkError(f"{self.path}: is a link to nothing; choose another name") from None
            folder = self.path.parent
            raise SinkError(
                f"{self.path}: there is no folder {folder}; create it or choose another"
            ) from None
        except PermissionError:
            raise SinkError(f"{self.path}: no permission to write there; choose another folder") from None
        except (OSError, ValueError) as error:  # ValueError: a NUL character in the name
            if isinstance(error, OSError) and error.errno == errno.ENXIO and self.path.is_fifo():
                raise SinkError(f"{self.path}: nobody reads this pipe; start its reader first") from None
            reason = getattr(error, "strerror", None) or error
            raise SinkError(
                f"{self.path!s:.200}: cannot be created ({reason}); choose another name"
            ) from None
        self._put(head, flush=True)

    def append(self, lines: bytes) -> None:
        """Append whole lines, or none; they reach other readers within about a second.

        Raises SinkError when the disk is full or a pipe's reader gone or too slow. The file then ends with
        the last whole line that fitted, and is closed.
        """
        if self._descriptor is None:
            raise RuntimeError(f"{self.path} is not open")
        self._used = True
        # The first line is written out before the old file goes, so that a full disk does not cost both.
        self._put(lines, flush=bool(lines) and self._partial is not None)

    def flush_if_due(self) -> None:
        """Let others read what was appended, if the last time was `FLUSH_SECONDS` ago. Raises SinkError."""
        self._put(b"")

    def close(self) -> None:
        """Flush and close. Raises SinkError if the last lines do not fit on the disk.

        A file that was created here and got no `append` is taken away again, so that a run which fails
        before its first frame (port in use, camera gone) can simply be repeated; a file that was to be
        replaced is then kept.
        """
        self._put(b"", flush=True, last=True)
        try:
            self._end()
        except OSError as error:  # network disks tell only now
            raise self._failure(error) from None

    def _create(self) -> int:
        """Open what the lines go to first, and return its descriptor."""
        try:
            descriptor = os.open(self.path, _FLAGS | os.O_CREAT | os.O_EXCL, 0o666)
        except FileExistsError:
            mode = self.path.stat().st_mode
        else:
            self._created = True
            return descriptor
        if stat.S_ISCHR(mode) or stat.S_ISFIFO(mode):  # nothing there that could be lost
            self._stream = True
            return os.open(self.path, _FLAGS)
        if stat.S_ISBLK(mode) or stat.S_ISSOCK(mode):
            raise OSError(errno.EINVAL, "is neither a file nor a pipe")
        if not stat.S_ISREG(mode) or not self.overwrite:
            raise FileExistsError
        if not os.access(self.path, os.W_OK):  # renaming would not ask
            raise PermissionError
        descriptor, name = tempfile.mkstemp(dir=self._target().parent, prefix=".livefacs-", suffix=".part")
        self._partial = Path(name)
        with suppress(OSError):  # some network and USB disks have no permission bits
            self._partial.chmod(stat.S_IMODE(mode))
        return descriptor

    def _target(self) -> Path:
        return Path(os.path.realpath(self.path))  # replace the file, not a link to it

    def _put(self, lines: bytes, flush: bool = False, last: bool = False) -> None:
        if self._descriptor is None:
            return
        self._lines += lines
        now = time.monotonic()
        try:
            if flush or self._stream or len(self._lines) >= BUFFER or now - self._flushed >= FLUSH_SECONDS:
                self._write_out(self._descriptor, last)
                self._flushed = now
            if self._partial is not None and self._used and (lines or last):
                self._take_the_old_ones_place(self._partial)
        except OSError as error:
            with suppress(OSError):
                self._end()
            raise self._failure(error) from None

    def _write_out(self, descriptor: int, last: bool) -> None:
        """Write the collected lines; after an OSError the file ends with the last whole one that fitted."""
        end = os.fstat(descriptor).st_size
        done = 0
        try:
            while done < len(self._lines):
                done += os.write(descriptor, self._lines[done:])
        except BlockingIOError:  # the pipe is full for now
            del self._lines[:done]
            if last or len(self._lines) > BACKLOG:
                raise
        except OSError:
            if not self._stream:
                with suppress(OSError):
                    os.ftruncate(descriptor, end + self._lines.rfind(b"\n", 0, done) + 1)
            raise
        else:
            self._lines.clear()

    def _take_the_old_ones_place(self, partial: Path) -> None:
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:  # Windows renames no open files
            os.close(descriptor)
        target = self._target()
        partial.replace(target)
        self._partial = None
        self._descriptor = os.open(target, _FLAGS)

    def _failure(self, error: OSError) -> SinkError:
        if isinstance(error, BlockingIOError):
            return SinkError(
                f"{self.path}: its reader is too slow and takes no more; write to a file instead"
            )
        if isinstance(error, BrokenPipeError):
            return SinkError(f"{self.path}: its reader has gone; start it again or write to a file")
        reason = error.strerror or error
        return SinkError(
            f"{self.path}: cannot be written further ({reason}); free some space or choose another"
        )

    def _end(self) -> None:
        """Close, and take away what is of no use. Raises OSError."""
        descriptor, self._descriptor = self._descriptor, None
        self._lines.clear()
        unused = self.path if self._created and not self._used else self._partial
        self._created, self._partial = False, None
        try:
            if descriptor is not None:
                os.close(descriptor)
        finally:
            if unused is not None:
                with suppress(OSError):
                    unused.unlink()
