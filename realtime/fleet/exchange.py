"""The fleet's one endpoint: takes what its streams send, and passes on what subscribers are to see."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
import zmq

from realtime.fleet.uplink import Continuation, Line
from realtime.openable import Openable
from realtime.results import wall_offset
from realtime.sinks.zeromq import ZeroMQSink
from realtime.types import SCHEMA, FrameResult, State, StreamStatus

TICK_MS = 100
"""How long the thread waits for a message before it looks whether to end."""
RECEIVE_QUEUE = 4096


@dataclass(slots=True)
class _Stream:
    """What is known of a stream: the epoch that is passed on, and the numbers it has come to."""

    epoch: int = 0
    generation: int = -1
    seq: int = -1


class Exchange(Openable):
    """Receives the messages of all streams and publishes them: one endpoint, whoever serves a stream.

    A stream that moves is stopped in one place before it begins in another, and here only one *epoch* of it
    is passed on, so that no subscriber ever sees it twice at once. Its numbers go on: `generation` rises,
    `seq` continues.

    What arrives is encrypted with keys made for this run; who does not know them is turned away.

    Args:
        publisher: where subscribers connect; opened and closed here.
        host: address of this machine that the streams' machines can reach.

    Attributes:
        watching: called with each status before it is passed on, in the exchange's thread.
        line: how streams reach it; valid once open.
    """

    def __init__(self, publisher: ZeroMQSink, host: str = "127.0.0.1") -> None:
        self.publisher = publisher
        self.watching: Callable[[StreamStatus], None] | None = None
        self.line: Line
        self._host = host
        self._streams: dict[str, _Stream] = {}
        self._results: dict[str, FrameResult] = {}
        self._statuses: dict[str, StreamStatus] = {}
        self._lock = threading.Lock()  # the publisher's sockets are used by the thread and by `tell`
        self._stop = threading.Event()
        self._context: zmq.Context[zmq.Socket[bytes]] | None = None
        self._thread: threading.Thread | None = None
        self._result = msgspec.msgpack.Decoder(FrameResult)
        self._status = msgspec.msgpack.Decoder(StreamStatus)

    def open(self) -> None:
        """Bind everything and begin to pass messages on. Raises SinkError."""
        self.publisher.open()
        # A context of its own: the publisher's may have somebody who checks keys, by other lists than ours.
        self._context = zmq.Context()
        sub = self._context.socket(zmq.SUB)
        sub.rcvhwm = RECEIVE_QUEUE
        server_key, server_secret = zmq.curve_keypair()
        sub.curve_server = True
        sub.curve_secretkey = server_secret
        port = sub.bind_to_random_port(f"tcp://{self._host}")
        sub.subscribe(b"")
        self.line = Line(f"tcp://{self._host}:{port}", server_key, *zmq.curve_keypair())
        self._thread = threading.Thread(target=self._pass_on, args=(sub,), name="exchange", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Pass on what has arrived, then free everything. Safe to call twice."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        if self._context is not None:
            self._context.destroy(linger=0)
            self._context = None
        self.publisher.close()

    def continuation(self, stream: str, epoch: int) -> Continuation:
        """Return where a stream's numbers go on, and pass on that epoch of it only from now on."""
        with self._lock:
            known = self._streams.setdefault(stream, _Stream())
            known.epoch = epoch
            return Continuation(epoch, known.generation + 1, known.seq + 1)

    def tell(self, stream: str, state: State, detail: str | None) -> None:
        """Publish the status of a stream that nobody serves at the moment."""
        now = time.monotonic()
        last = self._statuses.get(stream) or StreamStatus(
            schema=SCHEMA, stream=stream, state=state, t=now, wall_offset=0.0, generation=0, frames=0,
            dropped=0, faces=0, fps=0.0, model="",
        )  # fmt: skip
        status = msgspec.structs.replace(
            last, state=state, detail=detail, t=now, wall_offset=wall_offset(), faces=0, fps=0.0
        )
        with self._lock:
            self._publish_status(status)

    def statuses(self) -> dict[str, StreamStatus]:
        """The latest status of every stream."""
        return dict(self._statuses)

    def results(self) -> dict[str, FrameResult]:
        """The latest result of every stream."""
        return dict(self._results)

    def _pass_on(self, sub: zmq.Socket[bytes]) -> None:
        while not self._stop.is_set() or sub.poll(0):
            if sub.poll(TICK_MS):
                parts = sub.recv_multipart()
                if len(parts) == 3:
                    self._pass(*parts)
        sub.close(0)

    def _pass(self, topic: bytes, epoch: bytes, payload: bytes) -> None:
        kind, stream = topic.decode().split(".")[:2]
        with self._lock:
            known = self._streams.get(stream)
            if known is None or str(known.epoch).encode() != epoch:
                return
            if kind == "status":
                self._publish_status(self._status.decode(payload))
                return
            if kind == "frame":
                result = self._result.decode(payload)
                known.generation, known.seq = result.generation, result.seq
                self._results[stream] = self.publisher.control.results[stream] = result
            self.publisher.forward(topic, payload)

    def _publish_status(self, status: StreamStatus) -> None:
        self._statuses[status.stream] = status
        if self.watching is not None:
            self.watching(status)
        self.publisher.status(status)
