"""What went wrong with a source, in one line that says what to do about it."""

from __future__ import annotations

import errno
import os
import socket
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import av

from realtime.errors import SourceError
from realtime.sources.container import UNKNOWN_CODEC, MissingFormatError, NoVideoError, UnreadableError
from realtime.sources.damage import missing_bytes
from realtime.sources.spec import NETWORK_TIMEOUT_S, Spec
from realtime.sources.webcam.address import AVFOUNDATION, DIRECTSHOW, V4L2
from realtime.sources.webcam.cameras import cameras_found, locate
from realtime.sources.webcam.holders import Holder, holders


class RefusedError(SourceError):
    """Whoever asks is not let in. Cameras shut out who asks again too soon, with his password or without."""


class UnusableError(SourceError):
    """This will never open here, however long it is tried."""


_SOME_VIDEO = "give a video such as .mp4, .mov, .mkv or .avi"


def check_file(spec: Spec) -> None:
    """Raise SourceError if a file cannot even be tried."""
    path = Path(spec.address)
    label = spec.label
    try:
        if path.is_dir():
            raise SourceError(f"{label} is a folder: give one video file")
        if not path.exists():
            camera = f"; for a camera write webcam:{label}" if label.isdecimal() else ""
            raise SourceError(f"{label} does not exist: check the path{camera}")
        if path.is_char_device() or path.is_block_device():
            raise SourceError(f"{label} is a device, not a file: for a camera write webcam:{label}")
        if path.is_fifo() or path.is_socket():
            raise SourceError(f"{label} is a pipe, which cannot be read: {_SOME_VIDEO}")
        with path.open("rb") as file:
            if not file.read(1):
                raise SourceError(f"{label} is empty: copy or record it again")
    except OSError as error:
        raise SourceError(
            f"{label} cannot be read ({error.strerror}): check the path and your rights"
        ) from None


def explain(error: Exception, spec: Spec) -> SourceError:
    """A failure to open `spec` as the error to show: a RefusedError or UnusableError if it is one of those.

    FFmpeg's own text is never passed on whole: it repeats the address, password included.
    """
    kind: type[SourceError] = SourceError
    if isinstance(error, (av.error.HTTPUnauthorizedError, av.error.HTTPForbiddenError)):
        kind = RefusedError
    elif isinstance(error, MissingFormatError):
        kind = UnusableError
    reason = {"file": _file_reason, "webcam": _webcam_reason, "url": _url_reason}.get(
        spec.kind, _plain_reason
    )
    return kind(f"{spec.label} {reason(error, spec)}")


def lost(error: Exception, spec: Spec) -> str:
    """Why a source that was open broke off, in one line; as `explain`, never with FFmpeg's own text."""
    code = getattr(error, "errno", None)
    if code == errno.ETIMEDOUT:
        return f"{spec.label} sent nothing for {NETWORK_TIMEOUT_S} s"
    gone = spec.format == V4L2 and not _is_plugged_in(spec)
    if spec.kind == "webcam" and (gone or code in (errno.ENODEV, errno.ENXIO, errno.EIO)):
        return f"{spec.label} was unplugged"
    return f"{spec.label} was lost ({_strerror(error)})"


def silent(spec: Spec, seconds: float) -> SourceError:
    """The error for a source that did not answer within `seconds`."""
    hints = {
        "url": "check that it is on, that the address is right and that no firewall is in between",
        "webcam": "unplug the camera and plug it in again, or close the program that uses it",
        "file": "check that the disk or network drive it is on responds",
    }
    hint = hints.get(spec.kind, "the filter gives no pictures")
    return SourceError(f"{spec.label} did not answer within {seconds:g} s: {hint}")


def _strerror(error: Exception) -> str:
    if isinstance(error, UnreadableError):
        return str(error)
    return getattr(error, "strerror", None) or type(error).__name__


def _plain_reason(error: Exception, spec: Spec) -> str:
    if isinstance(error, MissingFormatError):
        return f"needs the input format {spec.format}, which this build of PyAV does not have"
    return f"cannot be opened ({_strerror(error)}): check how it is written"


def _file_reason(error: Exception, spec: Spec) -> str:
    try:
        missing = missing_bytes(spec.address)
    except OSError:  # it vanished in the meantime
        missing = 0
    if isinstance(error, NoVideoError) and not missing and str(error) != "nothing":
        return f"holds no video but {error}: {_SOME_VIDEO}"
    if missing:
        return f"is cut off (at least {missing:,} bytes are missing), no picture can be read: copy it again"
    if isinstance(error, NoVideoError):
        return f"holds no picture that can be read: {_SOME_VIDEO}"
    if isinstance(error, (av.error.InvalidDataError, av.error.EOFError)):
        return f"is not a video, or its recording was not finished ({_strerror(error)}): {_SOME_VIDEO}"
    return f"cannot be read ({_strerror(error)}): {_SOME_VIDEO}"


