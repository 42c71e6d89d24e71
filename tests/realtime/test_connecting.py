"""Readers with keys, and with the wrong ones."""

import socket
import threading
import time

import pytest
import zmq
from key_pairs import Keys
from wire_samples import join, result

from realtime import connecting
from realtime.connecting import Connection
from realtime.errors import SourceError
from realtime.sinks.zeromq import ZeroMQSink
from realtime.subscriber import ask, subscribe

ANY_PORT = "tcp://127.0.0.1:*"


@pytest.fixture
def keys(tmp_path):
    keys = Keys(tmp_path)
    keys.allow("anna")
    return keys


@pytest.fixture
def sink(keys):
    with ZeroMQSink(ANY_PORT, keys=keys.secret("door"), allow=keys.allowed) as sink:
        yield sink


@pytest.fixture
def plain():
    with ZeroMQSink(ANY_PORT) as sink:
        yield sink


@pytest.mark.parametrize("newest", [False, True])
def test_subscribes_with_keys(sink, keys, newest):
    where = sink.newest_endpoint if newest else False
    with subscribe(
        sink.endpoint, timeout=20, newest=where, keys=keys.secret("anna"), server_key=str(keys.public("door"))
    ) as messages:
        join(sink, messages._socket)
        sink.write(result(3))
        assert next(messages).seq == 3


def test_asks_with_keys(sink, keys):
    sink.write(result(3))
    mine = {"keys": str(keys.secret("anna")), "server_key": keys.public("door")}
    assert ask(sink.control_endpoint, "last cam1", **mine).result.seq == 3


def refusal(sink, **keys):
    """The line that a reader who waits without limit gets, and the one who asks."""
    lines = []
    with subscribe(sink.endpoint, **keys) as messages:
        for _ in range(2):  # whoever goes on all the same is told again
            with pytest.raises(SourceError) as refused:
                next(messages)
            lines.append(str(refused.value).removeprefix(sink.endpoint))
    with pytest.raises(SourceError) as refused:
        ask(sink.control_endpoint, "clock", timeout=20, **keys)
    lines.append(str(refused.value).removeprefix(sink.control_endpoint))
    assert len(set(lines)) == 1
    assert "\n" not in lines[0]
    return lines[0]


def test_who_has_no_keys_is_told_that_there_are_some(sink):
    assert "is encrypted; give your own keys" in refusal(sink)


def test_who_is_not_allowed_is_told_whose_key_is_missing_where(sink, keys):
    line = refusal(sink, keys=keys.secret("eve"), server_key=keys.public("door"))
    assert f"does not let {keys.secret('eve')} in" in line
    assert "--allow" in line


def test_who_has_the_key_of_another_publisher_is_told(sink, keys):
    line = refusal(sink, keys=keys.secret("anna"), server_key=keys.public("hall"))
    assert "server_key is not the key of the publisher there" in line


def test_who_expects_encryption_gets_nothing_else(plain, keys):
    """Whoever takes a publisher's place on the network must not be believed for having no keys."""
    line = refusal(plain, keys=keys.secret("anna"), server_key=keys.public("door"))
    assert "is not encrypted" in line


@pytest.mark.parametrize("given", ["keys", "server_key"])
def test_one_key_alone_is_refused(plain, keys, given):
    files = {"keys": keys.secret("anna"), "server_key": keys.public("door")}
    for attempt in (subscribe, lambda *_, **files: ask(plain.control_endpoint, "clock", **files)):
        with pytest.raises(SourceError, match="give both or neither"):
            attempt(plain.endpoint, **{given: files[given]})


@pytest.mark.parametrize("mixed_up", ["keys", "server_key", "missing"])
def test_files_that_were_mixed_up_are_named(plain, keys, mixed_up):
    files = {"keys": keys.secret("anna"), "server_key": keys.public("door")}
    changed = {
        "keys": {"keys": keys.public("anna")},
        "server_key": {"server_key": keys.secret("door")},
        "missing": {"server_key": keys.allowed / "none.key"},
    }[mixed_up]
    with pytest.raises(SourceError, match=str(next(iter(changed.values())))):
        subscribe(plain.endpoint, **(files | changed))


