"""A publisher with keys, read by plain ZeroMQ."""

import logging
import os
import re
import shutil
import subprocess
import sys
import textwrap
import time

import msgpack
import pytest
import zmq
import zmq.auth
from key_pairs import Keys
from wire_samples import face, join, result

from realtime.errors import SinkError
from realtime.schema import markdown
from realtime.sinks.zeromq import LONGEST_TOPIC, ZeroMQSink

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
def context():
    with zmq.Context() as context:
        yield context


def reader(context, kind, endpoint, keys, name=None, publisher="door"):
    """A socket of plain ZeroMQ with somebody's keys, or none, subscribed to all frames."""
    socket = context.socket(kind)
    socket.linger = 0
    if name is not None:
        socket.curve_serverkey, _ = zmq.auth.load_certificate(keys.public(publisher))
        socket.curve_publickey, socket.curve_secretkey = zmq.auth.load_certificate(keys.secret(name))
    if kind == zmq.SUB:
        socket.subscribe("frame.")
    socket.connect(endpoint)
    return socket


def hears_nothing(sink, socket, seconds=0.5):
    over = time.monotonic() + seconds
    while time.monotonic() < over:
        sink.write(result(0))
        if socket.poll(5):
            return False
    return True


def test_all_three_sockets_serve_who_is_allowed(sink, keys, context):
    with (
        reader(context, zmq.SUB, sink.endpoint, keys, "anna") as multipart,
        reader(context, zmq.SUB, sink.newest_endpoint, keys, "anna") as newest,
        reader(context, zmq.REQ, sink.control_endpoint, keys, "anna") as asking,
    ):
        join(sink, multipart, newest)
        sink.write(result(7, faces=(face(3),)))
        assert multipart.poll(10000)
        assert msgpack.unpackb(multipart.recv_multipart()[1])["seq"] == 7
        assert newest.poll(10000)
        assert msgpack.unpackb(newest.recv().partition(b"\0")[2])["seq"] == 7
        asking.send(b"last cam1")
        assert asking.poll(10000)
        assert msgpack.unpackb(asking.recv())["result"]["seq"] == 7


@pytest.mark.parametrize(
    ("name", "publisher"),
    [(None, ""), ("eve", "door"), ("anna", "eve")],
    ids=["no keys", "not allowed", "mixed up"],
)
def test_nobody_else_reads_any_of_them(sink, keys, context, name, publisher):
    with (
        reader(context, zmq.SUB, sink.endpoint, keys, name, publisher) as multipart,
        reader(context, zmq.SUB, sink.newest_endpoint, keys, name, publisher) as newest,
        reader(context, zmq.REQ, sink.control_endpoint, keys, name, publisher) as asking,
    ):
        asking.send(b"clock", zmq.NOBLOCK) if asking.poll(200, zmq.POLLOUT) else None
        assert hears_nothing(sink, multipart, 0.3)
        assert not newest.poll(0)
        assert not asking.poll(0)


def test_without_a_folder_whoever_knows_the_public_key_reads(keys, context):
    with (
        ZeroMQSink(ANY_PORT, keys=str(keys.secret("door"))) as sink,
        reader(context, zmq.SUB, sink.endpoint, keys, "eve") as eve,
        reader(context, zmq.SUB, sink.endpoint, keys, "anna", "eve") as wrong,
        reader(context, zmq.SUB, sink.endpoint, keys) as without,
    ):
        join(sink, eve)
        assert hears_nothing(sink, wrong, 0.2)
        assert not without.poll(0)


def test_the_folder_may_change_while_it_publishes(sink, keys, context):
    with reader(context, zmq.SUB, sink.endpoint, keys, "anna") as anna:
        join(sink, anna)
        with reader(context, zmq.SUB, sink.endpoint, keys, "ben") as ben:
            assert hears_nothing(sink, ben, 0.2)
        keys.allow("ben")
        (keys.allowed / "anna.key").unlink()
        with (
            reader(context, zmq.SUB, sink.endpoint, keys, "ben") as ben,
            reader(context, zmq.SUB, sink.endpoint, keys, "anna") as anna_again,
        ):
            join(sink, ben)
            join(sink, anna)  # who is connected stays so
            assert hears_nothing(sink, anna_again, 0.2)


def test_who_is_refused_is_named_once(sink, keys, context, caplog):
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            with reader(context, zmq.SUB, sink.endpoint, keys, "eve") as eve:
                assert hears_nothing(sink, eve, 0.2)
    public, _ = zmq.auth.load_certificate(keys.public("eve"))
    (line,) = (record.getMessage() for record in caplog.records)
    assert public.decode() in line
    assert str(keys.allowed) in line
    assert "127.0.0.1" in line


def test_two_publishers_in_one_process_are_strangers(keys, context):
    """One lets in whom it lists, the other everybody; closing one leaves the other as it is."""
    strict = ZeroMQSink(ANY_PORT, keys=keys.secret("door"), allow=keys.allowed)
    with strict, ZeroMQSink(ANY_PORT, keys=keys.secret("hall")) as free, ZeroMQSink(ANY_PORT) as plain:
        with reader(context, zmq.SUB, strict.endpoint, keys, "eve") as refused:
            assert hears_nothing(strict, refused, 0.2)
        with reader(context, zmq.SUB, free.endpoint, keys, "eve", "hall") as eve:
            join(free, eve)
        with reader(context, zmq.SUB, free.endpoint, keys, "eve", "door") as mixed_up:
            assert hears_nothing(free, mixed_up, 0.2)
        strict.close()
        with reader(context, zmq.SUB, free.endpoint, keys, "anna", "hall") as anna:
            join(free, anna)
        with reader(context, zmq.SUB, plain.endpoint, keys) as somebody:
            join(plain, somebody)


