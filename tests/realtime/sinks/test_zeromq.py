import logging
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from itertools import pairwise
from pathlib import Path

import msgpack
import pytest
import zmq
from jsonschema import Draft202012Validator
from wire_samples import connected, face, join, received, result, status

from realtime.errors import SinkError
from realtime.schema import json_schema
from realtime.sinks import zeromq
from realtime.sinks.zeromq import SEND_QUEUE, ZeroMQSink

ANY_PORT = "tcp://127.0.0.1:*"
DEFINITIONS = json_schema()["$defs"]
TYPES = {"frame": "FrameResult", "face": "FaceUpdate", "status": "StreamStatus"}


@pytest.fixture
def sink():
    with ZeroMQSink(ANY_PORT) as sink:
        yield sink


@pytest.fixture
def context():
    """A context other than the sink's, as another process has."""
    with zmq.Context() as context:
        yield context


def checked(topic, payload):
    """Decode with an independent MessagePack, validate with the published JSON Schema."""
    message = msgpack.unpackb(payload)
    name = TYPES[topic.split(b".")[0].decode()]
    Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": DEFINITIONS}).validate(message)
    assert message.keys() <= DEFINITIONS[name]["properties"].keys()
    return message


def test_publishes_every_message_in_both_forms(sink, context):
    with (
        connected(context, zmq.SUB, sink.endpoint) as multipart,
        connected(context, zmq.SUB, sink.newest_endpoint) as single,
    ):
        join(sink, multipart, single)
        before = time.monotonic()
        for seq in range(1, 31):
            sink.write(result(seq, faces=() if seq % 10 == 0 else (face(1), face(5))))
        sink.status(status(state="ended"))
        after = time.monotonic()

        messages = received(multipart, lambda parts: parts[0] == b"status.cam1.")
        one_part = received(single, lambda parts: parts[0].startswith(b"status.cam1.\0"))
    assert [b"\0".join(parts) for parts in messages] == [part for (part,) in one_part]

    decoded = [(topic.decode(), checked(topic, payload)) for topic, payload in messages]
    frames = [message for topic, message in decoded if topic == "frame.cam1."]
    assert [frame["seq"] for frame in frames] == list(range(1, 31))
    assert [len(frame["faces"]) for frame in frames] == [0 if seq % 10 == 0 else 2 for seq in range(1, 31)]
    assert all(early["t_capture"] < late["t_capture"] for early, late in pairwise(frames))
    assert all(frame["t_capture"] <= frame["t_publish"] for frame in frames)
    assert all(before <= message["t_publish"] <= after for topic, message in decoded if topic[0] == "f")

    followed = [message for topic, message in decoded if topic == "face.cam1.5."]
    assert [message["seq"] for message in followed] == [seq for seq in range(1, 31) if seq % 10]
    assert all(message["face"]["track_id"] == 5 for message in followed)
    assert followed[0]["face"] == frames[0]["faces"][1]
    header = {"faces": 0, "face": 0, "t_publish": 0}
    assert frames[0] | header == followed[0] | header

    assert decoded[-1][1]["state"] == "ended"
    assert before <= decoded[-1][1]["t"] <= after


def test_absent_scores_are_absent(sink, context):
    with connected(context, zmq.SUB, sink.endpoint, "frame.") as subscriber:
        join(sink, subscriber)
        sink.write(result(1, faces=(face(au_occurrence=None, expression=None, raw=None),), pts=None))
        ((topic, payload),) = received(subscriber, lambda _: True)
    message = checked(topic, payload)
    assert "pts" not in message
    assert not {"au_occurrence", "expression", "raw"} & message["faces"][0].keys()


def test_the_newest_alone_reaches_a_conflating_reader(sink, context):
    with connected(context, zmq.SUB, sink.newest_endpoint, "frame.cam1.", conflate=True) as subscriber:
        join(sink, subscriber)
        for seq in range(1, 501):
            sink.write(result(seq, "cam10"))
            sink.write(result(seq))
        seqs = [0]
        while seqs[-1] < 500:
            sink.write(result(500))  # again and again: at this speed some are lost on the way
            assert subscriber.poll(10000)
            topic, payload = subscriber.recv().split(b"\0", 1)
            assert topic == b"frame.cam1."
            seqs.append(checked(topic, payload)["seq"])
    assert len(seqs) < 250


