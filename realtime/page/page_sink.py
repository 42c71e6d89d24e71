"""The live page as a sink: pipelines hand it results and pictures, open pages show the newest."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from realtime.errors import SinkError
from realtime.facs import AU_NAMES
from realtime.page.defaults import DEFAULT_ADDRESS, DEFAULT_RECORDINGS
from realtime.page.recording import Recorder, aus_of
from realtime.page.scene import Scene, scene_of
from realtime.page.server import PageServer
from realtime.page.stage import Stage
from realtime.page.viewer import MOST_A_SECOND, Viewer, greeting
from realtime.page.visitor_camera import VisitorCamera
from realtime.sinks.sink import Sink
from realtime.sources.browser import BrowserSource
from realtime.types import Face, Frame, FrameResult, StreamStatus

LEAFED_THROUGH = 4.0
"""Scenes a second of a file that is read at full speed."""
LAST_WORDS_S = 0.15
"""Seconds in which open pages still hear that the streams have ended."""


class Order(msgspec.Struct):
    """What a page posts to begin a recording."""

    stream: str
    format: str = "csv"
    thresholds: dict[str, float] = {}


class Offer(msgspec.Struct):
    """What a page posts to have its camera read: the session description of its end."""

    sdp: str


class PageSink(Sink):
    """Serves the live page of one or several streams.

    Args:
        address: `HOST:PORT` or a port of 127.0.0.1, 0 for any free one.
        token: what browsers must show where other machines can reach the address; None to make one up.
        title: what is watched, for people.
        aus: the model's AUs, as `AU01`.
        thresholds: occurrence probability per AU from which it counts as present; 0.5 where it is not given.
        pictures: whether there are pictures: not of a stream that is only listened to.
        live: whether frames come by a clock. A file that is read at full speed is shown `LEAFED_THROUGH`
            times a second: nobody can follow it anyway, and drawing takes the processor away from reading.
        recordings: folder for what is recorded on the page.
        camera: gets the pictures of the camera of whoever opens the page; None takes none.

    Attributes:
        url: where a browser finds the page; valid once open.
    """

    def __init__(
        self,
        address: str = DEFAULT_ADDRESS,
        *,
        token: str | None = None,
        title: str = "",
        aus: Iterable[str] = (),
        thresholds: Mapping[str, float] | None = None,
        pictures: bool = True,
        live: bool = True,
        recordings: Path = DEFAULT_RECORDINGS,
        camera: BrowserSource | None = None,
    ) -> None:
        self._server = PageServer(address, token)
        self._title = title
        self._aus = tuple(aus)
        self._thresholds = dict(thresholds or {})
        self._pictures = pictures
        self._rate = MOST_A_SECOND if live else LEAFED_THROUGH
        self._stage = Stage()
        self._seen: set[str] = set()  # AUs of a model that is only listened to
        self._camera = None if camera is None else VisitorCamera(camera)
        self._recorder = Recorder(recordings)

    @property
    def url(self) -> str:
        """Where a browser finds the page, with the token if there is one."""
        return self._server.url

    def open(self) -> None:
        """Start serving. Raises SinkError with one line."""
        self._server.routes = [
            WebSocketRoute("/live", self._live),
            Route("/recordings", self._begin, methods=["POST"]),
            Route("/recordings/{name}/end", self._end, methods=["POST"]),
            Route("/recordings/{name}", self._download),
        ]
        if self._camera is not None:
            self._camera.check()
            self._server.routes += [
                Route("/camera", self._take_camera, methods=["POST"]),
                Route("/camera/{number:int}", self._drop_camera, methods=["DELETE"]),
            ]
        self._server.open()
        self.destination = f"live page {self.url}"

    def wants_pictures(self, stream: str) -> bool:
        """Whether a page that shows this stream's picture is open."""
        return self._stage.wants_picture(stream)

    def write(self, result: FrameResult) -> None:
        """Show a result, and record it if asked to."""
        self._recorder.write(result)
        if not self._aus:
            self._seen.update(aus_of(result))
        if not self.wants_pictures(result.stream) or not self._pictures:
            self._stage.show(Scene(result))

    def picture(self, result: FrameResult, frame: Frame, faces: Sequence[Face]) -> None:
        """Show a result with its picture."""
        self._stage.show(scene_of(result, frame, faces))

    def status(self, status: StreamStatus) -> None:
        """Show how a stream is doing."""
        self._recorder.status(status)
        self._stage.tell(status)

    def close(self) -> None:
        """End recordings and stop serving. Safe to call twice."""
        self._recorder.close()
        if self._stage.watched:
            time.sleep(LAST_WORDS_S)
        self._server.close()

    # ------------------------------------------------------------------ what pages ask

    async def _live(self, socket: WebSocket) -> None:
        await socket.accept()
        hello = greeting(
            mode="live",
            title=self._title,
            aus=self._aus,
            thresholds=self._thresholds,
            pictures=self._pictures,
            rate=self._rate,
            camera=self._camera is not None,
        )
        encoding = self._server.encoding
        await Viewer(socket, self._stage, hello, encoding, self._rate, self._recording_news).serve()

    def _recording_news(self) -> bytes:
        running = [
            {"name": one.path.name, "stream": one.stream, "frames": one.frames, "seconds": one.seconds}
            for one in self._recorder.running()
        ]
        return msgspec.json.encode({"kind": "recordings", "running": running})

    async def _begin(self, request: Request) -> Response:
        try:
            order = msgspec.json.decode(await request.body(), type=Order)
        except msgspec.MsgspecError as error:
            return _refused(str(error))
        scene = self._stage.scenes.get(order.stream)
        if scene is None:
            return _refused(f"there is no stream {order.stream!r}")
        thresholds = self._thresholds | order.thresholds
        # Of a model that nobody has told of, before anybody was seen, any AU may come.
        aus = self._aus or self._seen or AU_NAMES
        try:
            recording = await run_in_threadpool(
                self._recorder.begin, order.stream, order.format, thresholds, aus
            )
        except SinkError as error:
            return _refused(str(error))
        return JSONResponse({"name": recording.path.name, "path": str(recording.path)})

    async def _end(self, request: Request) -> Response:
        name = request.path_params["name"]
        try:
            recording = await run_in_threadpool(self._recorder.end, name)
        except KeyError:
            return _refused(f"there is no recording {name!r}")
        except SinkError as error:
            return _refused(str(error))
        return JSONResponse(
            {
                "name": name,
                "path": str(recording.path),
                "frames": recording.frames,
                "kept": recording.path.exists(),
                "failure": recording.failure,
            }
        )

    async def _take_camera(self, request: Request) -> Response:
        assert self._camera is not None
        try:
            offer = msgspec.json.decode(await request.body(), type=Offer)
            number, answer = await self._camera.answer(offer.sdp)
            return JSONResponse({"id": number, "sdp": answer})
        except (msgspec.MsgspecError, ValueError) as error:
            return _refused(str(error))

    async def _drop_camera(self, request: Request) -> Response:
        assert self._camera is not None
        await self._camera.close(request.path_params["number"])
        return JSONResponse({})

    async def _download(self, request: Request) -> Response:
        path = self._recorder.file(request.path_params["name"])
        if path is None:
            return _refused(f"there is no recording {request.path_params['name']!r}")
        return FileResponse(path, filename=path.name)


def _refused(why: str) -> Response:
    return JSONResponse({"error": why}, status_code=400)
