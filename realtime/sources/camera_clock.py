"""When a picture was taken by the camera's own clock, which RTSP cameras tell in sender reports (RTCP)."""

from __future__ import annotations

import struct

from av.packet import Packet
from av.video.stream import VideoStream

# FFmpeg's AVRTCPSenderReport begins: SSRC, padding, NTP time in 2**-32 s since 1900. AVProducerReferenceTime
# begins: Unix time in µs. FFmpeg reckons it from the last report and the packet's RTP time stamp.
_REPORT = struct.Struct("=I4xQ")
_TAKEN = struct.Struct("=q")
_UNIX_IN_NTP_S = 2_208_988_800

_LEAD_S = 1.0
"""Time stamps that run ahead of our clock by so much from one packet to the next were set anew."""
_SLACK_S = 5.0
"""What has passed by the camera's clock and by ours differs by no more than this: by a network that holds."""
_DOUBT_S = 15.0
"""Within so many seconds a camera reports again, seen by us or not: FFmpeg passes on only what comes right
before the last packet of a picture, and makes use of the others silently."""


class CameraClock:
    """Reads off the packets of one connection when, by the camera, their pictures were taken.

    A time is given only while it agrees with our own clock since the camera's last report. Once the RTP time
    stamps begin anew (a camera that restarted its encoder), or have run through their 32 bits without a
    report (for six hours), what FFmpeg reckons is wrong, by hours, until the next report.
    """

    def __init__(self) -> None:
        self._ntp: int | None = None
        self._known: tuple[float, float] | None = None  # Unix time by the camera, and when it came
        self._clockless = False
        self._doubtful_until = 0.0
        self._last: tuple[float, float] | None = None  # decoding time of the packet before, and when it came

    def taken(self, packet: Packet[VideoStream], arrival: float) -> float | None:
        """Return Unix time in seconds, None if the camera does not tell it; call it for every packet.

        Args:
            packet: as it comes from the demuxer.
            arrival: s, monotonic clock, when it was read.
        """
        if self._has_jumped(packet, arrival):
            self._doubtful_until = arrival + _DOUBT_S
        if packet.has_sidedata("rtcp_sr"):
            self._note(bytes(packet.get_sidedata("rtcp_sr")), arrival)
        if not packet.has_sidedata("prft") or self._clockless or arrival < self._doubtful_until:
            return None
        (microseconds,) = _TAKEN.unpack_from(bytes(packet.get_sidedata("prft")))
        taken = float(microseconds) / 1e6
        if self._known is None and taken > 0:
            self._known = taken, arrival
        if self._known is None or abs((taken - self._known[0]) - (arrival - self._known[1])) > _SLACK_S:
            return None
        return taken

    def _has_jumped(self, packet: Packet[VideoStream], arrival: float) -> bool:
        """Whether the time stamps have begun anew."""
        if packet.dts is None or packet.time_base is None:
            return False
        last, self._last = self._last, (float(packet.dts * packet.time_base), arrival)
        if last is None:
            return False
        step = self._last[0] - last[0]
        return step < 0 or step - (arrival - last[1]) > _LEAD_S

    def _note(self, report: bytes, arrival: float) -> None:
        _, ntp = _REPORT.unpack_from(report)
        if ntp != self._ntp:
            self._ntp = ntp
            unix = ntp / 2**32 - _UNIX_IN_NTP_S
            # A camera without a clock reports 0, or the time since it was switched on.
            self._clockless = unix <= 0
            self._known, self._doubtful_until = (unix, arrival), 0.0