def test_streams_with_a_common_beginning_stay_apart(sink, context):
    with (
        connected(context, zmq.SUB, sink.endpoint, "frame.cam1.") as one,
        connected(context, zmq.SUB, sink.endpoint, "frame.") as both,
        connected(context, zmq.SUB, sink.endpoint, "face.cam1.1.") as person,
    ):
        join(sink, one, both, person)
        for seq in range(1, 6):
            sink.write(result(seq, "cam10"))
            sink.write(result(seq, "cam1", faces=(face(1), face(11))))
        assert {topic for topic, _ in received(one, with_seq(5))} == {b"frame.cam1."}
        assert {topic for topic, _ in received(person, with_seq(5))} == {b"face.cam1.1."}
        everything = received(both, lambda parts: parts[0] == b"frame.cam1." and with_seq(5)(parts))
        assert len(everything) == 10


def with_seq(seq):
    return lambda parts: msgpack.unpackb(parts[1])["seq"] == seq


def test_who_joins_late_asks_for_the_last(sink, context):
    sink.status(status("cam2", state="connecting"))
    sink.write(result(41, "cam1"))
    sink.write(result(42, "cam1"))
    sink.write(result(7, "cam10"))
    with connected(context, zmq.REQ, sink.control_endpoint) as late:
        late.send(b"last cam1")
        reply = msgpack.unpackb(late.recv())
        Draft202012Validator({"$ref": "#/$defs/LastReply", "$defs": DEFINITIONS}).validate(reply)
        assert (reply["result"]["stream"], reply["result"]["seq"]) == ("cam1", 42)
        assert reply["result"]["t_publish"] > 0
        late.send(b"streams")
        streams = msgpack.unpackb(late.recv())["streams"]
        assert [(one["stream"], one["state"]) for one in streams] == [("cam2", "connecting")]


def test_status_comes_also_without_frames(sink, context):
    with connected(context, zmq.SUB, sink.endpoint, "status.cam1.") as subscriber:
        deadline = time.monotonic() + 20
        while not subscriber.poll(10):
            assert time.monotonic() < deadline
            sink.status(status(detail="the camera is silent"))
        topic, payload = subscriber.recv_multipart()
    assert checked(topic, payload)["detail"] == "the camera is silent"


@pytest.mark.parametrize("name", ["cam.1", "", "cam 1", "cam\0", "cam1\n", "Überwachung"])
def test_refuses_stream_names_that_break_topics(sink, name):
    with pytest.raises(SinkError, match="letters, digits, - and _ only"):
        sink.write(result(0, name))
    with pytest.raises(SinkError, match="letters, digits, - and _ only"):
        sink.status(status(name))


# ------------------------------------------------------------------ opening and closing


@pytest.mark.parametrize("taken", ["endpoint", "newest", "control"])
def test_a_taken_port_is_named_and_nothing_stays_bound(taken):
    with socket.create_server(("127.0.0.1", 0)) as other:
        ends = {end: f"tcp://127.0.0.1:{free_port()}" for end in ("endpoint", "newest", "control")}
        ends[taken] = f"tcp://127.0.0.1:{other.getsockname()[1]}"
        sink = ZeroMQSink(**ends)
        with pytest.raises(SinkError, match=f"^{ends[taken]}: already in use; close the other program or"):
            sink.open()
        for end in ends.values():
            if end != ends[taken]:
                socket.create_server(("127.0.0.1", int(end.rpartition(":")[2]))).close()
        sink.close()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def test_default_neighbours_are_the_next_ports():
    for _ in range(20):
        port = free_port()
        if port > 65533:
            continue
        try:
            with ZeroMQSink(f"tcp://127.0.0.1:{port}") as sink:
                assert sink.endpoint == f"tcp://127.0.0.1:{port}"
                assert sink.newest_endpoint == f"tcp://127.0.0.1:{port + 1}"
                assert sink.control_endpoint == f"tcp://127.0.0.1:{port + 2}"
                assert all(f"tcp://127.0.0.1:{port + step}" in sink.destination for step in range(3))
                return
        except SinkError:  # somebody has one of the three
            continue
    pytest.fail("no three free ports in a row")


