import subprocess
import sys
import threading
import time
from pathlib import Path

import msgspec
import pytest
import zmq
from wire_samples import connected, face, join, result, status

from realtime.errors import LiveFacsError, SourceError
from realtime.sinks.replies import ClockReply, LastReply, SchemaReply, StreamsReply
from realtime.sinks.zeromq import ZeroMQSink
from realtime.subscriber import ask, subscribe
from realtime.types import FaceUpdate, FrameResult, StreamStatus

ANY_PORT = "tcp://127.0.0.1:*"
EXAMPLE = Path(__file__).parents[2] / "examples" / "subscriber.py"


@pytest.fixture
def sink():
    with ZeroMQSink(ANY_PORT) as sink:
        yield sink


@pytest.fixture
def publisher():
    """A bare PUB, to send what LiveFACS would not."""
    with zmq.Context() as context, context.socket(zmq.PUB) as pub:
        pub.linger = 0
        pub.bind(ANY_PORT)
        yield pub


def first(messages, publish):
    """Publish again and again until the iterator has a message."""
    got = threading.Event()

    def again():
        while not got.is_set():
            publish()
            time.sleep(0.01)

    thread = threading.Thread(target=again)
    thread.start()
    try:
        return next(messages)
    finally:
        got.set()
        thread.join()


def test_yields_typed_messages(sink):
    with subscribe(sink.endpoint, topic="", timeout=20) as messages:
        join(sink, messages._socket)
        written = result(1, faces=(face(1), face(2)))
        sink.write(written)
        sink.status(status())
        got = [next(messages) for _ in range(4)]
    assert [type(one) for one in got] == [FrameResult, FaceUpdate, FaceUpdate, StreamStatus]
    assert got[0] == written
    assert [one.face for one in got[1:3]] == list(written.faces)
    assert got[3].state == "live"


def test_keeps_to_its_topic(sink):
    with subscribe(sink.endpoint, topic="frame.cam1.", timeout=20) as messages:
        join(sink, messages._socket)
        for seq in range(1, 4):
            sink.write(result(seq, "cam10"))
            sink.write(result(seq, "cam1"))
        got = [next(messages) for _ in range(3)]
    assert [(one.stream, one.seq) for one in got] == [("cam1", 1), ("cam1", 2), ("cam1", 3)]


@pytest.mark.parametrize("named", [True, False], ids=["by its own endpoint", "beside the endpoint"])
def test_newest_skips_what_was_missed(tmp_path, named):
    with ZeroMQSink(f"ipc://{tmp_path / 'faces'}") as sink:
        newest = sink.newest_endpoint if named else True
        with subscribe(sink.endpoint, "frame.", timeout=20, newest=newest) as messages:
            join(sink, messages._socket)
            for seq in range(1, 301):
                sink.write(result(seq))
            seqs = [0]
            while seqs[-1] < 300:
                # Written again until it comes through: what is published while the queue is full is lost.
                sink.write(result(300))
                if messages._socket.poll(20):
                    seqs.append(next(messages).seq)
    assert len(seqs) < 200


def test_silence_is_an_error_that_names_the_endpoint(sink):
    for endpoint, topic in [(sink.endpoint, "frame.cam1."), ("tcp://127.0.0.1:9", "frame.")]:
        with (
            subscribe(endpoint, topic, timeout=0.05) as messages,
            pytest.raises(SourceError, match=rf"^{endpoint}: no message on topic '{topic}' for 0.05 s; .*$"),
        ):
            next(messages)


def test_a_timeout_is_not_the_end(sink):
    with subscribe(sink.endpoint, timeout=0.5) as messages:
        with pytest.raises(SourceError):
            next(messages)
        join(sink, messages._socket)
        sink.write(result(3))
        assert next(messages).seq == 3


