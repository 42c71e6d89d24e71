"""A network that misbehaves: a proxy on loopback between a camera and who reads it."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self


class FaultyNetwork:
    """Passes TCP connections on to a port; what it does to the bytes can be changed at any time.

    Attributes:
        port: to connect to.
        held: nothing passes while it is set; what came meanwhile follows when it is cleared.
        delay: s that every piece from the camera waits, in order.
        garbage: share of the camera's pieces in which some bytes are overwritten by chance.
        connections: made so far.
    """

    def __init__(self, port: int) -> None:
        self._to = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.held = threading.Event()
        self.delay = 0.0
        self.garbage = 0.0
        self.connections = 0
        self._draw = random.Random(0)
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Break all connections off."""
        while self._open:
            with contextlib.suppress(OSError):
                self._open.pop().shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                client, _ = self._listener.accept()
                try:
                    camera = socket.create_connection(("127.0.0.1", self._to), timeout=5)
                except OSError:
                    client.close()
                    continue
                camera.settimeout(None)
                self.connections += 1
                self._open += [client, camera]
                for source, sink, from_camera in ((client, camera, False), (camera, client, True)):
                    threading.Thread(target=self._pass, args=(source, sink, from_camera), daemon=True).start()

    def _watch(self) -> Callable[[bytes], bytes]:
        """What is done to the pieces of a connection from the camera, one after the other."""
        return lambda piece: piece

    def _pass(self, source: socket.socket, sink: socket.socket, from_camera: bool) -> None:
        watch = self._watch()
        with contextlib.suppress(OSError):
            while piece := source.recv(4096):
                while self.held.is_set():
                    time.sleep(0.01)
                if from_camera:
                    time.sleep(self.delay)
                    if self._draw.random() < self.garbage:
                        piece = self._spoilt(piece)
                    piece = watch(piece)
                sink.sendall(piece)
        for each in (source, sink):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _spoilt(self, piece: bytes) -> bytes:
        at = self._draw.randrange(len(piece))
        return (piece[:at] + self._draw.randbytes(64) + piece[at + 64 :])[: len(piece)]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.close()
        self.held.clear()
        self.cut()
