"""Publishes results over ZeroMQ: every message, the newest only, and answers to questions."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import msgspec
import zmq

from realtime.errors import SinkError
from realtime.key_files import others_may_read, read_pair
from realtime.sinks.admission import Admission
from realtime.sinks.allow_list import AllowList
from realtime.sinks.control import CONTROL_LIMITS, ControlServer
from realtime.sinks.default_endpoint import DEFAULT_ENDPOINT
from realtime.sinks.endpoints import beside, reachable_from_outside, release
from realtime.sinks.messages import Message, MessageSink
from realtime.sinks.publisher_socket import PublisherSocket
from realtime.types import FrameResult, StreamStatus

_log = logging.getLogger(__name__)

SEND_QUEUE = 256
"""Messages kept for each subscriber that does not keep up, beyond what its TCP buffers hold."""

LONGEST_TOPIC = 460
"""Bytes of the longest topic that can surely be subscribed to; ZeroMQ hangs up on who sends longer ones."""

# ZeroMQ puts up to 43 bytes around a topic where there are keys; a subscriber's handshake then takes 276.
_MAX_SUBSCRIPTION = 512

LAST_WORDS = 200
"""ms that `close` gives the last messages to leave: with none, a file's last frames are mostly lost."""

_LIMITS = {"sndhwm": SEND_QUEUE, "rcvhwm": 16, "maxmsgsize": _MAX_SUBSCRIPTION}


class _Parts(NamedTuple):
    """What an open sink consists of."""

    admission: Admission
    pub: PublisherSocket
    newest: PublisherSocket
    control: ControlServer


class ZeroMQSink(MessageSink):
    """Publishes `frame.`, `face.` and `status.` messages; `docs/wire-format.md` describes them.

    Three sockets: PUB of multipart `[topic, msgpack]`; a second PUB of single-part `topic\\0msgpack` for
    readers that want only the newest (ZeroMQ's CONFLATE drops every multipart message); one for questions
    (`realtime.sinks.control`). Each message is encoded once. A subscriber that is slow, stopped or
    dead loses messages of its own and holds up nobody.

    Args:
        endpoint: where to publish, `tcp://host:port` or `ipc:///path`; host `*` for every network, port `*`
            for a free one. What other machines can reach needs `keys`, or `unencrypted`.
        newest: endpoint of the newest-only socket; default: the next port, or the path plus `.newest`.
        control: endpoint of the control socket; default: the next port but one, or the path plus `.control`.
        keys: the publisher's `.key_secret` file, made by `livefacs keys`: everything is encrypted, and read
            only by who has a key pair and knows the publisher's public key.
        allow: folder of the `.key` files of those who are let in; None for all of these. What changes in
            it counts for new connections, at once.
        unencrypted: whether other machines may read along without keys; a warning is logged then.

    Attributes:
        endpoint, newest_endpoint, control_endpoint: the real ones once open, free ports filled in.
    """

    def __init__(
        self,
        endpoint: str = DEFAULT_ENDPOINT,
        newest: str | None = None,
        control: str | None = None,
        *,
        keys: Path | str | None = None,
        allow: Path | str | None = None,
        unencrypted: bool = False,
    ) -> None:
        self._wanted = (endpoint, newest, control)
        self._keys, self._allow, self._unencrypted = keys, allow, unencrypted
        self.endpoint = endpoint
        self.newest_endpoint = newest or ""
        self.control_endpoint = control or ""
        self._parts: _Parts | None = None
        self._encoder = msgspec.msgpack.Encoder()

    def open(self) -> None:
        """Bind the three sockets. Raises SinkError with one line, and then leaves nothing bound."""
        if self._parts is not None:
            return
        endpoint, newest, control = self._wanted
        try:
            newest = newest or beside(endpoint, 1, "newest")
            control = control or beside(endpoint, 2, "control")
            if self._keys is None and not self._unencrypted:
                _refuse_open_ends(endpoint, newest, control)
            admission = _admission(self._keys, self._allow)
        except ValueError as error:
            raise SinkError(str(error)) from None
        sockets: list[zmq.Socket[bytes]] = []
        with ExitStack() as undone:
            undone.enter_context(admission)
            undone.callback(lambda: release(sockets))
            sockets += [admission.socket(zmq.PUB, _LIMITS) for _ in range(2)]
            sockets += [admission.socket(zmq.ROUTER, CONTROL_LIMITS)]
            pub, latest, router = sockets
            self.endpoint = admission.bind(pub, endpoint)
            self.newest_endpoint = admission.bind(latest, newest)
            self.control_endpoint = admission.bind(router, control)
            undone.pop_all()
        admission.start()
        parts = _Parts(admission, PublisherSocket(pub), PublisherSocket(latest), ControlServer())
        parts.control.start(router)
        self._parts = parts
        self._describe()

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
        if self._parts is None:
            raise RuntimeError("ZeroMQSink is not open")
        self._parts.pub.send(topic, payload)
        self._parts.newest.send_one(topic + b"\0" + payload)

    @property
    def control(self) -> ControlServer:
        """What answers questions; knows the streams' latest messages. The sink must be open."""
        if self._parts is None:
            raise RuntimeError("ZeroMQSink is not open")
        return self._parts.control

    def close(self) -> None:
        """Send what is still queued, for at most `LAST_WORDS` ms, and free the endpoints."""
        if self._parts is None:
            return
        parts, self._parts = self._parts, None
        parts.control.stop()
        for sock in (parts.pub, parts.newest):
            sock.finish(LAST_WORDS)
        for sock in (parts.pub, parts.newest):
            sock.wait()
        parts.admission.close()

    def _describe(self) -> None:
        """Say where results go and, if need be, who else may read them."""
        ends = (self.endpoint, self.newest_endpoint, self.control_endpoint)
        if self._keys is not None:
            readers = f"those in {self._allow}" if self._allow is not None else "all who know its public key"
            secured = f"encrypted, for {readers}; "
        else:
            secured = ""
        self.destination = f"ZeroMQ {ends[0]} ({secured}newest only {ends[1]}, questions {ends[2]})"
        outside = [end for end in ends if reachable_from_outside(end)]
        if outside and self._keys is None:
            _log.warning(
                "%s: reachable from other machines and not encrypted;"
                " whoever reaches it can read the results. Use 127.0.0.1 to keep them here, or --keys",
                ", ".join(outside),
            )

    def _send(self, topic: str, message: Message) -> None:
        self.forward(topic.encode(), self._encoder.encode(message))


def _refuse_open_ends(*endpoints: str) -> None:
    """Raise ValueError with one line if one can be reached from other machines."""
    for endpoint in endpoints:
        if reachable_from_outside(endpoint):
            raise ValueError(
                f"{endpoint}: other machines can reach it, and would read results that are not encrypted;"
                " `livefacs keys NAME` makes keys for --keys, --unencrypted does without"
            )


def _admission(keys: Path | str | None, allow: Path | str | None) -> Admission:
    """Return who may connect, by what the files say now. Raises ValueError with one line."""
    if keys is None:
        if allow is not None:
            raise ValueError(f"{allow}: readers are told apart by their keys: give --keys as well as --allow")
        return Admission()
    path = Path(keys).expanduser()
    pair = read_pair(path)
    if others_may_read(path):
        _log.warning("%s: other users of this machine can read this secret key; chmod 600 it", path)
    return Admission(pair, None if allow is None else AllowList(Path(allow).expanduser()))
