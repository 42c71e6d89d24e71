"""Which packet a decoded frame was made from: decoders hold frames back and change their order."""

from __future__ import annotations

from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream


class _Name:
    """PyAV keeps what follows a packet by its identity, in one table for all files and threads. A plain
    number may be the same object for several of them, and is gone for all as soon as one is done with it."""

    __slots__ = ("number",)

    def __init__(self, number: int | None) -> None:
        self.number = number


def name_packet(packet: Packet[VideoStream], number: int | None) -> None:
    """Give a packet a number before it is decoded; its decoder needs `copy_opaque`."""
    packet.opaque = _Name(number)


def packet_of(frame: VideoFrame) -> int | None:
    """Return the number of the packet that a frame was made from; None if it has none."""
    return frame.opaque.number if isinstance(frame.opaque, _Name) else None
