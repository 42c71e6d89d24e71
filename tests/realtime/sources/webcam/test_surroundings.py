"""Why there is no camera: what gives the place away, and what to do there."""

from __future__ import annotations

from pathlib import Path

import pytest

from realtime.sources.webcam import nodes
from realtime.sources.webcam.surroundings import why_no_camera


@pytest.mark.parametrize(
    ("files", "found", "mend"),
    [
        ({"proc/version": "Linux"}, "none found", "plug one in, or read a file"),
        ({}, "none found", "plug one in and allow this terminal to use it"),
        (
            {"proc/sys/kernel/osrelease": "5.15.90.1-microsoft-standard-WSL2\n", ".dockerenv": ""},
            "WSL sees no camera by itself",
            "usbipd attach --wsl",
        ),
        ({".dockerenv": ""}, "a container sees only the devices it is given", "--device /dev/video0"),
        ({"run/.containerenv": ""}, "a container", "--device /dev/video0"),
        (
            {"sys/class/dmi/id/sys_vendor": "VMware, Inc.\n"},
            "a virtual machine",
            "pass the USB camera through",
        ),
        ({"sys/class/dmi/id/product_name": "VirtualBox\n"}, "a virtual machine", "pass the USB camera"),
        ({"proc/cpuinfo": "flags : fpu sse2 hypervisor lahf_lm\n"}, "a virtual machine", "rtsp://"),
        (
            {"sys/bus/usb/devices/1-2:1.0/bInterfaceClass": "0e\n"},
            "a USB camera is plugged in that the kernel has no driver for",
            "sudo modprobe uvcvideo",
        ),
        ({"sys/bus/usb/devices/1-2:1.0/bInterfaceClass": "03\n", "proc/x": ""}, "none found", "plug one in"),
    ],
)
def test_the_place_is_named_with_its_way_out(tmp_path: Path, monkeypatch, files, found, mend):
    monkeypatch.setattr(nodes, "ROOT", tmp_path)
    monkeypatch.delenv("container", raising=False)
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    text, way = why_no_camera()
    assert found in text and mend in way


def test_a_container_that_says_so_in_its_environment(tmp_path, monkeypatch):
    monkeypatch.setattr(nodes, "ROOT", tmp_path)
    monkeypatch.setenv("container", "podman")
    assert "container" in why_no_camera()[0]
