"""From the text of a `bundle.toml` to a checked `Manifest`.

The tables are read field by field, not in one go, because the decoder of msgspec says neither which
key of a free-form table is wrong nor what stands there, and a user needs both.
"""

from __future__ import annotations

import re
import reprlib
import tomllib
from collections.abc import Mapping
from types import UnionType
from typing import Annotated, Any, Literal, NoReturn, TypeVar, Union, get_args, get_origin

import msgspec

from engines.errors import BundleError
from engines.manifest import INPUT_KINDS, MANIFEST_NAME, SCHEMA, CropInput, Manifest, PlainInput
from engines.manifest_rules import first_problem

MAX_MANIFEST_BYTES = 1 << 20

T = TypeVar("T", bound=msgspec.Struct)

_shown = reprlib.Repr()
_shown.maxstring = _shown.maxother = 60


def decode_manifest(text: bytes, bundle: str) -> Manifest:
    """Read and check a `bundle.toml`.

    Args:
        text: the file, UTF-8.
        bundle: path of the bundle, for messages.

    Raises:
        BundleError: not TOML, a newer schema, unknown, missing or mistyped keys, or contradictions.
    """
    where = f"bundle {bundle}: {MANIFEST_NAME}"
    document = _parse(text, where)
    _check_schema(document, where)
    reader = _Reader(where)
    manifest = reader.struct(document, Manifest, "", inputs=_read_inputs(reader, document.get("inputs")))
    if problem := first_problem(manifest):
        raise BundleError(f"{where}: {problem}")
    return manifest


def _parse(text: bytes, where: str) -> dict[str, Any]:
    if len(text) > MAX_MANIFEST_BYTES:
        raise BundleError(
            f"{where}: has {len(text)} bytes, more than {MAX_MANIFEST_BYTES}: keep data in other files"
        )
    try:
        return tomllib.loads(text.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:  # TOMLDecodeError and UnicodeDecodeError are ValueErrors
        raise BundleError(
            f"{where}: is not valid TOML ({error}): correct that place, or get the bundle again"
        ) from error


def _check_schema(document: Mapping[str, Any], where: str) -> None:
    """Look at the schema before all else: a newer one may have keys and types unknown here."""
    schema = document.get("schema")
    if schema is None:
        raise BundleError(f"{where}: key 'schema' is missing: add schema = {SCHEMA}")
    if not isinstance(schema, int) or isinstance(schema, bool) or schema < 1:
        raise BundleError(f"{where}: schema is {_show(schema)}: write a whole number, schema = {SCHEMA}")
    if schema > SCHEMA:
        raise BundleError(
            f"{where}: made for schema {_show(schema)}, this LiveFACS reads up to {SCHEMA}: "
            "upgrade livefacs (pip install -U livefacs)"
        )


def _read_inputs(reader: _Reader, raw: Any) -> dict[str, CropInput | PlainInput] | None:
    """Read the inputs, of two types told apart by `kind`, which defaults to the input's own name."""
    if raw is None:
        return None
    inputs: dict[str, CropInput | PlainInput] = {}
    for name, table in reader.table(raw, "inputs").items():
        at = _join("inputs", name)
        table = {"kind": name, **reader.table(table, at)}
        kind = table["kind"]
        if not isinstance(kind, str) or kind not in INPUT_KINDS:
            reader.refuse(f"{at} has the kind {_show(kind)}", f"use one of {', '.join(INPUT_KINDS)}")
        if kind == "crop":
            inputs[name] = reader.struct(table, CropInput, at)
        else:
            inputs[name] = reader.struct(table, PlainInput, at)
    return inputs


class _Reader:
    """Turns parsed TOML into the structs of `engines.manifest`, with messages that name the place."""

    def __init__(self, where: str) -> None:
        self._where = where

    def refuse(self, problem: str, way_out: str) -> NoReturn:
        raise BundleError(f"{self._where}: {problem}: {way_out}")

    def table(self, raw: Any, at: str) -> dict[str, Any]:
        if not isinstance(raw, dict):
            self.refuse(f"{at} is {_show(raw)}", f"write a table, [{at}]")
        table: dict[str, Any] = raw
        return table

    def struct(self, raw: Any, kind: type[T], at: str, **given: Any) -> T:
        """Return the table `raw` as a `kind`; fields in `given` that are not None are taken as they are."""
        table = self.table(raw, at)
        fields = {field.name: field for field in msgspec.structs.fields(kind)}
        place = f" in [{at}]" if at else ""
        for key in table:
            if key not in fields:
                self.refuse(f"unknown key {_show(key)}{place}", f"use one of {', '.join(fields)}")
        values: dict[str, Any] = {}
        for name, field in fields.items():
            if given.get(name) is not None:
                values[name] = given[name]
            elif name in table:
                values[name] = self._value(table[name], field.type, _join(at, name))
            elif field.required:
                self.refuse(f"key {name!r} is missing{place}", "add it; docs/bundles.md describes it")
        return kind(**values)

    def _value(self, raw: Any, kind: Any, at: str) -> Any:
        args = get_args(kind)
        if _is_struct(kind):
            return self.struct(raw, kind, at)
        if get_origin(kind) is dict:
            return {
                key: self._value(item, args[1], _join(at, key)) for key, item in self.table(raw, at).items()
            }
        if get_origin(kind) is tuple and _is_struct(args[0]):
            if not isinstance(raw, list) or not all(isinstance(item, dict) for item in raw):
                self.refuse(f"{at} is {_show(raw)}", f"write each entry as a table, [[{at}]]")
            return tuple(self.struct(item, args[0], f"{at} #{i}") for i, item in enumerate(raw, start=1))
        try:
            return msgspec.convert(raw, kind, strict=True)
        except msgspec.ValidationError:
            self.refuse(f"{at} is {_show(raw)}", f"write {_in_words(kind)}; docs/bundles.md describes it")


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _in_words(kind: Any) -> str:
    """Say what to write where a value of this type is wanted."""
    args = get_args(kind)
    if get_origin(kind) in (Union, UnionType):
        return " or ".join(_in_words(each) for each in args if each is not type(None))
    if get_origin(kind) is Literal:
        return " or ".join(repr(value) for value in args)
    if get_origin(kind) is tuple:
        return f"[{', '.join('...' if each is Ellipsis else _in_words(each) for each in args)}]"
    if get_origin(kind) is Annotated:
        return f"{_in_words(args[0])} from {args[1].ge} to {args[1].le}"
    return {str: "text in quotes", int: "a whole number", float: "a number"}[kind]


def _join(at: str, key: str) -> str:
    key = key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else repr(key)
    return f"{at}.{key}" if at else key


def _show(value: Any) -> str:
    try:
        return _shown.repr(value)
    except ValueError:  # Python refuses to print a whole number of more than 4300 digits
        return "a number far too long"