def test_follows_a_publisher_that_starts_again(sink):
    ends = sink.endpoint, sink.newest_endpoint, sink.control_endpoint
    with subscribe(sink.endpoint, timeout=20) as messages:
        join(sink, messages._socket)
        sink.close()
        with ZeroMQSink(*ends) as again:
            join(again, messages._socket)
            again.write(result(1))
            assert next(messages).seq == 1


def test_ends_when_closed(sink):
    messages = subscribe(sink.endpoint)
    messages.close()
    messages.close()
    assert list(messages) == []


@pytest.mark.parametrize("endpoint", ["", "nonsense", "tcp://127.0.0.1", "tcp://*:5560", "foo://x:1"])
def test_a_malformed_endpoint_is_one_line(endpoint):
    for attempt in (
        lambda: subscribe(endpoint),
        lambda: subscribe(newest=endpoint or "nonsense"),
        lambda: ask(endpoint, "clock"),
    ):
        with pytest.raises(SourceError) as error:
            attempt()
        assert "\n" not in str(error.value)
        assert endpoint in str(error.value)


def test_newest_needs_an_endpoint_with_a_neighbour():
    with pytest.raises(SourceError, match="leaves no port"):
        subscribe("tcp://127.0.0.1:65535", newest=True)


def test_a_newer_format_is_named(publisher):
    newer = msgspec.msgpack.encode({"schema": "livefacs/2", "everything": "else"})
    also = msgspec.msgpack.encode(msgspec.to_builtins(result(0)) | {"schema": "livefacs/2"})
    for payload in (newer, also):
        with (
            subscribe(publisher.last_endpoint.decode(), timeout=20) as messages,
            pytest.raises(SourceError, match="sends format 'livefacs/2', this program reads 'livefacs/1'"),
        ):
            first(messages, lambda one=payload: publisher.send_multipart([b"frame.cam1.", one]))


@pytest.mark.parametrize(
    "parts",
    [
        [b"frame.cam1.", b"not MessagePack"],
        [b"frame.cam1.", b"\x80"],
        [b"frame.cam1.", b"\x93\x01\x02\x03"],
        [b"frame.cam1.", msgspec.msgpack.encode({"what": "not ours"})],
        [b"frame.cam1."],
        [b"frame.cam1.", b"a", b"b"],
    ],
)
def test_other_messages_are_refused(publisher, parts):
    with (
        subscribe(publisher.last_endpoint.decode(), timeout=20) as messages,
        pytest.raises(SourceError, match="something other than LiveFACS messages"),
    ):
        first(messages, lambda: publisher.send_multipart(parts))


def test_a_message_that_breaks_the_format_is_named(publisher):
    broken = msgspec.msgpack.encode(msgspec.to_builtins(result(0)) | {"seq": -1})
    with (
        subscribe(publisher.last_endpoint.decode(), timeout=20) as messages,
        pytest.raises(SourceError, match=r"not 'livefacs/1' .*int.* at `\$\.seq`"),
    ):
        first(messages, lambda: publisher.send_multipart([b"frame.cam1.", broken]))


def test_topics_and_fields_added_later_are_skipped(publisher):
    later = msgspec.msgpack.encode(msgspec.to_builtins(result(5)) | {"gaze": [0.1, 0.2]})

    def publish():
        publisher.send_multipart([b"gaze.cam1.", b"whatever"])
        publisher.send_multipart([b"frame.cam1.", later])

    with subscribe(publisher.last_endpoint.decode(), "", timeout=20) as messages:
        assert first(messages, publish).seq == 5


def test_only_unknown_topics_are_silence_too(publisher):
    with (
        subscribe(publisher.last_endpoint.decode(), "", timeout=0.3) as messages,
        pytest.raises(SourceError, match="no me"),
    ):
        first(messages, lambda: publisher.send_multipart([b"gaze.cam1.", b"whatever"]))


