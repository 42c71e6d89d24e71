"""The options of every command that needs the face model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

FaceModel = Annotated[
    Path | None, typer.Option(help="Path of face_landmarker.task; default: fetched once and cached.")
]
Offline = Annotated[bool, typer.Option("--offline", help="Never fetch models.")]