def test_a_reader_that_is_let_in_later_is_not_sent_away_before(sink, keys):
    """Only a publisher that is there can refuse: until it is, readers wait."""
    ends = sink.endpoint, sink.newest_endpoint, sink.control_endpoint
    sink.close()
    mine = {"keys": keys.secret("anna"), "server_key": keys.public("door")}
    with subscribe(ends[0], timeout=0.3, **mine) as messages:
        with pytest.raises(SourceError, match="no message on topic"):
            next(messages)
        with ZeroMQSink(*ends, keys=keys.secret("door"), allow=keys.allowed) as again:
            join(again, messages._socket)
            again.write(result(4))
            assert next(messages).seq == 4


def test_follows_a_publisher_that_starts_again_with_other_keys(sink, keys):
    ends = sink.endpoint, sink.newest_endpoint, sink.control_endpoint
    mine = {"keys": keys.secret("anna"), "server_key": keys.public("door")}
    with subscribe(sink.endpoint, timeout=20, **mine) as messages:
        join(sink, messages._socket)
        sink.close()
        with (
            ZeroMQSink(*ends, keys=keys.secret("hall")),
            pytest.raises(SourceError, match="server_key is not"),
        ):
            next(messages)


def test_a_door_that_closes_at_once_is_waited_for_without_keys():
    """As where a port is forwarded to a publisher that has not started yet."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        over = threading.Event()

        def hang_up():
            while not over.is_set():
                server.accept()[0].close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        port = server.getsockname()[1]
        with subscribe(f"tcp://127.0.0.1:{port}", timeout=0.5) as messages:
            with pytest.raises(SourceError, match="no message on topic"):
                next(messages)
            over.set()
            socket.create_connection(("127.0.0.1", port)).close()
            thread.join()


def test_what_speaks_another_protocol_is_named():
    """ZeroMQ gives up on it, and would say nothing for ever."""
    greeting = b"\xff" + bytes(8) + b"\x7f\x03\x01NULL" + bytes(60)
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=lambda: server.accept()[0].sendall(greeting + b"\x04\x05hello"))
        thread.start()
        with (
            subscribe(f"tcp://127.0.0.1:{server.getsockname()[1]}") as messages,
            pytest.raises(SourceError, match="choose another endpoint"),
        ):
            next(messages)
        thread.join()


def test_a_message_beyond_all_measure_is_not_received(plain, monkeypatch):
    monkeypatch.setattr(connecting, "MAX_ANSWER", 100_000)
    with subscribe(plain.endpoint, timeout=0.5) as messages:
        join(plain, messages._socket)
        plain.write(result(1, faces=(), model="m" * 200_000))
        with pytest.raises(SourceError, match="no message"):
            next(messages)


def test_a_connection_that_nobody_reads_stops_nothing(sink, keys):
    """ZeroMQ's one thread must never wait for whoever does not read of its failures."""
    wrong = Connection(zmq.SUB, sink.endpoint, keys=keys.secret("anna"), server_key=keys.public("hall"))
    wrong.socket.reconnect_ivl = 1
    wrong.socket.disconnect(sink.endpoint)
    wrong.socket.connect(sink.endpoint)
    time.sleep(0.3)
    wrong.close()
    wrong.close()
    mine = {"keys": keys.secret("anna"), "server_key": keys.public("door")}
    for _ in range(20):  # given up in the middle of a handshake, by leaving them to the garbage
        Connection(zmq.SUB, sink.endpoint, keys=keys.secret("anna"), server_key=keys.public("hall"))
    assert ask(sink.control_endpoint, "clock", timeout=20, **mine).ok
