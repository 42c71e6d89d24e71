"""The root of the errors a user can mend."""

from __future__ import annotations


class LiveFacsError(Exception):
    """Something outside the program is wrong and the user can mend it.

    The message is one line: the thing, its value, what is wrong, the way out. Commands print it
    after `livefacs:` and exit with status 2; no traceback.
    """

    def __init__(self, message: str) -> None:
        # File names and other libraries' messages bring line breaks along; the promise is one line.
        super().__init__(" ".join(line.strip() for line in str(message).splitlines()))


def first_line(error: BaseException) -> str:
    """Return the first line of what another library's error says, or its kind where it says nothing."""
    return next(iter(str(error).splitlines()), type(error).__name__)


class BundleError(LiveFacsError):
    """A model bundle is missing, damaged, newer than this program, or contradicts its own manifest."""


class EngineError(LiveFacsError):
    """A network cannot be loaded or run by the chosen backend."""
