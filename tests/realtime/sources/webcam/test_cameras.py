"""Which cameras are listed, how they are called, and where one is."""

from __future__ import annotations

import errno
import os

import pytest
from camera_machine import CAMERA, MEDIA_CONTROLLER, META, STREAMING

from realtime.errors import SourceError
from realtime.sources.webcam import list_cameras
from realtime.sources.webcam.cameras import camera_modes, cameras_found, locate
from realtime.sources.webcam.modes import NO_WISHES, Mode
from realtime.sources.webcam.nodes import stable_link


def test_listing_cameras_never_fails():
    for platform in ("linux", "darwin", "win32"):
        assert isinstance(list_cameras(platform), list)


def test_a_camera_is_listed_with_what_to_type_and_what_it_offers(machine):
    machine.plug(0, serial="363EAC1F")
    machine.plug(1, index=1, flags=META | STREAMING, serial="363EAC1F")  # its metadata
    (camera,) = list_cameras("linux")
    assert (camera.spec, camera.name, camera.address) == ("webcam:0", "HD Pro Webcam C920", "/dev/video0")
    link = "/dev/v4l/by-id/usb-046d_HD_Pro_Webcam_C920_363EAC1F-video-index0"
    assert camera.stable == f"webcam:{link}"
    assert str(camera) == "webcam:0 (HD Pro Webcam C920)"
    assert not camera.obstacle
    assert camera.modes == (
        Mode("yuyv422", 640, 480, 30),
        Mode("yuyv422", 640, 480, 15),
        Mode("yuyv422", 1280, 720, 10),
        Mode("mjpeg", 1280, 720, 30),
    )
    assert stable_link(link) == link
    assert cameras_found() == "found webcam:0 (HD Pro Webcam C920): name one of them"


def test_cameras_come_by_number_and_what_is_none_is_left_out(machine):
    machine.plug(10, "Tenth", port="1-4")
    machine.plug(2, "Second", port="1-3")
    machine.plug(4, "codec", flags=0x8000 | STREAMING, port="1-5")
    (machine.root / "dev/video7").write_bytes(b"")  # nothing the kernel knows
    (machine.root / "dev/video-something").write_bytes(b"")
    assert [camera.spec for camera in list_cameras("linux")] == ["webcam:2", "webcam:10"]


def test_what_is_in_the_way_of_a_camera_is_told(machine, monkeypatch):
    machine.plug(0, "Busy", port="1-1").busy = True
    machine.plug(1, "Outside", port="1-2", passed_through=False)
    machine.plug(2, "Outside", port="1-2b", index=1, passed_through=False)
    for number in (3, 4, 5):
        machine.plug(number, "Intel IPU6", flags=CAMERA | MEDIA_CONTROLLER, port=f"1-{number}")
    machine.plug(6, "Forbidden", port="1-6")
    real = os.open

    def no_right(path, *rest, **more):
        if str(path).endswith("video6"):
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(path, *rest, **more)

    monkeypatch.setattr(os, "open", no_right)
    assert [(camera.spec, camera.obstacle) for camera in list_cameras("linux")] == [
        ("webcam:0", "in use"),
        ("webcam:1", "not passed through"),
        ("webcam:3", "bare sensor"),
        ("webcam:6", "no permission"),
    ]
    assert "Busy" in cameras_found() and "Forbidden" in cameras_found()
    assert "IPU6" not in cameras_found() and "Outside" not in cameras_found()


def test_a_camera_without_a_name(machine):
    machine.plug(0)
    (machine.root / "sys/class/video4linux/video0").unlink()
    (camera,) = list_cameras("linux")
    assert camera.name == "HD Pro Webcam C920", "as the driver calls it"


@pytest.mark.parametrize(
    ("device", "number"),
    [
        ("/dev/video9", 9),  # need not be there
        ("HD Pro Webcam C920", 0),
        ("c920", 0),
        ("BRIO", 2),
        ("Logitech BRIO", 2),
        ("Logitech BRIO II", 4),
    ],
)
def test_a_camera_is_found_by_its_path_or_a_part_of_its_name(machine, device, number):
    machine.plug(0)
    machine.plug(1, index=1, flags=META | STREAMING)
    machine.plug(2, "Logitech BRIO", port="1-3")
    if "II" in device or device == "Logitech BRIO":
        machine.plug(4, "Logitech BRIO II", port="1-4")
    assert locate(device) == str(machine.root / f"dev/video{number}")


def test_a_name_of_no_camera_or_of_several_is_refused(machine):
    machine.plug(0, "Logitech C270", port="1-1")
    machine.plug(2, "Logitech C920", port="1-2")
    with pytest.raises(SourceError) as refused:
        locate("Brio")
    found = "webcam:0 (Logitech C270), webcam:2 (Logitech C920)"
    assert str(refused.value) == f"webcam:Brio is not there (found {found}: name one of them)"
    with pytest.raises(SourceError) as refused:
        locate("logi")
    assert str(refused.value) == f"webcam:logi is the name of 2 cameras: choose {found}"


def test_a_machine_without_cameras(machine):
    assert list_cameras("linux") == []
    assert cameras_found() == "found none: plug one in; `livefacs doctor` looks for what is in the way"


def test_what_a_camera_offers_is_unknown_rather_than_an_error(machine):
    (machine.root / "dev/video0").write_bytes(b"")
    assert camera_modes(str(machine.root / "dev/video0"), NO_WISHES) == ()
    assert camera_modes(str(machine.root / "dev/video1"), NO_WISHES) == ()
