"""The camera device files of a Linux machine: their names, and which of them is a camera seen before."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

# Where the file system begins; tests put a small one of their own there.
ROOT = Path("/")


@dataclass(frozen=True, slots=True)
class Identity:
    """What stays the same of a camera that is unplugged and plugged in again.

    Attributes:
        name: the driver's name for it.
        maker: USB vendor, product and serial number; "" where it is not on USB. Many have no serial number.
        index: which of the camera's device files it is.
        port: what it is plugged into; this may change.
    """

    name: str
    maker: str
    index: int
    port: str

    def same_camera(self, other: Identity) -> bool:
        """Whether both may be one camera, in whatever port."""
        return (self.name, self.maker, self.index) == (other.name, other.maker, other.index)


@dataclass(frozen=True, slots=True)
class Node:
    """A device file of Video4Linux.

    Attributes:
        number: of `/dev/video0`, and of `webcam:0`.
        path: `/dev/video0`.
        present: False if the kernel knows it and it is not in /dev, as in a container.
        identity: None if the kernel does not say.
    """

    number: int
    path: str
    present: bool
    identity: Identity | None

    @property
    def name(self) -> str:
        """What to call it; "" where the kernel has no name for it."""
        return self.identity.name if self.identity else ""


def nodes() -> list[Node]:
    """All of them, by number; among them are some that send no pictures."""
    folders = [ROOT / "dev", ROOT / "sys/class/video4linux"]
    numbers = {
        int(entry.name.removeprefix("video"))
        for folder in folders
        for entry in folder.glob("video*")
        if re.fullmatch(r"video[0-9]+", entry.name)
    }
    return [_node(number) for number in sorted(numbers)]


def file_at(path: str) -> Path:
    """The file that a path such as `/dev/video0` names."""
    return ROOT / path.removeprefix("/")


def identity_of(path: str) -> Identity | None:
    """What is known of the camera at a path, which may be a link; None if nothing is."""
    number = re.fullmatch(r"video([0-9]+)", Path(os.path.realpath(file_at(path))).name)
    return _node(int(number[1])).identity if number else None


def twins(identity: Identity) -> list[Node]:
    """The device files that are this camera's, or one's that cannot be told from it but by its port."""
    return [
        node
        for node in nodes()
        if node.present and node.identity is not None and identity.same_camera(node.identity)
    ]


def stable_link(path: str) -> str:
    """The link that udev keeps to the camera at `path` whatever its number; "" if there is none."""
    target = os.path.realpath(file_at(path))
    for folder in ("/dev/v4l/by-id", "/dev/v4l/by-path"):
        for link in sorted(file_at(folder).glob("*")):
            if os.path.realpath(link) == target:
                return f"{folder}/{link.name}"
    return ""


def _node(number: int) -> Node:
    path = f"/dev/video{number}"
    identity = _identity(ROOT / f"sys/class/video4linux/video{number}")
    return Node(number, path, file_at(path).exists(), identity)


def _identity(entry: Path) -> Identity | None:
    name = _line(entry / "name")
    if not name:
        return None
    index = _line(entry / "index")
    device = Path(os.path.realpath(entry / "device"))
    # of a USB camera that is one of its interfaces
    usb = device.parent if (device.parent / "idVendor").exists() else None
    maker = ":".join(_line(usb / part) for part in ("idVendor", "idProduct", "serial")) if usb else ""
    port = (usb or device).name
    return Identity(name, maker, int(index) if index.isdecimal() else 0, port)


def _line(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return ""