def test_the_programs_own_sockets_and_handler_are_left_alone(keys, context):
    """A ZAP handler serves a whole context: the process' own may have one already."""
    own = zmq.Context.instance().socket(zmq.REP)
    own.bind("inproc://zeromq.zap.01")
    try:
        with (
            ZeroMQSink(ANY_PORT, keys=keys.secret("door"), allow=keys.allowed) as sink,
            reader(context, zmq.SUB, sink.endpoint, keys, "anna") as anna,
        ):
            join(sink, anna)
            assert not own.poll(0)
    finally:
        own.close(0)


@pytest.mark.parametrize("encrypted", [False, True])
def test_the_longest_topic_can_be_subscribed_to_and_no_much_longer_one(keys, context, encrypted):
    name = "anna" if encrypted else None
    stream = "s" * (LONGEST_TOPIC - len("frame.."))
    with (
        ZeroMQSink(ANY_PORT, keys=keys.secret("door") if encrypted else None) as sink,
        reader(context, zmq.SUB, sink.endpoint, keys, name) as longest,
        reader(context, zmq.SUB, sink.endpoint, keys, name) as too_long,
    ):
        join(sink, longest, too_long)
        longest.unsubscribe("frame.")
        longest.subscribe(f"frame.{stream}.")
        join(sink, longest, stream=stream)
        hung_up = too_long.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        assert not hung_up.poll(50)
        too_long.subscribe("x" * 600)
        assert hung_up.poll(10000)
        too_long.disable_monitor()


def test_the_lines_in_the_documentation_are_all_a_reader_needs(sink, keys, context, tmp_path, monkeypatch):
    """Those of `docs/wire-format.md`, with its names of files."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(keys.public("door"), "door.key")
    shutil.copy(keys.secret("anna"), keys.secret("anna").with_name("desk.key_secret"))
    (lines,) = re.findall(r"```python\n(.*?)```", markdown(), re.DOTALL)
    with context.socket(zmq.SUB) as socket:
        exec(lines, {"socket": socket})
        socket.subscribe("frame.")
        socket.connect(sink.endpoint)
        join(sink, socket)


def test_opens_and_closes_again_and_again(keys):
    sink = ZeroMQSink(ANY_PORT, keys=keys.secret("door"), allow=keys.allowed)
    sink.open()
    again = ZeroMQSink(
        *(sink.endpoint, sink.newest_endpoint, sink.control_endpoint), keys=keys.secret("door")
    )
    with pytest.raises(SinkError, match="already in use"):
        again.open()
    sink.close()
    for _ in range(5):
        with again:
            again.write(result(0))


def test_a_program_that_forgets_to_close_still_ends(keys):
    program = f"""
        from realtime.sinks.zeromq import ZeroMQSink
        from wire_samples import result
        sink = ZeroMQSink({ANY_PORT!r}, keys={str(keys.secret("door"))!r})
        sink.open()
        sink.write(result(1))
    """
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        timeout=20,
        check=False,
        env=env,
        capture_output=True,
    )
    assert run.returncode == 0, run.stderr
    assert run.stderr == b""


# ------------------------------------------------------------------ what is refused, what is warned of

OUTSIDE = ["tcp://0.0.0.0:*", "tcp://*:*", "tcp://[::]:*", "tcp://192.0.2.7:5560", "tcp://lab.example:5560"]


@pytest.mark.parametrize("endpoint", OUTSIDE)
def test_other_machines_need_keys(endpoint):
    """Refused before anything is bound: the last two could not be."""
    for ends in ((endpoint,), (ANY_PORT, endpoint), (ANY_PORT, ANY_PORT, endpoint)):
        with pytest.raises(SinkError) as refused:
            ZeroMQSink(*ends).open()
        line = str(refused.value)
        assert line.startswith(f"{endpoint}: ")
        assert "`livefacs keys NAME`" in line
        assert "--unencrypted" in line
        assert "\n" not in line


@pytest.mark.parametrize("endpoint", [ANY_PORT, "tcp://localhost:*", "ipc://@livefacs-open-{pid}"])
def test_this_machine_needs_none(endpoint, caplog):
    with (
        caplog.at_level(logging.WARNING),
        ZeroMQSink(endpoint.format(pid=os.getpid()), *(ANY_PORT,) * 2) as sink,
    ):
        sink.write(result(0))
    assert caplog.records == []


def test_with_keys_other_machines_may_read(keys, caplog):
    with (
        caplog.at_level(logging.WARNING),
        ZeroMQSink("tcp://0.0.0.0:*", keys=keys.secret("door"), allow=keys.allowed) as sink,
    ):
        assert "encrypted" in sink.destination
        assert str(keys.allowed) in sink.destination
    assert caplog.records == []


def test_a_list_without_keys_is_refused(keys):
    with pytest.raises(SinkError, match="give --keys as well as --allow"):
        ZeroMQSink(ANY_PORT, allow=keys.allowed).open()


@pytest.mark.parametrize("problem", ["public", "none", "folder"])
def test_unusable_files_are_one_line_and_nothing_is_bound(keys, problem):
    files = {
        "public": (keys.public("door"), None),
        "none": (keys.allowed / "none.key_secret", None),
        "folder": (keys.secret("door"), keys.allowed / "none"),
    }
    secret, allow = files[problem]
    with pytest.raises(SinkError) as refused:
        ZeroMQSink(ANY_PORT, keys=secret, allow=allow).open()
    assert str(allow or secret) in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX'")
def test_a_secret_that_others_may_read_is_worth_a_warning(keys, caplog):
    keys.secret("door").chmod(0o644)
    with caplog.at_level(logging.WARNING), ZeroMQSink(ANY_PORT, keys=keys.secret("door")):
        pass
    assert "chmod 600" in caplog.text
