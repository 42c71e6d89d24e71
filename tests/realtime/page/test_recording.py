from __future__ import annotations

import csv
import threading
from pathlib import Path

import msgspec
import pytest
from wire_samples import face, result, status

from realtime.errors import SinkError
from realtime.page.recording import Recorder, aus_of
from realtime.types import FrameResult


def test_a_csv_has_every_result_and_the_pages_thresholds(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "kept")
    recording = recorder.begin("cam1", "csv", {"AU01": 0.01}, {"AU99", *aus_of(result(0))})
    assert recorder.running() == [recording]
    for seq in range(5):
        recorder.write(result(seq, faces=(face(level=0.5),)))
        recorder.write(result(seq, stream="other"))
    recorder.status(status())
    ended = recorder.end(recording.path.name)
    rows = list(csv.DictReader(ended.path.open()))
    assert len(rows) == ended.frames == 5
    assert rows[0]["AU01_c"] == "1"  # 0.026 reaches 0.01, not the usual 0.5
    assert rows[0]["AU02_c"] == "0"
    assert "AU99_r" in rows[0] and "AU18_r" in rows[0]
    assert recorder.file(recording.path.name) == recording.path
    assert recorder.running() == []


def test_json_lines_are_the_messages(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recording = recorder.begin("cam1", "jsonl", {})
    sent = [result(seq) for seq in range(3)]
    for one in sent:
        recorder.write(one)
    recorder.close()
    lines = recording.path.read_bytes().splitlines()
    assert [msgspec.json.decode(line, type=FrameResult) for line in lines] == sent


def test_two_at_once_get_two_names(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    one, other = (recorder.begin("cam1", "csv", {}) for _ in range(2))
    assert one.path != other.path
    recorder.close()


def test_a_stream_may_be_called_anything(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "in")
    recording = recorder.begin("../../etc/passwd", "csv", {})
    assert recording.path.parent == tmp_path / "in"
    recorder.close()


def test_what_got_nothing_is_not_kept(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recording = recorder.begin("cam1", "csv", {})
    recorder.end(recording.path.name)
    assert recorder.file(recording.path.name) is None
    assert not recording.path.exists()


def test_ended_twice_is_the_same_and_never_begun_is_an_error(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recording = recorder.begin("cam1", "jsonl", {})
    recorder.write(result(0))
    assert recorder.end(recording.path.name) is recorder.end(recording.path.name)
    with pytest.raises(KeyError):
        recorder.end("other.csv")
    assert recorder.file("../secrets") is None


def test_a_full_disk_ends_it_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder(tmp_path)
    recording = recorder.begin("cam1", "csv", {})

    def full(result: FrameResult) -> None:
        raise SinkError("no room")

    monkeypatch.setattr(recording.sink, "write", full)
    recorder.write(result(0))
    recorder.write(result(1))
    assert recorder.end(recording.path.name).failure == "no room"


@pytest.mark.parametrize(("form", "words"), [("xls", "csv or jsonl"), ("csv", "cannot be made")])
def test_what_cannot_be_written_is_one_line(tmp_path: Path, form: str, words: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SinkError, match=words) as caught:
        Recorder(tmp_path / "file" / "below").begin("cam1", form, {})
    assert "\n" not in str(caught.value)


def test_results_come_from_many_threads(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    names = [f"cam{n}" for n in range(4)]
    recordings = [recorder.begin(name, "jsonl", {}) for name in names]

    def send(name: str) -> None:
        for seq in range(200):
            recorder.write(result(seq, stream=name))

    threads = [threading.Thread(target=send, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    recorder.close()
    for name, recording in zip(names, recordings, strict=True):
        lines = [msgspec.json.decode(line, type=FrameResult) for line in recording.path.open("rb")]
        assert [(one.stream, one.seq) for one in lines] == [(name, seq) for seq in range(200)]


def test_a_publisher_that_begins_anew_ends_it(tmp_path: Path) -> None:
    """Its track ids begin at 1 again, and would be taken for the people before."""
    recorder = Recorder(tmp_path)
    recording = recorder.begin("cam1", "csv", {})
    for seq in (7, 8, 0, 1):
        recorder.write(result(seq))
    assert recorder.running() == []
    assert "anew" in recorder.end(recording.path.name).failure
    assert len(recording.path.read_text().splitlines()) == 3
