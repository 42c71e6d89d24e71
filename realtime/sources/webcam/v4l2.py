"""What a Linux camera says about itself: five questions of Video4Linux.

The libraries that ask them are under the GPL (linuxpy) or leave two of them out (videodev2). The layouts are
those of `linux/videodev2.h`, which the kernel never changes; numbers are 32 bits in the machine's byte order.
Only on Linux: the module imports `fcntl`.
"""

from __future__ import annotations

import errno
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fcntl import ioctl
from fractions import Fraction
from typing import Any

from realtime.sources.webcam.modes import NO_WISHES, Mode, Wishes

# struct v4l2_capability: driver, card, bus_info, version, capabilities, device_caps, reserved[3]
_CAPABILITY = struct.Struct("=16s32s32s3I12x")
# struct v4l2_fmtdesc: index, type, flags, description, pixelformat, mbus_code, reserved[3]
_FORMAT = struct.Struct("=3I32sI16x")
# struct v4l2_frmsizeenum: index, pixel_format, type, {width, height} or {min, max, step of each}, reserved[2]
_SIZE = struct.Struct("=3I6I8x")
# struct v4l2_frmivalenum: index, pixel_format, width, height, type, {numerator, denominator} or
# {min, max, step of such}, reserved[2]
_INTERVAL = struct.Struct("=5I6I8x")
# struct v4l2_requestbuffers: count, type, memory, capabilities, flags, reserved[3]
_BUFFERS = struct.Struct("=4I4x")

_READ, _BOTH = 2, 3
_DISCRETE = 1  # V4L2_FRMSIZE_TYPE_DISCRETE, V4L2_FRMIVAL_TYPE_DISCRETE
_MMAP = 1  # V4L2_MEMORY_MMAP

_CAPTURE, _CAPTURE_MPLANE = 0x1, 0x1000  # V4L2_CAP_VIDEO_CAPTURE…
_STREAMING, _MEDIA_CONTROLLER, _DEVICE_CAPS = 0x04000000, 0x20000000, 0x80000000

# What FFmpeg reads, by its own names; anything else a camera offers (depth, infrared, metadata) it does not.
FORMATS = {
    "MJPG": "mjpeg",
    "JPEG": "mjpeg",
    "H264": "h264",
    "YUYV": "yuyv422",
    "UYVY": "uyvy422",
    "YU12": "yuv420p",
    "YV12": "yuv420p",
    "422P": "yuv422p",
    "NV12": "nv12",
    "RGB3": "rgb24",
    "BGR3": "bgr24",
    "BGR4": "bgr0",
    "GREY": "gray",
    "Y16 ": "gray16le",
    "BA81": "bayer_bggr8",
    "GBRG": "bayer_gbrg8",
    "GRBG": "bayer_grbg8",
    "RGGB": "bayer_rggb8",
}

# Of a camera that scales to any size and rate, these are named.
_USUAL_SIZES = ((320, 240), (640, 360), (640, 480), (800, 600), (1280, 720), (1920, 1080))
_USUAL_RATES = tuple(map(Fraction, (15, 24, 25, 30, 50, 60)))

# A list that goes on for longer is a driver that does not end it.
_MOST = 256


@dataclass(frozen=True, slots=True)
class Capability:
    """What a device file is.

    Attributes:
        card: name of the camera.
        flags: V4L2_CAP_… of this very device file.
    """

    card: str
    flags: int

    @property
    def sends_pictures(self) -> bool:
        """Whether it is a camera's: such a device has files for its metadata, too."""
        return bool(self.flags & (_CAPTURE | _CAPTURE_MPLANE)) and bool(self.flags & _STREAMING)

    @property
    def bare_sensor(self) -> bool:
        """Whether it sends nothing before a program such as libcamera sets up sensor, lens and processor."""
        return bool(self.flags & _MEDIA_CONTROLLER)

    @property
    def buffer_type(self) -> int:
        """V4L2_BUF_TYPE_VIDEO_CAPTURE or …_MPLANE."""
        return 1 if self.flags & _CAPTURE else 9


