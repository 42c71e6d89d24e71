"""From rendered faces to published messages: torch, ONNX Runtime and a subscriber get the same numbers."""

from __future__ import annotations

import importlib.util
import os
from itertools import islice
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
import zmq
from command_line import livefacs
from wire_samples import connected, join, received

from engines import Bundle
from realtime.calibration import RestingScores
from realtime.heads import INPUTS
from realtime.pipeline import Pipeline
from realtime.sinks.zeromq import ZeroMQSink
from realtime.sources import open_source
from realtime.tracking.landmarkers import DEFAULT_LANDMARKER, create_landmarker
from realtime.tracking.tracker import FaceTracker
from realtime.types import Face, FrameResult, Scores
from trainers.training.loading import load_run

CLIP = Path(__file__).parents[3] / "examples" / "rendered_face.mp4"
FRAMES = 24
TINY = (
    "task.neck=8",
    "task.hidden=16",
    "data.size=48",
    "data.batch=8",
    "optimiser.warmup=1",
    "training.epochs=2",
    "training.precision=32-true",
)
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}


class Witness(FaceTracker):
    """The runtime's tracker, which remembers the faces that it has handed on."""

    def track(self, frame) -> list[Face]:
        faces = super().track(frame)
        self.__dict__.setdefault("seen", []).extend(faces)
        return faces


def done(*command: object) -> None:
    finished = livefacs(*command, env=ENVIRONMENT)
    assert finished.returncode == 0, finished.stderr


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    """A network trained on a few rendered faces."""
    if importlib.util.find_spec("anny") is None:
        pytest.skip("anny is not installed")
    folder = tmp_path_factory.mktemp("end-to-end")
    rendered = ("--subjects", 4, "--frames", 24, "--poses", "continuous", "--size", 160)
    done("corpus", "make", "tiny", *rendered, "--out", folder / "tiny")
    settings = [word for setting in TINY for word in ("--set", setting)]
    done("train", "multi-au/embedded", "--corpus", folder / "tiny", "--out", folder / "run", *settings)
    done("export", folder / "run", folder / "bundle")
    return folder / "run"


def test_torch_onnx_runtime_and_messages_agree(run, face_model_path) -> None:
    with Bundle.open(run.parent / "bundle") as bundle, zmq.Context() as context:
        tracker = Witness(create_landmarker(DEFAULT_LANDMARKER, face_model_path), crop=bundle.manifest.crop)
        source = open_source(str(CLIP), name="cam1")
        sink = ZeroMQSink("tcp://127.0.0.1:*")
        with (
            Pipeline(source, tracker, bundle, sinks=[sink]) as pipeline,
            connected(context, zmq.SUB, sink.endpoint, "frame.") as subscriber,
        ):
            join(sink, subscriber)
            results = list(islice(pipeline, FRAMES))
            messages = received(subscriber, lambda parts: _seq(parts) == results[-1].seq)
    published = [msgspec.msgpack.decode(payload, type=FrameResult) for _, payload in messages]
    heard = [face for message in published for face in message.faces]
    seconds = [m.pts * m.time_base[0] / m.time_base[1] for m in published for _ in m.faces]
    faces = tracker.seen[: len(heard)]
    assert len(heard) >= FRAMES and [face.track_id for face in faces] == [face.track_id for face in heard]

    task = load_run(run).task
    task.eval_mode()
    groups = task.facts.pose_groups
    inputs = [torch.from_numpy(INPUTS[kind](faces)) for kind in task.facts.inputs]
    with torch.no_grad():
        every = task.export().networks["head.onnx"].module(*inputs)
    place = [3 * groups.index(face.pose_group) for face in faces]
    said = [Scores(*(every[p + k][row].numpy() for k in range(3))) for row, p in enumerate(place)]
    resting = RestingScores(len(bundle.aus), bundle.manifest.resting_share)
    measured = [
        resting.measure(face.track_id, *of_face) for face, *of_face in zip(faces, said, seconds, strict=True)
    ]
    for name in ("au_occurrence", "au_intensity", "expression"):
        got = np.array([list(getattr(face.raw, name).values()) for face in heard])
        expected = np.array([getattr(scores, name) for scores in measured])
        np.testing.assert_allclose(got, expected, atol=1e-4, err_msg=name)
        assert np.ptp(got, axis=0).max() > 1e-3  # it does say something of each frame
    assert tuple(heard[0].raw.au_intensity) == bundle.aus
    assert bundle.manifest.resting_share > 0
    # Filtered scores are the median of the last three raw ones.
    raw = np.array([face.raw.au_intensity["AU12"] for face in heard])
    smooth = np.array([face.au_intensity["AU12"] for face in heard])
    np.testing.assert_allclose(
        smooth[2:], [np.median(raw[k - 2 : k + 1]) for k in range(2, len(raw))], atol=1e-6
    )


def _seq(parts: list[bytes]) -> int:
    return msgspec.msgpack.decode(parts[1])["seq"]
