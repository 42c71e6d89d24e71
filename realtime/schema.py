"""The wire format as JSON Schema and as a page of documentation, both generated from the types.

The files in `docs/` are written by `python -m realtime.schema docs`; a test keeps them up to date.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from pathlib import Path
from typing import Any

import msgspec

from realtime.sinks.default_endpoint import DEFAULT_ENDPOINT
from realtime.sinks.endpoints import beside
from realtime.sinks.replies import REQUESTS, ErrorReply
from realtime.types import SCHEMA, FaceUpdate, FrameResult, StreamStatus

TOPICS: dict[str, type[FrameResult | FaceUpdate | StreamStatus]] = {
    "frame": FrameResult,
    "face": FaceUpdate,
    "status": StreamStatus,
}
"""First word of a topic, and the message under it."""

PATTERNS = {"frame": "frame.<stream>.", "face": "face.<stream>.<track>.", "status": "status.<stream>."}

# A description may begin with its unit and a comma.
_UNIT = re.compile(r"(s|rad|px|1/s|frames), (.*)", re.DOTALL)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of every message and reply.

    `$defs` holds one schema per message type; the annotations `topics` and `requests` say which one
    belongs to a topic or answers a request. Closer than what msgspec generates: an optional field is
    absent, never null, and `schema` has its one value.
    """
    messages = (*TOPICS.values(), *REQUESTS.values(), ErrorReply)
    references, definitions = msgspec.json.schema_components(messages, ref_template="#/$defs/{name}")
    for definition in definitions.values():
        definition["description"] = inspect.cleandoc(definition["description"])
        properties = definition["properties"]
        definition["properties"] = {name: _never_null(field) for name, field in properties.items()}
        if "schema" in properties:
            definition["properties"]["schema"]["const"] = SCHEMA
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"LiveFACS wire format {SCHEMA}",
        "topics": {PATTERNS[word]: _reference(message) for word, message in TOPICS.items()},
        "requests": {_request(word): _reference(reply) for word, reply in REQUESTS.items()},
        "anyOf": list(references),
        "$defs": definitions,
    }


def markdown() -> str:
    """Return the wire format's documentation: an introduction, then one table per message type."""
    definitions = json_schema()["$defs"]
    topics = [f"| `{PATTERNS[w]}` | {_link(m.__name__)} | {_summary(m)} |" for w, m in TOPICS.items()]
    requests = [f"| `{_request(w)}` | {_link(r.__name__)} | {_summary(r)} |" for w, r in REQUESTS.items()]
    names = [m.__name__ for m in (*TOPICS.values(), *REQUESTS.values(), ErrorReply)]
    names[3:3] = [name for name in definitions if name not in names]  # what the messages consist of
    text = _PAGE.format(
        schema=SCHEMA,
        endpoint=DEFAULT_ENDPOINT,
        newest=beside(DEFAULT_ENDPOINT, 1, "newest"),
        control=beside(DEFAULT_ENDPOINT, 2, "control"),
        topics="\n".join(topics),
        requests="\n".join(requests),
        messages="\n".join(_section(name, definitions[name]) for name in names),
    )
    return text.rstrip() + "\n"


def _never_null(field: dict[str, Any]) -> dict[str, Any]:
    """Turn msgspec's "X or null, null by default" into X: the publisher leaves such a field out."""
    if "default" not in field:
        return field
    rest = {key: value for key, value in field.items() if key not in ("anyOf", "default")}
    options = [option for option in field.get("anyOf", []) if option != {"type": "null"}]
    return options[0] | rest if options else rest


def _reference(message: type) -> dict[str, str]:
    return {"$ref": f"#/$defs/{message.__name__}"}


def _request(word: str) -> str:
    return "last <stream>" if word == "last" else word


def _link(name: str) -> str:
    return f"[{name}](#{name.lower()})"


def _summary(message: type) -> str:
    """Return the first line of a docstring without the topic or request that it begins with."""
    line = inspect.cleandoc(message.__doc__ or "").splitlines()[0]
    return line.partition("`: ")[2] or line


def _section(name: str, definition: dict[str, Any]) -> str:
    """Return one message's heading, description and table of fields."""
    required = definition.get("required", [])
    rows = []
    for field, what in definition["properties"].items():
        unit, meaning = _unit(what.get("description", ""))
        always = "always" if field in required or field == "ok" else "if known"
        rows.append(f"| `{field}` | {_type(what)} | {unit} | {_range(what)} | {always} | {meaning} |")
    head = "| field | type | unit | range | present | meaning |\n|---|---|---|---|---|---|\n"
    return f"### {name}\n\n{definition['description']}\n\n{head}" + "\n".join(rows) + "\n"


def _unit(description: str) -> tuple[str, str]:
    found = _UNIT.fullmatch(description)
    return (found[1], found[2]) if found else ("", description)


def _type(field: dict[str, Any]) -> str:
    if reference := field.get("$ref"):
        return _link(reference.rpartition("/")[2])
    if parts := field.get("prefixItems"):
        return f"array of {len(parts)} {parts[0]['type']}s"
    if items := field.get("items"):
        return f"array of {_type(items)}"
    if values := field.get("additionalProperties"):
        keys = "AU" if "propertyNames" in field else "name"
        return f"map of {keys} to {_type(values)}"
    return str(field.get("type", "string"))


