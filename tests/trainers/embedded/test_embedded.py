"""The shipped bundle: what its card and manifest say, and that one command makes it from nothing."""

from __future__ import annotations

import importlib.util
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import zlib
from pathlib import Path

import numpy as np
import pytest
import typer
from PIL import Image

import realtime
from engines import Bundle
from realtime.assembly import DEFAULT_BUNDLE, open_bundle
from trainers.corpora.store import CorpusWriter
from trainers.corpora.synthesis.plan import CorpusPlan
from trainers.corpora.viewpoints import PITCH_NAMES as POSE_GROUPS
from trainers.embedded import __main__ as command
from trainers.embedded import bundle, plans
from trainers.embedded.bundle import RETRAIN, write_embedded
from trainers.errors import CorpusError
from trainers.training.recipe_files import read_recipe

BLENDSHAPES = Path(realtime.__file__).parent / "bundles" / "blendshapes"


def figure(value: float | None) -> dict[str, float | None]:
    return {"value": value, "low": None if value is None else value - 0.1, "high": 0.9}


def report(value: float) -> dict:
    """What `livefacs evaluate` writes, as far as it is read."""
    per_au = {au: figure(value) for au in ("AU01", "AU12")} | {"AU04": figure(None)}
    return {
        "subjects": 5,
        "frames": 40,
        "headlines": {name: figure(value) for name in ("ICC(3,1)", "F1", "PCC")},
        "intensity": {"ICC(3,1)": per_au},
        "occurrence": {"F1": per_au},
        "rest": {"any": figure(value)},
        "subgroups": {"pose group": {"up": {"frames": 9, "mean ICC": figure(value)}}},
    }


def png(picture: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def work(tmp_path) -> Path:
    """A folder in which everything was rendered, trained and tested, but small."""
    one = np.zeros((1, 1), np.float32)
    for plan in (*plans.TRAINED_ON, *plans.TESTED_ON):
        with CorpusWriter(tmp_path / plan.name, plan.name, ("AU12",)) as writer:
            writer.add(
                [png(np.zeros((8, 8, 3), np.uint8))],
                {"subject": "S", "sequence": "S/1", "frame": [1], "intensity": one, "occurrence": one},
            )
    shutil.copytree(BLENDSHAPES, tmp_path / "compiled")
    for value, plan in zip((0.75, 0.5), plans.TESTED_ON, strict=True):
        (tmp_path / f"report-{plan.name}").mkdir()
        (tmp_path / f"report-{plan.name}" / "metrics.json").write_text(json.dumps(report(value)))
    return tmp_path


def test_the_bundle_tells_how_good_it_is_and_how_to_make_it_again(work, monkeypatch) -> None:
    monkeypatch.setattr(bundle, "AGREEMENT", {"single_face.mp4": (72, 9, 0.9)})
    write_embedded(work, work / "out")
    with Bundle.open(work / "out") as made:
        manifest = made.manifest
        assert manifest.training.recipe == RETRAIN and manifest.training.data_card == "card.md"
        metrics = {metric.name: metric.value for metric in manifest.metrics}
    assert metrics["ICC(3,1), mean over AUs, held-studio"] == 0.75
    assert metrics["F1, mean over AUs, held-wild"] == 0.5
    assert metrics["agreement with OpenFace, single_face.mp4"] == 0.9
    card = (work / "out" / "card.md").read_text()
    assert "| embedded-varied | varied | continuous | spontaneous | 500 | 20000 | 111 | CC0-1.0 |" in card
    assert "| mean | 0.75 [0.65, 0.90] | 0.50 [0.40, 0.90] | 0.75 [0.65, 0.90] | 0.50 [0.40, 0.90] |" in card
    assert "| AU04 | – | – | – | – |" in card
    assert "| AU09 | – | – | – | – |" in card  # of the bundle, not labelled in the reports
    assert "| pose group | up | 0.75 [0.65, 0.90] | 0.50 [0.40, 0.90] |" in card


def test_the_shipped_bundle_is_what_the_documents_say() -> None:
    with open_bundle() as shipped:
        manifest = shipped.manifest
        assert (manifest.name, manifest.licence) == (DEFAULT_BUNDLE, "Apache-2.0")
        recipe = read_recipe(plans.RECIPE).bundle
        assert (manifest.name, manifest.resting_share) == (recipe.name, recipe.resting_share)
        assert manifest.training.recipe == RETRAIN
        assert len(manifest.aus) == 21 and [group.name for group in manifest.pose_groups] == list(POSE_GROUPS)
        figures = {metric.name: metric.value for metric in manifest.metrics}
    folder = Path(realtime.__file__).parent / "bundles" / DEFAULT_BUNDLE
    networks = [path.read_bytes() for path in folder.glob("*.onnx")]
    assert (
        len(networks) == 2 and sum(len(zlib.compress(network)) for network in networks) < 12e6
    )  # in the wheel
    card = (folder / "card.md").read_text()
    for plan in (*plans.TRAINED_ON, *plans.TESTED_ON):
        assert f"| {plan.name} | {plan.domain} | {plan.poses} |" in card
    documents = Path(__file__).parents[3]
    for text in (documents / "README.md", documents / "docs" / "default-model.md"):
        for name in ("ICC(3,1)", "F1"):
            means = [figures[f"{name}, mean over AUs, held-{look}"] for look in ("studio", "wild")]
            row = re.search(rf"{re.escape(name)}[^|]*\| (0\.\d\d) \[[^|]*\| (0\.\d\d) \[", text.read_text())
            assert row is not None and [float(cell) for cell in row.groups()] == [round(x, 2) for x in means]
    for clip, (_, _, value) in bundle.AGREEMENT.items():
        assert figures[f"agreement with OpenFace, {clip}"] == value
        assert f"{value:.3f}" in (documents / "docs" / "default-model.md").read_text()


def test_nobody_is_trained_on_and_tested() -> None:
    # Subjects are told apart by domain and seed (`CorpusPlan.rng_of`).
    trained = {(plan.domain, plan.seed) for plan in plans.TRAINED_ON}
    tested = {(plan.domain, plan.seed) for plan in plans.TESTED_ON}
    assert len(trained) == len(plans.TRAINED_ON) and not trained & tested
    assert read_recipe(plans.RECIPE).protocol == "90-10"


def test_help_tells_what_it_does() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "trainers.embedded", "--help"], capture_output=True, text=True, check=True
    )
    assert "Make the default bundle from nothing" in done.stdout


