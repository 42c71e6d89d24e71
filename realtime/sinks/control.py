"""The control socket: answers questions about the streams that a publisher sends.

A request is one frame of UTF-8 text, the reply one frame of MessagePack (`realtime.sinks.replies`).
"""

from __future__ import annotations

import itertools
import time
from concurrent.futures import Future
from contextlib import suppress
from threading import Thread

import msgspec
import zmq

from realtime import schema
from realtime.errors import SinkError
from realtime.sinks.endpoints import bind, context, release
from realtime.sinks.replies import (
    REQUESTS,
    ClockReply,
    ErrorReply,
    LastReply,
    Reply,
    SchemaReply,
    StreamsReply,
)
from realtime.types import SCHEMA, FrameResult, StreamStatus

MAX_REQUEST = 256
"""Bytes of the longest request that is looked at; longer ones get an error."""

MAX_MESSAGE = 65536
"""Bytes of the longest message that is received at all; ZeroMQ hangs up on senders of longer ones."""

_serial = itertools.count()


class ControlServer:
    """Answers REQ sockets, in a thread of its own which alone touches the socket.

    That is a ROUTER, not a REP: after a request without envelope whose sender has gone, libzmq's
    REP (4.3.5) drops the reply to the next client, and it blocks on such requests.

    Attributes:
        results: the latest result of each stream; the owner stores them, the thread reads them
            (single dict operations, atomic in CPython, so there is no lock in the frame's path).
        statuses: the latest status of each stream, likewise.
    """

    def __init__(self, endpoint: str) -> None:
        self.results: dict[str, FrameResult] = {}
        self.statuses: dict[str, StreamStatus] = {}
        self._endpoint = endpoint
        self._encoder = msgspec.msgpack.Encoder()
        self._bell: zmq.Socket[bytes] | None = None
        self._thread: Thread | None = None

    def start(self) -> str:
        """Bind, start answering, return the real endpoint. Raises SinkError and leaves nothing bound."""
        address = f"inproc://livefacs-control-{next(_serial)}"
        self._bell = context().socket(zmq.PAIR)
        self._bell.bind(address)
        bound: Future[str] = Future()
        self._thread = Thread(target=self._serve, args=(address, bound), name="livefacs-control", daemon=True)
        self._thread.start()
        try:
            return bound.result()
        except SinkError:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop answering and free the endpoint. Safe to call twice, from the thread that called start."""
        if self._bell is None or self._thread is None:
            return
        with suppress(zmq.Again):  # the thread has already gone if it could not bind
            self._bell.send(b"", zmq.NOBLOCK)
        self._thread.join()
        self._bell.close(0)
        self._bell = self._thread = None

    def answer(self, parts: list[bytes]) -> bytes:
        """Return the encoded reply to one request, given without its envelope; never raises."""
        if len(parts) != 1:
            return self._error(f"a request is one message part, not {len(parts)}")
        if len(parts[0]) > MAX_REQUEST:
            return self._error(f"a request has at most {MAX_REQUEST} bytes, not {len(parts[0])}")
        try:
            words = parts[0].decode().split()
        except UnicodeDecodeError:
            return self._error("a request is UTF-8 text")
        match words:
            case ["schema"]:
                return self._ok(SchemaReply(schema=SCHEMA, json_schema=schema.json_schema()))
            case ["clock"]:
                t = time.monotonic()
                return self._ok(ClockReply(t=t, wall_offset=time.time() - t))
            case ["streams"]:
                return self._ok(StreamsReply(streams=tuple(self.statuses.values())))
            case ["last", stream]:
                result = self.results.get(stream)
                if result is not None:
                    return self._ok(LastReply(result=result))
                names = ", ".join(self.results) or "none so far"
                return self._error(f"no frame of a stream {stream!r}; streams with frames: {names}")
        return self._error(f"unknown request {' '.join(words)!r}; ask {', '.join(REQUESTS)} <stream>")

    def _ok(self, reply: Reply) -> bytes:
        return self._encoder.encode(reply)

    def _error(self, text: str) -> bytes:
        return self._encoder.encode(ErrorReply(error=text))

    def _serve(self, address: str, bound: Future[str]) -> None:
        bell = context().socket(zmq.PAIR)
        bell.connect(address)
        router = context().socket(zmq.ROUTER)
        router.maxmsgsize = MAX_MESSAGE
        router.rcvhwm = router.sndhwm = 16  # messages per client
        try:
            bound.set_result(bind(router, self._endpoint))
            poller = zmq.Poller()
            poller.register(bell, zmq.POLLIN)
            poller.register(router, zmq.POLLIN)
            while bell not in (ready := dict(poller.poll())):
                if router in ready:
                    parts = router.recv_multipart()
                    if b"" in parts:  # the end of the envelope; without one it comes from no REQ socket
                        body = parts.index(b"") + 1
                        router.send_multipart([*parts[:body], self.answer(parts[body:])])
        except SinkError as error:
            bound.set_exception(error)
        finally:
            bell.close(0)
            release([router])