def test_tells_that_newest_was_forgotten(sink):
    with (
        subscribe(sink.newest_endpoint, timeout=20) as messages,
        zmq.Context() as context,
        connected(context, zmq.SUB, sink.newest_endpoint) as other,
    ):
        join(sink, other, messages._socket)
        sink.write(result(1))
        with pytest.raises(SourceError, match="newest=True"):
            next(messages)


class TestAsk:
    def test_returns_typed_replies(self, sink):
        sink.write(result(3))
        sink.status(status())
        assert isinstance(ask(sink.control_endpoint, "clock"), ClockReply)
        assert ask(sink.control_endpoint, "streams") == StreamsReply(streams=(status_of(sink),))
        last = ask(sink.control_endpoint, "last cam1")
        assert isinstance(last, LastReply)
        assert last.result.seq == 3
        reply = ask(sink.control_endpoint, "schema")
        assert isinstance(reply, SchemaReply)
        assert "FrameResult" in reply.json_schema["$defs"]

    @pytest.mark.parametrize("request_text", ["", "nonsense", "last", "last nobody", "x" * 300, "schema now"])
    def test_an_error_is_raised(self, sink, request_text):
        with pytest.raises(SourceError, match=f"^{sink.control_endpoint}: .*$"):
            ask(sink.control_endpoint, request_text)

    @pytest.mark.parametrize(
        ("reply", "problem"),
        [
            (b"", "something other than LiveFACS"),
            (b"hello", "something other than LiveFACS"),
            (msgspec.msgpack.encode({"ok": True}), "something other than LiveFACS"),
            (
                msgspec.msgpack.encode(LastReply(result=result(schema="livefacs/2"))),
                "sends format 'livefacs/2'",
            ),
            (
                msgspec.msgpack.encode({"ok": True, "result": {"schema": "livefacs/2"}}),
                "sends format 'livefacs/2'",
            ),
        ],
    )
    def test_strange_answers_are_named(self, reply, problem):
        with zmq.Context() as context, context.socket(zmq.REP) as rep:
            rep.linger = 0
            rep.bind(ANY_PORT)
            answering = threading.Thread(target=lambda: rep.recv() and rep.send(reply))
            answering.start()
            with pytest.raises(SourceError, match=problem):
                ask(rep.last_endpoint.decode(), "last cam1", timeout=20)
            answering.join()

    def test_names_the_endpoint_where_nobody_answers(self):
        with pytest.raises(LiveFacsError, match=r"^tcp://127.0.0.1:9: no answer for 0.05 s; .*$"):
            ask("tcp://127.0.0.1:9", "clock", timeout=0.05)


def status_of(sink):
    return sink._parts.control.statuses["cam1"]


class TestExample:
    def test_is_short(self):
        assert len(EXAMPLE.read_text().splitlines()) <= 25

    def test_needs_only_zmq_and_msgpack(self):
        imports = [line for line in EXAMPLE.read_text().splitlines() if line.startswith(("import", "from"))]
        assert imports == ["import sys", "import msgpack", "import zmq"]

    def test_prints_smiles(self, sink):
        with subprocess.Popen(
            [sys.executable, "-u", str(EXAMPLE), sink.endpoint], stdout=subprocess.PIPE, text=True
        ) as run:
            try:
                lines = read_while(run, lambda: publish_smile(sink))
            finally:
                run.kill()
        assert lines[0].startswith("cam1 face 1: AU12 2.37 ####")
        assert not any("face 2" in line for line in lines)  # its model knows no AU12


def publish_smile(sink):
    sink.write(result(0, faces=()))
    sink.write(result(1, faces=(face(2, au_intensity=None), face(1, au_intensity={"AU12": 2.37}))))


def read_while(run, publish, lines=3, seconds=20):
    """The first lines that a process prints while something is published."""
    read = []
    reader = threading.Thread(target=lambda: read.extend(run.stdout.readline() for _ in range(lines)))
    reader.start()
    deadline = time.monotonic() + seconds
    while reader.is_alive() and time.monotonic() < deadline:
        publish()
        time.sleep(0.01)
    return read
