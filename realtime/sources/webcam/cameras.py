"""Which cameras are plugged into this machine, and what each offers."""

from __future__ import annotations

import errno
import os
import sys
from dataclasses import dataclass
from typing import Literal

from realtime.errors import SourceError
from realtime.sources.webcam.modes import Mode, Wishes
from realtime.sources.webcam.nodes import Node, file_at, nodes, stable_link

Obstacle = Literal["", "no permission", "in use", "not passed through", "bare sensor"]


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera of this machine.

    Attributes:
        spec: what to type for it, as `webcam:0`.
        name: what its maker calls it.
        address: what the system calls it: a device file on Linux.
        modes: how it can send its pictures, () if that is not known.
        stable: what to type for this very camera whatever number it gets, "" if there is nothing.
        obstacle: what keeps LiveFACS from reading it, "" if nothing does. "not passed through" is a camera
            that this container has no device file for; "bare sensor" one that only libcamera can read.
    """

    spec: str
    name: str
    address: str
    modes: tuple[Mode, ...] = ()
    stable: str = ""
    obstacle: Obstacle = ""

    def __str__(self) -> str:
        return f"{self.spec} ({self.name})" if self.name else self.spec


def list_cameras(platform: str = sys.platform) -> list[Camera]:
    """The cameras of this machine, in the order of their numbers; also those with an obstacle."""
    if platform.startswith("linux"):
        return _linux_cameras()
    if platform == "win32":
        return [
            Camera(f"webcam:{number}", description, address)
            for number, (address, description) in enumerate(_devices("dshow"))
        ]
    return [
        Camera(f"webcam:{description}", description, address)
        for address, description in _devices("avfoundation")
        if not description.startswith("Capture screen")
    ]


def directshow_cameras() -> list[str]:
    """The addresses of the cameras of a Windows machine, in order."""
    return [address for address, _ in _devices("dshow")]


def locate(device: str) -> str:
    """The device file of a camera of a Linux machine; it need not be there.

    Args:
        device: its path, or a name or a part of one, in capitals or not.

    Raises:
        SourceError: no camera is called so, or more than one is.
    """
    if device.startswith("/"):
        return str(file_at(device))
    wanted = device.casefold()
    named = [node for node in nodes() if node.present and wanted in node.name.casefold() and not _index(node)]
    whole = [node for node in named if node.name.casefold() == wanted]
    fitting = whole or named
    if len(fitting) == 1:
        return str(file_at(fitting[0].path))
    if not fitting:
        raise SourceError(f"webcam:{device} is not there ({cameras_found()})")
    several = ", ".join(f"webcam:{node.number} ({node.name})" for node in fitting)
    raise SourceError(f"webcam:{device} is the name of {len(fitting)} cameras: choose {several}")


def camera_modes(path: str, wishes: Wishes) -> tuple[Mode, ...]:
    """What a camera of a Linux machine offers; () if it does not say. Never raises.

    Args:
        path: its device file.
        wishes: as in `v4l2.modes`.
    """
    from realtime.sources.webcam import v4l2

    try:
        file = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return ()
    try:
        return v4l2.modes(file, v4l2.capability(file), wishes)
    except OSError:
        return ()
    finally:
        os.close(file)


def cameras_found() -> str:
    """Which cameras there are, for the message that one is not."""
    unreadable = ("not passed through", "bare sensor")
    readable = [camera for camera in list_cameras() if camera.obstacle not in unreadable]
    if not readable:
        return "found none: plug one in; `livefacs doctor` looks for what is in the way"
    return f"found {', '.join(map(str, readable))}: name one of them"


def _linux_cameras() -> list[Camera]:
    found: list[Camera] = []
    for node in nodes():
        camera = _camera(node)
        # one bare sensor shows as dozens of device files
        if camera is not None and not (
            camera.obstacle == "bare sensor" and camera.name in {known.name for known in found}
        ):
            found.append(camera)
    return found


def _camera(node: Node) -> Camera | None:
    """What is at a device file; None if it is no camera's picture."""
    from realtime.sources.webcam import v4l2

    spec = f"webcam:{node.number}"
    if not node.present:
        return None if _index(node) else Camera(spec, node.name, node.path, obstacle="not passed through")
    stable = stable_link(node.path)
    stable = stable and f"webcam:{stable}"
    try:
        file = os.open(file_at(node.path), os.O_RDWR | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        obstacles: dict[int | None, Obstacle] = {
            errno.EACCES: "no permission",
            errno.EPERM: "no permission",
            errno.EBUSY: "in use",
        }
        if _index(node) or error.errno not in obstacles:
            return None
        return Camera(spec, node.name, node.path, (), stable, obstacles[error.errno])
    try:
        capability = v4l2.capability(file)
        if not capability.sends_pictures:
            return None
        name = node.name or capability.card
        if capability.bare_sensor:
            return Camera(spec, name, node.path, (), stable, "bare sensor")
        busy = v4l2.in_use(file, capability)
        return Camera(spec, name, node.path, v4l2.modes(file, capability), stable, "in use" if busy else "")
    except OSError:  # unplugged this moment, or no device of Video4Linux
        return None
    finally:
        os.close(file)


def _index(node: Node) -> int:
    """Which of its camera's files a node is: above 0 come metadata and the like."""
    return node.identity.index if node.identity else 0


def _devices(container: str) -> list[tuple[str, str]]:
    import av
    from av.device import enumerate_input_devices

    try:
        devices = enumerate_input_devices(container)
    except (av.FFmpegError, ValueError):  # a build without this platform's cameras
        return []
    return [(device.name, device.description) for device in devices if "video" in device.media_types]