def test_what_is_stopped_says_so_and_goes_on(tmp_path, capfd) -> None:
    """A terminal tells Ctrl-C to the training as well; whoever ends the command alone means both."""
    pictures = np.random.default_rng(0).integers(0, 255, (8, 16, 16, 3), np.uint8)
    intensity = np.arange(8, dtype=np.float32)[:, None] % 6
    with CorpusWriter(tmp_path / "corpus", "corpus", ("AU12",)) as writer:
        for subject, partition in (("A", "train"), ("B", "validation")):
            columns = {"subject": subject, "sequence": f"{subject}/1", "frame": np.arange(1, 9)}
            labels = {"intensity": intensity, "occurrence": np.float32(intensity > 0), "partition": partition}
            writer.add([png(picture) for picture in pictures], columns | labels)
    changes = ["--set", "data.size=16", "--set", "data.picture=whole", "--set", "data.batch=8"]
    endless = ["--set", "training.epochs=1000000", "--set", "training.patience=0"]
    ended = threading.Event()

    def stop() -> None:
        log = tmp_path / "run" / "metrics.jsonl"
        while not ended.wait(0.05):
            if log.exists() and log.read_text().count("\n") > 1:
                os.kill(os.getpid(), signal.SIGTERM)
                return

    handlers = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    threading.Thread(target=stop).start()
    try:
        with pytest.raises(typer.Exit) as stopped:
            words = ["train", "baseline/linear", "--corpus", "corpus", "--out", "run", *changes, *endless]
            command._livefacs(words, tmp_path)
    finally:
        ended.set()
    assert stopped.value.exit_code == 130
    out = capfd.readouterr().out
    assert "run: stopped after iteration " in out
    assert out.endswith("stopped; what is made is kept, and the same command goes on\n")
    assert (tmp_path / "run" / "last.safetensors").exists()
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == handlers
    with pytest.raises(CorpusError, match="livefacs train ended with status [12]: mend it"):
        command._livefacs(["train", "no-such-recipe", "--corpus", "corpus", "--out", "other"], tmp_path)


@pytest.mark.slow
def test_one_command_makes_it_from_nothing(tmp_path, monkeypatch) -> None:
    if importlib.util.find_spec("anny") is None:
        pytest.skip("anny is not installed")
    small = {"subjects": 4, "frames": 36}
    trained = (CorpusPlan("a", domain="varied", poses="continuous", seed=1, **small),)
    tested = (CorpusPlan("b", domain="studio", seed=2, **small),)
    for module in (command, bundle):
        monkeypatch.setattr(module, "TRAINED_ON", trained)
        monkeypatch.setattr(module, "TESTED_ON", tested)
    monkeypatch.setattr(command, "CALIBRATED_ON", trained)
    tiny = ["training.epochs=2", "data.batch=8", "task.neck=4", "task.hidden=8", "optimiser.warmup=1"]
    command.make(tmp_path / "work", tmp_path / "out", tiny, "cpu")
    with Bundle.open(tmp_path / "out") as made:
        made.verify_models(run=True)
        assert made.precisions == ("fp32", "int8")
        assert len(made.aus) == 21
    first = (tmp_path / "out" / "head.onnx").read_bytes()
    command.make(tmp_path / "work", tmp_path / "out", tiny, "cpu")  # nothing is made again but the bundle
    assert (tmp_path / "out" / "head.onnx").read_bytes() == first
