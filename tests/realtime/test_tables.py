"""Recorded runs, read by pandas."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pandas as pd
import pytest
from command_line import livefacs_here
from wire_samples import AUS, EXPRESSIONS, face, result

import realtime
from realtime.errors import OptionError, SourceError
from realtime.sinks.csv_columns import PY_FEAT_AUS, PY_FEAT_EMOTIONS
from realtime.sinks.csv_file import CSVSink


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Four frames: two faces, one, nobody, one that a model without expressions saw."""
    path = tmp_path / "run.jsonl"
    sent = [
        result(0, faces=(face(1, 0.5), face(2, 1.0))),
        result(1, faces=(face(1, 0.25),)),
        result(2, faces=()),
        result(3, faces=(face(1, 0.5, expression=None, au_occurrence=None),)),
    ]
    path.write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in sent))
    return path


def check(table: pd.DataFrame) -> None:
    assert list(table["frame"]) == [1, 1, 2, 3, 4]
    assert list(table["timestamp"]) == pytest.approx([0.0, 0.0, 0.04, 0.08, 0.12])
    assert table["face_id"].tolist()[:3] == [1, 2, 1]
    assert table["face_id"].isna().tolist() == [False, False, False, True, False]
    assert table["AU45_r"].tolist()[:3] == pytest.approx([2.5, 5.0, 1.25])
    assert table.loc[3, [f"{au}_r" for au in AUS]].isna().all()
    assert table.loc[4, list(EXPRESSIONS)].isna().all()
    assert table.loc[4, "AU45_r"] == pytest.approx(2.5)
    assert table["pose_yaw"].tolist()[0] == pytest.approx(0.1)
    assert str(table["time"].dtype).endswith("UTC]")
    assert abs((table["time"].iloc[0] - pd.Timestamp.now("UTC")).total_seconds()) < 60


def test_json_lines_become_a_row_for_each_face(recording: Path) -> None:
    check(realtime.read_table(recording))


def test_parquet_keeps_everything(recording: Path) -> None:
    out = recording.with_suffix(".parquet")
    done = livefacs_here("table", recording)
    assert done.returncode == 0, done.stderr
    assert "5 rows" in done.stdout
    check(pd.read_parquet(out))
    pd.testing.assert_frame_equal(realtime.read_table(out), realtime.read_table(recording))
    again = livefacs_here("table", recording)
    assert again.returncode == 2
    assert "--overwrite" in again.stderr
    assert livefacs_here("table", recording, "--overwrite").returncode == 0
    assert sorted(one.name for one in out.parent.iterdir()) == ["run.jsonl", "run.parquet"]


def test_a_csv_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with CSVSink(path, AUS) as sink:
        for seq in range(3):
            sink.write(result(seq))
    table = realtime.read_table(path)
    assert table["AU12_r"].tolist() == pytest.approx([face().au_intensity["AU12"]] * 3, rel=1e-5)


def test_py_feats_columns(tmp_path: Path) -> None:
    path = tmp_path / "fex.csv"
    with CSVSink(path, (*AUS, "AU22"), columns="py-feat") as sink:
        for seq in range(80):
            sink.write(result(seq, faces=(face(3, 0.5),), pts=seq * 90000))
    table = pd.read_csv(path)
    assert len(table) == 80
    wanted = ["frame", "FaceRectX", "FaceRectY", "FaceRectWidth", "FaceRectHeight", "FaceScore"]
    wanted += [*PY_FEAT_AUS, "AU18", "AU22", *PY_FEAT_EMOTIONS, "Pitch", "Roll", "Yaw", "approx_time"]
    assert list(table.columns)[: len(wanted)] == wanted
    row = table.iloc[70]
    assert row["frame"] == 70  # from 0
    assert (row["FaceRectX"], row["FaceRectHeight"]) == (100.5, 240.0)
    assert row["AU12"] == pytest.approx(face(3, 0.5).au_occurrence["AU12"], rel=1e-5)
    assert row["AU43"] == pytest.approx(face(3, 0.5).au_occurrence["AU45"])
    assert pd.isna(row["AU11"])
    assert row[list(PY_FEAT_EMOTIONS)].sum() == pytest.approx(1.0, rel=1e-4)
    assert row["Pitch"] == pytest.approx(-11.459, abs=1e-3)
    assert row["approx_time"] == "01:10"
    assert (row["Identity"], row["input"]) == ("Person_3", "cam1")


def test_of_a_model_without_probabilities_py_feat_gets_shares(tmp_path: Path) -> None:
    path = tmp_path / "fex.csv"
    with CSVSink(path, columns="py-feat") as sink:
        sink.write(result(0, faces=(face(1, au_occurrence=None, au_intensity={"AU12": 2.5}),)))
    assert pd.read_csv(path)["AU12"].tolist() == [0.5]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [("gone.jsonl", None, "No such file"), ("gone.csv", None, "No such file"), ("x.csv", b"", "no table")],
)
def test_what_is_no_recording_is_one_line(
    tmp_path: Path, name: str, content: bytes | None, words: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError, match=words) as caught:
        realtime.read_table(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_without_pandas_the_way_out_is_named(recording: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(OptionError, match=r"livefacs\[pandas\]"):
        realtime.read_table(recording)


def test_unknown_columns_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="openface or py-feat"):
        CSVSink(tmp_path / "a.csv", columns="excel")
    done = livefacs_here("run", tmp_path / "a.mp4", "--csv", tmp_path / "a.csv", "--csv-columns", "excel")
    assert done.returncode == 2
    assert "openface or py-feat" in done.stderr
