"""A publisher that is sent what it should not be: it lives, and its readers miss nothing.

Some of each kind in every run; ten thousand of each with `pytest -m slow`.
"""

import json
import os
import random
import socket
import struct
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import malformed
import psutil
import pytest
import typer
import zmq
from command_line import livefacs_here
from hypothesis import given
from hypothesis import strategies as st
from key_pairs import Keys
from wire_samples import repeatable

from realtime.commands.app import app
from realtime.commands.config import Known, read_config
from realtime.errors import LiveFacsError, OptionError
from realtime.key_files import read_pair, read_public
from realtime.sinks.endpoints import parse
from realtime.subscriber import ask, subscribe
from realtime.types import FrameResult

COUNTS = [300, pytest.param(10_000, marks=pytest.mark.slow)]
LONGEST_WRITE_S = 0.25
"""What the machine's own scheduling may cost a write; 10,000 subscriptions once cost it half a second."""


class Publisher:
    """The process, a subscriber that reads every message, and a client that goes on asking."""

    def __init__(self, keys=None, asking=True):
        files = (keys.secret("door"), keys.allowed) if keys else ()
        self.mine = {"keys": keys.secret("anna"), "server_key": keys.public("door")} if keys else {}
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        script = Path(__file__).with_name("steady_publisher.py")
        command = [sys.executable, str(script), *map(str, files)]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=env)
        self.ends = self.process.stdout.readline().split()
        self.seqs, self.answers, self.problems = [], 0, []
        self._over = threading.Event()
        healthy = (self._read, self._ask) if asking else (self._read,)
        self._threads = [threading.Thread(target=self._guarded, args=(do,)) for do in healthy]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        while not self.seqs:
            time.sleep(0.01)
        return self

    def __exit__(self, *_):
        self.end()

    def let_in(self, sock):
        """Give a socket the keys of a reader who may, if that takes any."""
        if self.mine:
            pair = read_pair(self.mine["keys"])
            sock.curve_publickey, sock.curve_secretkey = pair.public, pair.secret
            sock.curve_serverkey = read_public(self.mine["server_key"])

    def catch_up(self):
        """Wait until it has done with all but a few of its connections."""
        process = psutil.Process(self.process.pid)
        deadline = time.monotonic() + 30
        while len(process.net_connections("tcp")) > 20:
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def end(self):
        """End it, and return what it says of itself and wrote to its log."""
        if not self._over.is_set():
            reading, *asking = self._threads
            self._over.set()
            for thread in asking:
                thread.join(60)
            out, self.log = self.process.communicate(timeout=60)
            reading.join(60)
            self.report = json.loads(out)
        return self.report

    def _guarded(self, do):
        try:
            do()
        except BaseException as problem:
            self.problems.append(problem)
            raise

    def _read(self):
        with subscribe(self.ends[0], "", timeout=30, **self.mine) as messages:
            for message in messages:
                if isinstance(message, FrameResult):
                    self.seqs.append(message.seq)
                elif getattr(message, "state", "") == "ended":
                    return

    def _ask(self):
        while not self._over.wait(0.05):
            assert ask(self.ends[2], "clock", timeout=30, **self.mine).ok
            self.answers += 1


@pytest.fixture(params=["open", "with keys"])
def keys(request, tmp_path):
    if request.param == "open":
        return None
    keys = Keys(tmp_path)
    keys.allow("anna")
    return keys


@pytest.fixture
def publisher(keys):
    with Publisher(keys) as publisher:
        yield publisher


def unharmed(publisher, record):
    """Whether it went on as if nothing had been; `record` keeps the figures for whoever looks."""
    assert ask(publisher.ends[2], "clock", timeout=30, **publisher.mine).ok
    report = publisher.end()
    record("publisher", {**report, "answers": publisher.answers})
    print(report, "answers", publisher.answers)  # shown by `pytest -s`
    assert publisher.problems == []
    assert publisher.process.returncode == 0
    assert "Traceback" not in publisher.log
    assert publisher.seqs == list(range(publisher.seqs[0], report["sent"])), "the subscriber missed something"
    assert report["longest_write"] < LONGEST_WRITE_S
    return report


@pytest.mark.parametrize("count", COUNTS)
def test_requests(publisher, count, record_property):
    source = random.Random(1)
    sent = 0
    with zmq.Context() as context:
        while sent < count:
            with context.socket(zmq.DEALER) as asking:
                asking.linger, asking.sndtimeo = 0, 30000
                if publisher.mine and source.random() < 0.1:
                    refused_at_once(asking, publisher.ends[2], source)
                    continue
                publisher.let_in(asking)
                asking.connect(publisher.ends[2])
                for _ in range(50):
                    asking.send_multipart(malformed.request(source))
                asking.send_multipart([b"last word", b"", b"clock"])  # looked at after all the others
                assert any(parts[0] == b"last word" for parts in answers(asking))
                sent += 50
    unharmed(publisher, record_property)


