"""The exchange: one endpoint, one epoch of each stream, numbers that go on."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import wire_samples
import zmq

from realtime.fleet.exchange import Exchange
from realtime.fleet.uplink import Continuation, Line, Uplink
from realtime.sinks.zeromq import ZeroMQSink
from realtime.subscriber import Subscription, subscribe
from realtime.types import FrameResult, StreamStatus

PATIENCE = 10.0


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[Exchange]:
    with Exchange(ZeroMQSink(f"ipc://{tmp_path}/fleet")) as exchange:
        yield exchange


@pytest.fixture
def subscriber(exchange: Exchange) -> Iterator[Subscription]:
    with subscribe(exchange.publisher.endpoint, "", timeout=PATIENCE) as messages:
        time.sleep(0.2)
        yield messages


def result(seq: int, generation: int = 0) -> FrameResult:
    return wire_samples.result(stream="door", seq=seq, generation=generation)


def uplink(exchange: Exchange, continuation: Continuation) -> Uplink:
    sink = Uplink(exchange.line, continuation)
    sink.open()
    time.sleep(0.2)  # until the connection stands, what is published is lost, as with every PUB
    return sink


def frames(subscriber: Subscription, count: int) -> list[FrameResult]:
    found: list[FrameResult] = []
    for message in subscriber:
        if isinstance(message, FrameResult):
            found.append(message)
            if len(found) == count:
                return found
    raise AssertionError


def test_what_a_stream_sends_is_published_and_can_be_asked_for(exchange, subscriber) -> None:
    told: list[StreamStatus] = []
    exchange.watching = told.append
    sink = uplink(exchange, exchange.continuation("door", 1))
    sink.write(result(0))
    sink.status(wire_samples.status(stream="door", state="live"))
    topics = {type(next(subscriber)).__name__ for _ in range(2 + len(result(0).faces))}
    sink.close()
    assert topics == {"FrameResult", "FaceUpdate", "StreamStatus"}
    assert [status.state for status in told] == ["live"]
    assert exchange.results()["door"].seq == 0
    with zmq.Context() as context, context.socket(zmq.REQ) as question:
        question.connect(exchange.publisher.control_endpoint)
        question.send(b"last door")
        assert question.poll(5000)
        assert msgspec.msgpack.decode(question.recv())["result"]["seq"] == 0


def test_only_the_latest_epoch_is_passed_on_and_its_numbers_go_on(exchange, subscriber) -> None:
    old = uplink(exchange, exchange.continuation("door", 1))
    for seq in range(3):
        old.write(result(seq, generation=min(seq, 1)))
    assert [(f.seq, f.generation) for f in frames(subscriber, 3)] == [(0, 0), (1, 1), (2, 1)]
    new = uplink(exchange, exchange.continuation("door", 2))
    for seq in range(2):
        old.write(result(seq + 3, generation=1))
        new.write(result(seq))
        old.status(wire_samples.status(stream="door", state="live"))
    assert [(f.seq, f.generation) for f in frames(subscriber, 2)] == [(3, 2), (4, 2)]
    old.close()
    new.close()


def test_a_stream_nobody_asked_for_is_not_passed_on(exchange, subscriber) -> None:
    stranger = uplink(exchange, Continuation(1))
    stranger.write(result(0))
    mine = uplink(exchange, exchange.continuation("door", 2))
    mine.write(result(7))
    assert frames(subscriber, 1)[0].seq == 7
    stranger.close()
    mine.close()


def test_the_supervisor_tells_what_becomes_of_a_stream(exchange, subscriber) -> None:
    exchange.tell("door", "reconnecting", "its machine was lost")
    status = next(subscriber)
    assert isinstance(status, StreamStatus)
    assert (status.state, status.detail, status.frames) == ("reconnecting", "its machine was lost", 0)
    sink = uplink(exchange, exchange.continuation("door", 1))
    sink.status(wire_samples.status(stream="door", state="live", frames=50, fps=25.0))
    assert next(subscriber).state == "live"
    exchange.tell("door", "ended", None)
    status = next(subscriber)
    assert (status.state, status.frames, status.fps) == ("ended", 50, 0.0)
    sink.close()


def test_without_the_keys_of_this_run_nothing_comes_in(exchange, subscriber) -> None:
    wrong = Line(exchange.line.endpoint, zmq.curve_keypair()[0], *zmq.curve_keypair())
    thief = Uplink(wrong, exchange.continuation("door", 1))
    thief.open()
    plain = zmq.Context.instance().socket(zmq.PUB)
    plain.connect(exchange.line.endpoint)
    time.sleep(0.3)
    thief.write(result(66))
    plain.send_multipart([b"frame.door.", b"1", msgspec.msgpack.encode(result(67))])
    mine = uplink(exchange, Continuation(1))
    mine.write(result(1))
    assert frames(subscriber, 1)[0].seq == 1
    for each in (thief, mine, plain):
        each.close()


def test_closing_leaves_nothing_behind(tmp_path: Path) -> None:
    before = threading.active_count()
    with Exchange(ZeroMQSink(f"ipc://{tmp_path}/fleet")) as exchange:
        pass
    exchange.close()
    assert threading.active_count() == before


def test_keys_are_in_no_representation(exchange) -> None:
    text = repr(exchange.line)
    assert exchange.line.secret_key.decode() not in text and exchange.line.server_key.decode() not in text
