"""Each way in which a camera or server can refuse gets its own words, and a way out."""

from __future__ import annotations

import errno
from dataclasses import replace

import av
import pytest

from realtime.errors import SourceError
from realtime.sources import open_source
from realtime.sources.container import (
    UNKNOWN_CODEC,
    MissingFormatError,
    NoVideoError,
    UnreadableError,
)
from realtime.sources.faults import RefusedError, UnusableError, explain, lost
from realtime.sources.live import LiveSource
from realtime.sources.spec import parse_spec

CAMERA = parse_spec("webcam:0?size=640x480", "linux")
DOOR = parse_spec("rtsp://me:s3cret@127.0.0.1/door")


def ffmpeg_error(code: int) -> av.FFmpegError:
    """What PyAV raises for `code`, with the address, password included, in its text."""
    try:
        av.error.err_check(-code, DOOR.address)
    except av.FFmpegError as error:
        assert "s3cret" in str(error)
        return error
    raise AssertionError


def test_an_unknown_camera_is_refused():
    with pytest.raises(SourceError, match=r"^webcam:97 is not there \(found .*\)$"):
        open_source("webcam:97").open()


def test_cameras_that_are_there_are_named(machine):
    machine.plug(1, "Integrated Camera", port="1-1")
    machine.plug(2)
    message = str(explain(ffmpeg_error(errno.ENOENT), CAMERA))
    found = "webcam:1 (Integrated Camera), webcam:2 (HD Pro Webcam C920)"
    assert message == f"webcam:0 is not there (found {found}: name one of them)"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.EBUSY, "is in use by another program: close it"),
        (errno.EACCES, "no permission to open /dev/video0: add yourself to the group `video`"),
        (errno.EPERM, "no permission to open /dev/video0"),
        (errno.ENODEV, "is not there"),
        (errno.ENXIO, "is not there"),
        (errno.ENOTTY, "is not a camera: /dev/video0 is some other device"),
        (errno.EINVAL, "does not offer size=640x480: leave size, fps and format out"),
        (errno.ENOSPC, "finds no room on the USB bus: plug it in elsewhere"),
        (errno.EIO, "cannot be opened (Input/output error): unplug it"),
    ],
)
def test_camera_faults_are_told_apart(code, words):
    assert words in str(explain(ffmpeg_error(code), CAMERA))


@pytest.mark.parametrize(
    ("platform", "way"),
    [("darwin", "allow the terminal in System Settings"), ("win32", "allow it in Settings")],
)
def test_permission_is_given_where_the_platform_keeps_it(platform, way):
    spec = parse_spec("webcam:Camera", platform)
    assert way in str(explain(ffmpeg_error(errno.EACCES), spec))


def test_a_build_without_the_cameras_of_this_platform():
    mac = parse_spec("webcam:0", "darwin")
    told = explain(MissingFormatError("avfoundation"), mac)
    assert "needs the input format avfoundation" in str(told)
    assert isinstance(told, UnusableError)


def test_a_format_that_this_build_lacks_is_found_out() -> None:
    with pytest.raises(UnusableError, match=r"webcam:0 needs the input format vfwcap"):
        LiveSource(replace(CAMERA, format="vfwcap")).open()


@pytest.mark.parametrize("kind", [av.error.HTTPUnauthorizedError, av.error.HTTPForbiddenError])
def test_who_is_not_let_in_is_told_apart(kind) -> None:
    assert isinstance(explain(kind(1, "no", DOOR.address), DOOR), RefusedError)
    assert not isinstance(explain(ffmpeg_error(errno.ECONNREFUSED), DOOR), RefusedError)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ffmpeg_error(errno.EHOSTUNREACH), "cannot be reached: check the network"),
        (ffmpeg_error(errno.ETIMEDOUT), "does not answer: check that it is on"),
        (ffmpeg_error(errno.EIO), "failed (Input/output error): check the address"),
        (av.error.HTTPForbiddenError(1, "Forbidden", DOOR.address), "refused access (403)"),
        (av.error.HTTPServerError(1, "5XX", DOOR.address), "answered with an error (5XX)"),
        (av.error.InvalidDataError(1, "Invalid", DOOR.address), "does not send video that can be read"),
        (UnreadableError("surprise"), "does not send video that can be read"),
        (NoVideoError("audio"), "sends no video: check the path"),
        (NoVideoError(UNKNOWN_CODEC), "sends video of an unknown codec: choose H.264, H.265 or MJPEG"),
    ],
)
def test_server_faults_are_told_apart_without_the_password(error, words):
    message = str(explain(error, DOOR))
    assert message.startswith("rtsp://127.0.0.1/door ")
    assert words in message
    assert "s3cret" not in message


@pytest.mark.parametrize(
    ("spec", "code", "words"),
    [
        (DOOR, errno.ETIMEDOUT, "rtsp://127.0.0.1/door sent nothing for 20 s"),
        (DOOR, errno.ECONNRESET, "rtsp://127.0.0.1/door was lost (Connection reset by peer)"),
        (CAMERA, errno.ENODEV, "webcam:0 was unplugged"),
        (CAMERA, errno.EINVAL, "webcam:0 was unplugged"),  # so says vivid; its device file is gone
        (parse_spec("webcam:Brio", "linux"), errno.EINVAL, "webcam:Brio was unplugged"),
        (parse_spec("webcam:0", "darwin"), errno.EINVAL, "webcam:0 was lost (Invalid argument)"),
    ],
)
def test_a_source_that_breaks_off_is_told(spec, code, words, machine):
    assert lost(ffmpeg_error(code), spec) == words


def test_what_pyav_stumbled_over_is_told() -> None:
    told = lost(UnreadableError("PyAV stumbled over it, IndexError"), DOOR)
    assert told == "rtsp://127.0.0.1/door was lost (PyAV stumbled over it, IndexError)"


def test_a_camera_that_breaks_off_in_its_place_is_not_unplugged(machine):
    machine.plug(0)
    assert lost(ffmpeg_error(errno.EINVAL), CAMERA) == "webcam:0 was lost (Invalid argument)"
    assert lost(ffmpeg_error(errno.EIO), CAMERA) == "webcam:0 was unplugged"
