"""Which programs have a camera open, as far as this user may know."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Holder:
    """A running program.

    Attributes:
        pid: its process.
        program: what it is called.
    """

    pid: int
    program: str

    def __str__(self) -> str:
        return f"{self.program} (pid {self.pid})"


def holders(path: str) -> list[Holder]:
    """The programs that have the device file at `path` open, by their pid.

    Only Linux tells, and of other users' programs only root hears. Desktop services such as PipeWire keep
    cameras open without using them.
    """
    try:
        device = _same(Path(path).stat())
    except OSError:
        return []
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(_opens(descriptor, device) for descriptor in (process / "fd").iterdir()):
                program = (process / "comm").read_text(errors="replace").strip()
                found.append(Holder(int(process.name), program))
        except OSError:  # it has ended, or belongs to somebody else
            continue
    return sorted(found, key=lambda holder: holder.pid)


def _opens(descriptor: Path, device: tuple[int, ...]) -> bool:
    try:
        return _same(descriptor.stat()) == device
    except OSError:
        return False


def _same(status: os.stat_result) -> tuple[int, ...]:
    """What two names of one device or file have in common."""
    return (status.st_rdev,) if status.st_rdev else (status.st_dev, status.st_ino)
