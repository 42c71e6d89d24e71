"""From parsed TOML to structs, strictly: each refusal names the key, its value and what is allowed.

msgspec's own decoder says neither what stands there nor what may.
"""

from __future__ import annotations

import math
import re
import reprlib
from collections.abc import Mapping
from types import MappingProxyType, NoneType, UnionType
from typing import Annotated, Any, Literal, NoReturn, TypeVar, Union, get_args, get_origin

import msgspec

from trainers.training.errors import RecipeError

T = TypeVar("T", bound=msgspec.Struct)

NOTHING: Mapping[str, Any] = MappingProxyType({})

_shown = reprlib.Repr()
_shown.maxstring = _shown.maxother = 60


def read_table(raw: Any, kind: type[T], at: str, where: str, given: Mapping[str, Any] = NOTHING) -> T:
    """Return a parsed table as a struct.

    Args:
        raw: the table.
        kind: a struct whose fields are text, numbers, booleans, literals, tuples and dicts of these, and
            structs; annotated with what else is asked of them.
        at: its key, such as "data.sampling"; "" for the top.
        where: what messages begin with, such as "recipe small.toml".
        given: fields that are not read from the table.

    Raises:
        RecipeError: an unknown or missing key, a wrong type, a value out of its range, or a contradiction.
    """
    if not isinstance(raw, dict):
        _refuse(where, f"{at} is {_show(raw)}", f"write a table, [{at}]")
    fields = {field.name: field for field in msgspec.structs.fields(kind) if field.name not in given}
    place = f" in [{at}]" if at else ""
    for key in raw:
        if key not in fields:
            _refuse(where, f"unknown key {key!r}{place}", f"use one of {', '.join(fields)}")
    values = dict(given)
    for name, field in fields.items():
        if name in raw:
            values[name] = _value(raw[name], field.type, join(at, name), where)
        elif field.required:
            _refuse(where, f"key {name!r} is missing{place}", f"write {allowed(field.type)}")
    try:
        return kind(**values)
    except ValueError as error:
        raise RecipeError(f"{where}: {at + ': ' if at else ''}{error}") from None


def allowed(kind: Any) -> str:
    """Return in words what may stand where a value of this type is wanted."""
    args = get_args(kind)
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        return " or ".join(allowed(each) for each in args if each is not NoneType)
    if origin is Literal:
        return " or ".join(f'"{value}"' for value in args)
    if origin is tuple:
        return f"[{', '.join('...' if each is Ellipsis else allowed(each) for each in args)}]"
    if origin is Annotated:
        return allowed(args[0]) + _bounds(args[1])
    if origin is dict or _is_struct(kind):
        return "a table"
    return {
        str: "text in quotes",
        int: "a whole number",
        float: "a number",
        bool: "true or false",
    }.get(kind, "another value")


def join(at: str, key: str) -> str:
    """Return the dotted name of a key."""
    key = key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else repr(key)
    return f"{at}.{key}" if at else key


def _value(raw: Any, kind: Any, at: str, where: str) -> Any:
    if _is_struct(kind):
        return read_table(raw, kind, at, where)
    args = get_args(kind)
    if get_origin(kind) is dict and isinstance(raw, dict):
        return {key: _value(item, args[1], join(at, key), where) for key, item in raw.items()}
    try:
        value = msgspec.convert(raw, kind, strict=True)
    except msgspec.ValidationError:
        _refuse(where, f"{at} is {_show(raw)}", f"write {allowed(kind)}")
    if not _is_finite(value):
        _refuse(where, f"{at} is {_show(raw)}", f"write {allowed(kind)}")
    return value


def _bounds(meta: msgspec.Meta) -> str:
    if meta.pattern is not None:
        return f" like {meta.pattern.strip('^$')}"
    low = f"from {meta.ge:g}" if meta.ge is not None else f"above {meta.gt:g}" if meta.gt is not None else ""
    high = f"to {meta.le:g}" if meta.le is not None else f"below {meta.lt:g}" if meta.lt is not None else ""
    if low.startswith("from") and not high:
        return f" of {meta.ge:g} or more"
    return "".join(f" {bound}" for bound in (low, high) if bound)


def _is_finite(value: Any) -> bool:
    """TOML knows nan and inf; no recipe means them."""
    if isinstance(value, tuple):
        return all(map(_is_finite, value))
    return not isinstance(value, float) or math.isfinite(value)


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _show(value: Any) -> str:
    try:
        return _shown.repr(value)
    except ValueError:  # Python refuses to print a whole number of more than 4300 digits
        return "a number far too long"


def _refuse(where: str, problem: str, way_out: str) -> NoReturn:
    raise RecipeError(f"{where}: {problem}: {way_out}")
