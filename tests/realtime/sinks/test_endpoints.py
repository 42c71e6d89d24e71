import errno
import os
import socket

import pytest
import zmq
from hypothesis import given
from hypothesis import strategies as st
from wire_samples import repeatable

from realtime.errors import SinkError
from realtime.sinks.endpoints import Endpoint, beside, bind, context, parse, reachable_from_outside, release


@pytest.fixture
def pub():
    with context().socket(zmq.PUB) as sock:
        sock.linger = 0
        yield sock


@pytest.mark.parametrize(
    ("endpoint", "parts"),
    [
        ("tcp://127.0.0.1:5560", ("tcp", "127.0.0.1", 5560)),
        ("tcp://*:5560", ("tcp", "*", 5560)),
        ("tcp://localhost:*", ("tcp", "localhost", 0)),
        ("tcp://127.0.0.1:0", ("tcp", "127.0.0.1", 0)),
        ("tcp://[::1]:65535", ("tcp", "[::1]", 65535)),
        ("ipc:///tmp/a b", ("ipc", "/tmp/a b", 0)),
        ("ipc://@abstract", ("ipc", "@abstract", 0)),
    ],
)
def test_parses_endpoints(endpoint, parts):
    assert parse(endpoint) == Endpoint(*parts)


MALFORMED = [
    "",
    "5560",
    "127.0.0.1:5560",
    "tcp://127.0.0.1",
    "tcp://127.0.0.1:",
    "tcp://127.0.0.1:port",
    "tcp://127.0.0.1:99999",
    "tcp://127.0.0.1:-1",
    "tcp:// 127.0.0.1:5560",
    "tcp://::1:5560",
    "tcp://127.0.0.1:5560\n",
    "udp://127.0.0.1:5560",
    "http://127.0.0.1:5560",
    "ipc://",
]


@pytest.mark.parametrize("endpoint", MALFORMED)
def test_refuses_malformed_endpoints_in_one_line(pub, endpoint):
    with pytest.raises(SinkError) as error:
        bind(pub, endpoint)
    assert "\n" not in str(error.value)
    assert repr(endpoint) in str(error.value)
    assert "tcp://host:port" in str(error.value)


@repeatable
@given(st.text())
def test_parse_takes_any_text(text):
    for endpoint in (text, f"tcp://{text}", f"tcp://127.0.0.1:{text}", f"ipc://{text}"):
        try:
            assert parse(endpoint).scheme in ("tcp", "ipc")
        except ValueError as error:
            assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("endpoint", "neighbour"),
    [
        ("tcp://127.0.0.1:5560", "tcp://127.0.0.1:5562"),
        ("tcp://127.0.0.1:0", "tcp://127.0.0.1:*"),
        ("tcp://[::1]:65533", "tcp://[::1]:65535"),
        ("ipc:///tmp/faces", "ipc:///tmp/faces.control"),
        ("ipc://*", "ipc://*"),
    ],
)
def test_names_the_neighbour(endpoint, neighbour):
    assert beside(endpoint, 2, "control") == neighbour


def test_has_no_neighbour_after_the_last_port():
    with pytest.raises(ValueError, match=r"tcp://127.0.0.1:65534: leaves no port .* 65533"):
        beside("tcp://127.0.0.1:65534", 2, "control")


@pytest.mark.parametrize(
    ("endpoint", "reachable"),
    [
        ("tcp://127.0.0.1:5560", False),
        ("tcp://127.9.9.9:5560", False),
        ("tcp://[::1]:5560", False),
        ("tcp://localhost:5560", False),
        ("ipc:///tmp/faces", False),
        ("tcp://0.0.0.0:5560", True),
        ("tcp://*:5560", True),
        ("tcp://192.168.1.2:5560", True),
        ("tcp://[::]:5560", True),
        ("tcp://[fe80::1%eth0]:5560", True),
    ],
)
def test_tells_what_other_machines_can_reach(endpoint, reachable):
    assert reachable_from_outside(endpoint) is reachable


@pytest.mark.parametrize("port", ["*", "0"])
def test_fills_in_free_ports(pub, port):
    assert parse(bind(pub, f"tcp://127.0.0.1:{port}")).port > 0


