"""Messages for tests: plain ones, and Hypothesis strategies for any that the types allow."""

import time

import zmq
from hypothesis import settings
from hypothesis import strategies as st

from realtime.types import SCHEMA, FaceResult, FrameResult, Pose, RawScores, StreamStatus

AUS = tuple(f"AU{n:02d}" for n in (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 18, 20, 23, 24, 25, 26, 45))
EXPRESSIONS = ("neutral", "happiness", "sadness", "surprise", "fear", "anger", "disgust")


def face(track_id=1, level=0.5, **changes):
    """One face with all scores; `level` in 0-1 sets them all."""
    occurrence = {au: level * (n + 1) / len(AUS) for n, au in enumerate(AUS)}
    intensity = {au: 5 * p for au, p in occurrence.items()}
    expression = {name: 1 / len(EXPRESSIONS) for name in EXPRESSIONS}
    fields = {
        "track_id": track_id,
        "bbox": (100.5, 50.25, 200.0, 240.0),
        "pose": Pose(yaw=0.1, pitch=-0.2, roll=0.3),
        "pose_group": "level",
        "confidence": 1.0,
        "filter_delay": 1,
        "au_occurrence": occurrence,
        "au_intensity": intensity,
        "expression": expression,
        "raw": RawScores(occurrence, intensity, expression),
    }
    return FaceResult(**(fields | changes))


def result(seq=0, stream="cam1", faces=None, **changes):
    """The result of frame `seq` of a 25 fps stream, with one face unless told otherwise."""
    fields = {
        "schema": SCHEMA,
        "stream": stream,
        "generation": 0,
        "seq": seq,
        "frame": seq + 1,
        "t_capture": time.monotonic(),
        "wall_offset": time.time() - time.monotonic(),
        "t_publish": 0.0,
        "dropped": 0,
        "size": (640, 480),
        "model": "sample 1",
        "pts": seq * 3600,
        "time_base": (1, 90000),
        "faces": (face(),) if faces is None else faces,
    }
    return FrameResult(**(fields | changes))


def status(stream="cam1", **changes):
    """A live stream's status."""
    fields = {
        "schema": SCHEMA,
        "stream": stream,
        "state": "live",
        "t": 0.0,
        "wall_offset": 0.0,
        "generation": 0,
        "frames": 10,
        "dropped": 2,
        "faces": 1,
        "fps": 25.0,
        "model": "sample 1",
    }
    return StreamStatus(**(fields | changes))


def join(sink, *subscribers, stream="cam1"):
    """Publish frame 0 until every subscriber has had it, then throw away what they have."""
    deadline = time.monotonic() + 20
    for one in subscribers:
        while not one.poll(10):
            assert time.monotonic() < deadline, "the subscriber never joined"
            sink.write(result(0, stream))
    for one in subscribers:
        while one.poll(100):
            one.recv_multipart()


def received(subscriber, last, wait_ms=10000):
    """Every message up to the one that `last` accepts."""
    messages = []
    while subscriber.poll(wait_ms):
        messages.append(subscriber.recv_multipart())
        if last(messages[-1]):
            return messages
    raise AssertionError(f"{len(messages)} messages, the last one was not among them")


def connected(context, kind, endpoint, topic="", conflate=False):
    """A connected socket of plain ZeroMQ."""
    socket = context.socket(kind)
    socket.linger = 0
    socket.conflate = conflate
    if kind == zmq.SUB:
        socket.subscribe(topic)
    socket.connect(endpoint)
    return socket


repeatable = settings(derandomize=True, deadline=None)
finite = st.floats(allow_nan=False, allow_infinity=False)
clock = st.floats(0, 1e10)
probability = st.floats(0, 1)
aus = st.integers(0, 99).map("AU{:02d}".format)
scores = {
    "au_occurrence": st.none() | st.dictionaries(aus, probability),
    "au_intensity": st.none() | st.dictionaries(aus, st.floats(0, 5)),
    "expression": st.none() | st.dictionaries(st.text(), probability, max_size=4),
}


def faces(number=finite):
    """Any face; `number` makes the values that have no range."""
    return st.builds(
        FaceResult,
        track_id=st.integers(1, 2**63 - 1),
        bbox=st.tuples(number, number, number, number),
        pose=st.builds(Pose, yaw=number, pitch=number, roll=number),
        pose_group=st.text(),
        confidence=probability,
        filter_delay=st.integers(0, 100),
        raw=st.none() | st.builds(RawScores, **scores),
        **scores,
    )


def results(number=finite):
    """Any result with up to three faces."""
    count = st.integers(0, 2**63 - 1)
    return st.builds(
        FrameResult,
        schema=st.just(SCHEMA),
        stream=st.from_regex(r"[A-Za-z0-9_-]+", fullmatch=True),
        generation=count,
        seq=count,
        frame=st.integers(1, 2**63 - 1),
        t_capture=clock,
        wall_offset=clock,
        t_publish=clock,
        dropped=count,
        size=st.tuples(st.integers(1, 9999), st.integers(1, 9999)),
        model=st.text(),
        pts=st.none() | st.integers(-(2**63), 2**63 - 1),
        time_base=st.none() | st.tuples(st.integers(1, 10**6), st.integers(1, 10**6)),
        t_camera=st.none() | clock,
        faces=st.lists(faces(number), max_size=3).map(tuple),
    )
