"""Cameras plugged into this machine: which there are, and how each platform wants them addressed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from realtime.errors import SourceError


def webcam_input(
    platform: str, device: str, wishes: Mapping[str, str], cameras: Callable[[], list[str]]
) -> tuple[str, str, dict[str, str]]:
    """What PyAV opens for a camera: (file, format, options).

    Args:
        platform: `sys.platform`.
        device: a number counted from 0, or the name the platform gives the camera.
        wishes: any of `size` (`1280x720`), `fps` (`30`) and `format` (`mjpeg`, `yuyv422`...).
        cameras: the cameras' addresses in order; asked only on Windows.

    Raises SourceError if `device` is a number and Windows has no such camera.
    """
    options = {}
    if "size" in wishes:
        options["video_size"] = wishes["size"]
    if "fps" in wishes:
        options["framerate"] = wishes["fps"]
    pixels = wishes.get("format")
    if platform == "darwin":
        # AVFoundation asks for 29.97 unless told otherwise, which many cameras refuse.
        options.setdefault("framerate", "30")
        if pixels:
            options["pixel_format"] = pixels
        return f"{device}:none", "avfoundation", options
    if platform == "win32":
        if device.isdecimal():
            names = cameras()
            if int(device) >= len(names):
                found = ", ".join(names) or "none"
                raise SourceError(
                    f"webcam:{device}: there is no such camera (found: {found}): name one of them"
                )
            device = names[int(device)]
        if pixels:
            options["vcodec" if pixels in ("mjpeg", "h264") else "pixel_format"] = pixels
        return f"video={device}", "dshow", options
    if pixels:
        options["input_format"] = pixels
    return f"/dev/video{device}" if device.isdecimal() else device, "v4l2", options


def list_cameras(platform: str = sys.platform) -> list[str]:
    """The cameras of this machine, each as it can be written after `webcam:`.

    On Linux the device files (`/dev/video0`), in the order of their numbers; elsewhere the names.
    """
    if platform.startswith("linux"):
        nodes = Path("/dev").glob("video[0-9]*")
        return [str(node) for node in sorted(nodes, key=lambda node: (len(node.name), node.name))]
    return [description for _, description in _devices("dshow" if platform == "win32" else "avfoundation")]


def directshow_cameras() -> list[str]:
    """The addresses of the cameras of a Windows machine, in order."""
    return [address for address, _ in _devices("dshow")]


def _devices(container: str) -> list[tuple[str, str]]:
    import av
    from av.device import enumerate_input_devices

    try:
        devices = enumerate_input_devices(container)
    except (av.FFmpegError, ValueError):  # a build without this platform's cameras
        return []
    return [(device.name, device.description) for device in devices if "video" in device.media_types]
