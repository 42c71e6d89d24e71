"""The container that PyAV opens: its one video stream, and its packets.

What PyAV does by itself happens under `pyav_alone`, so that whatever it stumbles over becomes an error of the
source, and a fault of our own stays one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import av
from av.container import InputContainer
from av.format import ContainerFormat
from av.packet import Packet
from av.stream import Discard, Disposition
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from realtime.errors import SourceError
from realtime.sources.spec import Spec
from realtime.sources.webcam.opening import open_webcam

UNKNOWN_CODEC = "video of an unknown codec"

# Up to this size one thread decodes: it costs the least CPU, keeps up many times over, and H.264's decoder
# marks damaged pictures only then (with slice threads it conceals the damage silently).
_ONE_THREAD_PIXELS = 1920 * 1088

# Who waits for a source to open gives up first, and says so in his own words.
_GRACE_S = 2.0


class NoVideoError(Exception):
    """The container opened but holds nothing that can be shown; the message says what it holds instead."""


class MissingFormatError(ValueError):
    """This build of PyAV cannot read what the source is, however often it is tried."""


class UnreadableError(Exception):
    """PyAV stumbled over what was sent; the message says how."""


@contextmanager
def pyav_alone() -> Iterator[None]:
    """Around what PyAV alone does: all that it raises there is about the data.

    Also where it is no error of FFmpeg's but a surprise to PyAV itself: text that is no UTF-8, a value that
    is not there. These become UnreadableError.
    """
    try:
        yield
    except (av.FFmpegError, OSError, SourceError):
        raise
    except Exception as error:
        raise UnreadableError(f"PyAV stumbled over it, {type(error).__name__}") from error


def open_container(spec: Spec, patience: float | None) -> InputContainer:
    """Open what `spec` names.

    Args:
        spec: what to open.
        patience: s, after which nobody waits for it any more; None: somebody always does.

    Raises:
        MissingFormatError, UnreadableError, av.FFmpegError, OSError: that is not possible.
        SourceError: a camera does not offer what is wished for.
    """
    if spec.format is not None:
        try:
            ContainerFormat(spec.format, "r")
        except ValueError as error:
            raise MissingFormatError(spec.format) from error
    # What trickles in without ever making a picture (sender reports alone, packets of another kind) keeps
    # FFmpeg busy for good. Watched only while it opens: PyAV's watch takes the GIL on every small read.
    watch = None if patience is None or spec.kind != "url" else (patience + _GRACE_S, None)
    with pyav_alone():
        if spec.kind == "webcam":
            return open_webcam(spec)
        return av.open(
            spec.address,
            mode="r",
            format=spec.format,
            options=dict(spec.options),
            metadata_errors="replace",  # titles are free text, in any encoding
            timeout=watch,
        )


def choose_video(container: InputContainer) -> VideoStream:
    """Return the stream to show, ready to be decoded. Raises NoVideoError if there is none."""
    # FFmpeg shows plain text as ANSI art.
    if container.format.name == "tty":
        raise NoVideoError("text")
    # The cover of a song is a video stream too, of one picture.
    chosen = next((s for s in container.streams.video if not s.disposition & Disposition.attached_pic), None)
    if chosen is None:
        raise NoVideoError(", ".join(sorted({s.type for s in container.streams})) or "nothing")
    for stream in container.streams:
        if stream is not chosen:
            stream.discard = Discard.all
    context: VideoCodecContext | None = chosen.codec_context
    if context is None:  # PyAV's way to say so
        raise NoVideoError(UNKNOWN_CODEC)
    context.thread_type = "SLICE"  # holds back no picture, as FRAME does
    context.thread_count = 1 if context.width * context.height <= _ONE_THREAD_PIXELS else 0
    context.copy_opaque = True  # carries a packet's number to the picture made from it
    return chosen


def packets_of(container: InputContainer, stream: VideoStream) -> Iterator[Packet[VideoStream]]:
    """Yield a stream's packets, at last an empty one. Raises av.FFmpegError, UnreadableError."""
    packets = container.demux(stream)
    while True:
        with pyav_alone():
            try:
                packet = next(packets, None)
            except IndexError:
                # At the end PyAV 18.1 looks for streams that came later than it: sound that is switched on.
                return
        if packet is None:
            return
        yield packet
