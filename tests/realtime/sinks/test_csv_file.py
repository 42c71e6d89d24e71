import csv
import math
import resource
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wire_samples import AUS, face, repeatable, result, results, status

from realtime.errors import SinkError
from realtime.sinks import text_file
from realtime.sinks.csv_columns import OPENFACE_INTENSITIES, OPENFACE_OCCURRENCES
from realtime.sinks.csv_file import CSVSink
from realtime.types import Pose

# The header that OpenFace 2.0 writes with `-aus -pose`, less `frame` and `timestamp`.
OPENFACE = (
    "confidence,success,pose_Rx,pose_Ry,pose_Rz,AU01_r,AU02_r,AU04_r,AU05_r,AU06_r,AU07_r,AU09_r,AU10_r,"
    "AU12_r,AU14_r,AU15_r,AU17_r,AU20_r,AU23_r,AU25_r,AU26_r,AU45_r,AU01_c,AU02_c,AU04_c,AU05_c,AU06_c,"
    "AU07_c,AU09_c,AU10_c,AU12_c,AU14_c,AU15_c,AU17_c,AU20_c,AU23_c,AU25_c,AU26_c,AU28_c,AU45_c"
)


@pytest.fixture
def written(tmp_path):
    """Write results and return the rows as a reader of OpenFace's files would see them."""

    def write(*frames, aus=AUS, **options):
        with CSVSink(tmp_path / "out.csv", aus, overwrite=True, **options) as sink:
            for one in frames:
                sink.write(one)
        return read(tmp_path / "out.csv")

    return write


def read(path):
    with path.open(newline="") as lines:
        return list(csv.DictReader(lines))


def test_columns_are_openfaces_in_its_order():
    assert ",".join(CSVSink("unused").columns) == f"frame,face_id,timestamp,{OPENFACE}"
    assert (len(OPENFACE_INTENSITIES), len(OPENFACE_OCCURRENCES)) == (17, 18)


def test_other_aus_follow_within_their_block():
    columns = CSVSink("unused", ["AU28", "AU12", "AU24", "AU18"]).columns
    last_r, last_c = columns.index("AU45_r"), columns.index("AU45_c")
    assert columns[last_r + 1 : last_r + 5] == ("AU18_r", "AU24_r", "AU28_r", "AU01_c")
    assert columns[last_c + 1 :] == ("AU18_c", "AU24_c")


def test_the_header_is_there_before_the_first_row(tmp_path):
    with CSVSink(tmp_path / "out.csv") as sink:
        assert (tmp_path / "out.csv").read_text() == ",".join(sink.columns) + "\n"
        assert sink.destination == f"CSV {tmp_path / 'out.csv'}"


def test_a_row(written):
    one = face(
        track_id=7,
        pose=Pose(yaw=0.25, pitch=-0.125, roll=1e-05),
        confidence=0.75,
        au_occurrence={"AU06": 0.5, "AU12": 0.49999},
        au_intensity={"AU06": 1.2345678e-05, "AU12": 4.99999},
        expression=None,
    )
    (row,) = written(result(0, faces=(one,)), aus=["AU06", "AU12"])
    assert {name: text for name, text in row.items() if text} == {
        "frame": "1",
        "face_id": "7",
        "timestamp": "0.000000",
        "confidence": "0.75",
        "success": "1",
        "pose_Rx": "-0.125",
        "pose_Ry": "0.25",
        "pose_Rz": "1e-05",
        "AU06_r": "1.23457e-05",
        "AU12_r": "4.99999",
        "AU06_c": "1",
        "AU12_c": "0",
    }


def test_thresholds_are_the_aus_own(written):
    one = face(au_occurrence={"AU01": 0.3, "AU02": 0.3, "AU04": 0.9})
    (row,) = written(result(faces=(one,)), thresholds={"AU01": 0.3, "AU02": 0.31, "AU04": 0.95})
    assert (row["AU01_c"], row["AU02_c"], row["AU04_c"], row["AU05_c"]) == ("1", "0", "0", "")


def test_scores_that_the_model_does_not_give_are_blank(written):
    (row,) = written(result(faces=(face(au_occurrence=None, au_intensity=None),)))
    assert {row[name] for name in row if name.startswith("AU")} == {""}


def test_one_row_per_face_and_none_without(written):
    rows = written(result(0, faces=()), result(1, faces=(face(1), face(4))), result(2, faces=(face(4),)))
    assert [(row["frame"], row["face_id"]) for row in rows] == [("2", "1"), ("2", "4"), ("3", "4")]
    assert float(rows[0]["timestamp"]) == pytest.approx(0.04)  # counted from the first frame, not face


def seconds(written, *frames):
    return [float(row["timestamp"]) for row in written(*frames)]


def test_timestamps_are_media_time_from_the_first_frame(written):
    times = seconds(written, *(result(n, pts=5000 + 3003 * n) for n in range(3)))
    assert times == pytest.approx([0, 3003 / 90000, 6006 / 90000], abs=1e-6)


def test_timestamps_without_media_time_are_capture_time(written):
    times = seconds(written, *(result(n, pts=None, time_base=None, t_capture=70.5 + n / 8) for n in range(3)))
    assert times == [0, 0.125, 0.25]


