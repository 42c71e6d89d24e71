"""`[cameras.NAME]`: what is read, and what is refused in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from realtime.cameras import Camera, with_names
from realtime.commands.camera_tables import read_cameras
from realtime.errors import LiveFacsError, OptionError

OTHERS = Camera(source="", max_faces=3, window=5)


def read(tmp_path: Path, text: str) -> list[Camera]:
    path = tmp_path / "lab.toml"
    path.write_text(text)
    return read_cameras(path, OTHERS)


def test_a_table_is_a_stream_and_says_what_differs(tmp_path: Path) -> None:
    door, desk = read(
        tmp_path,
        'publish = "none"\n'
        '[cameras.door]\nsource = "rtsp://a.b/c"\nmax-fps = 10\npriority = 2\nrealtime = true\n'
        '[cameras.desk-2]\nsource = "webcam:0"\nmax_faces = 1\ncalibration = false\n',
    )
    assert door == Camera(
        source="rtsp://a.b/c", name="door", max_fps=10.0, priority=2.0, realtime=True, max_faces=3, window=5
    )
    assert desk == Camera(source="webcam:0", name="desk-2", max_faces=1, calibration=False, window=5)


def test_a_file_without_tables_has_no_cameras(tmp_path: Path) -> None:
    assert read(tmp_path, 'source = "webcam:0"') == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[cameras.door]\nmax-fps = 3", ("camera 'door' has no source", "[cameras.door]")),
        ("[cameras.door]\nsource = 3", ("camera 'door': option 'source'", "a text in quotes")),
        ("[cameras.door]\nsource = 'a'\nmaxfps = 3", ("unknown option 'maxfps'", "did you mean 'max-fps'")),
        ("[cameras.door]\nsource = 'a'\nname = 'b'", ("unknown option 'name'",)),
        ("[cameras.door]\nsource = 'a'\nmax-faces = 0", ("option 'max-faces' is 0", "at least 1")),
        ("[cameras.door]\nsource = 'a'\npriority = 0", ("camera 'door': priority 0 must be above 0",)),
        ("[cameras.door]\nsource = 'a'\npriority = nan", ("camera 'door'", "priority")),
        ("[cameras.'front door']\nsource = 'a'", ("'front door'", "letters, digits, - and _ only")),
        ("cameras = ['a', 'b']", ("'cameras' must be tables",)),
        ("[cameras]\ndoor = 'rtsp://a.b/c'", ("camera 'door' must be a table",)),
    ],
)
def test_what_is_wrong_is_told_by_file_camera_and_key(
    text: str, words: tuple[str, ...], tmp_path: Path
) -> None:
    with pytest.raises(OptionError) as refusal:
        for camera in read(tmp_path, text):
            camera.make_source()
    line = str(refusal.value)
    for word in words:
        assert word in line
    assert "\n" not in line


def test_streams_without_a_name_are_told_apart() -> None:
    cameras = [Camera(source=source) for source in ("a/x.mp4", "b/x.mp4", "webcam:0", "c/x.mp4")]
    cameras += [Camera(source="d/y.mp4", name="x-2")]
    assert [camera.name for camera in with_names(cameras)] == ["x", "x-3", "webcam0", "x-4", "x-2"]


def test_a_password_is_in_no_representation() -> None:
    assert "s3cret" not in repr(Camera(source="rtsp://me:s3cret@a.b/c"))


def test_what_is_no_source_is_told_before_anything_runs() -> None:
    with pytest.raises(LiveFacsError, match="the source is empty"):
        with_names([Camera(source="")])


def test_the_example_is_what_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOOR_PASSWORD", "s3cret")
    door, desk = read_cameras(Path(__file__).parents[3] / "examples" / "cameras.toml", OTHERS)
    assert (door.name, door.priority, door.cpus, door.secrets) == ("door", 2.0, 1.0, ("s3cret",))
    assert "s3cret" not in door.make_source().label
    assert (desk.name, desk.max_fps, desk.node) == ("desk", 15.0, "192.0.2.20")
