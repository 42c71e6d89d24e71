"""Telling a damaged file from a good one, and saying what was lost."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_BOXES = (b"ftyp", b"moov", b"mdat", b"moof", b"wide", b"free", b"skip", b"styp", b"pnot")

_TS_PACKET = 188


def missing_bytes(path: str | Path) -> int:
    """How many bytes, at least, a file falls short of the size its own structure declares.

    Understands MP4 and QuickTime (the sizes of the top-level boxes), Matroska and WebM (the size of the
    segment), AVI (the size of the RIFF chunk) and MPEG-TS (a multiple of its packets); 0 for any other
    container.
    """
    path = Path(path)
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(2 * _TS_PACKET + 1)
        file.seek(0)
        if start[:4] == b"RIFF":
            declared = _riff(file)
        elif start[:4] == b"\x1a\x45\xdf\xa3":
            declared = _matroska(file)
        elif start[4:8] in _BOXES:
            declared = _boxes(file, size)
        elif start[::_TS_PACKET] == b"GGG":  # the sync byte of three packets in a row
            declared = -(-size // _TS_PACKET) * _TS_PACKET
        else:
            declared = 0
    return max(0, declared - size)


def _riff(file: BinaryIO) -> int:
    length = int.from_bytes(file.read(8)[4:], "little")
    return 0 if length == 0xFFFFFFFF else 8 + length


def _boxes(file: BinaryIO, size: int) -> int:
    position = 0
    while position < size:
        file.seek(position)
        header = file.read(16)
        length = int.from_bytes(header[:4], "big")
        if length == 1:  # the real length follows in 64 bits
            length = int.from_bytes(header[8:16], "big")
        elif length == 0:  # to the end of the file
            return size
        position += max(length, 8)
    return position


def _matroska(file: BinaryIO) -> int:
    file.read(4)
    header, _ = _variable_int(file)
    if len(file.read(min(header, 4096))) < header or file.read(4) != b"\x18\x53\x80\x67":
        return 0
    length, unknown = _variable_int(file)
    return 0 if unknown else file.tell() + length


def _variable_int(file: BinaryIO) -> tuple[int, bool]:
    """EBML's variable-length integer, and whether it is the one that means "unknown"."""
    first = file.read(1)
    if not first or not first[0]:
        return 0, True
    width = 9 - first[0].bit_length()
    value = int.from_bytes(first + file.read(width - 1), "big") & ((1 << 7 * width) - 1)
    return value, value == (1 << 7 * width) - 1


@dataclass(slots=True)
class Damage:
    """What a source lost to damaged data.

    Attributes:
        after: pictures delivered before the first damage; None as long as there is none.
        lost: pictures that could not be decoded, or that were decoded from damaged data, and left out.
        cut: bytes the file falls short of; None if it ends where it should.
    """

    after: int | None = None
    lost: int = 0
    cut: int | None = None

    def lose(self, pictures: int, delivered: int) -> None:
        """There is damage, `pictures` more are lost by it, and `delivered` came before."""
        self.lost += pictures
        if self.after is None:
            self.after = delivered

    def line(self, name: str, delivered: int, total: int | None) -> str | None:
        """One line for people about a damaged file, None if there is no damage.

        Args:
            name: the file's name.
            delivered: pictures delivered so far.
            total: pictures the file says it holds, None if it does not say.
        """
        if self.after is None:
            return None
        reasons = []
        if self.cut is not None:
            reasons.append(
                f"at least {self.cut:,} bytes are missing at its end" if self.cut else "it ends early"
            )
        if self.lost:
            reasons.append(f"{_pictures(self.lost)} lost to damaged data")
        where = f"after frame {self.after}" + (f" of {total}" if total else "")
        rest = "the frames before it were read" if delivered <= self.after else "the other frames were read"
        return f"{name}: damaged {where} ({'; '.join(reasons) or 'damaged data'}); {rest}"

    def live_line(self, name: str) -> str | None:
        """The same about a live stream, which has no end and no position."""
        if self.lost == 0:
            return None
        return f"{name}: {_pictures(self.lost)} damaged on arrival and left out"


def _pictures(count: int) -> str:
    return "1 picture was" if count == 1 else f"{count} pictures were"
