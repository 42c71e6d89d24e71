"""`livefacs compile` and `livefacs parity` on the built-in bundle and real faces."""

from __future__ import annotations

import io
from pathlib import Path

import av
import numpy as np
import pytest
from command_line import livefacs
from parts import tiny_bundle

from realtime.assembly import open_bundle
from trainers.corpora.store import CorpusWriter


@pytest.fixture(scope="module")
def corpus(clip, tmp_path_factory) -> Path:
    """40 frames of one person, labelled at random."""
    folder = tmp_path_factory.mktemp("corpora") / "faces"
    made = []
    with av.open(str(clip("single_face.mp4"))) as container:
        for _, frame in zip(range(40), container.decode(video=0), strict=False):
            file = io.BytesIO()
            frame.to_image().resize((480, 360)).save(file, "JPEG", quality=92)
            made.append(file.getvalue())
    intensity = np.random.default_rng(0).integers(0, 6, (40, 2)).astype(np.float32)
    labels = {"intensity": intensity, "occurrence": (intensity > 0).astype(np.float32)}
    with CorpusWriter(folder, "faces", ("AU12", "AU43")) as writer:
        writer.add(made, {"subject": "A", "sequence": "A/1", "frame": np.arange(1, 41), **labels})
    return folder


@pytest.fixture(scope="module")
def built_in() -> Path:
    with open_bundle(models=False) as bundle:
        return bundle.path


def test_compile_writes_a_bundle_that_parity_measures(corpus, built_in, tmp_path) -> None:
    out, kept = tmp_path / "int8", tmp_path / "faces"
    words = ["--corpus", corpus, "--check", corpus, "--out", out, "--tracked", kept, "--jobs", 1, "--force"]
    done = livefacs("compile", built_in, *words)
    assert done.returncode == 0, done.stderr
    *changes, last = done.stdout.splitlines()
    assert [line.split(":")[0] for line in changes] == ["ICC(3,1)", "F1"]
    assert last == f"{out}: written; next: livefacs run webcam:0 --bundle {out}"
    assert "scoring in int8" in done.stderr and "Collecting tensor data" not in done.stdout
    faces = kept / "faces.npz"
    assert faces.exists()

    done = livefacs("parity", out, corpus, "--tracked", faces)
    assert done.returncode in (0, 1), done.stderr
    assert "intensity" in done.stdout and "40 faces of faces" in done.stdout
    assert "with fp32" in done.stdout and "with int8" in done.stdout
    assert ("ABOVE" in done.stdout) == (done.returncode == 1)

    done = livefacs("parity", out, corpus, "--a", "fp32", "--b", "onnxruntime", "--tracked", faces)
    assert done.returncode == 0, done.stderr
    assert "+0.0000, within the limit of 0.005" in done.stdout


def test_a_folder_that_is_taken_is_refused_before_the_work(corpus, built_in, tmp_path) -> None:
    (tmp_path / "mine").write_text("")
    done = livefacs("compile", built_in, "--corpus", corpus, "--out", tmp_path)
    assert done.returncode == 2
    assert done.stderr.strip().endswith("exists already: remove it, or write to another folder")
    assert "finding faces" not in done.stderr


def test_parity_names_the_forms_there_are(corpus, tmp_path) -> None:
    bundle = tiny_bundle(tmp_path / "tiny")
    done = livefacs("parity", bundle, corpus)
    assert done.returncode == 2
    assert done.stderr.strip().endswith(
        f"form 'int8': bundle {bundle} has fp32, onnxruntime, tensorrt, onnxruntime-cuda, torch (with --run)"
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "eight bits need --out NEW and --corpus DIR: labelled faces to calibrate on"),
        (["--precision", "fp16"], "--precision fp16: for --device cpu it is int8"),
        (
            ["--device", "cuda", "--precision", "int8"],
            "int8: for --device cuda it is fp16 or fp32",
        ),
        (["--device", "cuda", "--out", "x"], "leave out --out, --corpus and --check"),
    ],
)
def test_what_does_not_go_together_is_told(words: list[str], message: str, built_in) -> None:
    done = livefacs("compile", built_in, *words)
    assert done.returncode == 2
    assert done.stderr.strip().endswith(message)


@pytest.mark.skipif(Path("/dev/nvidia0").exists(), reason="there is a GPU here")
def test_plans_need_a_gpu(built_in) -> None:
    done = livefacs("compile", built_in, "--device", "cuda")
    assert done.returncode == 2
    assert done.stderr.strip().endswith(
        "there is no NVIDIA driver on this machine: install one, or use --device cpu"
    )
