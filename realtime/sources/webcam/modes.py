"""How a camera can send its pictures, and which way is taken: pure functions over what it offers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from realtime.errors import SourceError

ENOUGH_FPS = 30
"""More pictures a second are not looked for: they cost as much again and show faces no better."""
ENOUGH_PIXELS, PLENTY_PIXELS = 640 * 480, 1280 * 720
"""Smaller pictures lose detail, larger ones cost time and, raw, the USB bus' room."""

# What is lost by a format, in the units of `_cost`: 1 is a picture of half the pixels.
_FORMAT_COSTS = {"mjpeg": 0.3, "h264": 1.0, "hevc": 1.0, "gray": 3.0, "gray16le": 3.0}
_BAYER_COST = 2.0  # one colour a pixel, and mostly without white balance

_OTHER_NAMES = {
    "mjpg": "mjpeg",
    "jpeg": "mjpeg",
    "yuyv": "yuyv422",
    "yuy2": "yuyv422",
    "uyvy": "uyvy422",
    "i420": "yuv420p",
    "yu12": "yuv420p",
    "grey": "gray",
}

# A wished rate is met by one so near to it: 30 by 29.97.
_SAME_RATE = 0.01


@dataclass(frozen=True, slots=True)
class Mode:
    """One way in which a camera can send its pictures; as text, the way it is wished for.

    Attributes:
        format: FFmpeg's name of the codec (`mjpeg`, `h264`) or pixel format (`yuyv422`).
        width, height: px.
        fps: pictures a second; None if the driver does not say.
    """

    format: str
    width: int
    height: int
    fps: Fraction | None = None

    def __str__(self) -> str:
        return str(Wishes((self.width, self.height), self.fps, self.format))


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a user asked of a camera; None is whatever suits. As text, the way it is typed.

    Attributes:
        size: width and height, px.
        fps: pictures a second, above 0.
        format: FFmpeg's name, as in `Mode`.
    """

    size: tuple[int, int] | None = None
    fps: Fraction | None = None
    format: str | None = None

    def __str__(self) -> str:
        size = None if self.size is None else "{}x{}".format(*self.size)
        fps = None if self.fps is None else rate_text(self.fps)
        parts = {"size": size, "fps": fps, "format": self.format}
        return "&".join(f"{key}={value}" for key, value in parts.items() if value)


NO_WISHES = Wishes()


def rate_text(fps: Fraction) -> str:
    """A rate as people write it: `30`, `7.5`, `30000/1001`."""
    if fps.denominator == 1:
        return str(fps.numerator)
    short = f"{float(fps):.3f}".rstrip("0")
    return short if Fraction(short) == fps else f"{fps.numerator}/{fps.denominator}"


def format_name(text: str) -> str:
    """FFmpeg's name of a format that is often called otherwise: `YUYV`, `MJPG`."""
    return _OTHER_NAMES.get(text.lower(), text.lower())


def choose_mode(modes: Sequence[Mode]) -> Mode:
    """Return the mode in which faces are read best: 30 pictures a second of 640x480 to 1280x720.

    Within that the smallest, which is sent and converted the quickest, and raw before compressed. What a
    camera cannot do is weighed: half the rate is worse than half the pixels, and that worse than twice as
    many as are of use. Of equals it is the one that the camera names first, which is its native one.

    Args:
        modes: at least one.
    """
    return min(modes, key=_cost)


def fitting(modes: Sequence[Mode], wishes: Wishes) -> list[Mode]:
    """Those of `modes` that meet every wish; a mode without a rate meets any rate."""
    return [mode for mode in modes if _meets(mode, wishes)]


def wished_mode(modes: Sequence[Mode], wishes: Wishes, label: str) -> Mode:
    """Return the best of the modes that meet the wishes.

    Args:
        modes: what the camera offers, at least one.
        wishes: what was asked for.
        label: what messages call the camera.

    Raises:
        SourceError: there is none; the message names the nearest.
    """
    meeting = fitting(modes, wishes)
    if meeting:
        return choose_mode(meeting)
    near = ", ".join(str(mode) for mode in nearest(modes, wishes))
    raise SourceError(f"{label} does not offer {wishes}: nearest is {near}; `livefacs cameras` lists all")


def nearest(modes: Sequence[Mode], wishes: Wishes, count: int = 3) -> list[Mode]:
    """The modes that come closest to what was wished for, the closest first.

    At most `count`, no two of them of one size, or of one format where only that was wished for.
    """
    by_format = wishes.size is None and wishes.fps is None
    closest: dict[object, Mode] = {}
    for mode in sorted(modes, key=lambda mode: (_distance(mode, wishes), _cost(mode))):
        closest.setdefault(mode.format if by_format else (mode.width, mode.height), mode)
    return list(closest.values())[:count]


def _meets(mode: Mode, wishes: Wishes) -> bool:
    if wishes.size is not None and wishes.size != (mode.width, mode.height):
        return False
    if wishes.format is not None and wishes.format != mode.format:
        return False
    if wishes.fps is None or mode.fps is None:
        return True
    return abs(mode.fps - wishes.fps) <= wishes.fps * Fraction(_SAME_RATE)


def _cost(mode: Mode) -> float:
    """How far a mode is from what is wanted; 0 is best, 1 is a picture with half the pixels it should have.

    Half the rate it should have counts as one and a half of that; twice the pixels it need have as half.
    """
    pixels = mode.width * mode.height
    fps = float(mode.fps or ENOUGH_FPS)
    slow = 1.5 * max(0.0, math.log2(ENOUGH_FPS / fps))
    small = max(0.0, math.log2(ENOUGH_PIXELS / pixels))
    large = 0.5 * max(0.0, math.log2(pixels / PLENTY_PIXELS))
    # among modes that are all good enough, the one that makes the least work
    work = 0.05 * (max(0.0, math.log2(pixels / ENOUGH_PIXELS)) + max(0.0, math.log2(fps / ENOUGH_FPS)))
    bayer = _BAYER_COST if mode.format.startswith("bayer") else 0.0
    return slow + small + large + work + _FORMAT_COSTS.get(mode.format, bayer)


def _distance(mode: Mode, wishes: Wishes) -> float:
    """How far a mode is from what was wished for, in doublings; another format counts as one."""
    far = 0.0
    if wishes.size is not None:
        width, height = wishes.size
        far += abs(math.log2(mode.width / width)) + abs(math.log2(mode.height / height))
    if wishes.fps is not None and mode.fps is not None:
        far += abs(math.log2(mode.fps / wishes.fps))
    return far + (wishes.format is not None and wishes.format != mode.format)
