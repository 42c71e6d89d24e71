import json
import re
from pathlib import Path

import msgspec
import pytest
from jsonschema import Draft202012Validator, ValidationError
from wire_samples import result

from realtime.schema import json_schema, markdown
from realtime.sinks import admission, control
from realtime.sinks.zeromq import LONGEST_TOPIC

DOCS = Path(__file__).parents[2] / "docs"
SCHEMA_OF_ALL = json_schema()


def validate(message, name="FrameResult"):
    Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": SCHEMA_OF_ALL["$defs"]}).validate(message)


@pytest.fixture
def message():
    return json.loads(msgspec.json.encode(result(0)))


def test_docs_are_up_to_date():
    hint = "run `python -m realtime.schema docs`"
    assert (DOCS / "wire-format.md").read_text() == markdown(), hint
    assert json.loads((DOCS / "wire-format.schema.json").read_text()) == SCHEMA_OF_ALL, hint


def test_the_page_states_the_limits_that_there_are():
    page = " ".join(markdown().split())
    assert f"up to {LONGEST_TOPIC} bytes" in page
    assert f"more than {control.MAX_MESSAGE // 1024} KiB" in page
    assert f"takes {admission.MAX_CONNECTIONS} connections" in page
    assert f"at most {control.MAX_REQUEST} bytes" in page
    assert control.PAUSE_S == 1 / 1000


def test_no_message_has_room_for_a_picture():
    """Only numbers, and names and lines for people: no bytes, and no list without an end but of faces."""
    text = json.dumps(SCHEMA_OF_ALL)
    assert "base64" not in text
    assert "contentEncoding" not in text
    lists = [
        (name, field)
        for name, definition in SCHEMA_OF_ALL["$defs"].items()
        for field, what in definition["properties"].items()
        if what.get("type") == "array" and "maxItems" not in what
    ]
    assert lists == [("FrameResult", "faces"), ("StreamsReply", "streams")]


def test_is_valid_json_schema():
    Draft202012Validator.check_schema(SCHEMA_OF_ALL)


def test_accepts_what_is_published(message):
    validate(message)
    Draft202012Validator(SCHEMA_OF_ALL).validate(message)


@pytest.mark.parametrize(
    "change",
    [
        {"seq": -1},
        {"seq": 0.5},
        {"frame": 0},
        {"schema": "livefacs/2"},
        {"pts": None},
        {"faces": None},
        {"size": [640]},
        {"size": [640, 480, 3]},
        {"stream": 1},
    ],
)
def test_refuses_what_is_never_published(message, change):
    with pytest.raises(ValidationError):
        validate(message | change)


@pytest.mark.parametrize(
    "change",
    [
        {"au_intensity": {"AU12": 5.01}},
        {"au_occurrence": {"AU12": 1.01}},
        {"au_occurrence": {"AU1": 0.5}},
        {"expression": None},
        {"track_id": 0},
        {"pose": {"yaw": 0.0, "pitch": 0.0}},
    ],
)
def test_refuses_faces_that_are_never_published(message, change):
    message["faces"] = [message["faces"][0] | change]
    with pytest.raises(ValidationError):
        validate(message)


@pytest.mark.parametrize("name", SCHEMA_OF_ALL["$defs"])
def test_every_field_is_documented(name):
    section = markdown().split(f"\n### {name}\n")[1].split("\n#")[0]
    for field in SCHEMA_OF_ALL["$defs"][name]["properties"]:
        row = re.search(rf"^\| `{field}` \|(.*)\|$", section, re.MULTILINE)
        assert row, f"{name}.{field} is not in the page"
        kind, unit, _, present, meaning = (cell.strip() for cell in row[1].split("|"))
        assert kind
        assert present in ("always", "if known")
        assert meaning or "](#" in kind, f"{name}.{field} means nothing"
        assert unit or not re.match(r"t$|t_|wall_", field), f"{name}.{field} is a time without a unit"


def test_units_and_ranges_come_from_the_types():
    page = markdown()
    assert "| `yaw` | number | rad |  | always | > 0: face turned to the left of the image |" in page
    assert "| `au_intensity` | map of AU to number |  | 0 to 5 | if known | intensity of each" in page
    assert "| `bbox` | array of 4 numbers | px |" in page
