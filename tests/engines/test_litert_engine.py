"""LiteRT behind the engine's contract, on MediaPipe's blendshape network."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from engines.errors import EngineError
from engines.litert_engine import LiteRtEngine
from realtime.tracking.native.task_file import read_task_file

INPUT, OUTPUT = "serving_default_input_points:0", "StatefulPartitionedCall:0"


@pytest.fixture(scope="module")
def model(face_model_path) -> bytes:
    return read_task_file(face_model_path).blendshapes


def points(rows: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 200, (rows, 146, 2)).astype(np.float32)


def test_inputs_and_outputs_have_a_batch_axis(model) -> None:
    with LiteRtEngine(model, "shapes") as engine:
        assert [str(spec) for spec in engine.inputs] == [f"{INPUT!r} float32 N x 146 x 2"]
        assert [str(spec) for spec in engine.outputs] == [f"{OUTPUT!r} float32 N x 52"]


def test_rows_do_not_influence_each_other(model) -> None:
    batch = points(3)
    with LiteRtEngine(model, "shapes") as engine:
        together = engine.infer({INPUT: batch})[OUTPUT]
        alone = [engine.infer({INPUT: batch[row : row + 1]})[OUTPUT][0] for row in range(3)]
    assert together.shape == (3, 52)
    assert 0 <= together.min() < together.max() <= 1
    np.testing.assert_array_equal(together, alone)


def test_outputs_are_the_callers(model) -> None:
    batch = points(2)
    with LiteRtEngine(model, "shapes") as engine:
        first = engine.infer({INPUT: batch[:1]})[OUTPUT]
        kept = first.copy()
        engine.infer({INPUT: batch[1:]})
    np.testing.assert_array_equal(first, kept)


@pytest.mark.parametrize("content", [b"", b"\x00" * 64])
def test_what_is_no_model_is_refused_in_one_line(content: bytes) -> None:
    with pytest.raises(EngineError, match="shapes: LiteRT cannot load it") as caught:
        LiteRtEngine(content, "shapes").load()
    assert "\n" not in str(caught.value)


def test_a_model_cut_short_is_refused(model) -> None:
    with pytest.raises(EngineError, match="shapes: LiteRT cannot load it"):
        LiteRtEngine(model[: len(model) // 2], "shapes").load()


def test_a_wrong_shape_is_named(model) -> None:
    with LiteRtEngine(model, "shapes") as engine, pytest.raises(EngineError, match="feed .*N x 146 x 2"):
        engine.infer({INPUT: np.zeros((1, 100, 2), np.float32)})


def test_loading_says_nothing(face_model_path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from engines.litert_engine import LiteRtEngine\n"
        "from realtime.tracking.native.task_file import read_task_file\n"
        f"LiteRtEngine(read_task_file(Path({str(face_model_path)!r})).mesh, 'mesh').load()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")
