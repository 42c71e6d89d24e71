"""What a user writes to name a source, and what PyAV must be asked to open for it."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qsl, urlsplit

from realtime.errors import SourceError
from realtime.sources.webcam.address import webcam_input
from realtime.sources.webcam.cameras import directshow_cameras
from realtime.sources.webcam.modes import NO_WISHES, Wishes, format_name

BROWSER = "browser"
"""The camera of whoever opens the live page."""
URL_SCHEMES = ("rtsp", "rtsps", "http", "https", "udp")
ACCEPTED = (
    "accepted are a file's path, webcam:0, webcam:NAME, webcam:0?size=1280x720&fps=30&format=mjpeg, "
    "browser, rtsp://, rtsps://, http://, https:// and udp:// addresses, and lavfi:FILTER for tests"
)

# A network read that got nothing for so long has failed. FFmpeg counts microseconds.
NETWORK_TIMEOUT_S = 20
_NETWORK_TIMEOUT = str(NETWORK_TIMEOUT_S * 1_000_000)

# Probing no further than this, an RTSP stream opens a second sooner, and without its sound, which would be
# waited for, 0.1 s fresher. FFmpeg's `nobuffer` is left out on purpose: it throws away what was probed, the
# first key frame with it, and saves nothing once the stream runs.
# The timeouts are FFmpeg's, not PyAV's, which take the GIL on every small read: a busy thread slows them.
_RTSP_OPTIONS = {
    "probesize": "32768",
    "analyzeduration": "0",
    "rtsp_transport": "tcp+udp",
    "rtsp_flags": "prefer_tcp",  # UDP only for a camera that refuses TCP
    "allowed_media_types": "video",
    "timeout": _NETWORK_TIMEOUT,
}
_HTTP_OPTIONS = {"timeout": _NETWORK_TIMEOUT, "rw_timeout": _NETWORK_TIMEOUT}
_UDP_OPTIONS = {"timeout": _NETWORK_TIMEOUT, "overrun_nonfatal": "1"}
_URL_OPTIONS = {
    "rtsp": _RTSP_OPTIONS,
    "rtsps": _RTSP_OPTIONS,
    "http": _HTTP_OPTIONS,
    "https": _HTTP_OPTIONS,
    "udp": _UDP_OPTIONS,
}

_SECRET = re.compile(r"(?i)\b((?:user|usr|login|pass|pw|token|key|auth|secret)\w*=)[^&;/]*")


@dataclass(frozen=True, slots=True)
class Spec:
    """A source as PyAV opens it.

    Attributes:
        kind: what it is.
        label: how messages name it; never holds credentials.
        name: default stream name, of letters, digits, `-` and `_`.
        address: what PyAV opens; may hold credentials, so it never goes into a message.
        format: FFmpeg's input format, None to let it find out.
        options: FFmpeg's options, text to text.
        wishes: of a webcam, what was asked of its pictures.
    """

    kind: Literal["file", "webcam", "url", "lavfi", "browser"]
    label: str
    name: str
    address: str = field(repr=False)
    format: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    wishes: Wishes = NO_WISHES


def parse_spec(
    spec: str,
    platform: str = sys.platform,
    cameras: Callable[[], list[str]] | None = None,
    secrets: Collection[str] = (),
) -> Spec:
    """Read what a user wrote to name a source.

    Args:
        spec: a path, `webcam:DEVICE?size=WxH&fps=N&format=NAME`, a URL or `lavfi:FILTER`.
        platform: `sys.platform` of the machine the camera is on.
        cameras: the cameras' addresses in order; asked only on Windows, where a number is none.
        secrets: parts of a URL that its label shall not show either.

    Raises:
        SourceError: `spec` is none of these, or one of its parts cannot be used.
    """
    text = spec.strip()
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]+)://", text)
    if scheme is not None:
        return _url(text, scheme[1].lower(), secrets)
    if text == "webcam" or text.startswith("webcam:"):
        return _webcam(text, platform, cameras or directshow_cameras)
    if text == BROWSER:
        return Spec("browser", BROWSER, BROWSER, "")
    if text.startswith("lavfi:"):
        graph = text.removeprefix("lavfi:")
        if not graph:
            raise SourceError("lavfi: names no filter: write one, for example lavfi:testsrc")
        return Spec("lavfi", text, stream_name(re.split(r"[=,]", graph)[0]), graph, "lavfi")
    if not text:
        raise SourceError(f"the source is empty; {ACCEPTED}")
    if "\0" in text:
        raise SourceError(f"{text!r} holds a zero byte, which no path can; {ACCEPTED}")
    path = Path(text)
    with suppress(RuntimeError):  # `~name` of a user there is not: then it is a file's name
        path = path.expanduser()
    # An absolute path, because FFmpeg would read `take:2.mp4` as an address of the protocol `take`.
    return Spec("file", text, stream_name(path.stem), str(path.absolute()))


def stream_name(text: str) -> str:
    """`text` as a stream name: letters, digits, `-` and `_`, at least one of them."""
    return re.sub(r"[^A-Za-z0-9_]+", "-", text).strip("-") or "stream"


def _webcam(text: str, platform: str, cameras: Callable[[], list[str]]) -> Spec:
    device, _, query = text.removeprefix("webcam").removeprefix(":").partition("?")
    device = device or "0"
    wishes = _wishes(text, query)
    address, container, options = webcam_input(platform, device, wishes, cameras)
    short = device.removeprefix("/dev/video")
    name = f"webcam{short}" if re.fullmatch("[0-9]+", short) else f"webcam-{stream_name(short)}"
    return Spec("webcam", f"webcam:{device}", name, address, container, options, wishes)


def _wishes(text: str, query: str) -> Wishes:
    asked = dict(parse_qsl(query, keep_blank_values=True))
    forms = {
        "size": r"([1-9][0-9]*)x([1-9][0-9]*)",
        "fps": r"[1-9][0-9]*(\.[0-9]+|/[1-9][0-9]*)?",
        "format": r"[A-Za-z0-9_]+",
    }
    matched = {key: re.fullmatch(forms.get(key, "(?!)"), value) for key, value in asked.items()}
    for key, match in matched.items():
        if match is None:
            raise SourceError(
                f"{text}: {key}={asked[key]} cannot be used: write size=1280x720, fps=30 or format=mjpeg"
            )
    size = matched.get("size")
    return Wishes(
        (int(size[1]), int(size[2])) if size else None,
        Fraction(asked["fps"]) if "fps" in asked else None,
        format_name(asked["format"]) if "format" in asked else None,
    )


def _url(text: str, scheme: str, secrets: Collection[str]) -> Spec:
    if scheme not in URL_SCHEMES:
        raise SourceError(f"{scheme}:// addresses cannot be read; {ACCEPTED}")
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
        # a listening UDP socket may leave the host out, and must have a port
        valid = parts.port != 0 and (host != "" or (scheme == "udp" and parts.port is not None))
    except ValueError:  # a port that is no number, or an IPv6 address without its brackets
        valid = False
    if not valid:
        # The address itself stays out of the message: what was taken for a port may be part of a password.
        raise SourceError(
            f"the {scheme}:// address has no usable host and port: write {scheme}://HOST:PORT/PATH, "
            "and @ : / # ? in a user name or password as %40 %3A %2F %23 %3F"
        )
    place = parts.netloc.rpartition("@")[2]
    anywhere = scheme == "udp" and host in ("", "0.0.0.0", "::")
    name = f"udp{parts.port}" if anywhere else stream_name(host)
    if "@" in parts.path + parts.query + parts.fragment:
        # Most likely a password with an unescaped / or # in it: even the "host" may be a piece of it.
        place, name = "…", scheme
    path = "" if place == "…" else _SECRET.sub(r"\1…", parts.path) + ("?…" if parts.query else "")
    label = f"{scheme}://{place}{path}"
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        label = label.replace(secret, "…")
    label = label if label.startswith(f"{scheme}://") else f"{scheme}://…"
    return Spec("url", label, name, text, None, _URL_OPTIONS[scheme])
