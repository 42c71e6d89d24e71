"""A camera that is opened, pulled out, plugged in again elsewhere, or taken by others."""

from __future__ import annotations

import errno
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
import pytest
from camera_machine import META, STREAMING, CameraMachine

from realtime.errors import SourceError
from realtime.sources import open_source
from realtime.sources.source import Source
from realtime.sources.webcam.replugged import Replugged
from realtime.types import Frame

PATIENCE = 15.0
LINK = "/dev/v4l/by-id/usb-046d_HD_Pro_Webcam_C920_X-video-index0"
BUILT_IN = {"name": "Integrated Camera", "port": "1-1"}


def until(source: Source, truth: Callable[[], bool]) -> list[Frame]:
    """Read as a pipeline does until something is true."""
    frames = []
    end = time.monotonic() + PATIENCE
    while not truth():
        assert time.monotonic() < end, f"{source.state}: {source.detail}"
        frame = source.read(0.25)
        if frame is not None:
            frames.append(frame)
    return frames


def color(frame: Frame) -> tuple[int, int, int]:
    """The one colour of a picture; checks that it is one."""
    assert np.ptp(frame.image, axis=(0, 1)).max() == 0
    red, green, blue = frame.image[0, 0].tolist()
    return red, green, blue


def test_a_camera_is_opened_in_the_mode_that_suits_best(machine: CameraMachine) -> None:
    machine.plug(0)
    with open_source("webcam:0") as source:
        assert source.read(10).size == (640, 480)
        assert source.fps == 30.0
    taken = {"video_size": "640x480", "framerate": "30", "input_format": "yuyv422"}
    assert machine.opened == [("video0", taken)]


@pytest.mark.parametrize(
    ("wishes", "options"),
    [
        ("size=1280x720", {"video_size": "1280x720", "framerate": "30", "input_format": "mjpeg"}),
        ("fps=15", {"video_size": "640x480", "framerate": "15", "input_format": "yuyv422"}),
        ("format=MJPG", {"video_size": "1280x720", "framerate": "30", "input_format": "mjpeg"}),
    ],
)
def test_wishes_choose_among_what_it_offers(machine, wishes, options):
    machine.plug(0)
    with open_source(f"webcam:0?{wishes}") as source:
        source.read(10)
    assert machine.opened == [("video0", options)]


def test_a_wish_that_cannot_be_met_is_told_before_it_is_opened(machine):
    machine.plug(0)
    with pytest.raises(SourceError, match=r"^webcam:0 does not offer size=1920x1080: nearest is size=1280x7"):
        open_source("webcam:0?size=1920x1080").open()
    assert machine.opened == []


def test_a_driver_that_says_nothing_gets_the_wishes_as_they_are(machine):
    machine.plug(0, formats={})
    with open_source("webcam:0?size=320x240&fps=25") as source:
        assert source.read(10).size == (320, 240)
    assert machine.opened == [("video0", {"video_size": "320x240", "framerate": "25"})]


def test_a_driver_that_cannot_do_what_it_lists_is_left_to_itself(machine):
    machine.plug(0).refuses = errno.EINVAL
    with open_source("webcam:0") as source:
        assert source.read(10).size == (64, 48)
    assert [options for _, options in machine.opened][1:] == [{}]


@pytest.mark.parametrize("code", [errno.EINVAL, errno.EIO])
def test_what_was_wished_for_is_not_given_up(machine, code):
    machine.plug(0).refuses = code
    with pytest.raises(SourceError, match="webcam:0"):
        open_source("webcam:0?size=640x480").open()
    assert all(options for _, options in machine.opened)


def test_a_camera_is_opened_by_its_name(machine):
    machine.plug(0, **BUILT_IN)
    machine.plug(3)
    with open_source("webcam:C920") as source:
        assert (source.name, source.label) == ("webcam-C920", "webcam:C920")
        source.read(10)
    assert [name for name, _ in machine.opened] == ["video3"]
    with pytest.raises(SourceError, match=r"webcam:Brio is not there \(found webcam:0 \(Integrated Cam"):
        open_source("webcam:Brio").open()


def test_the_metadata_of_a_camera_is_no_camera(machine):
    machine.plug(0)
    machine.plug(1, index=1, flags=META | STREAMING)
    with pytest.raises(SourceError, match=r"^webcam:1 sends no pictures \(found webcam:0 \(HD Pro"):
        open_source("webcam:1").open()


