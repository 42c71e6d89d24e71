"""`livefacs train` and `livefacs export` on a small corpus of real faces with made-up labels."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest
import typer
from command_line import LIVEFACS, livefacs
from PIL import Image
from safetensors.torch import load_file
from typer.testing import CliRunner

from engines import Bundle
from trainers.commands.export import export
from trainers.commands.train import train
from trainers.corpora.store import CorpusWriter

PEOPLE = (
    ("A", "single_face.mp4", 6, "train"),
    ("B", "WolfgangLanger_Pexels.mp4", 40, "train"),
    ("C", "WolfgangLanger_Pexels.mp4", 17, "validation"),
)
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}
TINY = ("--set", "data.size=16", "--set", "data.batch=8", "--set", "training.patience=0")


def pictures(path: Path, step: int, count: int = 8) -> list[bytes]:
    """Every so many frames of a clip as JPEG."""
    made = []
    with av.open(str(path)) as clip:
        for frame in islice(clip.decode(video=0), 0, step * count, step):
            file = io.BytesIO()
            frame.to_image().resize((320, 240)).save(file, "JPEG", quality=92)
            made.append(file.getvalue())
    return made


def write(folder: Path, name: str, aus: tuple[str, ...], people: dict[str, list[bytes]]) -> Path:
    rng = np.random.default_rng(0)
    with CorpusWriter(folder, name, aus) as writer:
        for subject, frames in people.items():
            intensity = rng.integers(0, 6, (len(frames), len(aus))).astype(np.float32)
            columns = {
                "subject": subject,
                "sequence": f"{subject}/1",
                "frame": np.arange(1, len(frames) + 1),
                "intensity": intensity,
                "occurrence": (intensity > 0).astype(np.float32),
                "partition": dict((who, part) for who, _, _, part in PEOPLE)[subject],
            }
            writer.add(frames, columns)
    return folder


@pytest.fixture(scope="module")
def corpus(clip, tmp_path_factory) -> Path:
    people = {who: pictures(clip(name), step) for who, name, step, _ in PEOPLE}
    return write(tmp_path_factory.mktemp("corpora") / "faces", "faces", ("AU04", "AU12", "AU25"), people)


@pytest.fixture(scope="module")
def second(tmp_path_factory) -> Path:
    """A corpus without faces that shares one AU."""
    file = io.BytesIO()
    Image.new("RGB", (32, 32)).save(file, "JPEG")
    return write(
        tmp_path_factory.mktemp("corpora") / "grey", "grey", ("AU12", "AU45"), {"A": [file.getvalue()]}
    )


@pytest.fixture(scope="module")
def trained(corpus, tmp_path_factory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A run of five epochs on crops of real faces."""
    run = tmp_path_factory.mktemp("runs") / "run"
    command = ("train", "baseline/linear", "--corpus", corpus, "--out", run, "--jobs", 1, *TINY)
    return run, livefacs(*command, "--set", "training.epochs=5", env=ENVIRONMENT)


def refused(command, *args: object) -> str:
    """The one line that a command ends with."""
    app = typer.Typer()
    app.command()(command)
    result = CliRunner().invoke(app, [*map(str, args)], standalone_mode=False)
    assert result.exception is not None, result.output
    message = str(result.exception)
    assert len(message.splitlines()) == 1
    return message


def succeeding(command, *args: object) -> str:
    """What a command prints, run in this process."""
    app = typer.Typer()
    app.command()(command)
    result = CliRunner().invoke(app, [*map(str, args)], standalone_mode=False)
    assert result.exception is None, result.exception
    return result.stdout


def test_a_network_is_trained_on_the_crops_that_run_live(trained) -> None:
    run, done = trained
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert first.startswith(f"{run}: 10 iterations done; best weights after iteration ")
    assert re.search(r"loss [0-9.]+, icc -?[0-9.]+", first)
    assert second == f"learning curves: {run / 'curves.png'}; next: livefacs export {run} BUNDLE"
    looks = [line for line in done.stderr.splitlines() if line.startswith("epoch ")]
    assert len(looks) == 6
    assert re.match(r"epoch 1, iteration 2: train loss [0-9.]+, occurrence [0-9.]+,", looks[1])
    assert "Traceback" not in done.stderr
    assert sorted(path.name for path in run.iterdir()) == [
        "best.safetensors",
        "curves.png",
        "examples.safetensors",
        "last.safetensors",
        "metrics.jsonl",
        "run.toml",
        "tracked",
    ]
    record = (run / "run.toml").read_text()
    assert 'licence = "CC0-1.0"' in record
    assert 'command = "livefacs train baseline/linear --corpus faces --set data.size=16' in record
    assert "train 2 subjects, 16 frames; validation 1 subject, 8 frames" in record
    losses = [json.loads(line)["train"].get("loss") for line in (run / "metrics.jsonl").open()]
    assert losses[-1] < losses[1]


def test_export_makes_a_bundle_that_runs_live(trained, clip, tmp_path) -> None:
    run, _ = trained
    out = succeeding(export, run, tmp_path / "head.zip", "--version", "1.2.0", "--resting-share", "0.2")
    assert re.search(
        r"ONNX Runtime against torch: [0-9.e-]+ at most, on 8 faces of its corpora and noise", out
    )
    with Bundle.open(tmp_path / "head.zip") as bundle:
        assert (bundle.id, bundle.aus) == ("linear-baseline 1.2.0", ("AU04", "AU12", "AU25"))
        assert bundle.manifest.resting_share == 0.2
    csv = tmp_path / "out.csv"
    live = livefacs("run", clip("single_face.mp4"), "--bundle", tmp_path / "head.zip", "--csv", csv)
    assert live.returncode == 0, live.stderr
    header = csv.read_text().splitlines()[0].replace(" ", "").split(",")
    assert {"AU04_r", "AU12_c", "AU25_r"} <= set(header)
    assert "exists already" in refused(export, run, tmp_path / "head.zip")


