"""A Linux machine whose cameras exist only here: /dev, /sys and the answers of a driver, but no device.

What is not real is at the edge: `ioctl` is answered in the kernel's own bytes, and FFmpeg's v4l2 input is
replaced by its rawvideo input, whose packets are lent and taken back as a driver's memory is.
"""

from __future__ import annotations

import errno
import os
import struct
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

CAPTURE, META, STREAMING, MEDIA_CONTROLLER = 0x1, 0x00800000, 0x04000000, 0x20000000
CAMERA = CAPTURE | STREAMING

Formats = Mapping[str, Mapping[tuple[int, int], Sequence[float]]]
"""FourCC -> size -> rates."""

USUAL: Formats = {"YUYV": {(640, 480): (30, 15), (1280, 720): (10,)}, "MJPG": {(1280, 720): (30,)}}


def ffmpeg_error(code: int, address: str = "") -> av.FFmpegError:
    """What PyAV raises for an `errno`."""
    try:
        av.error.err_check(-code, address)
    except av.FFmpegError as error:
        return error
    raise AssertionError


@dataclass
class Plugged:
    """A camera's device file, and what its driver answers."""

    path: Path
    name: str
    formats: Formats
    flags: int
    busy: bool = False
    refuses: int = 0  # the errno with which FFmpeg fails if any option is given
    breaks: int = 0  # every so many pictures come empty
    color: bytes = b"\xff\0\0"


class CameraMachine:
    """The machine; `root` is where its file system begins."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.plugged: dict[str, Plugged] = {}
        self.opened: list[tuple[str, dict[str, str]]] = []
        self.open_for_real: Callable[..., Any] = av.open
        (root / "dev").mkdir()
        (root / "sys/class/video4linux").mkdir(parents=True)

    def plug(
        self,
        number: int,
        name: str = "HD Pro Webcam C920",
        formats: Formats = USUAL,
        *,
        port: str = "1-2",
        serial: str = "",
        index: int = 0,
        flags: int = CAMERA,
        passed_through: bool = True,
    ) -> Plugged:
        """Plug in a camera, or one of several device files of it."""
        usb = self.root / "sys/devices/usb1" / port
        entry = usb / f"{port}:1.0/video4linux/video{number}"
        entry.mkdir(parents=True)
        (usb / "idVendor").write_text("046d\n")
        (usb / "idProduct").write_text("082d\n")
        (usb / "serial").write_text(f"{serial}\n")
        (entry / "name").write_text(f"{name}\n")
        (entry / "index").write_text(f"{index}\n")
        (entry / "device").symlink_to(usb / f"{port}:1.0")
        (self.root / f"sys/class/video4linux/video{number}").symlink_to(entry)
        path = self.root / f"dev/video{number}"
        if passed_through:
            path.write_bytes(b"")
            by_id = self.root / "dev/v4l/by-id"
            by_id.mkdir(parents=True, exist_ok=True)
            link = by_id / f"usb-046d_{name.replace(' ', '_')}_{serial}-video-index{index}"
            link.unlink(missing_ok=True)
            link.symlink_to(path)
        camera = Plugged(path, name, formats, flags)
        self.plugged[str(path)] = camera
        return camera

    def unplug(self, number: int) -> None:
        """Pull a camera's plug."""
        path = self.root / f"dev/video{number}"
        for link in (self.root / "dev/v4l/by-id").glob("*"):
            if os.path.realpath(link) == str(path):
                link.unlink()
        path.unlink(missing_ok=True)
        entry = self.root / f"sys/class/video4linux/video{number}"
        target = Path(os.path.realpath(entry))
        entry.unlink()
        for file in (*target.iterdir(), target):
            file.rmdir() if file.is_dir() and not file.is_symlink() else file.unlink()
        del self.plugged[str(path)]

    def ioctl(self, file: int, request: int, question: bytes) -> bytes:
        """What the kernel answers; the layouts are written down here a second time, on purpose."""
        camera = self.plugged.get(str(Path(f"/proc/self/fd/{file}").readlink()))
        if camera is None:
            raise OSError(errno.ENOTTY, "no device of Video4Linux")
        number, words = request & 0xFF, struct.unpack(f"={len(question) // 4}I", question)
        answer = bytearray(question)
        if number == 0:
            answer[16 : 16 + len(camera.name)] = camera.name.encode()[:31]
            struct.pack_into("=2I", answer, 84, 0x80000000 | CAMERA | META, camera.flags)
        elif number == 8:
            if camera.busy:
                raise OSError(errno.EBUSY, "busy")
        elif number == 2:
            code = _at(list(camera.formats), words[0])
            answer[44:48] = code.encode()
        elif number == 74:
            sizes = camera.formats[question[4:8].decode()]
            struct.pack_into("=3I", answer, 8, 1, *_at(list(sizes), words[0]))
        elif number == 75:
            rates = camera.formats[question[4:8].decode()][words[2], words[3]]
            rate = Fraction(_at(list(rates), words[0])).limit_denominator(1001)
            struct.pack_into("=3I", answer, 16, 1, rate.denominator, rate.numerator)
        else:
            raise OSError(errno.ENOTTY, "what?")
        return bytes(answer)

    def open(self, file: str, mode: str = "r", format: str | None = None, **more: Any) -> Any:  # noqa: A002
        """In place of `av.open`."""
        if format != "v4l2":
            return self.open_for_real(file, mode=mode, format=format, **more)
        options = dict(more.get("options") or {})
        self.opened.append((Path(file).name, options))
        path = os.path.realpath(file)
        if path not in self.plugged:
            raise ffmpeg_error(errno.ENOENT)
        camera = self.plugged[path]
        if camera.busy:
            raise ffmpeg_error(errno.EBUSY)
        if not camera.flags & CAPTURE:
            raise ffmpeg_error(errno.ENODEV)
        if camera.refuses and options:
            raise ffmpeg_error(camera.refuses)
        size, rate = options.get("video_size", "64x48"), options.get("framerate", "30")
        raw = {"video_size": size, "framerate": rate, "pixel_format": "rgb24"}
        return _Container(self, camera, self.open_for_real("/dev/zero", format="rawvideo", options=raw))


class _Container:
    """An open camera; whatever is not said here the rawvideo input says."""

    def __init__(self, machine: CameraMachine, camera: Plugged, real: Any) -> None:
        self._machine, self._camera, self._real = machine, camera, real
        self._lent: list[bytearray] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def demux(self, stream: Any) -> Iterator[av.Packet]:
        for count, packet in enumerate(self._real.demux(stream), 1):
            time.sleep(0.02)
            if self._machine.plugged.get(str(self._camera.path)) is not self._camera:
                raise ffmpeg_error(errno.ENODEV)
            empty = self._camera.breaks and count % self._camera.breaks == 0
            memory = bytearray(b"" if empty else self._camera.color * (packet.size // 3))
            self._lent = [*self._lent[-8:], memory]
            lent = av.Packet(memory) if memory else av.Packet(0)  # which refers to the memory
            lent.stream, lent.time_base = packet.stream, packet.time_base
            lent.pts = lent.dts = packet.pts
            yield lent

    def close(self) -> None:
        for memory in self._lent:
            memory[:] = b"\xff" * len(memory)  # the driver has it back: now it shows something else
        self._real.close()


def _at(items: Sequence[Any], index: int) -> Any:
    if index >= len(items):
        raise OSError(errno.EINVAL, "no more")
    return items[index]
