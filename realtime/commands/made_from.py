"""What a command makes of a recording: by default beside it, under its name."""

from __future__ import annotations

from pathlib import Path


def made_from(recording: Path, out: Path | None, suffix: str, *, overwrite: bool) -> Path:
    """Return the file to write. Raises OptionError if it is there already, or its folder is not."""
    from realtime.errors import OptionError

    out = out or recording.with_suffix(suffix)
    if out.exists() and not overwrite:
        raise OptionError(f"{out}: exists; add --overwrite or choose another name")
    if not out.parent.is_dir():
        raise OptionError(f"{out}: cannot be written (there is no folder {out.parent})")
    return out
