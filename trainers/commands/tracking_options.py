"""The options of commands that look for a corpus' faces."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Jobs = Annotated[
    int | None, typer.Option(min=1, help="Processes that look for faces.", show_default="one per core")
]
TrackedFile = Annotated[
    Path | None,
    typer.Option(
        help="Keep the faces found in this .npz, and read them from it next time.", show_default=False
    ),
]
TRACKED_FOLDER_HELP = "Keep the faces found in this folder, one .npz per corpus, and read them next time."
