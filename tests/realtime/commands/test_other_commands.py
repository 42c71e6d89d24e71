"""`livefacs watch`, `demo`, `bundle`, `schema` and `doctor`, as processes."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from realtime.tracking import landmarker
from realtime.tracking.face_model import NAME, cache_folder

LIVEFACS = Path(sys.executable).with_name("livefacs")


def livefacs(*args: object, **options) -> subprocess.CompletedProcess[str]:
    command = [str(LIVEFACS), *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **options)


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
        "--no-view",
    ]
    with (
        subprocess.Popen([str(LIVEFACS), "watch", endpoint], stdout=subprocess.PIPE, text=True) as watching,
        subprocess.Popen([*map(str, run), "--name", "cam1"], stdout=subprocess.PIPE, text=True) as running,
    ):
        assert watching.stdout is not None
        line = watching.stdout.readline()
        watching.send_signal(signal.SIGINT)
        watching.wait(timeout=20)
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=20)
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
    verified = livefacs("bundle", "verify")
    assert verified.returncode == 0, verified.stderr
    assert "as declared" in verified.stdout


def test_bundle_verify_refuses_a_changed_file(tmp_path: Path) -> None:
    built_in = Path(landmarker.__file__).parent.parent / "bundles" / "blendshapes"
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


def test_a_missing_system_library_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    # The thinnest edge: only the loader of shared libraries is replaced.
    def without_egl(name: str) -> None:
        if "EGL" in name:
            raise OSError(name)

    monkeypatch.setattr(landmarker.ctypes, "CDLL", without_egl)
    monkeypatch.setattr(landmarker.sys, "platform", "linux")
    monkeypatch.setattr("shutil.which", lambda name: "/usr/bin/apt-get" if name == "apt-get" else None)
    with pytest.raises(landmarker.LiveFacsError, match=r"libEGL.*apt-get install -y libgl1 libegl1 libgles2"):
        landmarker.require_libraries()


def test_the_cache_is_where_the_documentation_says() -> None:
    assert cache_folder().name in ("livefacs", Path(os.environ.get("LIVEFACS_CACHE", "livefacs")).name)


def test_help_teaches() -> None:
    for command in ("", "run", "watch", "demo", "doctor", "schema", "bundle"):
        done = livefacs(*command.split(), "--help")
        assert done.returncode == 0
        assert "Usage" in done.stdout
    assert livefacs("--version").stdout.startswith("livefacs 0.")