def capability(file: int) -> Capability:
    """Ask an open device file what it is. Raises OSError (ENOTTY) if it is none of Video4Linux."""
    answer = _ask(file, _READ, 0, _CAPABILITY, b"", b"", b"", 0, 0, 0)
    _, card, _, _, every, own = answer
    return Capability(_text(card), own if every & _DEVICE_CAPS else every)


def modes(file: int, capability: Capability, wishes: Wishes = NO_WISHES) -> tuple[Mode, ...]:
    """Every mode that the camera offers and FFmpeg can read.

    Args:
        file: an open device file.
        capability: what it said.
        wishes: size and rate to name as well where the camera offers any within bounds.
    """
    found: dict[Mode, None] = {}
    for code in _formats(file, capability.buffer_type):
        name = FORMATS.get(struct.pack("=I", code).decode("latin-1"))
        if name is None:
            continue
        for width, height in _sizes(file, code, wishes.size):
            rates: list[Fraction | None] = list(_rates(file, code, width, height, wishes.fps))
            for fps in rates or [None]:
                found[Mode(name, width, height, fps)] = None
    return tuple(found)


def in_use(file: int, capability: Capability) -> bool:
    """Whether another program receives the camera's pictures at this moment.

    Asking for no buffers changes nothing, and only who holds none is refused.
    """
    try:
        _ask(file, _BOTH, 8, _BUFFERS, 0, capability.buffer_type, _MMAP, 0)
    except OSError as error:
        return error.errno == errno.EBUSY
    return False


def _formats(file: int, buffer_type: int) -> Iterator[int]:
    for answer in _listed(file, 2, _FORMAT, lambda index: (index, buffer_type, 0, b"", 0)):
        yield answer[4]


def _sizes(file: int, code: int, wished: tuple[int, int] | None) -> Iterator[tuple[int, int]]:
    for answer in _listed(file, 74, _SIZE, lambda index: (index, code, *(0,) * 7)):
        kind, least_w, most_w, step_w, least_h, most_h, step_h = answer[2:]
        if kind == _DISCRETE:
            yield least_w, most_w  # the first two numbers: width and height
            continue
        # one entry describes all sizes there are
        for width, height in {*_USUAL_SIZES, (most_w, most_h), *([wished] if wished else [])}:
            if _on_grid(width, least_w, most_w, step_w) and _on_grid(height, least_h, most_h, step_h):
                yield width, height
        return


def _rates(file: int, code: int, width: int, height: int, wished: Fraction | None) -> Iterator[Fraction]:
    question = (code, width, height, *(0,) * 7)
    for answer in _listed(file, 75, _INTERVAL, lambda index: (index, *question)):
        kind, shortest_n, shortest_d, longest_n, longest_d = answer[4:9]
        if not (shortest_n and shortest_d):
            continue
        fastest = Fraction(shortest_d, shortest_n)
        if kind == _DISCRETE:
            yield fastest
            continue
        slowest = Fraction(longest_d, longest_n) if longest_n and longest_d else fastest
        yield from (
            rate
            for rate in sorted({*_USUAL_RATES, fastest, *([wished] if wished else [])})
            if slowest <= rate <= fastest
        )
        return


def _on_grid(value: int, least: int, most: int, step: int) -> bool:
    return least <= value <= most and (value - least) % max(1, step) == 0


def _listed(
    file: int, number: int, layout: struct.Struct, question: Callable[[int], tuple[object, ...]]
) -> Iterator[tuple[Any, ...]]:
    """The answers to one question asked with index 0, 1, 2… until the driver says that there is no more."""
    for index in range(_MOST):
        try:
            yield _ask(file, _BOTH, number, layout, *question(index))
        except OSError as error:
            # ENOTTY: the driver does not answer such questions; ENODATA: not for this input
            if error.errno in (errno.EINVAL, errno.ENOTTY, errno.ENODATA):
                return
            raise


def _ask(file: int, direction: int, number: int, layout: struct.Struct, *question: object) -> tuple[Any, ...]:
    """One ioctl of Video4Linux, numbered as on every common processor."""
    request = direction << 30 | layout.size << 16 | ord("V") << 8 | number
    return layout.unpack(ioctl(file, request, layout.pack(*question)))


def _text(data: bytes) -> str:
    return data.split(b"\0", 1)[0].decode(errors="replace").strip()
