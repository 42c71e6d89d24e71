"""`${NAME}` in SOURCE and in config files: an environment variable, so that no file need hold a password."""

from __future__ import annotations

import os
import re
from collections.abc import Collection

import typer

from realtime.errors import OptionError

SHORTEST_HIDDEN = 4
"""Characters of the shortest value that is kept out of messages: shorter ones are found in every word."""

_REFERENCE = re.compile(r"\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$\{")
_names: dict[str, str] = {}


def expand(text: str) -> str:
    """Return `text` with each `${NAME}` replaced by that environment variable, and `$${` by `${`.

    Raises ValueError with the end of a sentence about the option, which holds no variable's value.
    """
    return _REFERENCE.sub(_value, text)


def secrets() -> Collection[str]:
    """Every value that was put in somewhere and that no message may show, the longest first."""
    return sorted((value for value in _names if len(value) >= SHORTEST_HIDDEN), key=len, reverse=True)


def hide(message: str) -> str:
    """Return a message for people with the variables' names in place of their values."""
    for value in secrets():
        for form in (value, repr(value)[1:-1]):
            message = message.replace(form, f"${{{_names[value]}}}")
    return message


def typed_sources(
    context: typer.Context, parameter: typer.CallbackParam, values: list[str] | None
) -> list[str] | None:
    """Expand SOURCEs that were typed: those of a config file are expanded already."""
    source = context.get_parameter_source(str(parameter.name))
    if values is None or source is None or source.name != "COMMANDLINE":
        return values
    try:
        return [expand(value) for value in values]
    except ValueError as error:
        raise OptionError(f"SOURCE {error}") from None


def _value(reference: re.Match[str]) -> str:
    name = reference[1]
    if reference[0] == "$${":
        return "${"
    if name is None:
        raise ValueError("has a ${ without a variable's name and }; write ${NAME}, or $${ for a plain ${")
    value = os.environ.get(name)
    if value is None:
        raise ValueError(f"names the environment variable {name}, which is not set")
    _names[value] = name
    return value
