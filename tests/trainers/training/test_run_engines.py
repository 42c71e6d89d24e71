"""A run's torch networks in place of a bundle's: the same scores, or one line that says why not."""

from __future__ import annotations

import tomllib

import numpy as np
import pytest
from torch import nn

from engines import Bundle, EngineError, write_bundle
from trainers.evaluation.predicting import predict
from trainers.training.errors import TrainingError
from trainers.training.exporting import export_bundle
from trainers.training.run_engines import run_engines
from trainers.training.run_folder import CorpusOrigin
from trainers.training.torch_engine import TorchEngine

OPEN = [CorpusOrigin(name="blotches", licence="CC0-1.0")]
CROP = ("data.picture=crop", "data.augmentation.flip=0")


@pytest.fixture(scope="module")
def run(toy, trained, tracked, tmp_path_factory):
    """A network that equalises its picture and has one output for each of two pose groups."""
    made = toy("blot", *CROP, "data.equalise=true", length="epochs = 1")
    return trained(made, tmp_path_factory.mktemp("runs") / "run", tracked=tracked, origin=OPEN).run.folder


@pytest.fixture(scope="module")
def folder(run, tmp_path_factory):
    return export_bundle(run, tmp_path_factory.mktemp("bundles") / "head").folder


@pytest.fixture(scope="module")
def bundle(folder):
    with Bundle.open(folder) as opened:
        yield opened


def test_torch_says_of_every_face_what_the_bundle_says(bundle, run, corpus, tracked) -> None:
    exported = predict(bundle, corpus, tracked)
    by_torch = predict(bundle, corpus, tracked, engine_of=run_engines(run, bundle))
    assert set(by_torch.pose_group) == {"up", "down", ""}
    np.testing.assert_array_equal(by_torch.pose_group, exported.pose_group)
    np.testing.assert_allclose(by_torch.intensity, exported.intensity, atol=1e-4)
    assert np.ptp(by_torch.intensity[by_torch.found]) > 0.1


def test_its_engines_keep_the_contract(bundle, run) -> None:
    engine = run_engines(run, bundle)("head.onnx")
    with engine, bundle.engine("head.onnx") as other:
        assert (engine.inputs, engine.outputs) == (other.inputs, other.outputs)
        batch = {"crop": np.random.default_rng(0).random((3, 1, 16, 16), dtype=np.float32)}
        batch["crop"].flags.writeable = False
        scores = engine.infer(batch)
        np.testing.assert_allclose(scores["high"], other.infer(batch)["high"], atol=1e-4)
        assert list(engine.infer(batch, ["low"])) == ["low"]
        scores["high"][:] = 7  # the caller's own
        assert engine.infer(batch)["high"].max() <= 5
        with pytest.raises(EngineError, match=r"run .*: head\.onnx: the batch has 'crop' float32"):
            engine.infer({"crop": np.zeros((1, 3, 16, 16), np.float32)})
    with pytest.raises(EngineError, match="was closed"):
        engine.infer(batch)


def test_what_torch_cannot_run_is_one_line() -> None:
    with pytest.raises(EngineError, match=r"^mine: torch cannot run it \(mat1 and mat2 .*\)$"):
        TorchEngine(nn.Linear(3, 2), {"crop": (4,)}, ["scores"], "mine").load()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"aus": ["AU12", "AU04"]}, "the AUs: AU04, AU12 in the run, AU12, AU04 in the bundle"),
        ({"anchors": [[33], [263], [61]]}, "the anchors of input 'crop': "),
        (
            {"outputs": "low"},
            "the outputs of pose group 'up': au_intensity from high in the run, au_intensity ",
        ),
        ({"name": "over"}, "the pose groups: up, down in the run, over, down in the bundle"),
    ],
)
def test_another_bundle_than_the_run_s_is_refused(folder, run, tmp_path, changes, message) -> None:
    fields = tomllib.loads((folder / "bundle.toml").read_text())
    files = {name: (folder / name).read_bytes() for name in fields.pop("files")}
    group = fields["pose_groups"][0]
    if "aus" in changes:
        fields["aus"] = changes["aus"]
    if "anchors" in changes:
        fields["inputs"]["crop"]["anchors"] = changes["anchors"]
    if "outputs" in changes:
        group["outputs"] = {"au_intensity": changes["outputs"]}
    group["name"] = changes.get("name", group["name"])
    other = tmp_path / "other"
    with Bundle.open(write_bundle(other, fields, files)) as opened, pytest.raises(TrainingError) as caught:
        run_engines(run, opened)
    said = str(caught.value)
    assert said.startswith(f"run {run}: bundle {other} is not an export of it: {message}")
    assert said.endswith(": name the run that it was exported from")
    assert len(said.splitlines()) == 1


def test_runs_of_another_shape_are_refused(bundle, recipe, toy, trained, tracked, tmp_path) -> None:
    def refusal(made, **options) -> str:
        run = trained(made, tmp_path / "run", overwrite=True, **options).run.folder
        with pytest.raises(TrainingError) as caught:
            run_engines(run, bundle)
        return str(caught.value)

    assert "was trained on whole pictures" in refusal(toy("blot", length="epochs = 1"))
    colour = toy("blot", *CROP, "data.colour=rgb", length="epochs = 1")
    assert "the colour of input 'crop': rgb in the run, grey in the bundle" in refusal(
        colour, tracked=tracked
    )
    linear = recipe(*CROP, "training.epochs=1")
    assert "the expressions: neutral, " in refusal(linear, tracked=tracked)
