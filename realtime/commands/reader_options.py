"""The options of commands that listen to a publisher, and how such a command ends."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

ReaderKeys = Annotated[
    Path | None,
    typer.Option(
        help="Your own .key_secret file, where the publisher encrypts; `livefacs keys` makes it.",
        show_default=False,
    ),
]
ServerKey = Annotated[
    Path | None,
    typer.Option(help="The publisher's .key file, got from whoever runs it.", show_default=False),
]


@contextmanager
def until_told_to_end() -> Iterator[None]:
    """Run the block until it ends, or until Ctrl-C or SIGTERM, which are no failure."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        return
    finally:
        signal.signal(signal.SIGTERM, before)
