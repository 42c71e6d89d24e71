"""Networks of bottleneck blocks: MediaPipe's face mesh, against LiteRT."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engines.bottleneck.engine import BottleneckEngine
from engines.bottleneck.reading import NotBottlenecks
from engines.errors import EngineError
from engines.litert_engine import LiteRtEngine
from realtime.tracking.native.task_file import TaskFile, read_task_file


@pytest.fixture(scope="module")
def parts(face_model_path) -> TaskFile:
    return read_task_file(face_model_path)


def pictures(rows: int) -> np.ndarray:
    """Pictures with large and small forms, of which each is another."""
    rng = np.random.default_rng(0)
    coarse = rng.random((rows, 8, 8, 3)).repeat(32, 1).repeat(32, 2)
    return (0.8 * coarse + 0.2 * rng.random((rows, 256, 256, 3))).astype(np.float32)


def test_it_gives_litert_numbers(parts: TaskFile) -> None:
    batch = pictures(3)
    with LiteRtEngine(parts.mesh, "mesh") as oracle, BottleneckEngine(parts.mesh, "mesh") as engine:
        assert engine.inputs == oracle.inputs
        assert engine.outputs == oracle.outputs
        name = engine.inputs[0].name
        ours, theirs = engine.infer({name: batch}), oracle.infer({name: batch})
    assert np.ptp(theirs["Identity"]) > 50  # pixels
    for output, tolerance in {"Identity": 2e-3, "Identity_1": 1e-3, "Identity_2": 1e-4}.items():
        np.testing.assert_allclose(ours[output], theirs[output], rtol=0, atol=tolerance)


def test_no_picture_leaves_anything_behind(parts: TaskFile) -> None:
    one, other = pictures(2)[:1], np.zeros((1, 256, 256, 3), np.float32)
    with BottleneckEngine(parts.mesh, "mesh") as engine:
        name = engine.inputs[0].name
        first = engine.infer({name: one})
        engine.infer({name: other})
        again = engine.infer({name: one})
    for output, values in first.items():
        np.testing.assert_array_equal(values, again[output])


def test_a_picture_with_gaps_between_its_rows(parts: TaskFile) -> None:
    batch = pictures(1)
    wide = np.zeros((1, 256, 300, 3), np.float32)
    wide[:, :, :256] = batch
    with BottleneckEngine(parts.mesh, "mesh") as engine:
        name = engine.inputs[0].name
        dense = engine.infer({name: batch}, ["Identity"])
        strided = engine.infer({name: wide[:, :, :256]}, ["Identity"])
    np.testing.assert_array_equal(dense["Identity"], strided["Identity"])


@pytest.mark.parametrize("part", ["detector", "blendshapes"])
def test_other_networks_are_turned_away(part: str, parts: TaskFile) -> None:
    with pytest.raises(NotBottlenecks, match="^it: is no network of bottleneck blocks") as caught:
        BottleneckEngine(getattr(parts, part), "it").load()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is no .tflite file"),
        (b"\x00" * 64, "is no .tflite file"),
        (b"\x1c\0\0\0TFL3" + b"\xff" * 64, "damaged"),
    ],
)
def test_what_is_no_model_is_refused_in_one_line(content: bytes, message: str) -> None:
    with pytest.raises(EngineError, match=f"^it: .*{message}") as caught:
        BottleneckEngine(content, "it").load()
    assert "\n" not in str(caught.value)


def test_a_network_cut_short_is_refused(parts: TaskFile) -> None:
    with pytest.raises(EngineError, match="^it: "):
        BottleneckEngine(parts.mesh[: len(parts.mesh) // 2], "it").load()


OTHER_PROCESSOR = """
import sys
from llvmlite import binding
binding.get_host_cpu_features = lambda: {feature: True for feature in sys.argv[1].split(",")}
from pathlib import Path
import numpy as np
from engines.bottleneck import tile
from engines.bottleneck.engine import BottleneckEngine
from realtime.tracking.native.task_file import read_task_file
with BottleneckEngine(read_task_file(Path(sys.argv[2])).mesh, "mesh") as engine:
    found = engine.infer({engine.inputs[0].name: np.load(sys.argv[3])})
np.savez(sys.argv[4], lanes=tile.LANES, channels=tile.CHANNELS, **found)
"""


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="names x86-64 processors")
@pytest.mark.parametrize(
    ("processor", "features", "shape"),
    [
        ("haswell", "sse2,avx", (8, 4)),
        pytest.param("core2", "sse2", (4, 4), marks=pytest.mark.slow),
    ],
)
def test_processors_with_smaller_registers(
    processor: str, features: str, shape: tuple[int, int], parts: TaskFile, face_model_path, tmp_path: Path
) -> None:
    batch = pictures(1)
    np.save(tmp_path / "in.npy", batch)
    subprocess.run(
        [
            sys.executable,
            "-c",
            OTHER_PROCESSOR,
            features,
            face_model_path,
            tmp_path / "in.npy",
            tmp_path / "out.npz",
        ],
        env={**os.environ, "NUMBA_CPU_NAME": processor, "NUMBA_CPU_FEATURES": ""},
        check=True,
    )
    found = np.load(tmp_path / "out.npz")
    assert (found["lanes"], found["channels"]) == shape
    with LiteRtEngine(parts.mesh, "mesh") as oracle:
        expected = oracle.infer({oracle.inputs[0].name: batch})
    np.testing.assert_allclose(found["Identity"], expected["Identity"], rtol=0, atol=2e-3)
