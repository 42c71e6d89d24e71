"""From a container to its pictures: opens, demuxes and decodes, all in the thread that made it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import cast

import av
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from realtime.sources.camera_clock import CameraClock
from realtime.sources.container import (
    UnreadableError,
    choose_video,
    open_container,
    packets_of,
    pyav_alone,
)
from realtime.sources.damage import Damage, missing_bytes
from realtime.sources.packet_name import name_packet, packet_of
from realtime.sources.spec import Spec
from realtime.sources.webcam.address import V4L2

# Packets whose arrival is remembered: far more than any decoder holds back.
_REMEMBERED = 256


@dataclass(frozen=True, slots=True)
class Picture:
    """One decoded picture, not yet converted.

    Attributes:
        frame: the picture as the codec has it.
        number: its position in the container, from 1; damaged pictures that were left out count.
        t_capture: s, monotonic clock, right after the packet it was made from was read; with B-frames it may
            step back, for pictures come in the order of presentation. Of a file, right after the packet
            was read or was due that brought the picture out.
        decode_s: s, time the decoder took for it.
        gap: periods to leave before it when a recording is paced, for it came together with the one before.
        t_camera: s, Unix time by the camera's own clock when it was taken, None if unknown.
    """

    frame: VideoFrame
    number: int
    t_capture: float
    decode_s: float
    gap: float = 0.0
    t_camera: float | None = None


class Decoder:
    """One opened container. Make, use and close it in the same thread: closing elsewhere crashes FFmpeg.

    Attributes:
        total: pictures the container says it holds, None if it does not say.
        fps: its nominal frame rate, None if it does not say.
        finite: True for a file, also one behind an http address: it is read as fast as it is asked for,
            while a live stream comes by its own clock.
        damage: what was lost so far.
    """

    def __init__(self, spec: Spec, patience: float | None = None) -> None:
        """Open what `spec` names.

        Args:
            spec: what to open.
            patience: s, after which nobody waits for it any more; None: somebody always does.

        Raises:
            NoVideoError: there are no pictures in it.
            MissingFormatError, UnreadableError, av.FFmpegError, OSError: it cannot be opened.
            SourceError: a camera does not offer what is wished for.
        """
        self._spec = spec
        self.damage = Damage()
        self._is_file = spec.kind == "file"
        self._packets = 0
        self._delivered = 0
        self._arrived: dict[int, tuple[float, float | None]] = {}  # packet's number -> t_capture, t_camera
        self._clock = CameraClock()
        self._damaged_from: int | None = None  # number of the packet from which on nothing is sound
        self._damaged_to = 0  # number of the last packet known to be damaged
        self._failed: list[int] = []  # packets that gave no picture and are not counted as lost yet
        self._lends = spec.format == V4L2
        self._container = open_container(spec, patience)
        try:
            self._stream = choose_video(self._container)
        except BaseException:
            self._container.close()
            raise
        rate = self._stream.average_rate or self._stream.guessed_rate
        self.fps = float(rate) if rate and 0 < rate <= 1000 else None
        self.total = self._count() if self._is_file else None
        self.finite = self._is_file or spec.kind == "lavfi" or self._container.size > 0

    def close(self) -> None:
        """Close the container."""
        self._container.close()

    def pictures(
        self,
        wait: Callable[[int | None, Fraction | None], None] | None = None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> Iterator[Picture]:
        """Yield every undamaged picture in the order of presentation, up to the end.

        Args:
            wait: called with the decoding time stamp of each packet and its unit before it is decoded;
                returns when a camera would have sent it.
            stopped: asked before each packet whether to end here: there may never be another picture.

        A file's pictures that build on a damaged one are left out up to the next key frame. In a live
        stream only those marked as damaged are: a little smearing is better than seconds of nothing.

        Raises:
            av.FFmpegError, UnreadableError: a live source was lost. The end of a file is never an error: see
                `damage`.
        """
        try:
            for packet in self._arriving():
                if stopped():
                    return
                if wait is not None and packet.size and not packet.is_discard:
                    wait(self._due(packet), packet.time_base)
                yield from self._decode(packet, time.monotonic())
        except (av.FFmpegError, UnreadableError):
            if not self._is_file:
                raise
            self.damage.lose(0, self._delivered)
        self._count_failed(self._packets + 1)
        if self._is_file:
            self._check_end()

    def _arriving(self) -> Iterator[Packet[VideoStream]]:
        """The packets of the container; those of a Linux camera as copies.

        Its own packets, and raw pictures made from them, are the driver's memory: FFmpeg takes it back when
        the camera is closed, and who still looks at one crashes.
        """
        if not self._lends:
            yield from packets_of(self._container, self._stream)
            return
        for lent in packets_of(self._container, self._stream):
            # not Packet(lent), which would refer to it
            packet = cast("Packet[VideoStream]", Packet(lent.size))
            if lent.size:
                packet.update(cast("bytes", lent))
            packet.stream, packet.time_base = lent.stream, lent.time_base
            packet.pts, packet.dts, packet.is_keyframe = lent.pts, lent.dts, lent.is_keyframe
            del lent
            yield packet

    def damage_line(self, name: str) -> str | None:
        """`Source.damage`, where `name` is how to call the source."""
        if not self._is_file:
            return self.damage.live_line(name)
        return self.damage.line(name, self._delivered, self.total)

    def _count(self) -> int | None:
        if self._has_full_index():
            # the entries an edit list hides are decoded but not shown
            return sum(not entry.is_discard for entry in self._stream.index_entries) or None
        return self._stream.frames or None

    def _has_full_index(self) -> bool:
        """MP4 and QuickTime list every packet; `frames` is 0 if they are fragmented and list them later."""
        return "mov" in self._container.format.name and self._stream.frames > 0

    def _due(self, packet: Packet[VideoStream]) -> int | None:
        """The time stamp to pace `packet` by: one that rises from packet to packet."""
        if packet.dts is not None or self._stream.codec_context.has_b_frames:
            return packet.dts
        return packet.pts

    def _decode(self, packet: Packet[VideoStream], arrival: float) -> Iterator[Picture]:
        if self._lends and not packet.size and packet.pts is not None:
            # a picture that broke on its way over the bus; to the decoder it would be the end
            self._packets += 1
            self._lose_picture()
            return
        if packet.size:
            self._packets += 1
            name_packet(packet, self._packets)
            self._arrived[self._packets] = arrival, self._clock.taken(packet, arrival)
            self._arrived.pop(self._packets - _REMEMBERED, None)
            if packet.is_corrupt:
                # MPEG-TS marks the packet before the one that lacks data as often as that one itself
                self._break_off(self._packets, self._packets + 1)
        try:
            with pyav_alone():
                frames = packet.decode()
        except (av.FFmpegError, UnreadableError):
            self._break_off(self._packets, self._packets)
            self._failed.append(self._packets)
            return
        decode_s = (time.monotonic() - arrival) / max(1, len(frames))
        for place, frame in enumerate(frames):
            # at the end come all that were held back, and no packet after them
            gap = min(place, 1) / len(frames) if packet.size else 1.0
            named = packet_of(frame)
            made_from = self._packets if named is None else named
            self._count_failed(made_from)
            if self._is_sound(frame, made_from):
                self._delivered += 1
                t_capture, t_camera = self._arrived.get(made_from, (arrival, None))
                if self._is_file:
                    # How a recording's encoder ordered its packets is no delay of the camera it plays.
                    t_capture = arrival
                number = self._delivered + self.damage.lost
                yield Picture(frame, number, t_capture, decode_s, gap, t_camera)
            else:
                self._lose_picture()

    def _lose_picture(self) -> None:
        # Who joins a live stream between two key frames has not lost what he cannot decode yet.
        if self._is_file or self._delivered:
            self.damage.lose(1, self._delivered)

    def _break_off(self, first: int, last: int) -> None:
        """Packets from `first` to `last` are damaged; nothing that builds on them is sound."""
        if self._damaged_from is None or first < self._damaged_from:
            self._damaged_from = first
        self._damaged_to = max(self._damaged_to, last)

    def _count_failed(self, packet: int) -> None:
        """Count the pictures that failed to decode before `packet`.

        Not at once, for the decoder still holds earlier pictures back to put them in order.
        """
        while self._failed and self._failed[0] < packet:
            self._failed.pop(0)
            self._lose_picture()

    def _is_sound(self, frame: VideoFrame, packet: int) -> bool:
        if frame.is_corrupt:
            self._break_off(packet, packet)
            return False
        if self._damaged_from is None or not self._is_file:
            return True
        if packet < self._damaged_from:  # decoded before the damage, only shown after it
            return True
        if frame.key_frame and packet > self._damaged_to:
            self._damaged_from = None
            return True
        return False

    def _check_end(self) -> None:
        """At the end of a file: did all of it come?

        Fewer pictures than the header says is no sign of damage (edit lists hide some, codecs skip some);
        fewer packets than the index lists, or fewer bytes than the container declares, is.
        """
        stream = self._stream
        is_mov = "mov" in self._container.format.name
        listed = len(stream.index_entries) if is_mov else stream.frames
        try:
            missing = missing_bytes(self._spec.address)
        except OSError:  # deleted or moved since it was opened: whatever was lacking, FFmpeg has read it
            missing = 0
        complete = stream.frames > 0 and self._packets >= listed and self.damage.after is None
        if (missing and not complete) or (is_mov and self._packets < listed):
            self.damage.cut = missing
            self.damage.lose(0, self._delivered)
