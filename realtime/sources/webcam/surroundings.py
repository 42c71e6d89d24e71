"""Why a machine has no camera: the places cameras do not reach by themselves, and whom to ask."""

from __future__ import annotations

import os

from realtime.sources.webcam import nodes

# What virtual machines call their maker.
_VIRTUAL = ("qemu", "kvm", "vmware", "virtualbox", "innotek", "xen", "parallels", "bochs")


def why_no_camera() -> tuple[str, str]:
    """What is in the way of a camera, and what to do about it; for a machine that shows none.

    Only Linux shows where it runs.
    """
    if _is_wsl():
        return (
            "none: WSL sees no camera by itself",
            "in Windows, attach it: usbipd bind, then usbipd attach --wsl (the usbipd-win project), with a "
            "kernel that has uvcvideo; or run LiveFACS in Windows itself",
        )
    if _usb_camera_without_driver():
        return (
            "none, but a USB camera is plugged in that the kernel has no driver for",
            "sudo modprobe uvcvideo",
        )
    if _is_container():
        return (
            "none: a container sees only the devices it is given",
            "start it with --device /dev/video0 (docker, podman), or use an rtsp:// address",
        )
    if _is_virtual_machine():
        return (
            "none: this is a virtual machine, which sees no camera by itself",
            "pass the USB camera through in the machine's settings, or use an rtsp:// address",
        )
    allowed = "" if nodes.ROOT.joinpath("proc").exists() else " and allow this terminal to use it"
    return "none found", f"plug one in{allowed}, or read a file or an rtsp:// address"


def _is_wsl() -> bool:
    return "microsoft" in _text("proc/sys/kernel/osrelease").lower()


def _is_container() -> bool:
    marks = (nodes.ROOT / ".dockerenv", nodes.ROOT / "run/.containerenv")
    return any(mark.exists() for mark in marks) or "container" in os.environ


def _is_virtual_machine() -> bool:
    maker = (_text("sys/class/dmi/id/sys_vendor") + _text("sys/class/dmi/id/product_name")).lower()
    return any(name in maker for name in _VIRTUAL) or " hypervisor" in _text("proc/cpuinfo")


def _usb_camera_without_driver() -> bool:
    """Whether there is a USB interface of the video class, 0x0e."""
    interfaces = nodes.ROOT.glob("sys/bus/usb/devices/*/bInterfaceClass")
    return any(_text(str(path.relative_to(nodes.ROOT))).strip() == "0e" for path in interfaces)


def _text(path: str) -> str:
    try:
        return (nodes.ROOT / path).read_text(errors="replace")
    except OSError:
        return ""
