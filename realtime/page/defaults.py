"""Where the live page is served and records by default; apart from it, so that commands start without it."""

from pathlib import Path

DEFAULT_ADDRESS = "127.0.0.1:5580"
DEFAULT_RECORDINGS = Path("recordings")
