"""Tiny real videos, made with PyAV; each picture carries its own number, readable after compression."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

BITS = 8


def numbered(number: int, size: tuple[int, int] = (128, 64)) -> NDArray[np.uint8]:
    """A picture whose upper half shows `number` as eight black or white blocks, lowest bit on the left."""
    width, height = size
    image = np.full((height, width, 3), 90, np.uint8)
    for bit in range(BITS):
        image[: height // 2, bit * width // BITS : (bit + 1) * width // BITS] = 255 * (number >> bit & 1)
    # something that moves, so that pictures build on one another
    image[height // 2 :, number * 5 % width : number * 5 % width + 10] = 220
    return image


def textured(number: int, size: tuple[int, int] = (320, 160)) -> NDArray[np.uint8]:
    """A numbered picture that takes some kilobytes: its lower half is a moving texture."""
    width, height = size
    image = numbered(number, size)
    texture = np.random.default_rng(0).integers(0, 255, (height // 16, width // 8, 3), np.uint8)
    texture = texture.repeat(8, 0).repeat(8, 1)
    image[height // 2 :] = np.roll(texture, (number * 2, number * 3), (0, 1))[: height - height // 2]
    return image


def number_in(image: NDArray[np.uint8]) -> int:
    """The number a picture carries."""
    height, width = image.shape[:2]
    blocks = (
        image[: height // 2, bit * width // BITS : (bit + 1) * width // BITS].mean() > 128
        for bit in range(BITS)
    )
    return sum(int(white) << bit for bit, white in enumerate(blocks))


def write_clip(
    path: Path,
    frames: int = 30,
    *,
    size: tuple[int, int] = (128, 64),
    codec: str = "libx264",
    container: str | None = None,
    pixels: str = "yuv420p",
    fps: int = 25,
    key_every: int = 10,
    codec_options: dict[str, str] | None = None,
    options: dict[str, str] | None = None,
    pts: Sequence[int] | None = None,
    hidden: int = 0,
    rotation: float | None = None,
    mirrored: bool = False,
    images: Sequence[NDArray[np.uint8]] | None = None,
) -> Path:
    """Write a video of numbered pictures, from 0, and return its path.

    Args:
        hidden: pictures at the start that an edit list hides (MP4 without B-frames).
        rotation: degrees of the display matrix.
        pts: presentation times in units of 1/fps; default 0, 1, 2...
        images: the pictures, in place of numbered ones.
    """
    with av.open(str(path), "w", format=container, options=options or {}) as output:
        stream = output.add_stream(codec, rate=fps, options=codec_options or {})
        shown = images or [numbered(number, size) for number in range(frames)]
        stream.height, stream.width = shown[0].shape[:2]
        stream.pix_fmt, stream.gop_size = pixels, key_every
        stream.thread_count = 1  # the same bytes every time
        scaler = VideoReformatter()
        if rotation is not None or mirrored:
            stream.set_display_rotation(rotation or 0, hflip=mirrored)
        for number, image in enumerate([*shown, None]):
            frame = None
            if image is not None:
                # left to the encoder, several threads convert, and a pixel now and then goes astray
                frame = av.VideoFrame.from_ndarray(image, format="rgb24")
                frame = scaler.reformat(frame, format=pixels, threads=1)
                frame.pts, frame.time_base = (pts[number] if pts else number), Fraction(1, fps)
            for packet in stream.encode(frame):
                packet.pts, packet.dts = packet.pts - hidden, packet.dts - hidden
                output.mux(packet)
    return path