def _webcam_reason(error: Exception, spec: Spec) -> str:
    code = getattr(error, "errno", None)
    if isinstance(error, MissingFormatError):
        return (
            f"needs the input format {spec.format}, which this build of PyAV does not have: install another"
        )
    if code in (errno.ENODEV, errno.ENXIO) and _is_plugged_in(spec):
        return f"sends no pictures ({cameras_found()})"
    if code in (errno.ENOENT, errno.ENODEV, errno.ENXIO):
        return f"is not there ({cameras_found()})"
    if code == errno.EBUSY:
        return _taken(spec)
    if code in (errno.EACCES, errno.EPERM):
        way = _PERMISSION.get(spec.format or "", "allow it")
        return f"may not be used: no permission to open {spec.address}: {way}"
    if code == errno.ENOTTY:
        return f"is not a camera: {spec.address} is some other device"
    if code == errno.ENOSPC:
        return (
            "finds no room on the USB bus: plug it in elsewhere than other cameras, or ask for less: "
            "?format=mjpeg or ?size=320x240"
        )
    if code == errno.EINVAL and spec.options:
        return f"does not offer {str(spec.wishes) or 'what is asked'}: leave size, fps and format out"
    return f"cannot be opened ({_strerror(error)}): unplug it and plug it in again"


_PERMISSION = {
    V4L2: "add yourself to the group `video` (sudo usermod -aG video $USER) and log in again",
    AVFOUNDATION: "allow the terminal in System Settings, Privacy & Security, Camera",
    DIRECTSHOW: "allow it in Settings, Privacy, Camera",
}


def _is_plugged_in(spec: Spec) -> bool:
    """Whether a camera has its device file; only Linux has such."""
    if spec.format != V4L2:
        return False
    try:
        return Path(locate(spec.address)).exists()
    except SourceError:
        return False


def _taken(spec: Spec) -> str:
    """Who has a camera, as far as that can be known."""
    using: list[Holder] = []
    if spec.format == V4L2:
        with suppress(SourceError):  # it had a name, and has gone since
            using = holders(locate(spec.address))
    if any(holder.pid == os.getpid() for holder in using):
        return "is still open in this program: close it there; if it hangs, unplug it and plug it in again"
    if using:
        return f"is in use by {' or '.join(map(str, using))}: close it there first"
    return "is in use by another program: close it there first"


def _url_reason(error: Exception, spec: Spec) -> str:
    if isinstance(error, NoVideoError) and str(error) == UNKNOWN_CODEC:
        return f"sends {error}: choose H.264, H.265 or MJPEG in the camera's settings"
    if isinstance(error, NoVideoError):
        return "sends no video: check the path"
    if isinstance(error, av.error.HTTPUnauthorizedError):
        scheme = spec.address.partition("://")[0]
        return f"wants a user name and password, or refused them (401): write {scheme}://USER:PASSWORD@HOST…"
    if isinstance(error, av.error.HTTPForbiddenError):
        return "refused access (403): ask whoever runs it to allow it"
    if isinstance(error, av.error.HTTPNotFoundError):
        return "has nothing under this path (404): check the path, the camera's manual names it"
    if isinstance(error, (av.error.HTTPError, av.error.HTTPClientError)):
        return f"answered with an error ({_strerror(error)}): check that it has video under this path"
    code = getattr(error, "errno", None)
    if code == errno.ECONNREFUSED:
        return "refused the connection: check the port, and that the camera or server is on"
    if code in (errno.EHOSTUNREACH, errno.ENETUNREACH):
        return "cannot be reached: check the network"
    if code == errno.ETIMEDOUT:
        return "does not answer: check that it is on, and that no firewall is in between"
    host = urlsplit(spec.address).hostname
    if host and not _resolves(host):
        return "names a host that is unknown here: check the spelling, and the network"
    if isinstance(error, (av.error.InvalidDataError, UnreadableError)):
        return "does not send video that can be read: check the path and the port"
    return f"failed ({_strerror(error)}): check the address"


def _resolves(host: str) -> bool:
    try:
        socket.getaddrinfo(host, None)
    except (OSError, UnicodeError):
        return False
    return True