def test_timestamps_go_on_when_the_source_restarts(written):
    frames = [
        result(0, t_capture=10.0, pts=900000),
        result(1, t_capture=10.5, pts=945000),
        result(2, t_capture=13.0, pts=0, generation=1),
        result(3, t_capture=13.5, pts=45000, generation=1),
    ]
    assert seconds(written, *frames) == [0, 0.5, 3, 3.5]


def test_timestamps_go_on_when_media_time_begins_late(written):
    frames = [
        result(0, t_capture=10.0, pts=None),
        result(1, t_capture=10.5, pts=90_000_000),
        result(2, t_capture=11.25, pts=90_045_000),
    ]
    assert seconds(written, *frames) == [0, 0.5, 1]


def test_rows_appear_while_the_run_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(text_file, "FLUSH_SECONDS", 0.0)
    with CSVSink(tmp_path / "out.csv", AUS) as sink:
        sink.write(result(0))
        sink.status(status())
        assert len(read(tmp_path / "out.csv")) == 1


def test_filtered_scores_stand_in_the_row_that_they_are_about(tmp_path):
    """A spike of two frames, through the causal median: rows of pose and of AUs move together."""
    raw = [0, 0, 0, 4, 4, 0, 0, 0]
    with CSVSink(tmp_path / "out.csv", AUS) as sink:
        for n, level in enumerate(raw):
            filtered = statistics.median(raw[max(0, n - 2) : n + 1])
            one = face(pose=Pose(yaw=level / 10, pitch=0, roll=0), au_intensity={"AU12": filtered})
            sink.write(result(n, faces=(one,)))
    rows = read(tmp_path / "out.csv")
    assert [float(row["AU12_r"]) for row in rows] == raw
    assert [float(row["pose_Ry"]) for row in rows] == [level / 10 for level in raw]


def test_a_full_disk_is_told_once_and_closing_is_quiet(tmp_path):
    """The row that waits for the filter when the disk is full is lost with it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        sink = CSVSink(tmp_path / "out.csv", AUS)
        sink.open()
        with pytest.raises(SinkError, match="cannot be written further"):
            for n in range(5000):
                sink.write(result(n))
        sink.close()
        sink.close()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert len(read(tmp_path / "out.csv")) > 100


def test_a_run_that_fails_before_its_first_frame_leaves_no_file(tmp_path):
    with CSVSink(tmp_path / "out.csv", AUS) as sink:
        sink.status(status(frames=0))
    assert not (tmp_path / "out.csv").exists()


def test_refuses_to_overwrite(tmp_path):
    (tmp_path / "out.csv").touch()
    with pytest.raises(SinkError, match="out.csv: exists; add --overwrite or choose another name"):
        CSVSink(tmp_path / "out.csv").open()


# ------------------------------------------------------------------ scored as agreement with OpenFace is


def tracked_rows(path):
    """{frame: {column: number}} of the tracked frames; of several faces the first row counts."""
    table = {}
    with path.open(newline="") as lines:
        for row in csv.DictReader(lines, skipinitialspace=True):
            values = {}
            for key, text in row.items():
                try:
                    values[key.strip()] = float(text)
                except (TypeError, ValueError, AttributeError):
                    continue
            if values.get("success", 1.0) == 1.0 and "frame" in values:
                table.setdefault(int(values["frame"]), values)
    return table


def test_scores_fully_against_the_same_values_in_openfaces_layout(tmp_path):
    """An AU that moves by 1e-5 must correlate as well as one that moves by 5."""
    levels = [0.5 + 0.5 * math.sin(n / 3) for n in range(100)]
    scale = {au: 5 if n % 2 else 1e-5 for n, au in enumerate(OPENFACE_INTENSITIES)}
    with CSVSink(tmp_path / "ours.csv", AUS) as sink:
        for n, level in enumerate(levels):
            intensity = {au: scale[au] * level for au in OPENFACE_INTENSITIES}
            faces = (face(1, au_intensity=intensity, filter_delay=0), face(2, 0.1, filter_delay=0))
            sink.write(result(n, faces=faces))
    ours = tracked_rows(tmp_path / "ours.csv")
    assert sorted(ours) == list(range(1, 101))
    for au in OPENFACE_INTENSITIES:
        column = [ours[frame][f"{au}_r"] for frame in sorted(ours)]
        assert statistics.correlation(column, levels) > 0.999999


any_number = st.floats()  # not a number and infinite ones too


@repeatable
@given(st.lists(results(any_number), min_size=1, max_size=4), st.lists(st.sampled_from(AUS)))
def test_any_values_give_rows_that_parse(tmp_path_factory, frames, aus):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    with CSVSink(path, aus, overwrite=True) as sink:
        for one in frames:
            sink.write(one)
    with path.open(newline="") as lines:
        header, *rows = list(csv.reader(lines))
    assert header == list(sink.columns)
    assert len(rows) == sum(len(one.faces) for one in frames)
    for row in rows:
        assert len(row) == len(header)
        assert all(math.isfinite(float(text)) for text in row if text)
