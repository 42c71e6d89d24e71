"""Real faces as a small corpus, made-up tracking of any pose, and a bundle that looks at crops."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper

from engines import write_bundle
from trainers.corpora.corpus import Corpus
from trainers.corpora.images import ArrayImages
from trainers.corpora.video_frames import VideoFrames
from trainers.evaluation import Tracked


@pytest.fixture(scope="session")
def real_corpus(clip) -> Corpus:
    """Ten frames of one face, ten of another, two without any."""
    clips = [clip(name) for name in ("single_face.mp4", "WolfgangLanger_Pexels.mp4", "no_face.mp4")]
    video = np.repeat([0, 1, 2], [10, 10, 2])
    number = np.concatenate([np.arange(10) * 6, np.arange(10) * 40, np.arange(2)])
    who = np.array(["A", "B", "C"])[video]
    labels = np.zeros((22, 2), np.float32)
    return Corpus(
        "real", ("AU12", "AU25"), VideoFrames(clips, video, number), who, who, number + 1, labels, labels
    )


@pytest.fixture(scope="session")
def made_corpus():
    def make(n: int, **columns) -> Corpus:
        """A corpus of n black pictures of one sequence."""
        name = columns.pop("name", "made")
        blank = {
            "aus": ("AU12",),
            "images": ArrayImages(np.zeros((n, 8, 8, 3), np.uint8)),
            "subject": np.full(n, "A"),
            "sequence": np.full(n, "A/1"),
            "frame": np.arange(1, n + 1),
            "intensity": np.zeros((n, 1), np.float32),
            "occurrence": np.zeros((n, 1), np.float32),
        }
        return Corpus(name, **{**blank, **columns})

    return make


@pytest.fixture(scope="session")
def made_tracking():
    def make(n: int, smile=0.5, pose=(0.0, 0.0, 0.0), lost=()) -> Tracked:
        """n faces whose first blendshape reads `smile`, but for the rows `lost`."""
        tracked = Tracked.nothing(n, "0" * 64)
        tracked.found[:] = True
        tracked.landmarks[:] = np.random.default_rng(0).uniform(0, 8, (478, 3))
        tracked.blendshapes[:] = 0.0
        tracked.blendshapes[:, 0] = smile
        tracked.pose[:] = pose
        for column in (tracked.landmarks, tracked.blendshapes, tracked.pose):
            column[list(lost)] = np.nan
        tracked.found[list(lost)] = False
        return tracked

    return make


@pytest.fixture(scope="session")
def brightness_bundle(tmp_path_factory) -> Path:
    """A bundle whose AU12 probability is the mean of a 6x6 grey crop, 0 black to 1 white."""
    nodes = [
        helper.make_node("ReduceMean", ["crop"], ["mean"], axes=[1, 2], keepdims=0),
        helper.make_node("ReduceMean", ["mean"], ["occurrence"], axes=[1], keepdims=1),
    ]
    graph = helper.make_graph(
        nodes,
        "head",
        [helper.make_tensor_value_info("crop", TensorProto.FLOAT, ["N", 1, 6, 6])],
        [helper.make_tensor_value_info("occurrence", TensorProto.FLOAT, ["N", 1])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    crop = {
        "kind": "crop",
        "size": [6, 6],
        "colour": "grey",
        "mean": [0.0],
        "std": [1.0],
        "anchors": [[33, 133], [362, 263], [61, 291]],
        "template": [[0.32, 0.38], [0.68, 0.38], [0.5, 0.78]],
    }
    manifest = {
        "schema": 1,
        "name": "brightness",
        "version": "1.0.0",
        "description": "for tests",
        "licence": "Apache-2.0",
        "aus": ["AU12"],
        "thresholds": {"AU12": 0.25},
        "inputs": {"crop": crop},
        "pose_groups": [{"name": "any", "model": "head.onnx", "outputs": {"au_occurrence": "occurrence"}}],
    }
    folder = tmp_path_factory.mktemp("brightness") / "bundle"
    write_bundle(folder, manifest, {"head.onnx": model.SerializeToString()})
    return folder
