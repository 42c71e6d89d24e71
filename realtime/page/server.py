"""Serves the page: uvicorn with a Starlette application, in a thread of its own."""

from __future__ import annotations

import re
import secrets
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib.resources import files
from urllib.parse import quote

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from realtime.errors import SinkError
from realtime.openable import Openable
from realtime.page.defaults import DEFAULT_ADDRESS
from realtime.page.guard import Guard
from realtime.tcp_address import TcpAddress, parse

FAREWELL_S = 1
"""Seconds that open pages get to take what was sent."""
HEADERS = [
    ("Cache-Control", "no-cache"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    # The page loads nothing from anywhere else: it works without a network.
    (
        "Content-Security-Policy",
        "default-src 'self'; img-src 'self' blob: data:; frame-ancestors 'none'; base-uri 'none'; "
        "form-action 'none'",
    ),
]


class PageServer(Openable):
    """Serves the page's files and the routes of who uses it.

    Args:
        address: `HOST:PORT` or a port of 127.0.0.1, 0 for any free one.
        token: what browsers must show where other machines can reach the address; None to make one up. On
            this machine's own address there is none unless it is given.

    Attributes:
        encoding: where pictures are encoded: one thread, so that pages share one core at most.
        url: where a browser finds the page; valid once open.
    """

    def __init__(self, address: str = DEFAULT_ADDRESS, token: str | None = None) -> None:
        try:
            self._address = parse(address)
        except ValueError as error:
            raise SinkError(f"page {error}") from None
        if self._address.reachable_from_outside:
            token = token or secrets.token_urlsafe(16)
        if token is not None and not re.fullmatch(r"[A-Za-z0-9._~-]+", token):
            raise SinkError("page: a token is made of letters, digits and . _ ~ - only")
        self._token = token
        self.encoding = ThreadPoolExecutor(1, thread_name_prefix="page pictures")
        self.url = ""
        self.routes: list[BaseRoute] = []
        self._socket: socket.socket | None = None
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def open(self) -> None:
        """Bind the address and start serving. Raises SinkError with one line."""
        self._socket = _bound(self._address)
        where = replace(self._address, port=self._socket.getsockname()[1])
        self.url = f"http://{_reached(where)}/" + (f"?token={quote(self._token)}" if self._token else "")
        page = StaticFiles(directory=str(files("realtime") / "page" / "static"), html=True)
        app = Starlette(
            routes=[*self.routes, Mount("/", page)], middleware=[Middleware(Guard, token=self._token)]
        )
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="websockets-sansio",
            ws_per_message_deflate=False,  # JPEGs do not shrink
            ws_max_size=1 << 20,
            headers=HEADERS,
            server_header=False,
            timeout_graceful_shutdown=FAREWELL_S,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, args=([self._socket],), name="page", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Say good-bye to open pages and stop. Safe to call twice."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(FAREWELL_S + 2.0)
            self._server = self._thread = None
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self.encoding.shutdown(wait=False, cancel_futures=True)


def _bound(address: TcpAddress) -> socket.socket:
    """Return a listening socket. Raises SinkError with one line."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    sock = socket.socket(family)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((address.host, address.port))
        sock.listen()
    except OSError as error:
        sock.close()
        raise SinkError(
            f"page {address}: cannot be served ({error.strerror or error}); choose another port with "
            "--view-at, 0 for any free one"
        ) from None
    return sock


def _reached(address: TcpAddress) -> TcpAddress:
    """Return what a browser is told: not "any address", but one that leads here."""
    if address.host not in ("0.0.0.0", "::"):
        return address
    return replace(address, host=socket.gethostname())
