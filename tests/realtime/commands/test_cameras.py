"""`livefacs cameras`, and what `livefacs doctor` says of cameras."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from camera_machine import CAMERA, MEDIA_CONTROLLER, META, STREAMING, CameraMachine
from command_line import livefacs

from realtime.commands.camera_check import cameras as check
from realtime.commands.cameras import cameras as command
from realtime.commands.finding import Finding

LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="cameras are listed otherwise")
pytestmark = LINUX


def test_a_camera_is_printed_with_what_to_type(machine: CameraMachine, capsys) -> None:
    machine.plug(0, serial="A1")
    machine.plug(1, serial="A1", index=1, flags=META | STREAMING)
    machine.plug(2, "Old Cam", {"YUYV": {(640, 480): (10, 5)}}, port="1-3")
    command()
    assert capsys.readouterr().out.splitlines() == [
        "webcam:0 (HD Pro Webcam C920): taken as size=640x480&fps=30&format=yuyv422",
        "    the same camera whatever its number: "
        "webcam:/dev/v4l/by-id/usb-046d_HD_Pro_Webcam_C920_A1-video-index0",
        "    yuyv422  640x480@30 1280x720@10",
        "    mjpeg    1280x720@30",
        "webcam:2 (Old Cam): taken as size=640x480&fps=10&format=yuyv422, the fastest that is large enough",
        "    -> plug it into another port, without a hub; a picture this slow misses quick movements",
        "    the same camera whatever its number: webcam:/dev/v4l/by-id/usb-046d_Old_Cam_-video-index0",
        "    yuyv422  640x480@10",
    ]


def test_programs_get_json(machine: CameraMachine, capsys) -> None:
    machine.plug(3, formats={"MJPG": {(1280, 720): (29.97,)}}, serial="A1")
    with pytest.raises(typer.Exit) as ended:
        command(as_json=True)
    assert ended.value.exit_code == 0
    (camera,) = json.loads(capsys.readouterr().out)
    assert camera == {
        "spec": "webcam:3",
        "name": "HD Pro Webcam C920",
        "address": "/dev/video3",
        "stable": "webcam:/dev/v4l/by-id/usb-046d_HD_Pro_Webcam_C920_A1-video-index0",
        "obstacle": "",
        "modes": [{"format": "mjpeg", "width": 1280, "height": 720, "fps": 29.97}],
    }


def test_no_camera_is_exit_status_one_and_says_why(machine: CameraMachine, capsys) -> None:
    (machine.root / ".dockerenv").write_bytes(b"")
    with pytest.raises(typer.Exit) as ended:
        command()
    assert ended.value.exit_code == 1
    assert "a container sees only the devices it is given; start it with --device" in capsys.readouterr().out
    with pytest.raises(typer.Exit) as ended:
        command(as_json=True)
    assert (ended.value.exit_code, capsys.readouterr().out) == (1, "[]\n")


def test_the_doctor_tells_what_is_in_the_way_of_each_camera(machine: CameraMachine) -> None:
    held = machine.plug(0, "Busy", port="1-1")
    held.busy = True
    machine.plug(1, "Outside", port="1-2", passed_through=False)
    machine.plug(2, "Sensor", flags=CAMERA | MEDIA_CONTROLLER, port="1-3")
    machine.plug(3, "Good", port="1-4")
    machine.plug(4, "Silent", {}, port="1-5")
    hold = "import sys; held = open(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    words = [sys.executable, "-c", hold, str(held.path)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None and program.stdout.readline() == "held\n"
        busy, *others = check()
        program.communicate()
    assert busy.text.startswith("webcam:0 (Busy): in use by ") and f"(pid {program.pid})" in busy.text
    assert others == [
        Finding(
            "note",
            "webcam",
            "webcam:1 (Outside): not passed through to this container",
            "start it with --device /dev/video1 (docker, podman)",
        ),
        Finding(
            "note",
            "webcam",
            "webcam:2 (Sensor): a bare sensor, which only libcamera can read",
            "make it a webcam with libcamera and v4l2loopback, or use another camera",
        ),
        Finding("ok", "webcam", "webcam:3 (Good): taken as size=640x480&fps=30&format=yuyv422"),
        Finding("ok", "webcam", "webcam:4 (Silent)"),
    ]
    assert next(check()).text == "webcam:0 (Busy): in use by another program"


def test_the_doctor_mends_a_missing_permission(machine: CameraMachine, monkeypatch) -> None:
    machine.plug(0)

    def forbidden(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("realtime.sources.webcam.cameras.os.open", forbidden)
    (finding,) = check()
    assert finding.text == "webcam:0 (HD Pro Webcam C920): no permission to open /dev/video0"
    assert finding.mend == "sudo usermod -aG video $USER, then log in again"


def test_the_doctor_says_why_there_is_none(machine: CameraMachine) -> None:
    (machine.root / "proc/sys/kernel").mkdir(parents=True)
    (machine.root / "proc/sys/kernel/osrelease").write_text("6.6.87-microsoft-standard-WSL2\n")
    (finding,) = check()
    assert (finding.verdict, finding.subject) == ("note", "webcams")
    assert "WSL" in finding.text and "usbipd" in finding.mend


def test_the_command_is_found_and_runs_on_this_machine() -> None:
    assert "cameras" in livefacs("--help").stdout
    done = livefacs("cameras")
    cameras = list(Path("/dev").glob("video*"))
    assert done.returncode in ((0, 1) if cameras else (1,)), done.stderr
    assert done.stdout and not done.stderr
    missing = livefacs("run", "webcam:97", "--publish", "none")
    assert missing.returncode == 2
    assert "livefacs doctor" in missing.stderr or "name one of them" in missing.stderr