@pytest.mark.parametrize("endpoint", ["tcp://127.0.0.1:65535", "tcp://127.0.0.1:70000", "nonsense"])
def test_a_malformed_endpoint_is_one_line(endpoint):
    with pytest.raises(SinkError) as error:
        ZeroMQSink(endpoint).open()
    assert "\n" not in str(error.value)
    assert endpoint in str(error.value)


def test_opens_again_on_the_same_ports():
    sink = ZeroMQSink(ANY_PORT)
    sink.open()
    again = ZeroMQSink(sink.endpoint, sink.newest_endpoint, sink.control_endpoint)
    sink.close()
    for _ in range(10):
        with again:
            again.write(result(0))


def test_speaks_over_ipc(context, tmp_path):
    with ZeroMQSink(f"ipc://{tmp_path / 'faces'}") as sink:
        assert sink.newest_endpoint == f"ipc://{tmp_path / 'faces.newest'}"
        with (
            connected(context, zmq.SUB, sink.endpoint, "frame.") as multipart,
            connected(context, zmq.SUB, sink.newest_endpoint, "frame.", conflate=True) as single,
        ):
            join(sink, multipart, single)
        with connected(context, zmq.REQ, sink.control_endpoint) as late:
            late.send(b"clock")
            assert msgpack.unpackb(late.recv())["ok"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("endpoint", "warned"), [("tcp://0.0.0.0:*", True), (ANY_PORT, False)])
def test_warns_once_if_other_machines_can_listen(caplog, endpoint, warned):
    with caplog.at_level(logging.WARNING), ZeroMQSink(endpoint, unencrypted=True) as sink:
        sink.write(result(0))
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == warned
    for line in lines:
        assert "not encrypted" in line
        assert sink.endpoint in line
        assert "\n" not in line


def test_close_is_safe_twice_and_without_open():
    sink = ZeroMQSink(ANY_PORT)
    sink.close()
    sink.open()
    sink.open()
    sink.close()
    sink.close()
    with pytest.raises(RuntimeError):
        sink.write(result(0))


def test_the_last_messages_leave_before_it_closes(context, monkeypatch):
    monkeypatch.setattr(zeromq, "LAST_WORDS", 20000)  # ample: this asks whether, not how soon
    with context.socket(zmq.SUB) as subscriber:
        subscriber.rcvhwm = 1  # so that nearly all still wait in the sink when it closes
        subscriber.subscribe("frame.")
        sink = ZeroMQSink(ANY_PORT)
        sink.open()
        subscriber.connect(sink.endpoint)
        join(sink, subscriber)
        for seq in range(1, 31):
            sink.write(result(seq, faces=(), model="m" * 1_000_000))
        reading = threading.Timer(0.1, lambda: messages.extend(received(subscriber, with_seq(30))))
        messages = []
        reading.start()
        sink.close()
        reading.join()
    assert len(messages) == 30


def test_close_does_not_wait_for_ever(context):
    with context.socket(zmq.SUB) as subscriber:
        subscriber.rcvhwm = 1
        subscriber.subscribe("frame.")
        sink = ZeroMQSink(ANY_PORT)
        sink.open()
        subscriber.connect(sink.endpoint)
        join(sink, subscriber)
        for seq in range(1, 31):
            sink.write(result(seq, faces=(), model="m" * 1_000_000))
        closing = threading.Thread(target=sink.close, daemon=True)
        closing.start()
        closing.join(20)
        assert not closing.is_alive()
        subscriber.linger = 0


