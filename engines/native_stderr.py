"""Keeping native libraries off the terminal."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def native_stderr_muted() -> Iterator[None]:
    """Keep MediaPipe's start-up chatter off the terminal.

    Its C++ libraries write straight to file descriptor 2 and heed no setting; Python's own stderr is muted
    along with it for these few hundred milliseconds. Errors still arrive, as exceptions.
    """
    try:
        saved = os.dup(2)
    except OSError:  # no stderr at all, as under some services
        yield
        return
    try:
        sys.stderr.flush()
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 2)
        os.close(quiet)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
