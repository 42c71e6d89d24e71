"""Connects to a publisher, with keys if need be, and tells why it is of no use where ZeroMQ knows why."""

from __future__ import annotations

import itertools
import time
import weakref
from math import ceil
from pathlib import Path

import zmq
from zmq.utils.monitor import parse_monitor_message

from realtime.errors import SourceError
from realtime.key_files import read_pair, read_public
from realtime.sinks.endpoints import context

MAX_ANSWER = 16 * 1024 * 1024
"""Bytes of the longest message part that is received; a face takes about 3,000. ZeroMQ hangs up on senders of
longer ones, for good."""

HUNG_UP = 10
"""Handshakes in a row that the publisher broke off: then it is no coincidence. ZeroMQ tries ten a second."""

_HANDSHAKES = (
    zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL | zmq.EVENT_HANDSHAKE_FAILED_AUTH
)
_serial = itertools.count()


class Connection:
    """A socket that is connected to a publisher.

    Args:
        kind: `zmq.SUB` or `zmq.REQ`.
        endpoint: where to connect.
        conflate: whether to keep the newest message only.
        keys: the reader's `.key_secret` file, and
        server_key: the publisher's `.key` file; both or none.

    Attributes:
        socket: the ZeroMQ socket.

    Raises:
        SourceError: the endpoint or a key file cannot be used, in one line.
    """

    def __init__(
        self,
        kind: int,
        endpoint: str,
        *,
        conflate: bool = False,
        keys: Path | str | None = None,
        server_key: Path | str | None = None,
    ) -> None:
        self.socket: zmq.Socket[bytes] = context().socket(kind)
        self._events: zmq.Socket[bytes] = context().socket(zmq.PAIR)
        self._closing = weakref.finalize(self, _close, self.socket, self._events)
        self._endpoint, self._keys = endpoint, keys
        self._hung_up = 0
        self._refusal: str | None = None
        try:
            self._set_up(kind, conflate)
            self._set_keys(keys, server_key)
            self._watch()
            self.socket.connect(endpoint)
        except zmq.ZMQError as error:
            self.close()
            raise SourceError(
                f"{endpoint!r}: cannot be connected to ({error.strerror}); write tcp://host:port or ipc:///path"
            ) from None
        except ValueError as error:
            self.close()
            raise SourceError(str(error)) from None
        self._poller = zmq.Poller()
        self._poller.register(self.socket, zmq.POLLIN)
        self._poller.register(self._events, zmq.POLLIN)

    def wait(self, ms: int | None) -> bool:
        """Return whether there is something to read, after at most `ms`; None waits for ever.

        Raises:
            SourceError: what answers at the endpoint does not let this reader in, in one line.
        """
        deadline = None if ms is None else time.monotonic() + ms / 1000
        while True:
            left = None if deadline is None else ceil(1000 * max(0.0, deadline - time.monotonic()))
            ready = dict(self._poller.poll(left if self._refusal is None else 0))
            if self._events in ready:
                event = parse_monitor_message(self._events.recv_multipart())
                self._refusal = self._read(event["event"], event["value"])
            if self.socket in ready:
                return True
            if self._refusal is not None:
                raise SourceError(f"{self._endpoint}: {self._refusal}")
            if not ready:
                return False

    def close(self) -> None:
        """Close the connection, as the end of the last reference to it does. Safe to call twice."""
        self._closing()

    def _set_up(self, kind: int, conflate: bool) -> None:
        sock = self.socket
        sock.linger, sock.maxmsgsize = 0, MAX_ANSWER
        if conflate:
            sock.conflate = True
        if kind == zmq.SUB:  # else a publisher that lost its power would never be noticed, nor its return
            sock.heartbeat_ivl, sock.heartbeat_timeout = 2000, 6000
        sock.ipv6 = "[" in self._endpoint

    def _set_keys(self, keys: Path | str | None, server_key: Path | str | None) -> None:
        if (keys is None) != (server_key is None):
            raise ValueError(
                f"{self._endpoint}: reading what is encrypted takes keys, the .key_secret file of the reader,"
                " and server_key, the .key file of the publisher: give both or neither"
            )
        if keys is not None and server_key is not None:
            pair = read_pair(Path(keys).expanduser())
            self.socket.curve_publickey, self.socket.curve_secretkey = pair.public, pair.secret
            self.socket.curve_serverkey = read_public(Path(server_key).expanduser())

    def _watch(self) -> None:
        """Have ZeroMQ tell of handshakes; where there are no keys, hanging up says nothing about them."""
        address = f"inproc://livefacs-handshakes-{next(_serial)}"
        self._events.rcvhwm = 0  # a full queue would stop all of ZeroMQ's work, not just these events
        self.socket.monitor(
            address, _HANDSHAKES | (zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL if self._keys else 0)
        )
        self._events.connect(address)

    def _read(self, event: int, value: int) -> str | None:
        """Why the publisher is of no use, after an event; None if it is, or if that is not sure yet."""
        keyed = self._keys is not None
        self._hung_up = self._hung_up + 1 if event == zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL else 0
        if event == zmq.EVENT_HANDSHAKE_FAILED_AUTH:
            return f"does not let {self._keys} in; its .key file is missing in the publisher's --allow folder"
        if event == zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL:
            if value == zmq.PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC:
                return "is not the publisher whose key server_key holds; ask for the right .key file"
            if value != zmq.PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH:
                return "what answers there speaks ZeroMQ in a way of its own; choose another endpoint"
            if keyed:
                return (
                    "is not encrypted: it is not the publisher that server_key is of, or runs without --keys"
                )
            return "is encrypted; give your own keys, and the publisher's public one as server_key"
        if self._hung_up >= HUNG_UP:
            return "hangs up: server_key is not the key of the publisher there, or it takes no more readers"
        return None


def _close(sock: zmq.Socket[bytes], events: zmq.Socket[bytes]) -> None:
    # In this order: ZeroMQ's thread would wait for ever to tell of an event that nobody can receive.
    if not sock.closed:
        sock.disable_monitor()
        sock.close(0)
    events.close(0)
