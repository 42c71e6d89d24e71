"""Which of its modes a camera is read in: tables of real cameras, and what holds for any."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.errors import SourceError
from realtime.sources.spec import parse_spec
from realtime.sources.webcam.modes import (
    NO_WISHES,
    Mode,
    Wishes,
    choose_mode,
    fitting,
    format_name,
    nearest,
    rate_text,
    wished_mode,
)


def table(**formats: str) -> list[Mode]:
    """Modes out of `WIDTHxHEIGHT@RATE,RATE WIDTHxHEIGHT@RATE`."""
    modes = []
    for name, sizes in formats.items():
        for entry in sizes.split():
            size, _, rates = entry.partition("@")
            width, height = map(int, size.split("x"))
            modes += [Mode(name, width, height, Fraction(rate)) for rate in rates.split(",")]
    return modes


# The first four as `v4l2-ctl --list-formats-ext` was published for them, shortened; the others are made up.
_C920_COMPRESSED = (
    "640x480@30,24,20,15,10,7.5,5 320x240@30,24,20,15,10,7.5,5 640x360@30,24,20,15,10,7.5,5 "
    "800x600@30,24,20,15,10,7.5,5 864x480@30,24,20,15,10,7.5,5 1280x720@30,24,20,15,10,7.5,5 "
    "1920x1080@30,24,20,15,10,7.5,5"
)
LOGITECH_C920 = table(
    yuyv422="640x480@30,24,20,15,10,7.5,5 160x90@30,24 320x240@30,24,20,15,10,7.5,5 640x360@30,24,20,15 "
    "800x600@24,20,15,10,7.5,5 864x480@24,20,15,10,7.5,5 960x720@15,10,7.5,5 1280x720@10,7.5,5 "
    "1600x896@7.5,5 1920x1080@5 2304x1536@2",
    h264=_C920_COMPRESSED,
    mjpeg=_C920_COMPRESSED,
)
CREATIVE_SYNC = table(
    mjpeg="1920x1080@30 640x480@30 320x240@30 800x600@30 1280x720@30",
    yuyv422="1920x1080@5 640x480@30 320x240@30 800x600@20 960x720@12.5 1280x720@10",
)
USB2_HD = table(
    mjpeg="1280x720@30,15 640x480@30,15 320x240@30,15 1280x960@30,15",
    yuyv422="640x480@30 320x240@30 800x600@20 1280x720@10 1280x960@9",
)
HIGH_SPEED = table(mjpeg="1280x720@60,50,30,25,20,15,10,5 800x600@60,50,30,25,20,15,10,5")
MICROSCOPE = table(yuyv422="1600x1200@5 1280x1024@7.5 640x480@15", mjpeg="1600x1200@15 1280x1024@30")
DOCUMENT = table(yuyv422="2592x1944@2 1920x1080@5 1280x720@10", mjpeg="2592x1944@15 1920x1080@30")
INFRARED = table(gray="340x340@30 640x360@15,30")
OLD = table(yuyv422="160x120@30 320x240@30 352x288@15")
NTSC = [Mode("yuyv422", 720, 480, Fraction(30000, 1001)), Mode("yuyv422", 720, 576, Fraction(25))]
SILENT_ABOUT_RATES = [Mode("yuv420p", 320, 240), Mode("mjpeg", 1280, 720), Mode("yuyv422", 640, 480)]
NATIVE_FIRST = table(nv12="640x480@30", yuyv422="640x480@30", bgr24="640x480@30")


@pytest.mark.parametrize(
    ("modes", "wishes", "expected"),
    [
        (LOGITECH_C920, "", "size=640x480&fps=30&format=yuyv422"),
        (LOGITECH_C920, "size=1280x720", "size=1280x720&fps=30&format=mjpeg"),  # raw: 10
        (LOGITECH_C920, "size=1920x1080", "size=1920x1080&fps=30&format=mjpeg"),
        (LOGITECH_C920, "size=1280x720&format=yuyv", "size=1280x720&fps=10&format=yuyv422"),
        (LOGITECH_C920, "format=h264", "size=640x480&fps=30&format=h264"),
        (LOGITECH_C920, "fps=15", "size=640x480&fps=15&format=yuyv422"),
        (LOGITECH_C920, "size=800x600", "size=800x600&fps=30&format=mjpeg"),
        (LOGITECH_C920, "size=2304x1536", "size=2304x1536&fps=2&format=yuyv422"),
        (CREATIVE_SYNC, "", "size=640x480&fps=30&format=yuyv422"),
        (USB2_HD, "", "size=640x480&fps=30&format=yuyv422"),
        (USB2_HD, "size=1280x960", "size=1280x960&fps=30&format=mjpeg"),
        (HIGH_SPEED, "", "size=800x600&fps=30&format=mjpeg"),
        (HIGH_SPEED, "fps=60", "size=800x600&fps=60&format=mjpeg"),
        (MICROSCOPE, "", "size=1280x1024&fps=30&format=mjpeg"),  # raw 640x480 comes at 15
        (DOCUMENT, "", "size=1920x1080&fps=30&format=mjpeg"),  # raw 1280x720 comes at 10
        (INFRARED, "", "size=640x360&fps=30&format=gray"),
        (OLD, "", "size=320x240&fps=30&format=yuyv422"),
        (NTSC, "", "size=720x480&fps=30000/1001&format=yuyv422"),
        (NTSC, "fps=30", "size=720x480&fps=30000/1001&format=yuyv422"),
        (SILENT_ABOUT_RATES, "", "size=640x480&format=yuyv422"),
        (SILENT_ABOUT_RATES, "fps=60", "size=640x480&format=yuyv422"),
        (NATIVE_FIRST, "", "size=640x480&fps=30&format=nv12"),
    ],
)
def test_real_cameras_are_read_in_the_mode_that_shows_faces_best(modes, wishes, expected):
    asked = parse_spec(f"webcam:0?{wishes}", "linux").wishes
    assert str(wished_mode(modes, asked, "webcam:0")) == expected


@pytest.mark.parametrize(
    ("modes", "wishes", "near"),
    [
        (LOGITECH_C920, "size=1280x800", "size=1280x720&fps=30&format=mjpeg, "),
        (LOGITECH_C920, "size=1920x1080&fps=60", "size=1920x1080&fps=30&format=mjpeg, "),
        (LOGITECH_C920, "size=1280x720&fps=30&format=yuyv", "size=1280x720&fps=30&format=mjpeg, "),
        (LOGITECH_C920, "format=nv12", "size=640x480&fps=30&format=yuyv422, "),
        (HIGH_SPEED, "fps=120", "size=800x600&fps=60&format=mjpeg, size=1280x720&fps=60&format=mjpeg;"),
        (INFRARED, "format=mjpeg", "size=640x360&fps=30&format=gray;"),
    ],
)
def test_a_wish_that_cannot_be_met_names_the_nearest(modes, wishes, near):
    asked = parse_spec(f"webcam:0?{wishes}", "linux").wishes
    with pytest.raises(SourceError) as refused:
        wished_mode(modes, asked, "webcam:0")
    assert str(refused.value).startswith(f"webcam:0 does not offer {asked}: nearest is {near}")
    assert "`livefacs cameras`" in str(refused.value)


# ------------------------------------------------------------------------------ for any camera

RATES = st.sampled_from([2, 5, 7.5, 10, 12.5, 15, 24, 25, 30, 50, 60, 90]).map(Fraction)
SIZES = st.tuples(st.integers(16, 4096), st.integers(16, 4096)) | st.sampled_from(
    [(320, 240), (640, 360), (640, 480), (800, 600), (1280, 720), (1920, 1080)]
)
FORMATS = st.sampled_from(["yuyv422", "nv12", "mjpeg", "h264", "gray", "bayer_rggb8"])
MODES = st.builds(lambda size, name, fps: Mode(name, *size, fps), SIZES, FORMATS, st.none() | RATES)
WISHES = st.builds(Wishes, st.none() | SIZES, st.none() | RATES, st.none() | FORMATS)


@given(st.lists(MODES, min_size=1, max_size=30))
def test_a_camera_that_can_is_read_at_thirty_pictures_a_second_large_enough_and_raw(modes):
    def good(mode: Mode) -> bool:
        enough = 640 * 480 <= mode.width * mode.height <= 1280 * 720
        return enough and (mode.fps or 30) >= 30 and mode.format in ("yuyv422", "nv12")

    chosen = choose_mode(modes)
    assert chosen in modes
    if any(map(good, modes)):
        assert good(chosen)


@given(st.lists(MODES, min_size=1, max_size=30))
def test_no_other_mode_of_that_size_and_format_comes_nearer_to_thirty(modes):
    chosen = choose_mode(modes)
    for mode in modes:
        if (mode.format, mode.width, mode.height) == (chosen.format, chosen.width, chosen.height):
            fps, taken = mode.fps or 30, chosen.fps or 30
            assert taken >= min(fps, 30)
            assert fps < 30 or taken <= fps


@given(st.lists(MODES, min_size=1, max_size=30), WISHES)
def test_wishes_are_met_or_the_nearest_named(modes, wishes):
    meeting = fitting(modes, wishes)
    try:
        chosen = wished_mode(modes, wishes, "webcam:0")
    except SourceError as refused:
        assert not meeting
        near = nearest(modes, wishes)
        assert 1 <= len(near) <= 3 and set(near) <= set(modes)
        assert str(near[0]) in str(refused)
    else:
        assert chosen in meeting
        assert wishes.size in (None, (chosen.width, chosen.height))
        assert wishes.format in (None, chosen.format)
    assert fitting(modes, NO_WISHES) == list(modes)


@given(WISHES)
def test_wishes_are_written_as_they_are_typed(wishes):
    assert parse_spec(f"webcam:0?{wishes}", "linux").wishes == wishes


@given(st.fractions(Fraction(1, 10), 240))
def test_rates_are_written_exactly(fps):
    assert Fraction(rate_text(fps)) == fps


@pytest.mark.parametrize(
    ("typed", "name"),
    [("YUYV", "yuyv422"), ("mjpg", "mjpeg"), ("MJPEG", "mjpeg"), ("nv12", "nv12"), ("grey", "gray")],
)
def test_formats_may_be_called_otherwise(typed, name):
    assert format_name(typed) == name
    assert parse_spec(f"webcam:0?format={typed}", "linux").wishes.format == name
