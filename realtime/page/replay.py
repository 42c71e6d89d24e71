"""The page over a recorded run: whoever looks says which frame, by hand or at the pace of the recording."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from realtime.errors import SourceError
from realtime.openable import Openable
from realtime.page.defaults import DEFAULT_ADDRESS
from realtime.page.picture import JpegEncoder
from realtime.page.scene import Scene, encoded
from realtime.page.server import PageServer
from realtime.page.video import Video
from realtime.page.viewer import greeting
from realtime.recorded import RecordedResults
from realtime.types import FrameResult

PAST_S = 30.0
MOST_PAST = 600
"""Results before a frame that was jumped to, for the strips: at most so many of the last `PAST_S`."""


class ReplayOrder(msgspec.Struct):
    """What a page asks for.

    Attributes:
        position: number of the result to show, from 1.
        past: whether with what was before it.
        pictures: whether with the picture; absent is as before.
    """

    position: int | None = None
    past: bool = False
    pictures: bool | None = None


class Replay(Openable):
    """Serves the page over one recorded run.

    Args:
        results: a JSON lines file of `livefacs run --jsonl`.
        video: the video that it was made from; None shows no picture.
        address, token: as for `PageServer`.

    Attributes:
        url: where a browser finds the page; valid once open.
    """

    def __init__(
        self,
        results: Path,
        video: Path | None = None,
        *,
        address: str = DEFAULT_ADDRESS,
        token: str | None = None,
    ) -> None:
        self._results = RecordedResults(results)
        self._video = None if video is None else Video(video)
        self._server = PageServer(address, token)
        # Decoding and encoding, in order: a container belongs to one thread.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="replay")
        self._jpeg = JpegEncoder()

    @property
    def url(self) -> str:
        """Where a browser finds the page, with the token if there is one."""
        return self._server.url

    def open(self) -> None:
        """Read the file's lines, open the video, serve. Raises LiveFacsError with one line."""
        self._results.open()
        try:
            if self._video is not None:
                self._thread.submit(self._video.open).result()
            self._server.routes = [WebSocketRoute("/live", self._serve)]
            self._server.open()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Stop serving. Safe to call twice."""
        self._server.close()
        if self._video is not None:
            with suppress(RuntimeError):  # closed before
                self._thread.submit(self._video.close)
        self._thread.shutdown()

    def scene(self, position: int, pictures: bool = True) -> bytes:
        """Return the scene message of a result, by its number from 1; in the replay's own thread."""
        result = self._results[position - 1]
        image = self._picture(result) if pictures else None
        jpeg = b"" if image is None else self._jpeg.encode(image)
        return encoded(Scene(result), jpeg, position=position, total=len(self._results))

    def past(self, position: int) -> bytes:
        """Return what was before a result, as JSON: results of the last half minute, thinned out."""
        seconds = np.asarray(self._results.seconds[:position])
        first = int(np.searchsorted(seconds, seconds[-1] - PAST_S))
        chosen = np.unique(np.linspace(first, position - 1, MOST_PAST).round().astype(int))
        results = []
        for index in chosen.tolist():
            with suppress(SourceError):  # a line that cannot be read is told of when it is asked for itself
                results.append(self._results[index])
        return msgspec.json.encode({"kind": "past", "results": results})

    def _picture(self, result: FrameResult) -> NDArray[np.uint8] | None:
        if self._video is None:
            return None
        seconds = result.media_time
        return self._video.at((result.frame - 1) / self._video.frame_rate if seconds is None else seconds)

    async def _serve(self, socket: WebSocket) -> None:
        await socket.accept()
        hello = greeting(
            mode="replay",
            title=self._results.path.name,
            aus=(),
            thresholds={},
            pictures=self._video is not None,
            seconds=self._results.seconds,
        )
        run = partial(asyncio.get_running_loop().run_in_executor, self._thread)
        pictures = True
        with suppress(WebSocketDisconnect, msgspec.MsgspecError, KeyError):
            await socket.send_text(hello.decode())
            while True:
                order = msgspec.json.decode(await socket.receive_text(), type=ReplayOrder)
                pictures = pictures if order.pictures is None else order.pictures
                if order.position is None:
                    continue
                position = min(max(order.position, 1), len(self._results))
                try:
                    if order.past:
                        await socket.send_text((await run(self.past, position)).decode())
                    await socket.send_bytes(await run(self.scene, position, pictures))
                except SourceError as error:
                    await socket.send_text(
                        msgspec.json.encode({"kind": "error", "error": str(error)}).decode()
                    )
