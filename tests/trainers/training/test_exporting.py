"""From a run to a bundle: the same numbers from torch and ONNX Runtime, and a manifest that tells all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from blotches import OPEN
from torch import nn

from engines import Bundle, BundleError
from trainers.evaluation import crops
from trainers.evaluation.predicting import predict as predict_live
from trainers.training.errors import TrainingError
from trainers.training.exporting import export_bundle
from trainers.training.loading import load_run
from trainers.training.predicting import predict
from trainers.training.run_folder import CorpusOrigin
from trainers.training.samples import make_samples
from trainers.training.task import Exported, ExportedNetwork
from trainers.training.task_names import TASKS

COMMAND = "livefacs train baseline/linear --corpus blotches --set data.size=16"
CROP = ("data.picture=crop", "data.augmentation.flip=0")


@pytest.fixture(scope="module")
def linear_run(recipe, trained, tracked, tmp_path_factory) -> Path:
    """The linear baseline on crops and every tracked input."""
    inputs = 'data.inputs=["blendshapes", "landmarks", "neutral", "pose"]'
    made = recipe(*CROP, inputs, "data.colour=rgb", "data.mean=[0.4, 0.5, 0.6]", "training.epochs=1")
    options = {"tracked": tracked, "origin": OPEN, "command": COMMAND}
    return trained(made, tmp_path_factory.mktemp("runs") / "linear", **options).run.folder


@pytest.fixture(scope="module")
def linear_bundle(linear_run, tmp_path_factory):
    """What was exported, and the bundle's folder."""
    folder = tmp_path_factory.mktemp("bundles") / "linear"
    return export_bundle(linear_run, folder), folder


def test_a_bundle_gives_live_what_the_task_gives_in_training(
    linear_run, linear_bundle, corpus, tracked
) -> None:
    made, folder = linear_bundle
    assert made.difference < 1e-5
    loaded = load_run(linear_run)
    rows = np.flatnonzero(tracked.found)
    samples = make_samples(corpus, rows, loaded.record.recipe.data, loaded.record.facts, tracked)
    expected = predict(loaded.task, samples)
    with Bundle.open(folder) as bundle:
        live = predict_live(bundle, corpus, tracked)
    np.testing.assert_allclose(live.occurrence[rows], expected["au_occurrence"], atol=2e-3)
    np.testing.assert_allclose(live.intensity[rows], expected["au_intensity"], atol=1e-2)
    np.testing.assert_allclose(live.expression[rows], expected["expression"], atol=2e-3)
    assert np.isnan(live.intensity[~tracked.found]).all()
    assert np.ptp(live.intensity[rows], axis=0).min() > 0.05


def test_the_manifest_tells_what_was_trained_and_how_good_it_is(linear_run, linear_bundle) -> None:
    made, folder = linear_bundle
    figures = load_run(linear_run).figures
    with Bundle.open(folder) as bundle:
        manifest = bundle.manifest
        assert bundle.id == "linear-baseline 1.0.0"
    assert list(manifest.inputs) == ["crop", "blendshapes", "landmarks", "neutral", "pose"]
    assert manifest.crop.mean == (0.4, 0.5, 0.6)
    assert manifest.licence == "Apache-2.0"
    assert manifest.resting_share == 0.0
    assert manifest.training.corpus == "blotches (corpus.toml abababababab)"
    assert manifest.training.recipe == COMMAND
    assert manifest.training.date == load_run(linear_run).record.environment.date
    metrics = {metric.name: metric for metric in manifest.metrics}
    assert metrics["ICC(3,1), mean over AUs"].value == figures["icc"]
    assert metrics["F1, mean over AUs"].protocol.startswith(
        "validation rows: partitions of blotches: train 8"
    )
    parity = metrics["ONNX Runtime against torch"]
    assert (parity.value, made.faces) == (made.difference, 21)
    assert parity.protocol == "largest absolute difference over 21 real faces and 32 of noise, every score"


def test_names_can_be_said_otherwise_and_the_network_is_the_same_to_the_byte(
    linear_run, linear_bundle, tmp_path
) -> None:
    said = {"name": "mine", "version": "2.0", "description": "own", "licence": "CC-BY-4.0"}
    export_bundle(linear_run, tmp_path / "bundle", **said, resting_share=0.25)
    with Bundle.open(tmp_path / "bundle") as bundle:
        assert bundle.id == "mine 2.0"
        assert (bundle.manifest.description, bundle.manifest.licence) == ("own", "CC-BY-4.0")
        assert bundle.manifest.resting_share == 0.25
        content = bundle.file_bytes("head.onnx")
    assert content == (linear_bundle[1] / "head.onnx").read_bytes()
    for trace in (b".py", str(Path(__file__).parents[3]).encode(), str(linear_run.parent).encode()):
        assert trace not in content
    with pytest.raises(BundleError, match="exists already"):
        export_bundle(linear_run, tmp_path / "bundle")


