"""`--config FILE.toml`: the options of a command, written down."""

from __future__ import annotations

import difflib
import inspect
import tomllib
import typing
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import typer

from realtime.errors import OptionError

WANTED = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text in quotes",
    Path: "a path in quotes",
}


class Known(NamedTuple):
    """What an option takes."""

    kind: type
    minimum: float | None = None


def read_config(path: Path, known: Mapping[str, Known]) -> dict[str, Any]:
    """Return the options in a TOML file, checked by name and type.

    Keys are the long option names, with `-` or `_`; values are what one would type, in TOML's own types.
    Relative paths count from the current folder, as they do on the command line, not from the file's;
    `~` is the home folder. Raises OptionError with one line that names the file, the key and the value
    and what is wanted, or the nearest known key.
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
        if name in options:
            raise OptionError(
                f"config {path}: option '{key}' stands there twice, once with - and once with _"
            )
        try:
            options[name] = _checked(name, value, known[name])
        except ValueError as error:
            raise OptionError(f"config {path}: option '{key}' {error}") from None
    return options


def config_callback(context: typer.Context, path: Path | None) -> Path | None:
    """Make a file's options the defaults of the command; what is typed still wins."""
    if path is not None:
        kinds = _kinds(context.command.callback)
        known = {
            str(parameter.name): Known(kinds[str(parameter.name)], getattr(parameter, "min", None))
            for parameter in context.command.params
            if parameter.name not in (None, "config", "help")
        }
        context.default_map = {**(context.default_map or {}), **read_config(path, known)}
    return path


def _checked(name: str, value: object, known: Known) -> bool | str:
    """The value as Typer takes it. Raises ValueError with the end of a sentence about the option."""
    if isinstance(value, dict | list):
        kind = "table" if isinstance(value, dict) else "list"
        raise ValueError(f"must be a single value, not a {kind}")
    accepted = {Path: (str,), float: (int, float)}.get(known.kind, (known.kind,))
    shown = (
        str(value).lower() if isinstance(value, bool) else repr(value) if isinstance(value, str) else value
    )
    if not isinstance(value, accepted) or isinstance(value, bool) != (known.kind is bool):
        raise ValueError(f"is {shown}; it must be {WANTED.get(known.kind, known.kind.__name__)}")
    if isinstance(value, int | float) and known.minimum is not None and not value >= known.minimum:
        raise ValueError(f"is {shown}; it must be at least {known.minimum}")
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.startswith("~") and (known.kind is Path or name == "source"):
        with suppress(RuntimeError):  # `~name` of a user there is not: then it is a file's name
            return str(Path(value).expanduser())
    return str(value)


def _kinds(command: Callable[..., Any] | None) -> dict[str, type]:
    """The type of each parameter of a command's function, None left out."""
    hints = typing.get_type_hints(inspect.unwrap(command)) if command else {}
    return {
        name: next((kind for kind in typing.get_args(hint) if kind is not type(None)), hint)
        for name, hint in hints.items()
    }


def _names(known: Mapping[str, Known]) -> str:
    return ", ".join(sorted(name.replace("_", "-") for name in known))