def test_binds_ipv6(pub):
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        pytest.skip("no IPv6 here")
    assert bind(pub, "tcp://[::1]:*").startswith("tcp://[::1]:")


# 192.0.2.0/24 is set aside for documentation, `.invalid` for names that do not exist (RFC 5737, 2606).
@pytest.mark.parametrize("host", ["192.0.2.1", "nobody.invalid"])
def test_refuses_hosts_elsewhere(pub, host):
    with pytest.raises(SinkError, match=f"^tcp://{host}:5560: {host} is not an address of this machine; .*$"):
        bind(pub, f"tcp://{host}:5560")


class Refusing:
    """A socket that cannot bind, for reasons that a test cannot bring about everywhere."""

    def __init__(self, reason):
        self.reason = reason

    def bind(self, _):
        raise zmq.ZMQError(self.reason)


@pytest.mark.parametrize(
    ("endpoint", "reason", "line"),
    [
        ("tcp://127.0.0.1:80", errno.EACCES, "not permitted; choose a port above 1023"),
        ("ipc:///nowhere/faces", errno.EACCES, "not permitted; choose another path"),
        ("tcp://127.0.0.1:80", errno.EMFILE, "cannot be bound (Too many open files); choose another port"),
    ],
)
def test_names_the_way_out(endpoint, reason, line):
    with pytest.raises(SinkError) as error:
        bind(Refusing(reason), endpoint)
    assert str(error.value) == f"{endpoint}: {line}"


def test_names_a_taken_port(pub):
    with socket.create_server(("127.0.0.1", 0)) as other:
        endpoint = f"tcp://127.0.0.1:{other.getsockname()[1]}"
        with pytest.raises(SinkError, match=f"^{endpoint}: already in use; .* choose another port$"):
            bind(pub, endpoint)


def test_a_released_port_is_free_at_once():
    sock = context().socket(zmq.PUB)
    endpoint = bind(sock, "tcp://127.0.0.1:*")
    for _ in range(100):  # closing alone fails about ten times in a hundred
        release([sock])
        sock = context().socket(zmq.PUB)
        bind(sock, endpoint)
    release([sock])


class TestPaths:
    def test_refuses_to_replace_a_file(self, pub, tmp_path):
        notes = tmp_path / "notes.txt"
        notes.write_text("precious")
        with pytest.raises(SinkError, match="exists and is not a socket; choose another path"):
            bind(pub, f"ipc://{notes}")
        assert notes.read_text() == "precious"

    def test_refuses_to_take_over_a_living_socket(self, pub, tmp_path):
        endpoint = f"ipc://{tmp_path / 'faces'}"
        bind(pub, endpoint)
        with context().socket(zmq.PUB) as second, pytest.raises(SinkError, match="already in use"):
            bind(second, endpoint)

    def test_replaces_what_a_dead_program_left(self, pub, tmp_path):
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(str(tmp_path / "faces"))
        assert bind(pub, f"ipc://{tmp_path / 'faces'}") == f"ipc://{tmp_path / 'faces'}"

    def test_names_a_missing_folder(self, pub, tmp_path):
        with pytest.raises(SinkError, match="its folder does not exist"):
            bind(pub, f"ipc://{tmp_path / 'no' / 'faces'}")

    def test_names_a_path_that_is_too_long(self, pub, tmp_path):
        with pytest.raises(SinkError, match="too long"):
            bind(pub, f"ipc://{tmp_path / ('a' * 200)}")

    @pytest.mark.parametrize("relative", [False, True])
    def test_released_paths_leave_no_file(self, tmp_path, monkeypatch, relative):
        monkeypatch.chdir(tmp_path)
        sock = context().socket(zmq.PUB)
        bind(sock, "ipc://faces" if relative else f"ipc://{tmp_path / 'faces'}")
        assert (tmp_path / "faces").is_socket()
        release([sock])
        assert not (tmp_path / "faces").exists()

    def test_releasing_an_abstract_name_touches_no_file(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        name = f"@livefacs-{tmp_path.name}-{os.getpid()}"
        sock = context().socket(zmq.PUB)
        bind(sock, f"ipc://{name}")
        (tmp_path / name).touch()
        release([sock])
        assert (tmp_path / name).exists()