def _range(field: dict[str, Any]) -> str:
    field = field.get("additionalProperties", field)
    if "const" in field:
        return f"`{field['const']}`"
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    low, high = field.get("minimum"), field.get("maximum")
    if low is None:
        return ""
    return f"{low:g} to {high:g}" if high is not None else f"{low:g} and up"


_PAGE = """\
# LiveFACS wire format `{schema}`

<!-- Generated by `python -m realtime.schema docs`: change realtime/types.py, not this page. -->

A publisher sends one message per processed frame over ZeroMQ, encoded with MessagePack. Any language with
those two libraries reads it; `examples/subscriber.py` is a whole reader. In Python, `realtime.subscribe`
gives typed messages. [wire-format.schema.json](wire-format.schema.json) says the same as this page in
JSON Schema, and `livefacs schema` prints it.

## Sockets

| default endpoint | kind | what it sends |
|---|---|---|
| `{endpoint}` | PUB | every message, in two parts: topic, payload |
| `{newest}` | PUB | the same messages in one part: topic, a NUL byte, payload |
| `{control}` | ROUTER | answers to [questions](#questions) that REQ sockets ask |

The second is for readers that want only the newest message: subscribe with `ZMQ_CONFLATE`, which keeps one
message *of all topics together*, so subscribe to a single topic. `ZMQ_CONFLATE` on the first socket
loses every message, because ZeroMQ cannot conflate messages of several parts. With `ipc:///path` the other
two are `ipc:///path.newest` and `ipc:///path.control`.

A subscriber that cannot keep up loses messages: a gap in `seq` tells it so. It never slows the
publisher or other subscribers. The default endpoints are reachable from the same machine only; others
need [keys](#encryption).

Topics of up to 460 bytes can be subscribed to; ZeroMQ hangs up on who sends longer ones, or more than 64 KiB
in one part to the control socket. A publisher takes 256 connections to its three sockets together, and
answers a thousand questions a second.

## Encryption

A publisher that has keys (`livefacs run --keys`) encrypts and authenticates all three sockets with CURVE
(ZeroMQ's RFC 26), and serves nobody without. A reader needs a key pair of its own, from `livefacs keys`,
and the publisher's `.key` file. In Python, before `connect`:

```python
import zmq.auth

socket.curve_serverkey, _ = zmq.auth.load_certificate("door.key")
socket.curve_publickey, socket.curve_secretkey = zmq.auth.load_certificate("keys/desk.key_secret")
```

The files are ZeroMQ certificates: the keys stand in them as 40 characters of Z85, which is what the options
`ZMQ_CURVE_SERVERKEY`, `ZMQ_CURVE_PUBLICKEY` and `ZMQ_CURVE_SECRETKEY` take in every language. A socket whose
keys do not fit gets no message and no error; `realtime.subscribe(..., keys=, server_key=)` says what is
wrong, as ZeroMQ's socket monitor does.

## Topics

ZeroMQ compares the beginning of a topic with what a reader subscribes to. **The dot at the end matters:**
`frame.cam1.` is one stream, `frame.cam1` would bring `cam10` too, `frame.` brings every stream.

| topic | payload | when |
|---|---|---|
{topics}

`<stream>` is the stream's name (letters, digits, `-` and `_`), `<track>` a face's `track_id`.

## Time

`t_capture`, `t_publish` and `t` are seconds on the publisher's monotonic clock, whose zero means nothing. On
the same machine they compare with Python's `time.monotonic()`; add `wall_offset` for Unix time. `t_capture`
is taken when the frame has been read, so `t_publish - t_capture` is what the publisher added.
`pts * time_base` is the time within a file or camera stream. When `generation` rises, the source has begun
anew (another connection, time stamps that step back or leap, pictures of another size): so do track ids and
temporal filters.

`t_camera` is when the camera says it took the picture, in Unix time by its own clock, of RTSP cameras that
report it (RTCP sender reports, some seconds after the connection was made). `t_capture + wall_offset -
t_camera` is how long the picture was on its way, as far as both clocks are right.

## Absent is not zero

A field marked "if known" is left out when there is no value; it is never null, and a score that the
model does not give is never 0. Readers ignore fields and topics that they do not know: those may be added
within `{schema}`. Anything else changes the number.

## Messages

{messages}

## Questions

A request is one message part of UTF-8 text from a REQ socket, at most 256 bytes; the reply is one part of
MessagePack.

| request | reply | what |
|---|---|---|
{requests}

A reply has `ok`, or it is an [ErrorReply](#errorreply). A reader that joins late asks `last <stream>`
rather than wait for the next frame, and `clock` to relate the publisher's clock to its own.
"""


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    (folder / "wire-format.schema.json").write_text(json.dumps(json_schema(), indent=1) + "\n", "utf-8")
    (folder / "wire-format.md").write_text(markdown(), "utf-8")