def test_crops_are_equalised_inside_the_network(toy, trained, corpus, tracked, tmp_path) -> None:
    made = toy("blot", *CROP, "data.equalise=true", "data.mean=[0.3]", "data.std=[0.2]")
    licensed = [*OPEN, CorpusOrigin(name="BP4D")]
    run = trained(made, tmp_path / "run", tracked=tracked, origin=licensed).run.folder
    assert "was trained on BP4D, whose terms bind what is made of it" in refused(run, tmp_path / "bundle")
    export_bundle(run, tmp_path / "bundle", licence="LicenseRef-research-only")
    loaded = load_run(run)
    rows = np.flatnonzero(tracked.found)
    samples = make_samples(corpus, rows, made.data, loaded.record.facts, tracked)
    expected = predict(loaded.task, samples)["au_intensity"]
    with Bundle.open(tmp_path / "bundle") as bundle:
        spec = bundle.manifest.crop
        assert (spec.mean, spec.std) == ((0.0,), (1.0,))
        live = crops(corpus, tracked, spec)
        with bundle.engine("head.onnx") as engine:
            scores = engine.infer({"crop": np.stack([live[row] for row in rows])})
        assert bundle.file_bytes("card.md") == b"# Blot\n"
        assert [group.outputs.au_intensity for group in bundle.manifest.pose_groups] == ["high", "low"]
    # Both see 256 levels; a pixel on the edge between two may fall to either side.
    np.testing.assert_allclose(scores["high"], expected, atol=0.02)
    np.testing.assert_allclose(scores["low"], scores["high"] / 2, atol=1e-6)
    assert np.ptp(expected) > 0.1


# ------------------------------------------------------------------ what goes wrong


def refused(run: Path, target: Path, **options) -> str:
    with pytest.raises(TrainingError) as caught:
        export_bundle(run, target, **options)
    assert len(str(caught.value).splitlines()) == 1
    assert not target.exists()
    return str(caught.value)


def test_what_the_runtime_cannot_feed(toy, trained, tmp_path) -> None:
    run = trained(toy("blot"), tmp_path / "run", origin=OPEN).run.folder
    assert "was trained on whole pictures, the runtime feeds aligned crops" in refused(run, tmp_path / "b")
    assert "has no run.toml" in refused(tmp_path, tmp_path / "b")


def test_networks_that_cannot_be_exported(toy, trained, tracked, tmp_path, toy_tasks, monkeypatch) -> None:
    class Choosing(nn.Module):
        """Looks at the numbers to decide what to do."""

        def __init__(self, body):
            super().__init__()
            self.body = body

        def forward(self, crop):
            return (self.body(crop).clamp(0, 5) if crop.sum() > 0 else self.body(crop) * 0,)

    class Sly(Choosing):
        """Gives one thing to torch and another to the exporter."""

        def forward(self, crop):
            shift = 0.01 if torch.compiler.is_exporting() else 0.0
            return ((self.body(crop) + shift).clamp(0, 5),)

    class Odd(toy_tasks.Blot):
        module: type[nn.Module] | None = Choosing

        def export(self):
            if self.module is None:
                return super(toy_tasks.Blot, self).export()
            group = {"name": "any", "model": "head.onnx", "outputs": {"au_intensity": "i"}}
            network = ExportedNetwork(self.module(self.networks["body"]), ("i",))
            return Exported({"head.onnx": network}, [group], self.facts.aus)

    monkeypatch.setitem(TASKS, "blot", Odd)
    run = trained(toy("blot", *CROP), tmp_path / "run", tracked=tracked, origin=OPEN).run.folder
    assert "network head.onnx: torch cannot export it" in refused(run, tmp_path / "b")
    Odd.module = Sly
    message = refused(run, tmp_path / "b")
    assert "ONNX Runtime's scores differ from torch's by 0.01" in message
    Odd.module = None
    assert refused(run, tmp_path / "b") == "Odd gives no bundle: its networks are not for the runtime"
