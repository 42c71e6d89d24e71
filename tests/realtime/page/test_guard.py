"""Requests to a real server, as browsers and others send them."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from realtime.errors import SinkError
from realtime.page.guard import COOKIE, REFUSED, cookie_name
from realtime.page.server import PageServer


@pytest.fixture
def guarded() -> Iterator[str]:
    """Address of a page that other machines can reach; its token is `open-sesame`."""
    with PageServer("0.0.0.0:0", "open-sesame") as server:
        yield f"127.0.0.1:{urlsplit(server.url).port}"


@pytest.fixture
def local() -> Iterator[str]:
    with PageServer("127.0.0.1:0") as server:
        yield urlsplit(server.url).netloc


def ask(address: str, path: str = "/", **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(address, timeout=5)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    answer.text = answer.read().decode()  # type: ignore[attr-defined]
    connection.close()
    return answer


def test_on_this_machine_nothing_is_needed(local: str) -> None:
    port = local.rpartition(":")[2]
    assert ask(local).status == 200
    assert ask(local, Host="localhost").status == 200
    assert ask(local, Host=f"[::1]:{port}").status == 200
    assert ask(local, Host=f"127.0.0.2:{port}").status == 200
    assert ask(local, Host=f"localhost:{port}").status == 200
    assert "LiveFACS" in ask(local).text


def test_a_name_that_leads_here_is_not_enough(local: str) -> None:
    """DNS rebinding: a page of evil.example whose name now means 127.0.0.1."""
    refused = ask(local, Host="evil.example")
    assert refused.status == 403
    assert "evil.example" in refused.text


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:1", "null"])
def test_other_sites_pages_may_not_ask(local: str, origin: str) -> None:
    assert ask(local, Origin=origin).status == 403
    with connect(f"ws://{local}/live", origin=origin) as client, pytest.raises(ConnectionClosed) as caught:
        client.recv(5)
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == REFUSED
    assert "another site" in caught.value.rcvd.reason


def test_elsewhere_the_token_is_needed_once(guarded: str) -> None:
    assert ask(guarded).status == 403
    assert ask(guarded, "/page.js").status == 403
    assert ask(guarded, "/?token=wrong").status == 403
    let_in = ask(guarded, "/?token=open-sesame")
    assert let_in.status == 307
    assert "token" not in let_in.headers["Location"]
    cookie = let_in.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie
    assert ask(guarded, Cookie=cookie.partition(";")[0]).status == 200
    assert ask(guarded, Cookie=f"{cookie_name(guarded)}=wrong").status == 403
    assert ask(guarded, Cookie="///=;;").status == 403


def test_a_token_is_made_up_where_others_can_reach_the_page() -> None:
    with PageServer("0.0.0.0:0") as one, PageServer("0.0.0.0:0") as other:
        tokens = [urlsplit(server.url).query for server in (one, other)]
    assert all(len(token) > 20 for token in tokens)
    assert tokens[0] != tokens[1]


def test_two_pages_of_one_host_have_cookies_of_their_own() -> None:
    assert cookie_name("lab:5580") != cookie_name("lab:5581")
    assert cookie_name("lab").startswith(COOKIE)


def test_nothing_outside_the_page_is_served(local: str) -> None:
    assert ask(local, "/../page_sink.py").status == 404
    assert ask(local, "/%2e%2e/page_sink.py").status == 404


def test_a_taken_port_and_a_wrong_address_are_one_line(local: str) -> None:
    with pytest.raises(SinkError, match=r"--view-at") as caught, PageServer(local):
        pass
    assert "\n" not in str(caught.value)
    with pytest.raises(SinkError, match="HOST:PORT"):
        PageServer("nonsense")
    with pytest.raises(SinkError, match="letters, digits"):
        PageServer("127.0.0.1:0", "open sesame; Path=/")


def test_what_a_page_loads_comes_from_here_only(local: str) -> None:
    policy = ask(local).headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
