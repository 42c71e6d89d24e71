"""One open page: it is sent the newest scene whenever it has drawn the one before, never a queue of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from typing import Any

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from realtime.facs import AU_DESCRIPTIONS, AU_NAMES
from realtime.page.picture import JpegEncoder
from realtime.page.scene import Scene, encoded
from realtime.page.stage import Stage, Viewpoint
from realtime.types import StreamStatus

MOST_A_SECOND = 30.0
"""Scenes; a page shows no more."""
UNDRAWN = 2
"""Scenes on the way to a page at once: one that is drawn, one that travels meanwhile."""
GRACE = 0.004
"""Seconds; a camera's frames come a little early and a little late."""


class Order(msgspec.Struct):
    """What a page asks for; absent is as before.

    Attributes:
        drawn: scenes drawn since the last order.
        stream: whose scenes; "" for the first stream to show something.
        pictures: whether with pictures.
        watching: whether scenes are wanted at all; not on a page that is paused or hidden.
    """

    drawn: int = 0
    stream: str | None = None
    pictures: bool | None = None
    watching: bool | None = None


class StatusNews(msgspec.Struct, tag="status", tag_field="kind"):
    """A stream's status, as text."""

    status: StreamStatus


class Viewer:
    """Serves one WebSocket until its page is gone.

    Args:
        socket: accepted.
        stage: what to show.
        greeting: the first message: all that a page must know once.
        encoding: where pictures are encoded, one at a time.
        rate: most scenes a second.
        extras: returns a further message, sent with each status; None for none.
    """

    def __init__(
        self,
        socket: WebSocket,
        stage: Stage,
        greeting: bytes,
        encoding: Executor,
        rate: float = MOST_A_SECOND,
        extras: Callable[[], bytes | None] = lambda: None,
    ) -> None:
        self._socket = socket
        self._stage = stage
        self._greeting = greeting
        self._encoding = encoding
        self._interval = 1.0 / rate - GRACE
        self._extras = extras
        self._jpeg = JpegEncoder()
        self._loop = asyncio.get_running_loop()
        self._something = asyncio.Event()
        self._view = Viewpoint(self._news)
        self._watching = self._wanted = True
        self._undrawn = 0
        self._shown: Scene | None = None
        self._sent_at = 0.0
        self._told: dict[str, StreamStatus] = {}

    async def serve(self) -> None:
        """Send until the page is gone."""
        await self._socket.send_text(self._greeting.decode())
        self._view.pictures = True
        self._stage.enter(self._view)
        self._something.set()  # what is there already
        sending = asyncio.create_task(self._send_on())
        try:
            while True:
                self._obey(msgspec.json.decode(await self._socket.receive_text(), type=Order))
        except (WebSocketDisconnect, msgspec.MsgspecError, KeyError):
            pass
        finally:
            self._stage.leave(self._view)
            sending.cancel()
            with suppress(asyncio.CancelledError, WebSocketDisconnect, RuntimeError):
                await sending

    def _news(self) -> None:
        """From a stream's thread."""
        if not self._something.is_set():
            with suppress(RuntimeError):  # the server has ended
                self._loop.call_soon_threadsafe(self._something.set)

    def _obey(self, order: Order) -> None:
        self._undrawn = max(0, self._undrawn - order.drawn)
        if order.stream is not None:
            self._view.stream, self._shown = order.stream, None
        if order.watching is not None:
            self._watching = order.watching
            self._undrawn = 0
        if order.pictures is not None:
            self._wanted = order.pictures
        self._view.pictures = self._watching and self._wanted
        self._something.set()

    async def _send_on(self) -> None:
        while True:
            await self._something.wait()
            early = self._sent_at + self._interval - time.monotonic()
            if early > 0:
                await asyncio.sleep(early)
            self._something.clear()
            for status in self._stage.statuses.values():
                if self._told.get(status.stream) is not status:
                    self._told[status.stream] = status
                    await self._tell(status)
            scene = self._newest()
            if scene is not None:
                self._shown, self._sent_at = scene, time.monotonic()
                self._undrawn += 1
                await self._socket.send_bytes(await self._encoded(scene))

    def _newest(self) -> Scene | None:
        """The scene to send now; None if there is no new one, or the page is still busy."""
        if not self._watching or self._undrawn >= UNDRAWN:
            return None
        scenes = self._stage.scenes
        if not self._view.stream and scenes:
            self._view.stream = next(iter(scenes))
        scene = scenes.get(self._view.stream)
        return None if scene is self._shown else scene

    async def _encoded(self, scene: Scene) -> bytes:
        if scene.image is None or not self._view.pictures:
            return encoded(scene, b"")
        jpeg = await self._loop.run_in_executor(self._encoding, self._jpeg.encode, scene.image)
        return encoded(scene, jpeg)

    async def _tell(self, status: StreamStatus) -> None:
        await self._socket.send_text(msgspec.json.encode(StatusNews(status)).decode())
        extra = self._extras()
        if extra is not None:
            await self._socket.send_text(extra.decode())


def greeting(**facts: Any) -> bytes:
    """Return the first message of a page: `kind` is "hello", AUs' names, and what else it must know."""
    return msgspec.json.encode({"kind": "hello", "names": AU_NAMES, "descriptions": AU_DESCRIPTIONS, **facts})