def test_a_program_that_forgets_to_close_still_ends():
    program = f"""
        from realtime.sinks.zeromq import ZeroMQSink
        sink = ZeroMQSink({ANY_PORT!r})
        sink.open()
    """
    run = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], timeout=20, check=False)
    assert run.returncode == 0


# ------------------------------------------------------------------ subscribers that die or stall

SUBSCRIBER = """
import sys, msgpack, zmq
socket = zmq.Context().socket(zmq.SUB)
socket.subscribe("frame.cam1.")
socket.connect(sys.argv[1])
while True:
    print(msgpack.unpackb(socket.recv_multipart()[1])["seq"], flush=True)
"""


class Subscriber:
    """Another process that subscribes to cam1 and notes each `seq` it gets in a file."""

    def __init__(self, endpoint, notes):
        self.notes = notes
        with Path(notes).open("wb") as out:
            self.process = subprocess.Popen([sys.executable, "-c", SUBSCRIBER, endpoint], stdout=out)

    @property
    def seqs(self):
        lines = Path(self.notes).read_text().split("\n")
        return [int(line) for line in lines[:-1]]  # the last one may not be whole

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


class Stream:
    """Publishes cam1 frame by frame, as often as told."""

    def __init__(self, sink):
        self.sink = sink
        self.seq = 0

    def publish_until(self, condition):
        deadline = time.monotonic() + 20
        while not condition():
            assert time.monotonic() < deadline
            self.sink.write(result(self.seq))
            self.seq += 1
            time.sleep(0.002)


def test_a_killed_subscriber_harms_nobody(sink, tmp_path):
    stream = Stream(sink)
    with Subscriber(sink.endpoint, tmp_path / "steady") as steady:
        with Subscriber(sink.endpoint, tmp_path / "killed") as killed:
            stream.publish_until(lambda: steady.seqs and len(killed.seqs) > 20)
            os.kill(killed.process.pid, signal.SIGKILL)
            at_death = stream.seq
            stream.publish_until(lambda: stream.seq > at_death + 100)
        with Subscriber(sink.endpoint, tmp_path / "restarted") as restarted:
            stream.publish_until(lambda: len(restarted.seqs) > 20)
            last = stream.seq - 1
            stream.publish_until(lambda: steady.seqs[-1] >= last <= restarted.seqs[-1])
    assert without_gap(steady.seqs)
    assert without_gap(restarted.seqs)
    assert restarted.seqs[0] > at_death


def wait_until(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def without_gap(seqs):
    return all(late == early + 1 for early, late in pairwise(seqs))


def test_a_stopped_subscriber_blocks_nobody(tmp_path):
    """Thousands of messages: far more than the queue and the kernel's buffers hold."""
    failure = []

    def publish():
        try:
            with ZeroMQSink(ANY_PORT) as sink:
                stream = Stream(sink)
                with (
                    Subscriber(sink.endpoint, tmp_path / "steady") as steady,
                    Subscriber(sink.endpoint, tmp_path / "stopped") as stopped,
                ):
                    stream.publish_until(lambda: steady.seqs and stopped.seqs)
                    os.kill(stopped.process.pid, signal.SIGSTOP)
                    at_stop = stream.seq
                    for seq in range(stream.seq, stream.seq + 8000):
                        sink.write(result(seq))
                        if seq % 50 == 0:  # the steady one is never behind by what the queue holds
                            wait_until(lambda seq=seq: steady.seqs[-1] > seq - 50)
                    stream.seq = seq + 1
                    os.kill(stopped.process.pid, signal.SIGCONT)
                    stream.publish_until(lambda: min(steady.seqs[-1], stopped.seqs[-1]) > seq)
                    assert without_gap(steady.seqs)
                    assert not without_gap(stopped.seqs)  # it did miss some: there was something to wait for
                    held = [n for n in stopped.seqs if at_stop <= n <= seq]
                    assert SEND_QUEUE / 2 < len(held) < 8000
        except BaseException as error:
            failure.append(error)
            raise

    thread = threading.Thread(target=publish, daemon=True)
    thread.start()
    thread.join(60)
    assert not thread.is_alive(), "write() blocks"
    assert not failure, failure
