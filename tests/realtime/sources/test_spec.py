"""What users may write, what PyAV is asked for, and that no password ever shows."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.errors import OptionError, SourceError
from realtime.sources import open_source
from realtime.sources.spec import parse_spec, stream_name
from realtime.sources.webcam.address import v4l2_options, webcam_input
from realtime.sources.webcam.modes import NO_WISHES, Mode, Wishes

NAME = re.compile(r"[A-Za-z0-9_-]+")


def no_cameras() -> list[str]:
    return []


@pytest.mark.parametrize(
    ("platform", "device", "wishes", "expected"),
    [
        ("linux", "0", NO_WISHES, ("/dev/video0", "v4l2", {})),
        ("linux", "/dev/video2", NO_WISHES, ("/dev/video2", "v4l2", {})),
        ("linux", "/dev/v4l/by-id/usb-cam", NO_WISHES, ("/dev/v4l/by-id/usb-cam", "v4l2", {})),
        (
            "linux",
            "1",
            Wishes((1280, 720), Fraction(30), "mjpeg"),
            ("/dev/video1", "v4l2", {"video_size": "1280x720", "framerate": "30", "input_format": "mjpeg"}),
        ),
        ("darwin", "0", NO_WISHES, ("0:none", "avfoundation", {"framerate": "30"})),
        (
            "darwin",
            "FaceTime HD",
            Wishes(fps=Fraction(15)),
            ("FaceTime HD:none", "avfoundation", {"framerate": "15"}),
        ),
        (
            "darwin",
            "1",
            Wishes(format="nv12"),
            ("1:none", "avfoundation", {"framerate": "30", "pixel_format": "nv12"}),
        ),
        ("win32", "1", NO_WISHES, ("video=Second", "dshow", {})),
        ("win32", "Logi C920", Wishes((640, 480)), ("video=Logi C920", "dshow", {"video_size": "640x480"})),
        ("win32", "0", Wishes(format="mjpeg"), ("video=First", "dshow", {"vcodec": "mjpeg"})),
        ("win32", "0", Wishes(format="yuyv422"), ("video=First", "dshow", {"pixel_format": "yuyv422"})),
    ],
)
def test_each_platform_opens_cameras_its_own_way(platform, device, wishes, expected):
    assert webcam_input(platform, device, wishes, lambda: ["First", "Second"]) == expected


def test_a_number_beyond_windows_cameras_names_those_there_are():
    with pytest.raises(SourceError, match=r"webcam:2: .*found: First"):
        webcam_input("win32", "2", NO_WISHES, lambda: ["First"])


def test_a_mode_is_asked_for_whole():
    mode = Mode("mjpeg", 1280, 720, Fraction(30000, 1001))
    options = {"video_size": "1280x720", "framerate": "30000/1001", "input_format": "mjpeg"}
    assert v4l2_options(mode) == options
    open_rate = Mode("mjpeg", 1280, 720)
    assert v4l2_options(open_rate) == {"video_size": "1280x720", "input_format": "mjpeg"}
    assert v4l2_options(open_rate, Wishes(fps=Fraction(15)))["framerate"] == "15"


@pytest.mark.parametrize(
    ("spec", "kind", "name", "address"),
    [
        ("webcam", "webcam", "webcam0", "/dev/video0"),
        ("webcam:", "webcam", "webcam0", "/dev/video0"),
        ("webcam:3", "webcam", "webcam3", "/dev/video3"),
        ("webcam:/dev/video2", "webcam", "webcam2", "/dev/video2"),
        ("webcam:HD Pro C920", "webcam", "webcam-HD-Pro-C920", "HD Pro C920"),
        ("webcam:/dev/v4l/by-id/x.y", "webcam", "webcam-dev-v4l-by-id-x-y", "/dev/v4l/by-id/x.y"),
        ("rtsp://cam.example.org:554/live", "url", "cam-example-org", "rtsp://cam.example.org:554/live"),
        ("RTSPS://192.168.1.5/x", "url", "192-168-1-5", "RTSPS://192.168.1.5/x"),
        ("http://[::1]:8080/v", "url", "1", "http://[::1]:8080/v"),
        ("udp://:1234", "url", "udp1234", "udp://:1234"),
        ("udp://@239.1.1.1:5000", "url", "239-1-1-1", "udp://@239.1.1.1:5000"),
        ("lavfi:testsrc=size=64x48,format=gray", "lavfi", "testsrc", "testsrc=size=64x48,format=gray"),
    ],
)
def test_what_users_write_is_understood(spec, kind, name, address):
    parsed = parse_spec(spec, platform="linux")
    assert (parsed.kind, parsed.name, parsed.address) == (kind, name, address)


def test_a_path_becomes_absolute_so_that_a_colon_in_it_is_no_protocol():
    parsed = parse_spec("take:2 [final].mp4")
    assert parsed.kind == "file"
    assert parsed.address == str(Path("take:2 [final].mp4").absolute())
    assert parsed.name == "take-2-final"
    assert parse_spec("~/a.mp4").address == str(Path.home() / "a.mp4")


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("", "the source is empty; accepted are"),
        ("ftp://host/x", "ftp:// addresses cannot be read; accepted are a file's path, webcam:0"),
        ("lavfi:", "lavfi:testsrc"),
        ("webcam:0?size=huge", "size=huge cannot be used: write size=1280x720"),
        ("webcam:0?fps=0", "fps=0 cannot be used"),
        ("webcam:0?colour=red", "colour=red cannot be used"),
        ("a\0b.mp4", "zero byte"),
        ("rtsp:///x", "no usable host and port"),
        ("rtsp://host:port/x", "no usable host and port"),
        ("udp://", "no usable host and port"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_line(spec, message):
    with pytest.raises(SourceError) as refused:
        parse_spec(spec, "linux", no_cameras)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["", "a.b", "cam 1", "cam/1", "käse"])
def test_a_stream_name_must_fit_into_a_topic(name):
    with pytest.raises(OptionError, match="letters, digits"):
        open_source("webcam:0", name=name)


@pytest.mark.parametrize("option", ["open_timeout", "stall_timeout"])
@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan")])
def test_a_timeout_must_be_above_zero(option, seconds):
    with pytest.raises(OptionError, match=option):
        open_source("webcam:0", **{option: seconds})


def test_live_or_not_is_known_before_opening():
    assert not open_source("a.mp4").live
    assert open_source("a.mp4", realtime=True).live
    assert open_source("webcam:0").live
    assert open_source("rtsp://host/x").live
    assert open_source("rtsp://host/x", name="door").name == "door"


# ------------------------------------------------------------------------------ for any input

# Letters that cannot turn up in the rest of the address or in a message by themselves.
AWKWARD = "0789:@/?#&%=+$!é "
USERS = st.text(alphabet="JK" + AWKWARD, max_size=12).map(lambda text: f"JK{text}JK")
PASSWORDS = st.text(alphabet="QXZ" + AWKWARD, max_size=12).map(lambda text: f"QX{text}ZQ")


def shown(spec: str) -> str:
    """All that anybody gets to see of a spec."""
    try:
        parsed = parse_spec(spec, "linux", no_cameras)
    except SourceError as refused:
        return str(refused)
    return f"{parsed.label} {parsed.name} {parsed!r}"


@given(user=USERS, password=PASSWORDS, scheme=st.sampled_from(["rtsp", "http", "udp"]))
def test_escaped_credentials_open_and_never_show(user, password, scheme):
    spec = f"{scheme}://{quote(user, safe='')}:{quote(password, safe='')}@camera.lan:554/live"
    parsed = parse_spec(spec)
    assert parsed.address == spec.strip()
    assert parsed.label == f"{scheme}://camera.lan:554/live"
    assert parsed.name == "camera-lan"
    assert quote(password, safe="") not in shown(spec)


@given(user=USERS, password=PASSWORDS)
def test_credentials_written_without_escaping_never_show(user, password):
    text = shown(f"rtsp://{user}:{password}@camera.lan/live")
    # A password with / or # in it breaks the address; what is left of it must not show either.
    for part in re.split(r"[@/?#:]", password):
        if sum(character in "QXZ" for character in part) >= 2:
            assert part not in text


@pytest.mark.parametrize(
    "url",
    [
        "rtsp://host/user=QXQX&password=ZQZQ&channel=1.sdp",
        "http://host/cgi/video?user=QXQX&pwd=ZQZQ",
        "https://host/v?token=ZQZQ",
        "rtsp://QXQX@host/x",
    ],
)
def test_credentials_in_path_and_query_never_show(url):
    assert "QXQX" not in shown(url)
    assert "ZQZQ" not in shown(url)


@given(st.text(max_size=40))
def test_every_name_fits_into_a_topic(text):
    assert NAME.fullmatch(stream_name(text))


@given(st.text(max_size=60), st.sampled_from(["", "webcam:", "rtsp://", "udp://", "lavfi:", "http://a@"]))
def test_any_text_is_either_understood_or_refused_in_one_line(text, prefix):
    try:
        parsed = parse_spec(prefix + text, "linux", no_cameras)
    except SourceError as refused:
        assert str(refused)
    else:
        assert NAME.fullmatch(parsed.name)
