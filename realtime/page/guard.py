"""Who may open the page: here any browser that asks for it by name, elsewhere whoever has the token.

Web pages of others run in the same browser. They cannot read what this server answers, but without the checks
here they could open its WebSocket, or make it theirs by a name that leads to 127.0.0.1 (DNS rebinding).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from realtime.tcp_address import is_loopback

COOKIE = "livefacs-token"
"""Begins the cookie's name; the port follows, for cookies know no ports."""
REFUSED = 4403
"""Close code of a WebSocket that may not be opened."""


class Guard:
    """Lets requests through to an application, or refuses them.

    Args:
        app: what is guarded.
        token: what whoever comes must show, in the address (`?token=`) once, then by a cookie; None where
            only this machine can reach the server.
    """

    def __init__(self, app: ASGIApp, token: str | None) -> None:
        self._app = app
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve or refuse one request."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = self._refusal(scope, headers)
        if not refusal:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})  # or the page would not be told why
            await send({"type": "websocket.close", "code": REFUSED, "reason": refusal[:120]})
        else:
            await self._answer(refusal, Request(scope))(scope, receive, send)

    def _refusal(self, scope: Scope, headers: Headers) -> str:
        host = headers.get("host", "")
        if self._token is None and not _of_this_machine(host):
            return f"{host}: not a name of this machine; open http://127.0.0.1 with the port"
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != host:
            return f"{origin}: another site's page may not ask here"
        if self._token is not None and not self._known(host, HTTPConnection(scope).cookies):
            return "this page needs the token: open it by the whole address that LiveFACS printed"
        return ""

    def _known(self, host: str, cookies: Mapping[str, str]) -> bool:
        return self._right(cookies.get(cookie_name(host), ""))

    def _right(self, token: str) -> bool:
        return self._token is not None and secrets.compare_digest(token.encode(), self._token.encode())

    def _answer(self, refusal: str, request: Request) -> Response:
        given = parse_qs(request.url.query).get("token", [""])[0]
        if request.method == "GET" and self._right(given) and "origin" not in request.headers:
            response = RedirectResponse(request.url.path)
            # Lax: the address is to work from a mail as well; what changes anything has its Origin checked.
            response.set_cookie(
                cookie_name(request.headers.get("host", "")), given, httponly=True, samesite="lax"
            )
            return response
        return PlainTextResponse(f"LiveFACS: {refusal}\n", status_code=403)


def cookie_name(host: str) -> str:
    """Return the name of the cookie that holds the token for a page at `HOST:PORT`."""
    return f"{COOKIE}-{host.rpartition(':')[2] if ':' in host else 80}"


def _of_this_machine(host: str) -> bool:
    try:
        return is_loopback(urlsplit(f"//{host}").hostname or "")
    except ValueError:  # brackets that do not close
        return False