def refused_at_once(asking, endpoint, source):
    """Ask without keys where that takes some."""
    asking.connect(endpoint)
    with suppress(zmq.Again):
        asking.send_multipart(malformed.request(source), zmq.NOBLOCK)
    assert not asking.poll(20)


def answers(asking):
    while asking.poll(30000):
        yield asking.recv_multipart()


@pytest.mark.parametrize("count", COUNTS)
def test_connections(publisher, count, record_property):
    source = random.Random(2)
    ports = [parse(end).port for end in publisher.ends]
    for number in range(count):
        hit_and_run(source, source.choice(ports), malformed.connection(source))
        if number % 100 == 99:
            publisher.catch_up()
    unharmed(publisher, record_property)
    assert publisher.log == ""  # not one of them was turned away for there being too many


@pytest.mark.parametrize("count", COUNTS)
def test_subscriptions(publisher, count, record_property):
    """With keys, they come from somebody who has none."""
    source = random.Random(3)
    ports = [parse(end).port for end in publisher.ends[:2]]
    hello = malformed.GREETING + malformed.ready()
    for number in range(count):
        hit_and_run(source, source.choice(ports), hello + malformed.subscription(source), answered=True)
        if number % 100 == 99:
            publisher.catch_up()
    unharmed(publisher, record_property)
    assert publisher.log == ""


def hit_and_run(source, port, data, answered=False):
    """Send something, wait for an answer or not, and hang up politely or not."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as sock, suppress(OSError):
        sock.sendall(data)
        if answered or source.random() < 0.5:
            sock.settimeout(0.02)
            sock.recv(1000)
        if source.random() < 0.5:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@pytest.mark.parametrize("count", COUNTS)
def test_many_subscriptions_of_one(publisher, count, record_property):
    with zmq.Context() as context, context.socket(zmq.SUB) as flooding:
        flooding.linger = flooding.sndhwm = 0
        publisher.let_in(flooding)
        flooding.connect(publisher.ends[0])
        flooding.subscribe(b"frame.")
        assert flooding.poll(30000)
        source = random.Random(4)
        for _ in range(count):
            flooding.subscribe(source.randbytes(400))
        flooding.subscribe(b"face.")  # what comes of it comes when all others are entered
        deadline = time.monotonic() + 30
        while not flooding.recv_multipart()[0].startswith(b"face."):
            assert time.monotonic() < deadline
        flooding.close()
        unharmed(publisher, record_property)


@pytest.mark.parametrize("count", [400, pytest.param(3000, marks=pytest.mark.slow)])
def test_many_connections_that_say_nothing(keys, count, record_property):
    """Nobody else gets in meanwhile; who is in stays so."""
    socks = []
    with Publisher(keys, asking=False) as publisher:
        port = parse(publisher.ends[0]).port
        try:
            for _ in range(count):
                socks.append(socket.create_connection(("127.0.0.1", port), timeout=60))
        finally:
            for sock in socks:
                sock.close()
        publisher.catch_up()
        unharmed(publisher, record_property)
        assert "256 connections are open" in publisher.log


# ------------------------------------------------------------------ config files

KNOWN = {"source": Known(str), "csv": Known(Path), "max_faces": Known(int, 1), "view": Known(bool)}


@repeatable
@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_are_options_or_refused_in_one_line(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(content)
    try:
        assert read_config(path, KNOWN).keys() <= KNOWN.keys()
    except OptionError as error:
        assert str(error).startswith(f"config {path}: ")


@pytest.mark.parametrize("count", COUNTS)
def test_config_files(count, tmp_path):
    """Through the whole command; its SOURCE is refused at last, where the file was good."""
    source = random.Random(5)
    command = typer.main.get_command(app)
    path = tmp_path / "lab.toml"
    refused = 0
    for _ in range(count):
        path.write_bytes(malformed.config(source))
        try:
            command.main(["run", "rtsp://", "--config", str(path)], "livefacs", standalone_mode=False)
        except (LiveFacsError, typer.TyperException) as error:
            refused += "config" in str(error)
        else:
            pytest.fail(f"took {path.read_bytes()!r}")
    assert refused > count / 2


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no /dev/zero")
def test_an_endless_config_file_is_not_read():
    done = livefacs_here("run", "rtsp://", "--config", "/dev/zero")
    assert "is longer than" in done.stderr
