"""What `livefacs doctor` and `livefacs cameras` say about each camera, and about there being none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from realtime.commands.finding import Finding

if TYPE_CHECKING:
    from realtime.sources.webcam import Camera

# Below this many pictures a second quick movements of the face are missed.
SLOW_FPS = 20


def cameras() -> Iterator[Finding]:
    """Webcams of this machine."""
    from realtime.sources.webcam import list_cameras

    found = list_cameras()
    for camera in found:
        yield camera_finding(camera)
    if not found:
        yield no_camera()


def camera_finding(camera: Camera) -> Finding:
    """One camera, and what keeps it from being read."""
    from realtime.sources.webcam import choose_mode
    from realtime.sources.webcam.cameras import locate
    from realtime.sources.webcam.holders import holders

    if camera.obstacle == "no permission":
        mend = "sudo usermod -aG video $USER, then log in again"
        return Finding("note", "webcam", f"{camera}: no permission to open {camera.address}", mend)
    if camera.obstacle == "in use":
        using = " or ".join(map(str, holders(locate(camera.address)))) or "another program"
        return Finding("note", "webcam", f"{camera}: in use by {using}", "close it there to read it here")
    if camera.obstacle == "not passed through":
        mend = f"start it with --device {camera.address} (docker, podman)"
        return Finding("note", "webcam", f"{camera}: not passed through to this container", mend)
    if camera.obstacle == "bare sensor":
        mend = "make it a webcam with libcamera and v4l2loopback, or use another camera"
        return Finding("note", "webcam", f"{camera}: a bare sensor, which only libcamera can read", mend)
    if not camera.modes:
        return Finding("ok", "webcam", str(camera))
    mode = choose_mode(camera.modes)
    text = f"{camera}: taken as {mode}"
    if mode.fps is not None and mode.fps < SLOW_FPS:
        mend = "plug it into another port, without a hub; a picture this slow misses quick movements"
        return Finding("note", "webcam", f"{text}, the fastest that is large enough", mend)
    return Finding("ok", "webcam", text)


def no_camera() -> Finding:
    """That there is none, and why."""
    from realtime.sources.webcam.surroundings import why_no_camera

    return Finding("note", "webcams", *why_no_camera())
