"""Publishes results over ZeroMQ: every message, the newest only, and answers to questions."""

from __future__ import annotations

import logging

import msgspec
import zmq

from realtime.errors import SinkError
from realtime.sinks.control import ControlServer
from realtime.sinks.default_endpoint import DEFAULT_ENDPOINT
from realtime.sinks.endpoints import beside, bind, context, reachable_from_outside, release
from realtime.sinks.messages import Message, MessageSink
from realtime.types import FrameResult, StreamStatus

_log = logging.getLogger(__name__)

SEND_QUEUE = 256
"""Messages kept for each subscriber that does not keep up, beyond what its TCP buffers hold."""

LAST_WORDS = 200
"""ms that `close` gives the last messages to leave: with none, a file's last frames are mostly lost."""

# A number, and two calls: `send_multipart` does the same in thrice the time.
_MORE = int(zmq.SNDMORE)


class ZeroMQSink(MessageSink):
    """Publishes `frame.`, `face.` and `status.` messages; `docs/wire-format.md` describes them.

    Three sockets: PUB of multipart `[topic, msgpack]`; a second PUB of single-part `topic\\0msgpack` for
    readers that want only the newest (ZeroMQ's CONFLATE drops every multipart message); one for questions
    (`realtime.sinks.control`). Each message is encoded once. A subscriber that is slow, stopped or
    dead loses messages of its own and holds up nobody.

    Args:
        endpoint: where to publish, `tcp://host:port` or `ipc:///path`; host `*` for every network (not
            encrypted, hence a logged warning), port `*` for a free one.
        newest: endpoint of the newest-only socket; default: the next port, or the path plus `.newest`.
        control: endpoint of the control socket; default: the next port but one, or the path plus `.control`.

    Attributes:
        endpoint, newest_endpoint, control_endpoint: the real ones once open, free ports filled in.
    """

    def __init__(
        self, endpoint: str = DEFAULT_ENDPOINT, newest: str | None = None, control: str | None = None
    ) -> None:
        self._wanted = (endpoint, newest, control)
        self.endpoint = endpoint
        self.newest_endpoint = newest or ""
        self.control_endpoint = control or ""
        self._pub: zmq.Socket[bytes] | None = None
        self._newest: zmq.Socket[bytes] | None = None
        self._control: ControlServer | None = None
        self._encoder = msgspec.msgpack.Encoder()

    def open(self) -> None:
        """Bind the three sockets. Raises SinkError with one line, and then leaves nothing bound."""
        if self._pub is not None:
            return
        endpoint, newest, control = self._wanted
        try:
            newest = newest or beside(endpoint, 1, "newest")
            control = control or beside(endpoint, 2, "control")
        except ValueError as error:
            raise SinkError(str(error)) from None
        self._pub, self._newest, self._control = _publisher(), _publisher(), ControlServer(control)
        try:
            self.endpoint = bind(self._pub, endpoint)
            self.newest_endpoint = bind(self._newest, newest)
            self.control_endpoint = self._control.start()
        except SinkError:
            self._free(linger=0)
            raise
        self.destination = (
            f"ZeroMQ {self.endpoint} (newest only {self.newest_endpoint}, questions {self.control_endpoint})"
        )
        open_ends = [
            one
            for one in (self.endpoint, self.newest_endpoint, self.control_endpoint)
            if reachable_from_outside(one)
        ]
        if open_ends:
            _log.warning(
                "%s: reachable from other machines and not encrypted;"
                " whoever reaches it can read the results. Use 127.0.0.1 to keep them here",
                ", ".join(open_ends),
            )

    def write(self, result: FrameResult) -> None:
        """Publish a frame's result and one message per face; about 10 µs with one face. Never blocks."""
        super().write(result)
        self.control.results[result.stream] = result

    def status(self, status: StreamStatus) -> None:
        """Publish a stream's status. Never blocks."""
        super().status(status)
        self.control.statuses[status.stream] = status

    def forward(self, topic: bytes, payload: bytes) -> None:
        """Publish a message that somebody else has encoded. Never blocks."""
        if self._pub is None or self._newest is None:
            raise RuntimeError("ZeroMQSink is not open")
        self._pub.send(topic, _MORE)
        self._pub.send(payload)
        self._newest.send(topic + b"\0" + payload)

    @property
    def control(self) -> ControlServer:
        """What answers questions; knows the streams' latest messages. The sink must be open."""
        if self._control is None:
            raise RuntimeError("ZeroMQSink is not open")
        return self._control

    def close(self) -> None:
        """Send what is still queued, for at most `LAST_WORDS` ms, and free the endpoints."""
        self._free(LAST_WORDS)

    def _send(self, topic: str, message: Message) -> None:
        self.forward(topic.encode(), self._encoder.encode(message))

    def _free(self, linger: int) -> None:
        if self._pub is None or self._newest is None or self._control is None:
            return
        self._control.stop()
        release([self._pub, self._newest], linger)
        self._pub = self._newest = self._control = None


def _publisher() -> zmq.Socket[bytes]:
    sock = context().socket(zmq.PUB)
    sock.linger = 0  # a process that dies without `close` must not wait for its subscribers
    sock.sndhwm = SEND_QUEUE
    sock.maxmsgsize = 1024  # what comes in are subscriptions
    return sock
