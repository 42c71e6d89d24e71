"""`--config FILE.toml`: the options of a command, written down."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from realtime.errors import OptionError


def read_config(path: Path, known: Mapping[str, type | None]) -> dict[str, Any]:
    """Return the options in a TOML file, checked by name.

    Keys are the long option names, with `-` or `_`; values are what one would type. Raises OptionError
    with one line that names the file, the key and the nearest known key.
    """
    try:
        text = path.read_bytes().decode("utf-8")
        table = tomllib.loads(text)
    except OSError as error:
        raise OptionError(f"config {path}: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise OptionError(f"config {path}: not valid TOML: {error}") from error
    options: dict[str, Any] = {}
    for key, value in table.items():
        name = key.replace("-", "_")
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean '{near[0].replace('_', '-')}'?" if near else f"known: {_names(known)}"
            raise OptionError(f"config {path}: unknown option '{key}'; {hint}")
        if isinstance(value, dict | list):
            raise OptionError(f"config {path}: option '{key}' must be a single value, not a {_kind(value)}")
        if known[name] is bool and not isinstance(value, bool):
            raise OptionError(f"config {path}: option '{key}' is {value!r}; it must be true or false")
        options[name] = value if isinstance(value, bool) else str(value)
    return options


def config_callback(context: typer.Context, path: Path | None) -> Path | None:
    """Make a file's options the defaults of the command; what is typed still wins."""
    if path is not None:
        known = {
            str(parameter.name): bool if getattr(parameter, "is_flag", False) else None
            for parameter in context.command.params
            if parameter.name not in (None, "config", "help")
        }
        context.default_map = {**(context.default_map or {}), **read_config(path, known)}
    return path


def _names(known: Mapping[str, type | None]) -> str:
    return ", ".join(sorted(name.replace("_", "-") for name in known))


def _kind(value: object) -> str:
    return "table" if isinstance(value, dict) else "list"
