"""A network that understands what a camera sends in its RTSP connection, and changes it packet by packet."""

from __future__ import annotations

from collections.abc import Callable

from faulty_network import FaultyNetwork

TICKS = 90_000
"""RTP time stamps of video, per second."""
NTP_TO_UNIX_S = 2_208_988_800

Change = Callable[[bytearray], bytearray | None]


class RtpNetwork(FaultyNetwork):
    """Passes RTSP connections on to a port, of cameras that send RTP in them (over TCP).

    Attributes:
        rtp: what becomes of each RTP packet; None: it is lost. May be changed at any time, as the others.
        report: the same of each RTCP packet.
        answer: the same of each RTSP answer, head and body; the length of the body must stay.
    """

    def __init__(self, port: int) -> None:
        self.rtp: Change = lambda packet: packet
        self.report: Change = lambda packet: packet
        self.answer: Change = lambda message: message
        super().__init__(port)

    def _watch(self) -> Callable[[bytes], bytes]:
        waiting = bytearray()

        def pass_on(piece: bytes) -> bytes:
            waiting.extend(piece)
            passed = bytearray()
            while size := _first(waiting):
                whole = waiting[:size]
                del waiting[:size]
                passed += self._changed(whole)
            return bytes(passed)

        return pass_on

    def _changed(self, whole: bytearray) -> bytearray:
        if whole[:1] != b"$":
            return self.answer(whole) or bytearray()
        is_report = 192 <= whole[5] <= 223
        packet = (self.report if is_report else self.rtp)(whole[4:])
        return bytearray() if packet is None else whole[:2] + len(packet).to_bytes(2, "big") + packet


def shift_time(packet: bytearray, ticks: int) -> bytearray:
    """Move the time stamp of an RTP packet, or of a sender report."""
    at = 16 if packet[1] == 200 else 4
    if 192 <= packet[1] <= 223 and packet[1] != 200:
        return packet
    stamp = int.from_bytes(packet[at : at + 4], "big") + ticks
    packet[at : at + 4] = (stamp % 2**32).to_bytes(4, "big")
    return packet


def _first(waiting: bytearray) -> int:
    """How many bytes the first message takes, 0 if not all of it is there."""
    if waiting[:1] == b"$":
        size = 4 + int.from_bytes(waiting[2:4], "big") if len(waiting) >= 4 else 4
    else:
        head, end, _ = waiting.partition(b"\r\n\r\n")
        if not end:
            return 0
        lines = (line.partition(b":") for line in head.lower().split(b"\r\n"))
        size = len(head) + 4 + sum(int(value) for name, _, value in lines if name == b"content-length")
    return size if len(waiting) >= size else 0