def test_ctrl_c_keeps_everything_and_says_how_to_go_on(corpus, tmp_path) -> None:
    run = tmp_path / "run"
    changes = (*TINY, "--set", "training.epochs=1000000", "--set", "data.picture=whole")
    command = ["train", "baseline/linear", "--corpus", corpus, "--out", run, *changes]
    process = subprocess.Popen(
        [str(LIVEFACS), *map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    for line in process.stderr:
        if line.startswith("epoch 1,"):
            process.send_signal(signal.SIGINT)
            break
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    stopped = re.fullmatch(rf"{run}: stopped after iteration (\d+); go on with: (livefacs .*)\n", out)
    assert stopped is not None, out
    # The printed command goes on where the log ends; here until the next Ctrl-C.
    again = shlex.split(stopped[2])
    assert again == ["livefacs", *map(str, command), "--resume"]
    looks = len(iterations(run))
    threading.Timer(1.0, signal.raise_signal, [signal.SIGINT]).start()
    app = typer.Typer()
    app.command()(train)
    result = CliRunner().invoke(app, again[2:])
    assert result.exit_code == 130, result.output
    assert len(iterations(run)) > looks
    assert iterations(run) == list(range(0, 2 * len(iterations(run)), 2))


def iterations(run: Path) -> list[int]:
    """What the log has measured."""
    return [json.loads(line)["iteration"] for line in (run / "metrics.jsonl").open()]


def test_several_corpora_are_joined_on_the_aus_they_share(corpus, second, tmp_path) -> None:
    changes = ("data.picture=whole", "training.epochs=1", "training.patience=0", "data.batch=4")
    command = ["baseline/linear", "--corpus", corpus, "--corpus", second, "--out", tmp_path / "run"]
    succeeding(train, *command, *(word for change in changes for word in ("--set", change)))
    record = (tmp_path / "run" / "run.toml").read_text()
    assert 'aus = ["AU12"]' in record
    assert 'subjects = ["faces/A", "faces/B", "grey/A"]' in record
    assert record.count("[[origin.corpora]]") == 2
    assert "17 frames" in record


def test_two_processes_train_together(corpus, trained, tmp_path) -> None:
    """Each takes half of every batch; their weights stay the same, so one of them writes."""
    whole, _ = trained
    options = ("--devices", 2, "--device", "cpu", "--tracked", whole / "tracked")
    command = ("train", "baseline/linear", "--corpus", corpus, "--out", tmp_path / "run", *TINY, *options)
    done = livefacs(*command, "--set", "training.epochs=5", env=ENVIRONMENT)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 2
    assert done.stderr.count("epoch 5,") == 1
    assert len((tmp_path / "run" / "metrics.jsonl").read_text().splitlines()) == 6
    one, other = load_file(whole / "best.safetensors"), load_file(tmp_path / "run" / "best.safetensors")
    for key in one:
        # The mean of two halves' gradients is the whole's, but for labels nobody gave: here there are none.
        np.testing.assert_allclose(one[key].numpy(), other[key].numpy(), atol=1e-5)


def test_what_cannot_be_done_is_one_line(corpus, second, tmp_path, trained) -> None:
    out = ("--out", tmp_path / "run")
    assert "neither a .toml file nor a recipe" in refused(train, "foo", "--corpus", corpus, *out)
    assert "nowhere" in refused(train, "baseline/linear", "--corpus", tmp_path / "nowhere", *out)
    assert "no loader is named 'bp5d'" in refused(train, "baseline/linear", "--corpus", "bp5d:/data", *out)
    mistyped = ("--set", "optimiser.lr=-3")
    assert "optimiser.lr is -3" in refused(train, "baseline/linear", "--corpus", corpus, *out, *mistyped)
    assert "--device tpu" in refused(train, "baseline/linear", "--corpus", corpus, *out, "--device", "tpu")
    run = trained[0]
    assert "holds a run already" in refused(train, "baseline/linear", "--corpus", corpus, "--out", run)
    missing = ("--set", 'data.aus=["AU45"]')
    assert "has no AU45" in refused(train, "baseline/linear", "--corpus", corpus, *out, *missing)
    other = write(tmp_path / "other", "other", ("AU99",), {"A": [pictures_of_nothing()]})
    both = ("--corpus", corpus, "--corpus", other)
    assert "no AU in common (faces: AU04, AU12, AU25; other: AU99)" in refused(
        train, "baseline/linear", *both, *out
    )
    assert "has no run.toml" in refused(export, tmp_path, tmp_path / "bundle")
    assert not (tmp_path / "run").exists()


def pictures_of_nothing() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (16, 16)).save(file, "JPEG")
    return file.getvalue()


def test_help_teaches_and_stays_light() -> None:
    start = time.monotonic()
    for command in ("train", "export"):
        done = livefacs(command, "--help")
        assert done.returncode == 0
        assert "Examples:" in done.stdout
        assert "livefacs export run my-bundle" in done.stdout
    assert time.monotonic() - start < 20.0
    code = "import sys, trainers.commands.train, trainers.commands.export; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    heavy = {"torch", "lightning_fabric", "matplotlib", "mediapipe", "numba", "PIL", "scipy", "onnx"}
    assert not heavy & set(loaded.split())
