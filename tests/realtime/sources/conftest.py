"""Lets the tests of sources import `tiny_clips`, and runs the servers they read from."""

from __future__ import annotations

import functools
import http.server
import os
import queue
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

SERVER_PACKAGES = (
    "gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-good gstreamer1.0-plugins-ugly "
    "gstreamer1.0-plugins-bad python3-gi"
)


@dataclass
class RtspServer:
    """A running RTSP server; send its process SIGSTOP for a server that goes silent."""

    process: subprocess.Popen[str]
    port: int

    def url(self, path: str, user: str = "") -> str:
        return f"rtsp://{user}{'@' if user else ''}127.0.0.1:{self.port}/{path}"


def start_rtsp_server(port: int = 0, size: str = "320x240", password: str = "s3cret") -> RtspServer:
    """Start a server on a port, any free one if left out; the caller ends it."""
    # GStreamer's Python bindings belong to the system's Python, not to this environment.
    python = shutil.which("python3", path="/usr/bin:/bin")
    if python is None:
        _missing("no system Python")
    script = Path(__file__).parent / "rtsp_server.py"
    process = subprocess.Popen(
        [str(python), str(script), str(port), size, password],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    lines: queue.Queue[str] = queue.Queue()
    assert process.stdout is not None
    threading.Thread(target=lambda: lines.put(process.stdout.readline()), daemon=True).start()
    try:
        line = lines.get(timeout=30)
    except queue.Empty:
        line = ""
    if not line.startswith("port "):
        process.kill()
        reason = (process.communicate()[1].strip().splitlines() or ["it said nothing"])[-1]
        _missing(f"the RTSP server does not start ({reason}): apt-get install {SERVER_PACKAGES}")
    return RtspServer(process, int(line.split()[1]))


def _missing(reason: str) -> None:
    """CI insists on what a laptop may lack."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def rtsp_server() -> Iterator[RtspServer]:
    """A server for reading only; all tests share it."""
    server = start_rtsp_server()
    yield server
    server.process.kill()
    server.process.communicate()


@pytest.fixture
def own_rtsp_server() -> Iterator[RtspServer]:
    """A server that a test may stop or kill."""
    server = start_rtsp_server()
    yield server
    server.process.kill()
    server.process.communicate()


class _Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        if self.path != "/live.ts":
            super().do_GET()
            return
        # a stream without a length, sent no faster than it plays
        self.send_response(200)
        self.send_header("Content-Type", "video/mp2t")
        self.end_headers()
        data = Path(self.directory, "clip.ts").read_bytes()
        try:
            for start in range(0, len(data), 940):
                self.wfile.write(data[start : start + 940])
                time.sleep(0.02)
        except OSError:  # the reader has gone
            pass


@pytest.fixture
def http_server(tmp_path: Path) -> Iterator[str]:
    """The address of a server for the files in `tmp_path`; `/live.ts` sends clip.ts at leisure."""
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(_Handler, directory=str(tmp_path))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that accepts connections and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.fixture
def closed_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
