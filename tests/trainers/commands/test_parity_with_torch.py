"""`livefacs parity --a torch`: a bundle against the run that it was exported from, on real faces."""

from __future__ import annotations

import io
import re
import shutil
from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest
import typer
from safetensors.torch import load_file, save_file
from typer.testing import CliRunner, Result

from trainers.commands.export import export
from trainers.commands.parity import parity
from trainers.commands.train import train
from trainers.corpora.store import CorpusWriter

TINY = ("data.size=16", "data.batch=8", "training.patience=0", "training.epochs=3")


@pytest.fixture(scope="module")
def corpus(clip, face_model_path, tmp_path_factory) -> Path:
    """Eight frames each of two real faces, labelled at random."""
    folder = tmp_path_factory.mktemp("corpora") / "faces"
    rng = np.random.default_rng(0)
    with CorpusWriter(folder, "faces", ("AU04", "AU12")) as writer:
        for name, step, partition in (
            ("single_face.mp4", 6, "train"),
            ("WolfgangLanger_Pexels.mp4", 40, "validation"),
        ):
            pictures = []
            with av.open(str(clip(name))) as container:
                for frame in islice(container.decode(video=0), 0, step * 8, step):
                    file = io.BytesIO()
                    frame.to_image().resize((320, 240)).save(file, "JPEG", quality=92)
                    pictures.append(file.getvalue())
            intensity = rng.integers(0, 6, (8, 2)).astype(np.float32)
            columns = {
                "subject": partition,
                "sequence": f"{partition}/1",
                "frame": np.arange(1, 9),
                "intensity": intensity,
                "occurrence": (intensity > 0).astype(np.float32),
                "partition": partition,
            }
            writer.add(pictures, columns)
    return folder


@pytest.fixture(scope="module")
def run(corpus, tmp_path_factory) -> Path:
    """The linear baseline on crops and blendshapes."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    changes = [word for change in (*TINY, 'data.inputs=["blendshapes"]') for word in ("--set", change)]
    done = called(train, "baseline/linear", "--corpus", corpus, "--out", folder, "--jobs", 1, *changes)
    assert done.exception is None, done.exception
    return folder


@pytest.fixture(scope="module")
def bundle(run, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("bundles") / "head"
    assert called(export, run, folder).exception is None
    return folder


def called(command, *words: object) -> Result:
    """A command, run in this process."""
    app = typer.Typer()
    app.command()(command)
    return CliRunner().invoke(app, list(map(str, words)), env={"COLUMNS": "100"})


def measured(bundle: Path, corpus: Path, run: Path) -> Result:
    """Parity of torch and fp32; the faces are those that training found."""
    faces = run / "tracked" / "faces.npz"
    return called(
        parity, bundle, corpus, "--a", "torch", "--b", "fp32", "--run", run, "--tracked", faces, "--jobs", 1
    )


def refusal(*words: object) -> str:
    """The one line that parity ends with, before it looks for faces."""
    done = called(parity, *words)
    assert done.exception is not None and "finding faces" not in done.output
    message = str(done.exception)
    assert len(message.splitlines()) == 1
    return message


def test_a_bundle_keeps_what_was_trained(bundle, corpus, run) -> None:
    done = measured(bundle, corpus, run)
    assert done.exit_code == 0, done.exception or done.output
    rows = re.findall(r"(occurrence|intensity|expression)\W+([\d.e-]+)\W+([\d.e-]+)", done.output)
    assert [kind for kind, _, _ in rows] == ["occurrence", "intensity", "expression"]
    # The weights are rounded to float16 on the way, so the two are close and no more than that.
    assert all(float(largest) < 0.01 for _, largest, _ in rows)
    assert re.search(r"ICC\(3,1\): -?[\d.]+ with torch, -?[\d.]+ with fp32: [+-]0\.00", done.output)
    assert done.output.count("within the limit of 0.005") == 2
    assert "16 faces of faces" in done.output


def test_other_weights_than_the_trained_ones_are_found(bundle, corpus, run, tmp_path) -> None:
    other = shutil.copytree(run, tmp_path / "other")
    weights = load_file(other / "best.safetensors")
    save_file({name: -each for name, each in weights.items()}, other / "best.safetensors")
    done = measured(bundle, corpus, other)
    assert done.exit_code == 1, done.exception or done.output
    assert "ABOVE the limit of 0.005" in done.output


def test_torch_without_its_run_and_a_run_without_torch_are_told(bundle, corpus, run, tmp_path) -> None:
    assert refusal(bundle, corpus, "--a", "torch", "--b", "fp32") == (
        f"form 'torch': add --run RUN, the folder of the training run that bundle {bundle} was exported from"
    )
    assert refusal(bundle, corpus, "--a", "torch", "--b", "fp32", "--run", tmp_path) == (
        f"run {tmp_path}: has no run.toml: name a folder that `livefacs train` wrote"
    )
    assert refusal(bundle, corpus, "--a", "fp32", "--b", "onnxruntime", "--run", run) == (
        f"--run {run}: only the form torch reads it: add --a torch or --b torch"
    )