def test_who_uses_a_camera_is_named(machine):
    camera = machine.plug(0)
    camera.busy = True
    hold = "import sys; held = open(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    words = [sys.executable, "-c", hold, str(camera.path)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout.readline() == "held\n"
        with pytest.raises(SourceError) as refused:
            open_source("webcam:0").open()
        program.stdin.close()
    assert f"(pid {program.pid}): close it there first" in str(refused.value)
    assert str(refused.value).startswith("webcam:0 is in use by ")
    with (
        camera.path.open(),
        pytest.raises(SourceError, match="is still open in this program: close it"),
    ):
        open_source("webcam:C920").open()
    with pytest.raises(SourceError, match="is in use by another program: close it there first"):
        open_source("webcam:0").open()


def test_pictures_that_were_read_outlive_the_camera(machine):
    # raw pictures lie in the driver's memory, which it takes back: to look at them then is to crash
    machine.plug(0)
    source = open_source("webcam:0")
    source.open()
    source.read(10)
    end = time.monotonic() + PATIENCE
    while not source._handover.counts().unread:
        assert time.monotonic() < end
        time.sleep(0.01)
    machine.unplug(0)
    source._reader.join(10)
    frames = []
    with pytest.raises(SourceError, match="^webcam:0 was unplugged$"):
        while True:
            frames.append(source.read(10))
    source.close()
    assert frames and [color(frame) for frame in frames] == [(255, 0, 0)] * len(frames)


def test_a_picture_that_broke_on_the_bus_is_counted_and_the_others_come(machine):
    machine.plug(0).breaks = 4
    with open_source("webcam:0") as source:
        frames = until(source, lambda: source.captured >= 12)
        numbers = [frame.number for frame in frames]
        assert source.state == "live"
        assert "damaged on arrival" in source.damage
    assert not any(number % 4 == 0 for number in numbers)
    assert {color(frame) for frame in frames} == {(255, 0, 0)}


@pytest.mark.parametrize("spec", ["webcam:0", "webcam:C920", f"webcam:{LINK}"])
def test_a_camera_is_found_again_under_another_number(machine, spec):
    machine.plug(0, serial="X")
    with open_source(spec, reconnect=True) as source:
        until(source, lambda: source.state == "live")
        machine.unplug(0)
        until(source, lambda: source.state == "reconnecting")
        until(source, lambda: "is not" in source.detail)
        # what has its number now is another
        machine.plug(0, **BUILT_IN).color = b"\0\xff\0"
        machine.plug(2, serial="X", port="1-7")
        frames = until(source, lambda: source.state == "live")
        assert (source.detail, frames[-1].generation) == (None, 1)
        assert {color(frame) for frame in frames} == {(255, 0, 0)}
    assert machine.opened[-1][0] == "video2" or "by-id" in spec


def test_another_camera_under_its_number_is_not_taken_for_it(machine):
    machine.plug(0)
    with open_source("webcam:0", reconnect=True) as source:
        until(source, lambda: source.state == "live")
        machine.unplug(0)
        machine.plug(0, **BUILT_IN)
        until(source, lambda: "is not" in (source.detail or ""))
        assert source.detail == "webcam:0 (HD Pro Webcam C920) is not plugged in"
        machine.unplug(0)
        machine.plug(0)
        until(source, lambda: source.state == "live")


def where(replugged: Replugged) -> str:
    try:
        return replugged.where().address
    except SourceError:
        return "away"


def replugged(spec: str) -> Replugged:
    from realtime.sources.spec import parse_spec

    made = Replugged(parse_spec(spec, "linux"))
    assert made.where().address == parse_spec(spec, "linux").address
    return made


def test_of_two_cameras_of_a_kind_the_other_is_not_taken(machine):
    machine.plug(0, port="1-1")
    machine.plug(2, port="1-2")
    first = replugged("webcam:0")
    assert where(first) == "/dev/video0"
    machine.unplug(0)
    assert where(first) == "away", "the other was there before"
    machine.plug(5, port="1-9")
    assert where(first) == "/dev/video5", "one that was not"
    machine.unplug(5)
    machine.plug(6, port="1-9")
    assert where(first) == "/dev/video6"
    machine.unplug(6)
    machine.plug(0, port="1-2b", serial="ANOTHER")
    assert where(first) == "away"


def test_a_camera_that_is_not_there_yet_and_one_that_nothing_is_known_of(machine):
    late = replugged("webcam:0")
    assert where(late) == "/dev/video0"
    machine.plug(0)
    assert where(late) == "/dev/video0"
    machine.unplug(0)
    assert where(late) == "away"
    (machine.root / "dev/video4").write_bytes(b"")
    assert where(replugged("webcam:4")) == "/dev/video4"


@pytest.mark.parametrize("spec", ["webcam:/dev/v4l/by-path/pci-1", "webcam:Brio", "rtsp://host/x", "a.mp4"])
def test_what_names_no_number_stays_as_it_is(machine, spec):
    for _ in range(2):
        replugged(spec)
