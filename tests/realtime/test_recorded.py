from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from wire_samples import result

from realtime.errors import SourceError
from realtime.recorded import RecordedResults


def write(path: Path, *lines: bytes) -> Path:
    path.write_bytes(b"".join(lines))
    return path


def line(seq: int, **changes: object) -> bytes:
    return msgspec.json.encode(result(seq, **changes)) + b"\n"


def test_results_are_read_in_any_order(tmp_path: Path) -> None:
    sent = [result(seq) for seq in range(20)]
    path = write(tmp_path / "a.jsonl", *(msgspec.json.encode(one) + b"\n" for one in sent))
    with RecordedResults(path) as recorded:
        assert len(recorded) == 20
        assert [recorded[index] for index in (19, 0, 7, -1)] == [sent[19], sent[0], sent[7], sent[19]]
        assert recorded[3:6] == sent[3:6]
        assert list(recorded) == sent
        assert recorded.seconds == pytest.approx([seq * 0.04 for seq in range(20)])
        assert recorded.stream == "cam1"


def test_a_last_line_that_was_cut_off_is_left_out(tmp_path: Path) -> None:
    whole, last = line(0) + line(1), line(2)
    for cut in (1, 200, len(last) - 1):
        with RecordedResults(write(tmp_path / "a.jsonl", whole, last[:cut])) as recorded:
            assert len(recorded) == 2


def test_time_goes_on_over_a_restart(tmp_path: Path) -> None:
    lines = [line(0, t_capture=5.0), line(1, t_capture=5.04), line(2, t_capture=7.0, generation=1, pts=0)]
    with RecordedResults(write(tmp_path / "a.jsonl", *lines)) as recorded:
        assert recorded.seconds == pytest.approx([0.0, 0.04, 2.0])


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([b""], "holds no result"),
        ([line(0), b"frame,face_id\n"], "line 2"),
        ([b"{}\n"], "line 1"),
        ([line(0, schema="livefacs/9")], "livefacs/9"),
    ],
)
def test_what_is_no_recording_is_one_line(tmp_path: Path, lines: list[bytes], words: str) -> None:
    with pytest.raises(SourceError, match=words) as caught, RecordedResults(write(tmp_path / "a", *lines)):
        pass
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"gone\.jsonl: No such file"):
        RecordedResults(tmp_path / "gone.jsonl").open()


def test_a_line_that_is_no_result_further_in_is_named_when_it_is_asked_for(tmp_path: Path) -> None:
    broken = msgspec.json.decode(line(1))
    broken["faces"] = "none"
    path = write(tmp_path / "a.jsonl", line(0), msgspec.json.encode(broken) + b"\n")
    with RecordedResults(path) as recorded:
        recorded[0]
        with pytest.raises(SourceError, match="line 2"):
            recorded[1]
