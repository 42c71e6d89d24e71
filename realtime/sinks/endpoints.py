"""ZeroMQ endpoints: reading them, binding them with clear errors, and freeing them for certain.

libzmq reads endpoints leniently (port 99999 silently binds port 34463, `ipc://notes.txt` deletes
`notes.txt`), so they are checked here before it sees them.
"""

from __future__ import annotations

import errno
import itertools
import os
import re
import socket
import stat
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import zmq

from realtime.errors import SinkError
from realtime.tcp_address import is_loopback

_TCP = re.compile(r"tcp://(\[[0-9A-Fa-f:.]+(?:%\w+)?\]|[^\s:/\[\]]+):(\*|[0-9]{1,5})")
_IPC = re.compile(r"ipc://(\S.*)")
_serial = itertools.count()


class Endpoint(NamedTuple):
    """A ZeroMQ endpoint taken apart: `tcp://host:port` or `ipc://host`, where host is then a path."""

    scheme: str
    host: str
    port: int  # 0: any free one; always 0 for ipc

    def __str__(self) -> str:
        return f"tcp://{self.host}:{self.port or '*'}" if self.scheme == "tcp" else f"ipc://{self.host}"


def context() -> zmq.Context[zmq.Socket[bytes]]:
    """Return the process' one ZeroMQ context."""
    shared: zmq.Context[zmq.Socket[bytes]] = zmq.Context.instance()
    return shared


def pair(within: zmq.Context[zmq.Socket[bytes]]) -> tuple[zmq.Socket[bytes], zmq.Socket[bytes]]:
    """Return two connected PAIR sockets, for two threads; sending fails with `zmq.Again` if it must wait."""
    one, other = within.socket(zmq.PAIR), within.socket(zmq.PAIR)
    one.sndtimeo = other.sndtimeo = 0
    address = f"inproc://livefacs-pair-{next(_serial)}"
    one.bind(address)
    other.connect(address)
    return one, other


def parse(endpoint: str) -> Endpoint:
    """Take an endpoint apart. Raises ValueError with one line if it is not tcp or ipc, or malformed."""
    if found := _TCP.fullmatch(endpoint):
        port = 0 if found[2] == "*" else int(found[2])
        if port <= 65535:
            return Endpoint("tcp", found[1], port)
    elif found := _IPC.fullmatch(endpoint):
        return Endpoint("ipc", found[1], 0)
    raise ValueError(
        f"{endpoint!r}: not an endpoint; write tcp://host:port with a port from 1 to 65535"
        " (or * for any free one), or ipc:///path"
    )


def beside(endpoint: str, steps: int, name: str) -> str:
    """Return the endpoint that goes with `endpoint` by default: its port plus `steps`, or path plus name.

    `tcp://127.0.0.1:5560` gives `tcp://127.0.0.1:5561` for one step, `ipc:///tmp/faces` gives
    `ipc:///tmp/faces.newest` for the name "newest"; a port or path left to the system stays so.
    Raises ValueError with one line.
    """
    where = parse(endpoint)
    if where.scheme == "ipc":
        return endpoint if where.host == "*" else f"{endpoint}.{name}"
    if where.port == 0:
        return str(where)
    if where.port + steps > 65535:
        raise ValueError(f"{endpoint}: leaves no port for {name} messages; choose a port up to 65533")
    return str(where._replace(port=where.port + steps))


def reachable_from_outside(endpoint: str) -> bool:
    """Whether other machines may connect to this bound endpoint (numeric host, as ZeroMQ reports it)."""
    where = parse(endpoint)
    if where.scheme == "ipc":
        return False
    return not is_loopback(where.host.strip("[]").partition("%")[0])


def bind(sock: zmq.Socket[bytes], endpoint: str) -> str:
    """Bind `sock` and return the real endpoint, free ports filled in. Raises SinkError with one line."""
    try:
        where = parse(endpoint)
    except ValueError as error:
        raise SinkError(str(error)) from None
    if where.scheme == "ipc":
        _refuse_taken_path(endpoint, where.host)
    sock.ipv6 = where.host.startswith("[")
    try:
        sock.bind(str(where))
    except zmq.ZMQError as error:
        raise SinkError(f"{endpoint}: {_way_out(where, error)}") from None
    return str(sock.getsockopt_string(zmq.LAST_ENDPOINT))


def _refuse_taken_path(endpoint: str, path: str) -> None:
    """Raise SinkError if the path is a file or a living socket: libzmq would delete either to bind."""
    if path.startswith("@"):  # Linux' abstract names are no files
        return
    try:
        if not stat.S_ISSOCK(Path(path).stat().st_mode):
            raise SinkError(f"{endpoint}: exists and is not a socket; choose another path")
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(1.0)
            probe.connect(path)
    except (OSError, AttributeError):  # nothing there, a dead publisher's leftover, or no AF_UNIX
        return
    raise SinkError(f"{endpoint}: already in use; close the other program or choose another path")


def _way_out(where: Endpoint, error: zmq.ZMQError) -> str:
    thing = "port" if where.scheme == "tcp" else "path"
    match error.errno:
        case errno.EADDRINUSE:
            return f"already in use; close the other program or choose another {thing}"
        case errno.ENODEV | errno.EADDRNOTAVAIL:
            return (
                f"{where.host} is not an address of this machine;"
                " use 127.0.0.1 for this machine alone, * for every network"
            )
        case errno.EACCES | errno.EPERM:
            return "not permitted; choose " + ("a port above 1023" if thing == "port" else "another path")
        case errno.ENOENT | errno.ENOTDIR:
            return "its folder does not exist; create it or choose another path"
        case errno.ENAMETOOLONG:
            return "the path is too long for a socket; choose a shorter one"
        case number:
            return f"cannot be bound ({os.strerror(number or 0)}); choose another {thing}"


def release(sockets: Sequence[zmq.Socket[bytes]], linger: int = 0) -> None:
    """Close sockets, giving unsent messages `linger` ms, and return when their endpoints are free again.

    `zmq_close` alone only asks ZeroMQ's own thread to close: the port would stay taken for a moment
    (one bind in ten right after failed), and unsent messages would be lost at the end of the process.
    """
    ends = []
    bound = [str(sock.getsockopt_string(zmq.LAST_ENDPOINT)) for sock in sockets]
    for sock in sockets:
        with suppress(zmq.ZMQError):  # out of file descriptors: then it is free in a moment
            ends.append(_end_of(sock))
        sock.close(linger)
    for end in ends:
        end.poll(linger + 1000)  # a bound, should ZeroMQ's thread hang
        end.close(0)
    for endpoint in bound:
        path = endpoint.removeprefix("ipc://")
        if path != endpoint and not path.startswith("@"):  # libzmq leaves the file
            Path(path).unlink(missing_ok=True)


def _end_of(sock: zmq.Socket[bytes]) -> zmq.Socket[bytes]:
    """Return a socket that has something to read as soon as `sock` is closed for good."""
    end: zmq.Socket[bytes] = sock.context.socket(zmq.PAIR)
    try:
        address = f"inproc://livefacs-released-{next(_serial)}"
        sock.monitor(address, zmq.EVENT_MONITOR_STOPPED)
        end.connect(address)
    except zmq.ZMQError:
        end.close(0)
        raise
    return end
