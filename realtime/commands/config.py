"""`--config FILE.toml`: the options of a command, written down."""

from __future__ import annotations

import difflib
import inspect
import tomllib
import typing
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import typer

from realtime.commands.secrets import expand
from realtime.errors import OptionError

MAX_CONFIG = 1 << 20
"""Bytes of the longest file that is read."""

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
    several: bool = False


def toml_in(path: Path) -> dict[str, Any]:
    """Return what a TOML file says. Raises OptionError with one line."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_CONFIG + 1)
        if len(data) > MAX_CONFIG:
            raise OptionError(f"config {path}: is longer than {MAX_CONFIG} bytes; name a file of options")
        return tomllib.loads(data.decode("utf-8"))
    except OSError as error:
        raise OptionError(f"config {path}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:  # also numbers too long, and brackets too deep, to be read
        raise OptionError(f"config {path}: not valid TOML: {error}") from error


def read_config(path: Path, known: Mapping[str, Known], *, beside: Collection[str] = ()) -> dict[str, Any]:
    """Return the options in a TOML file, checked by name and type.

    Keys are the long option names, with `-` or `_`; values are what one would type, in TOML's own types.
    Relative paths count from the current folder, as they do on the command line, not from the file's;
    `~` is the home folder. `beside` names keys that somebody else reads. Raises OptionError with one line
    that names the file, the key and the value and what is wanted, or the nearest known key.
    """
    table = {key: value for key, value in toml_in(path).items() if key not in beside}
    return options_in(table, known, f"config {path}")


def options_in(table: Mapping[str, Any], known: Mapping[str, Known], where: str) -> dict[str, Any]:
    """Return the options in a table, as `read_config` does those of a file; `where` begins its errors."""
    options: dict[str, Any] = {}
    for key, value in table.items():
        name = key.replace("-", "_")
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean '{near[0].replace('_', '-')}'?" if near else f"known: {_names(known)}"
            raise OptionError(f"{where}: unknown option '{key}'; {hint}")
        if name in options:
            raise OptionError(f"{where}: option '{key}' stands there twice, once with - and once with _")
        try:
            options[name] = _checked(name, value, known[name])
        except ValueError as error:
            raise OptionError(f"{where}: option '{key}' {error}") from None
    return options


def cameras_config_callback(context: typer.Context, path: Path | None) -> Path | None:
    """Make a file's options the defaults of the command; what is typed still wins. Cameras are read apart."""
    if path is not None:
        kinds = _kinds(context.command.callback)
        known = {
            str(parameter.name): Known(
                kinds[str(parameter.name)], getattr(parameter, "min", None), parameter.nargs == -1
            )
            for parameter in context.command.params
            if parameter.name not in (None, "config", "help")
        }
        options = read_config(path, known, beside=("cameras",))
        context.default_map = {**(context.default_map or {}), **options}
    return path


def _checked(name: str, value: object, known: Known) -> bool | str | list[Any]:
    """The value as Typer takes it. Raises ValueError with the end of a sentence about the option."""
    if known.several:
        values = value if isinstance(value, list) else [value]
        return [_checked(name, each, known._replace(several=False)) for each in values]
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
    if isinstance(value, str):
        if "\0" in value:
            raise ValueError("has a zero byte in it, which no name, path or address has")
        value = expand(value)
    if isinstance(value, str) and value.startswith("~") and (known.kind is Path or name == "source"):
        with suppress(RuntimeError):  # `~name` of a user there is not: then it is a file's name
            return str(Path(value).expanduser())
    return str(value)


def _kinds(command: Callable[..., Any] | None) -> dict[str, type]:
    """The type of each parameter of a command's function, None left out; of a list, of what is in it."""
    hints = typing.get_type_hints(inspect.unwrap(command)) if command else {}
    return {name: bare(hint) for name, hint in hints.items()}


def bare(hint: Any) -> type:
    """The type that a hint names, None left out; of a list, that of what is in it."""
    kinds = [kind for kind in typing.get_args(hint) if kind is not type(None)]
    return bare(kinds[0]) if kinds else hint


def _names(known: Mapping[str, Known]) -> str:
    return ", ".join(sorted(name.replace("_", "-") for name in known))
