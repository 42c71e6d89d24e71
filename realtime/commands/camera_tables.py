"""`[cameras.NAME]`: several streams in a configuration file, one table each."""

from __future__ import annotations

import dataclasses
import re
import typing
from pathlib import Path

from realtime.cameras import Camera
from realtime.commands.config import Known, bare, options_in, toml_in
from realtime.commands.secrets import secrets
from realtime.errors import OptionError

TABLE = "cameras"
EXAMPLE = 'write [cameras.door] and under it source = "rtsp://…"'


def _known() -> dict[str, Known]:
    hints = typing.get_type_hints(Camera)
    minimum = {"max_faces": 1}
    return {
        field.name: Known(bare(hints[field.name]), minimum.get(field.name))
        for field in dataclasses.fields(Camera)
        if field.name not in ("name", "secrets")
    }


def read_cameras(path: Path, others: Camera) -> list[Camera]:
    """Return the cameras in a TOML file, in its order; none if it has no such tables.

    The tables' names are the streams'; what a table leaves out is as in `others`. Raises OptionError with
    one line that names file, camera and key.
    """
    tables = toml_in(path).get(TABLE, {})
    if not isinstance(tables, dict):
        raise OptionError(f"config {path}: '{TABLE}' must be tables: {EXAMPLE}")
    known = _known()
    cameras = []
    for name, table in tables.items():
        where = f"config {path}: camera '{name}'"
        if not isinstance(table, dict):
            raise OptionError(f"{where} must be a table: {EXAMPLE}")
        if re.fullmatch(r"[A-Za-z0-9_-]+", name) is None:
            raise OptionError(f"{where}: a name has letters, digits, - and _ only, for it is part of topics")
        options = options_in(table, known, where)
        if "source" not in options:
            raise OptionError(f"{where} has no source: {EXAMPLE}")
        typed = {key: known[key].kind(value) for key, value in options.items()}
        cameras.append(dataclasses.replace(others, name=name, **typed))
    return [dataclasses.replace(camera, secrets=tuple(secrets())) for camera in cameras]
