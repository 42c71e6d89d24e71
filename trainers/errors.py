"""The errors of training and evaluation that a user can mend, each a single line."""

from __future__ import annotations

from engines.errors import LiveFacsError

__all__ = ["CorpusError", "LiveFacsError", "ProtocolError"]


class CorpusError(LiveFacsError):
    """A corpus folder is missing, incomplete, damaged, newer than this program or of another layout."""


class ProtocolError(LiveFacsError):
    """A split or evaluation cannot be made as asked: leakage, too few subjects, no AU in common."""
