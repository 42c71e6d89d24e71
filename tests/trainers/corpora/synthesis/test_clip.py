"""A real video and its truth: both whole or neither, and the runtime sees in it what the truth says."""

from __future__ import annotations

import csv
import itertools
import math
from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np
import pytest

from realtime.sinks.csv_columns import OPENFACE_INTENSITIES, OPENFACE_OCCURRENCES
from realtime.tracking.landmarkers import DEFAULT_LANDMARKER, create_landmarker
from realtime.tracking.tracker import FaceTracker
from realtime.types import Frame
from trainers.corpora.behaviour import AUS
from trainers.corpora.synthesis.clip import make_clip
from trainers.errors import CorpusError

pytestmark = pytest.mark.usefixtures("anny_installed")
FPS, SECONDS, SIZE = 10, 3.0, (160, 192)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, list[int]]:
    """Three seconds of one person: video, truth, and what the progress said."""
    out, told = tmp_path_factory.mktemp("clip") / "one.mp4", []
    truth = make_clip(out, seconds=SECONDS, fps=FPS, size=SIZE, seed=4, progress=told.append)
    return out, truth, told


def rows_of(truth: Path) -> list[dict[str, str]]:
    with truth.open(newline="") as file:
        return list(csv.DictReader(file))


def pictures_of(video: Path) -> list[np.ndarray]:
    with av.open(str(video)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def test_it_is_h264_of_the_right_size_rate_and_length(clip: tuple[Path, Path, list[int]]) -> None:
    with av.open(str(clip[0])) as container:
        (stream,) = container.streams
        assert stream.codec_context.name == "h264"
        assert (stream.codec_context.height, stream.codec_context.width) == SIZE
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert stream.average_rate == FPS
        frames = list(container.decode(video=0))
        assert [float(frame.time) for frame in frames] == pytest.approx(np.arange(30) / FPS)
    assert clip[2] == [1] * 30


def test_the_truth_has_openfaces_columns_and_one_row_per_frame(clip: tuple[Path, Path, list[int]]) -> None:
    assert clip[1] == clip[0].with_suffix(".csv")
    rows = rows_of(clip[1])
    columns = list(rows[0])
    assert columns[:8] == [
        *("frame", "face_id", "timestamp", "confidence", "success"),
        *("pose_Rx", "pose_Ry", "pose_Rz"),
    ]
    assert {f"{au}_r" for au in (*OPENFACE_INTENSITIES, *AUS)} <= set(columns)
    assert {f"{au}_c" for au in (*OPENFACE_OCCURRENCES, *AUS)} <= set(columns)
    assert [int(row["frame"]) for row in rows] == list(range(1, 31))
    assert [float(row["timestamp"]) for row in rows] == pytest.approx(np.arange(30) / FPS, abs=1e-6)
    assert {row["face_id"] for row in rows} == {"1"}
    assert {row["success"] for row in rows} == {"1"}
    for row in rows:
        assert 0.9 <= float(row["confidence"]) <= 1
        assert all(abs(float(row[name])) < math.radians(60) for name in ("pose_Rx", "pose_Ry", "pose_Rz"))
        for au in AUS:
            intensity = float(row[f"{au}_r"])
            assert 0 <= intensity <= 5
            assert (row[f"{au}_c"] == "1") == (intensity >= 1)


def test_the_person_moves(clip: tuple[Path, Path, list[int]]) -> None:
    pictures = pictures_of(clip[0])
    for first, second in itertools.pairwise(pictures):
        change = np.abs(first.astype(int) - second).mean()
        assert 0.05 < change < 15


def test_the_same_seed_is_the_same_clip(clip: tuple[Path, Path, list[int]], tmp_path: Path) -> None:
    def short(name: str, seed: int) -> tuple[bytes, bytes]:
        out = tmp_path / name
        truth = make_clip(out, seconds=0.3, fps=FPS, size=(96, 96), seed=seed)
        return out.read_bytes(), truth.read_bytes()

    assert short("a.mp4", 1) == short("b.mp4", 1)
    first, other = short("c.mp4", 1), short("d.mp4", 2)
    assert first[0] != other[0]
    assert first[1] != other[1]


def test_the_runtimes_tracker_sees_what_the_truth_says(
    clip: tuple[Path, Path, list[int]], face_model_path: Path
) -> None:
    rows = rows_of(clip[1])
    seen, told = [], []
    with FaceTracker(create_landmarker(DEFAULT_LANDMARKER, face_model_path, max_faces=1)) as tracker:
        for number, (picture, row) in enumerate(zip(pictures_of(clip[0]), rows, strict=True), start=1):
            faces = tracker.track(Frame(np.ascontiguousarray(picture), number, number / FPS))
            if faces:
                seen.append([faces[0].pose.yaw, faces[0].pose.pitch, faces[0].pose.roll])
                told.append([float(row[name]) for name in ("pose_Ry", "pose_Rx", "pose_Rz")])
    assert len(seen) >= 28
    found, true = np.degrees(seen), np.degrees(told)
    for axis, name in enumerate(("yaw", "pitch", "roll")):
        if np.ptp(true[:, axis]) > 4:
            assert np.corrcoef(found[:, axis], true[:, axis])[0, 1] > 0.8, name
    assert np.abs(found - true)[:, [0, 2]].mean() < 5
    assert np.ptp(true, axis=0).max() > 4, "the head turns enough to tell"


def test_several_people_stand_side_by_side(tmp_path: Path, face_model_path: Path) -> None:
    out = tmp_path / "three.mp4"
    rows = rows_of(make_clip(out, seconds=0.2, fps=FPS, faces=3, size=(256, 640), seed=3))
    assert [(row["frame"], row["face_id"]) for row in rows] == [
        (frame, face) for frame in "12" for face in "123"
    ]
    assert len({tuple(row[f"pose_R{axis}"] for axis in "xyz") for row in rows}) == 6
    with FaceTracker(create_landmarker(DEFAULT_LANDMARKER, face_model_path, max_faces=4)) as tracker:
        faces = tracker.track(Frame(pictures_of(out)[0], 1, 0.0))
    assert len(faces) == 3
    middles = sorted(face.bbox[0] + face.bbox[2] / 2 for face in faces)
    assert middles == pytest.approx([107, 320, 533], abs=40)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"size": (161, 192)}, "size 192x161: H.264 wants even numbers"),
        ({"size": (160, 50)}, "size 50x160"),
        ({"seconds": 0.0}, "seconds 0.0"),
        ({"seconds": float("nan")}, "seconds nan"),
        ({"seconds": float("inf")}, "seconds inf"),
        ({"fps": 0}, "fps 0"),
        ({"faces": 7}, "faces 7: 1 to 6 people"),
        ({"domain": "office"}, 'domain "office" is not known'),
        ({"seed": -1}, "seed -1: seeds are 0 to"),
    ],
)
def test_impossible_clips_are_refused_in_one_line(
    changes: dict[str, object], said: str, tmp_path: Path
) -> None:
    with pytest.raises(CorpusError) as refusal:
        make_clip(tmp_path / "x.mp4", **changes)  # type: ignore[arg-type]
    assert str(refusal.value).startswith(said)
    assert "\n" not in str(refusal.value)
    assert not list(tmp_path.iterdir())


