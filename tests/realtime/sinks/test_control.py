import threading
import time

import msgpack
import msgspec
import pytest
import zmq
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from wire_samples import connected, repeatable, result, status

from realtime.schema import json_schema
from realtime.sinks.control import CONTROL_LIMITS, ControlServer
from realtime.sinks.endpoints import bind, context
from realtime.sinks.replies import ErrorReply

SCHEMA_OF_ALL = json_schema()


@pytest.fixture
def server():
    server = ControlServer()
    server.endpoint = started(server)
    yield server
    server.stop()


def started(server, endpoint="tcp://127.0.0.1:*"):
    """Let it answer on an endpoint, and return the real one."""
    router = context().socket(zmq.ROUTER)
    for option, value in CONTROL_LIMITS.items():
        setattr(router, option, value)
    real = bind(router, endpoint)
    server.start(router)
    return real


@pytest.fixture
def request_socket(server):
    with zmq.Context() as context, connected(context, zmq.REQ, server.endpoint) as socket:
        yield socket


def reply_to(socket, *parts):
    socket.send_multipart(parts)
    assert socket.poll(10000), "no answer"
    (payload,) = socket.recv_multipart()
    return msgpack.unpackb(payload)


def check(reply, name):
    Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": SCHEMA_OF_ALL["$defs"]}).validate(reply)


def test_schema(request_socket):
    reply = reply_to(request_socket, b"schema")
    check(reply, "SchemaReply")
    assert reply["ok"] is True
    assert reply["json_schema"] == SCHEMA_OF_ALL


def test_clock(request_socket):
    before = time.monotonic()
    reply = reply_to(request_socket, b"clock")
    check(reply, "ClockReply")
    assert before <= reply["t"] <= time.monotonic()
    assert abs(reply["t"] + reply["wall_offset"] - time.time()) < 60


def test_streams(server, request_socket):
    assert reply_to(request_socket, b"streams") == {"ok": True, "streams": []}
    server.statuses["cam1"] = status("cam1", frames=1)
    server.statuses["cam2"] = status("cam2")
    server.statuses["cam1"] = status("cam1", frames=2)
    reply = reply_to(request_socket, b"streams")
    check(reply, "StreamsReply")
    assert [(one["stream"], one["frames"]) for one in reply["streams"]] == [("cam1", 2), ("cam2", 10)]


def test_last(server, request_socket):
    server.results["cam1"] = result(6)
    server.results["cam10"] = result(9, "cam10")
    reply = reply_to(request_socket, b" last  cam1\n")
    check(reply, "LastReply")
    assert (reply["result"]["stream"], reply["result"]["seq"]) == ("cam1", 6)


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        ([b""], "unknown request"),
        ([b"nonsense"], "unknown request 'nonsense'"),
        ([b"last"], "unknown request 'last'"),
        ([b"last nobody"], "no frame of a stream 'nobody'; streams with frames: none so far"),
        ([b"last a b"], "unknown request"),
        ([b"\xff\xfe\x00"], "UTF-8"),
        ([b"\0" * 100], "unknown request"),
        ([b"x" * 257], "at most 256 bytes, not 257"),
        ([b"x" * 65000], "at most 256 bytes"),
        ([b"schema", b"clock"], "one message part, not 2"),
        ([b""] * 1000, "one message part, not 1000"),
    ],
)
def test_malformed_requests_get_an_error_and_the_next_one_an_answer(request_socket, parts, problem):
    reply = reply_to(request_socket, *parts)
    check(reply, "ErrorReply")
    assert problem in reply["error"]
    assert "\n" not in reply["error"]
    assert reply_to(request_socket, b"clock")["ok"]


def test_whoever_hangs_up_takes_nobodys_reply(server, request_socket):
    """A REP socket loses the reply after a request without envelope from one who has gone."""
    with zmq.Context() as context:
        for _ in range(30):
            for _ in range(3):
                with connected(context, zmq.DEALER, server.endpoint) as lawless:
                    lawless.send_multipart([b"schema", b"schema"])
                    time.sleep(0.001)
            assert reply_to(request_socket, b"clock")["ok"]


def test_survives_whoever_shouts_or_hangs_up(server, request_socket):
    with zmq.Context() as context:
        with connected(context, zmq.REQ, server.endpoint) as shouting:
            shouting.send(b"x" * 1_000_000)
            assert not shouting.poll(300)  # ZeroMQ hung up on it
        for _ in range(20):
            with connected(context, zmq.REQ, server.endpoint) as gone:
                gone.send(b"schema")
        assert reply_to(request_socket, b"clock")["ok"]


def test_stops_also_after_a_request_without_envelope(server):
    """A REP socket announces such a message, then drops it: waiting for it would be for ever."""
    with zmq.Context() as context, connected(context, zmq.DEALER, server.endpoint) as lawless:
        lawless.send_multipart([b"", b"clock"])
        assert lawless.poll(10000)
        lawless.send_multipart([b"clock", b"clock"])
        time.sleep(0.2)
        stopping = threading.Thread(target=server.stop, daemon=True)
        stopping.start()
        stopping.join(10)
        assert not stopping.is_alive()


@repeatable
@given(st.lists(st.binary(max_size=300), max_size=3))
def test_answers_any_bytes(parts):
    reply = msgspec.msgpack.decode(ControlServer().answer(parts))
    assert ("ok" in reply) != ("error" in reply)


@repeatable
@given(st.text())
def test_every_error_is_one_line(text):
    reply = ControlServer().answer([f"last {text}".encode()])
    assert "\n" not in msgspec.msgpack.decode(reply, type=ErrorReply).error


def test_stops_at_once_twice_and_without_start(server):
    before = time.monotonic()
    server.stop()
    server.stop()
    ControlServer().stop()
    assert time.monotonic() - before < 5
    again = ControlServer()
    assert started(again, server.endpoint) == server.endpoint
    again.stop()
