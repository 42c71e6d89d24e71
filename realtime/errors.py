"""The errors a user can mend, each a single line that names the thing, its value and the way out."""

from engines.errors import LiveFacsError

__all__ = ["EndOfStream", "FaceModelError", "LiveFacsError", "OptionError", "SinkError", "SourceError"]


class SourceError(LiveFacsError):
    """A source (file, camera, URL) cannot be opened or read."""


class FaceModelError(LiveFacsError):
    """The face model file is missing, cannot be fetched, or is not the one expected."""


class SinkError(LiveFacsError):
    """Results cannot be written or published where the user asked."""


class OptionError(LiveFacsError):
    """A command-line or configuration value is not usable."""


class EndOfStream(Exception):  # noqa: N818 - like StopIteration: an event, not a fault
    """A source has no more frames. `Source.read` raises it; pipelines and iterators end on it."""
