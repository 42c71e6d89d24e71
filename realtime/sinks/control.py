"""The control socket: answers questions about the streams that a publisher sends.

A request is one frame of UTF-8 text, the reply one frame of MessagePack (`realtime.sinks.replies`).
"""

from __future__ import annotations

import time
from contextlib import suppress
from functools import cache
from threading import Thread

import msgspec
import zmq

from realtime import schema
from realtime.sinks.endpoints import context, pair, release
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
"""Bytes of the longest message part that is received at all; ZeroMQ hangs up on senders of longer ones."""

CONTROL_LIMITS = {"maxmsgsize": MAX_MESSAGE, "rcvhwm": 16, "sndhwm": 16}
"""Options of the ROUTER, to be set before it is bound; the last two are messages per client."""

PAUSE_S = 0.001
"""Seconds between two answers: whoever asks without end gets a thousand a second, and not the processor."""


class ControlServer:
    """Answers REQ sockets, in a thread of its own which alone touches the socket.

    That is a ROUTER, not a REP: after a request without envelope whose sender has gone, libzmq's
    REP (4.3.5) drops the reply to the next client, and it blocks on such requests.

    Attributes:
        results: the latest result of each stream; the owner stores them, the thread reads them
            (single dict operations, atomic in CPython, so there is no lock in the frame's path).
        statuses: the latest status of each stream, likewise.
    """

    def __init__(self) -> None:
        self.results: dict[str, FrameResult] = {}
        self.statuses: dict[str, StreamStatus] = {}
        self._encoder = msgspec.msgpack.Encoder()
        self._bell: zmq.Socket[bytes] | None = None
        self._thread: Thread | None = None

    def start(self, router: zmq.Socket[bytes]) -> None:
        """Begin to answer on a bound ROUTER, which is this object's from now on."""
        self._bell, bell = pair(context())
        self._thread = Thread(target=self._serve, args=(router, bell), name="livefacs-control", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop answering and free the endpoint. Safe to call twice, from the thread that called start."""
        if self._bell is None or self._thread is None:
            return
        with suppress(zmq.Again):
            self._bell.send(b"")
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
                return _schema_reply()
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

    def _serve(self, router: zmq.Socket[bytes], bell: zmq.Socket[bytes]) -> None:
        poller = zmq.Poller()
        poller.register(bell, zmq.POLLIN)
        poller.register(router, zmq.POLLIN)
        while bell not in (ready := dict(poller.poll())):
            if router in ready:
                parts = router.recv_multipart()
                if b"" in parts:  # the end of the envelope; without one it comes from no REQ socket
                    body = parts.index(b"") + 1
                    router.send_multipart([*parts[:body], self.answer(parts[body:])])
                time.sleep(PAUSE_S)
        bell.close(0)
        release([router])


@cache
def _schema_reply() -> bytes:
    """The one reply that takes milliseconds to make, and that always is the same."""
    return msgspec.msgpack.encode(SchemaReply(schema=SCHEMA, json_schema=schema.json_schema()))
