import logging
import os
import socket
import time
from contextlib import ExitStack, closing

import pytest
import zmq

from realtime.sinks import admission as admission_module
from realtime.sinks.admission import Admission, _is_connection
from realtime.sinks.endpoints import parse, release


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(admission_module, "MAX_CONNECTIONS", 4)


@pytest.fixture(params=["tcp", "ipc"])
def endpoint(request, tmp_path):
    return "tcp://127.0.0.1:*" if request.param == "tcp" else f"ipc://{tmp_path / 'faces'}"


@pytest.fixture
def admission():
    with Admission() as admission:
        yield admission


@pytest.fixture
def bound(few, endpoint, admission):
    """Where a PUB is bound."""
    pub = admission.socket(zmq.PUB, {"sndhwm": 7})
    assert pub.sndhwm == 7
    try:
        real = admission.bind(pub, endpoint)
        admission.start()
        yield parse(real)
    finally:
        release([pub])


def connect(to):
    if to.scheme == "tcp":
        return socket.create_connection(("127.0.0.1", to.port), timeout=10)
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(10)
    sock.connect(to.host)
    return sock


def is_greeted(sock):
    """Whether ZeroMQ introduces itself, which it may also do before it hangs up."""
    try:
        return bool(sock.recv(64))
    except OSError:
        return False


def is_hung_up_on(sock):
    try:
        while sock.recv(64):
            pass
    except TimeoutError:
        return False
    except OSError:
        pass
    return True


def open_ends(to, count, stack):
    return [stack.enter_context(closing(connect(to))) for _ in range(count)]


def test_further_connections_are_hung_up_on_until_one_ends(bound, caplog, monkeypatch):
    monkeypatch.setattr(admission_module, "CHECK_AGAIN_S", 1000)
    with caplog.at_level(logging.WARNING), ExitStack() as stack:
        first = open_ends(bound, 4, stack)
        assert all(is_greeted(one) for one in first)
        for further in open_ends(bound, 20, stack):
            assert is_hung_up_on(further)
        for one in first:  # nobody who was there is sent away
            one.settimeout(0.05)
            assert not is_hung_up_on(one)
        first[0].close()
        deadline = time.monotonic() + 20
        while True:
            again = stack.enter_context(closing(connect(bound)))
            again.settimeout(0.3)
            if not is_hung_up_on(again):
                break
            assert time.monotonic() < deadline
    assert caplog.text.count("4 connections are open, further ones are refused") == 1


def test_connections_that_ended_unnoticed_are_not_counted_for_ever(bound, admission):
    (watched,) = admission._watched
    with closing(socket.socket()) as other, ExitStack() as stack:
        watched.open.update({-1, 10**6, os.open(os.devnull, os.O_RDONLY), other.fileno()})
        (one,) = open_ends(bound, 1, stack)
        one.settimeout(0.3)
        assert is_greeted(one)
        assert not is_hung_up_on(one)


def test_only_connections_of_ours_are_ever_closed(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other, closing(connect_to(other)) as mine:
        theirs, _ = other.accept()
        with theirs:
            port = other.getsockname()[1]
            elsewhere = parse(f"tcp://127.0.0.1:{port - 1}")
            for endpoint in (elsewhere, parse(f"ipc://{tmp_path}/faces")):
                assert not _is_connection(theirs.fileno(), endpoint, hang_up=True)
            mine.settimeout(0.05)
            assert not is_hung_up_on(mine)
            assert _is_connection(theirs.fileno(), parse(f"tcp://127.0.0.1:{port}"), hang_up=True)
            mine.settimeout(10)
            assert is_hung_up_on(mine)
            assert theirs.fileno() > 0  # the descriptor stays ZeroMQ's to close


def connect_to(server):
    return socket.create_connection(server.getsockname(), timeout=10)


def test_closes_at_once_twice_and_without_start():
    admission = Admission()
    admission.close()
    admission.open()
    admission.start()
    admission.close()
    admission.close()
