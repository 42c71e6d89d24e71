"""Pictures for a page: scaled down and compressed by libav's JPEG encoder, which PyAV brings anyway."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

QUALITY = 4
"""libav's scale of 2 (best) to 31."""


class JpegEncoder:
    """Makes JPEGs of at most a given width. One for each thread: scaler and codec are reused.

    640x360 takes about 1 ms and 14 KB. libav lets Python's lock go meanwhile.

    Args:
        width: most pixels across; smaller pictures keep their size.
    """

    def __init__(self, width: int = 960) -> None:
        self._width = width
        self._scaler = VideoReformatter()
        self._codec: VideoCodecContext | None = None

    def encode(self, image: NDArray[np.uint8]) -> bytes:
        """Return (H, W, 3) uint8 RGB as JPEG, of the same shape to a pixel."""
        frame = av.VideoFrame.from_numpy_buffer(np.ascontiguousarray(image), format="rgb24")
        width, height = _fitting(frame.width, frame.height, self._width)
        scaled = self._scaler.reformat(frame, width, height, "yuvj420p", threads=1)
        codec = self._codec
        if codec is None or (codec.width, codec.height) != (width, height):
            codec = self._codec = _codec(width, height)
        return b"".join(bytes(packet) for packet in codec.encode(scaled))


def _fitting(width: int, height: int, widest: int) -> tuple[int, int]:
    """Return the size to scale to; even, as the halved colours want it."""
    scale = min(1.0, widest / width)
    return tuple(max(2, round(side * scale / 2) * 2) for side in (width, height))  # type: ignore[return-value]


def _codec(width: int, height: int) -> VideoCodecContext:
    codec = av.CodecContext.create("mjpeg", "w")
    assert isinstance(codec, VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt = width, height, "yuvj420p"
    codec.time_base = Fraction(1, 30)
    codec.thread_count = 1
    codec.qmin = codec.qmax = QUALITY
    return codec
