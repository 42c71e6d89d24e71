"""Writes the text of a `bundle.toml`, and of other manifests like it.

By hand, because it is short, the file deserves a header of comments, and a TOML writer would be one
dependency more. What comes out is read back before it is used (`engines.bundle_writing`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from numbers import Integral, Real
from typing import Any

HEADER = """\
# A LiveFACS model bundle. docs/bundles.md in the LiveFACS sources describes every key.
# [files] holds the sha256 of each file beside this one; change a file, and the bundle is refused.
"""


def encode_manifest(fields: Mapping[str, Any], header: str = HEADER) -> str:
    """Return the TOML text of a manifest.

    Args:
        fields: keys as in `bundle.toml`; values are text, numbers, booleans, lists and mappings of these.
            A key whose value is None is left out.
        header: comments for the top of the file.

    Raises:
        TypeError: a value of another type.
    """
    return header + "\n".join(_table(fields, ())) + "\n"


def _table(fields: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    """Yield a table's own values first, since what follows a sub-table's header belongs to that."""
    present = {key: value for key, value in fields.items() if value is not None}
    for key, value in present.items():
        if not _is_table(value) and not _are_tables(value):
            yield f"{_key(key)} = {_value(value)}"
    for key, value in present.items():
        below = (*path, key)
        header = ".".join(_key(part) for part in below)
        if _is_table(value):
            yield from ("", f"[{header}]")
            yield from _table(value, below)
        elif _are_tables(value):
            for item in value:
                yield from ("", f"[[{header}]]")
                yield from _table(item, below)


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping)


def _are_tables(value: Any) -> bool:
    return isinstance(value, list | tuple) and bool(value) and all(_is_table(item) for item in value)


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _text(key)


def _value(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool):  # which is an Integral, too
        return str(value).lower()
    if isinstance(value, list | tuple):
        return f"[{', '.join(_value(item) for item in value)}]"
    if isinstance(value, Integral):
        return str(int(value))
    if isinstance(value, Real):
        return repr(float(value))
    raise TypeError(f"{value!r} is a {type(value).__name__}: write text, numbers, lists or mappings")


def _text(text: str) -> str:
    # JSON's escapes are TOML's, but for DEL, which JSON leaves bare and TOML does not allow.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
