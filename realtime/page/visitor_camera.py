"""WebRTC: a visitor's own camera, from the browser to the runtime on the same machine or near it."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from realtime.errors import SinkError
from realtime.sources.browser import WAITING, BrowserSource

if TYPE_CHECKING:
    from aiortc import MediaStreamTrack, RTCPeerConnection

_log = logging.getLogger(__name__)

UNREACHED = "the browser's camera cannot be reached: does the network let UDP through?"


class VisitorCamera:
    """Answers a page that offers its camera, and hands its pictures to a source. The newest offer wins.

    Lives in the page server's event loop. Needs the `aiortc` package (`livefacs[webrtc]`), which decodes with
    PyAV in a thread of its own.

    Args:
        source: gets the pictures.
    """

    def __init__(self, source: BrowserSource) -> None:
        self._source = source
        self._turn = asyncio.Lock()  # of those who offer at the same moment
        self._id = 0
        self._connection: RTCPeerConnection | None = None
        self._reading: asyncio.Task[None] | None = None

    @staticmethod
    def check() -> None:
        """Raise SinkError with one line if the package is not there."""
        try:
            import aiortc  # noqa: F401
        except ImportError:
            raise SinkError('a browser\'s camera needs a package: pip install "livefacs[webrtc]"') from None

    async def answer(self, sdp: str) -> tuple[int, str]:
        """Return a number to hang up with, and the answer to an offer; who was read before is no more.

        Raises ValueError if it is no offer, has no video, or there is no network to connect by.
        """
        async with self._turn:
            return await self._answer(sdp)

    async def close(self, number: int | None = None, why: str = WAITING) -> None:
        """Hang up; with a number only if nobody else's camera is read by now. Safe to call twice.

        Args:
            number: as `answer` gave it.
            why: one line for people.
        """
        async with self._turn:
            if number is None or number == self._id:
                await self._close(why)

    async def _answer(self, sdp: str) -> tuple[int, str]:
        from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription

        if "m=video" not in sdp:
            raise ValueError("the offer has no video")
        await self._close()
        self._id += 1
        # No servers: page and runtime are on one machine or one network, and nobody else is told.
        connection = self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))

        @connection.on("track")
        def _(track: MediaStreamTrack) -> None:
            if track.kind == "video" and connection is self._connection:
                self._reading = asyncio.create_task(self._read(track))

        @connection.on("connectionstatechange")
        async def _() -> None:
            if connection.connectionState == "failed" and connection is self._connection:
                await self.close(why=UNREACHED)

        try:
            await connection.setRemoteDescription(RTCSessionDescription(sdp, "offer"))
            if self._reading is None:
                raise ValueError("the offer has no video")
            await connection.setLocalDescription(await connection.createAnswer())
            answer = str(connection.localDescription.sdp)
            if "a=candidate" not in answer:
                raise ValueError("this machine has no network address but its own, by which WebRTC connects")
        except Exception as error:  # noqa: BLE001 - aiortc raises what it likes at SDP it cannot read
            await self._close()
            raise ValueError(f"the offer cannot be used ({error})") from None
        return self._id, answer

    async def _close(self, why: str = WAITING) -> None:
        reading, self._reading = self._reading, None
        connection, self._connection = self._connection, None
        if reading is not None:
            reading.cancel()
            with suppress(asyncio.CancelledError):
                await reading
        if connection is not None:
            await connection.close()
        self._source.lost(why)

    async def _read(self, track: MediaStreamTrack) -> None:
        from aiortc.mediastreams import MediaStreamError
        from av.video.frame import VideoFrame

        self._source.begin()
        try:
            while True:
                frame = await track.recv()
                if isinstance(frame, VideoFrame):
                    self._source.give(frame, time.monotonic())
        except MediaStreamError:
            _log.info("the page's camera has stopped")
        finally:
            self._source.lost()