def test_names_that_will_not_do(tmp_path: Path) -> None:
    for name, said in (("x.avi", "is an .mp4 file"), ("no/x.mp4", "no such folder")):
        with pytest.raises(CorpusError, match=said):
            make_clip(tmp_path / name, seconds=0.1)
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(CorpusError, match="is a folder"):
        make_clip(tmp_path / "folder.mp4", seconds=0.1, overwrite=True)


@pytest.mark.parametrize("taken", ["x.mp4", "x.csv"])
def test_existing_files_are_replaced_only_when_told(taken: str, tmp_path: Path) -> None:
    (tmp_path / taken).write_text("precious")
    with pytest.raises(CorpusError, match="already there.*--overwrite"):
        make_clip(tmp_path / "x.mp4", seconds=0.1, fps=FPS, size=(64, 64))
    assert names_in(tmp_path) == [taken]
    make_clip(tmp_path / "x.mp4", seconds=0.1, fps=FPS, size=(64, 64), overwrite=True)
    assert names_in(tmp_path) == ["x.csv", "x.mp4"]
    assert len(pictures_of(tmp_path / "x.mp4")) == len(rows_of(tmp_path / "x.csv")) == 1


def names_in(folder: Path) -> Sequence[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
@pytest.mark.parametrize("before", [False, True])
def test_what_is_interrupted_leaves_neither_file_or_the_old_ones(
    error: type[BaseException], before: bool, tmp_path: Path
) -> None:
    old = {"x.mp4": "old video", "x.csv": "old truth"} if before else {}
    for name, text in old.items():
        (tmp_path / name).write_text(text)
    done: list[int] = []

    def stop(frames: int) -> None:
        done.append(frames)
        if len(done) == 3:
            raise error

    with pytest.raises(error):
        make_clip(tmp_path / "x.mp4", seconds=1.0, fps=FPS, size=(64, 64), overwrite=before, progress=stop)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == old
