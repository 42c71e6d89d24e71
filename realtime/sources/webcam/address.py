"""How each platform's FFmpeg wants a camera addressed."""

from __future__ import annotations

from collections.abc import Callable

from realtime.errors import SourceError
from realtime.sources.webcam.modes import NO_WISHES, Mode, Wishes

V4L2, AVFOUNDATION, DIRECTSHOW = "v4l2", "avfoundation", "dshow"


def webcam_input(
    platform: str, device: str, wishes: Wishes, cameras: Callable[[], list[str]]
) -> tuple[str, str, dict[str, str]]:
    """What PyAV opens for a camera: (file, format, options).

    Args:
        platform: `sys.platform`.
        device: a number counted from 0, a path, or the camera's name.
        wishes: what is wanted of its pictures.
        cameras: the cameras' addresses in order; asked only on Windows.

    Raises SourceError if `device` is a number and Windows has no such camera.
    """
    if platform == "darwin":
        # AVFoundation asks for 29.97 unless told otherwise, which many cameras refuse.
        options = {"framerate": "30"} | _options(wishes)
        if wishes.format:
            options["pixel_format"] = wishes.format
        return f"{device}:none", AVFOUNDATION, options
    options = _options(wishes)
    if platform == "win32":
        if device.isdecimal():
            names = cameras()
            if int(device) >= len(names):
                found = ", ".join(names) or "none"
                raise SourceError(
                    f"webcam:{device}: there is no such camera (found: {found}): name one of them"
                )
            device = names[int(device)]
        if wishes.format:
            options["vcodec" if wishes.format in ("mjpeg", "h264") else "pixel_format"] = wishes.format
        return f"video={device}", DIRECTSHOW, options
    if wishes.format:
        options["input_format"] = wishes.format
    return f"/dev/video{device}" if device.isdecimal() else device, V4L2, options


def v4l2_options(mode: Mode, wishes: Wishes = NO_WISHES) -> dict[str, str]:
    """FFmpeg's options for one mode; a rate that the mode leaves open is the wished one."""
    return _options(Wishes((mode.width, mode.height), mode.fps or wishes.fps)) | {"input_format": mode.format}


def _options(wishes: Wishes) -> dict[str, str]:
    options = {}
    if wishes.size is not None:
        options["video_size"] = "{}x{}".format(*wishes.size)
    if wishes.fps is not None:
        options["framerate"] = str(wishes.fps)  # 30, 30000/1001
    return options
