import json

import msgspec
import pytest
from hypothesis import given
from jsonschema import Draft202012Validator
from wire_samples import repeatable, result, results, status

from realtime.errors import SinkError
from realtime.schema import json_schema
from realtime.sinks import text_file
from realtime.sinks.jsonl import JSONLinesSink
from realtime.types import FrameResult


def test_one_line_per_frame_in_the_wire_format(tmp_path):
    with JSONLinesSink(tmp_path / "out.jsonl") as sink:
        assert sink.destination == f"JSON lines {tmp_path / 'out.jsonl'}"
        for n in range(3):
            sink.write(result(n, faces=()) if n == 1 else result(n))
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [line["seq"] for line in lines] == [0, 1, 2]
    assert [len(line["faces"]) for line in lines] == [1, 0, 1]
    validator = Draft202012Validator({"$ref": "#/$defs/FrameResult", "$defs": json_schema()["$defs"]})
    for line in lines:
        validator.validate(line)


@repeatable
@given(results())
def test_any_result_survives_both_formats(tmp_path_factory, one):
    path = tmp_path_factory.getbasetemp() / "any.jsonl"
    with JSONLinesSink(path, overwrite=True) as sink:
        sink.write(one)
    line = path.read_bytes()
    packed = msgspec.msgpack.encode(one)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert msgspec.json.decode(line, type=FrameResult) == one
    assert msgspec.msgpack.decode(packed, type=FrameResult) == one
    # not only the same values: the same fields, absent where absent
    assert json.loads(line) == msgspec.msgpack.decode(packed)


def test_lines_appear_while_the_run_goes_on(tmp_path, monkeypatch):
    with JSONLinesSink(tmp_path / "out.jsonl") as sink:
        sink.write(result(0))
        monkeypatch.setattr(text_file, "FLUSH_SECONDS", 0.0)
        sink.status(status())
        assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 1


def test_refuses_to_overwrite(tmp_path):
    (tmp_path / "out.jsonl").touch()
    with pytest.raises(SinkError, match="add --overwrite"):
        JSONLinesSink(tmp_path / "out.jsonl").open()
