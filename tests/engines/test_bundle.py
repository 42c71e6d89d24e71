import hashlib
import subprocess
import sys

import numpy as np
import pytest
from bundle_factory import AUS, CROP, EXPRESSIONS, TINY_MODEL, Draft, make_model

from engines import Bundle, BundleError, CropInput, EngineError, PlainInput
from engines.onnxruntime_engine import OnnxRuntimeEngine


@pytest.fixture
def loads(monkeypatch):
    """Names of the engines that have loaded a model, in order."""
    names = []
    original = OnnxRuntimeEngine._load_impl

    def counted(self):
        names.append(self.name)
        return original(self)

    monkeypatch.setattr(OnnxRuntimeEngine, "_load_impl", counted)
    return names


@pytest.mark.parametrize("form", ["folder", "zip"])
def test_an_opened_bundle_tells_what_its_manifest_says(tmp_path, form):
    path = Draft().write(tmp_path / "tiny") if form == "folder" else Draft().zip(tmp_path / "tiny.zip")
    with Bundle.open(path) as bundle:
        assert bundle.path == path
        assert bundle.id == "tiny 1.0.0"
        assert bundle.aus == AUS
        assert bundle.expressions == EXPRESSIONS
        assert bundle.thresholds == {"AU01": 0.4, "AU02": 0.5, "AU12": 0.5}
        assert bundle.models == ("head.onnx",)
        assert bundle.model_bytes("head.onnx") == TINY_MODEL
        assert bundle.manifest.files == {"head.onnx": hashlib.sha256(TINY_MODEL).hexdigest()}
        assert bundle.manifest.inputs == {"blendshapes": PlainInput(kind="blendshapes")}
        assert bundle.manifest.crop is None
        assert bundle.manifest.metrics[0].value == 0.5
        assert bundle.manifest.training.date == "2025-01-31"


def test_a_path_may_be_text(tmp_path):
    assert Bundle.open(str(Draft().write(tmp_path))).id == "tiny 1.0.0"


def test_optional_tables_may_be_absent(tmp_path):
    draft = Draft()
    for key in ("threshold_default", "thresholds", "training", "metrics", "expressions"):
        del draft.fields[key]
    del draft.group["outputs"]["expression"]
    with Bundle.open(draft.write(tmp_path)) as bundle:
        assert bundle.expressions == ()
        assert bundle.thresholds == dict.fromkeys(AUS, 0.5)
        assert bundle.manifest.metrics == ()


def test_every_kind_of_input(tmp_path):
    shapes = {
        "face": ("N", 3, 8, 6),
        "landmarks": ("N", 478, 3),
        "blendshapes": ("N", 52),
        "rest": ("N", 52),
        "pose": ("N", 3),
    }
    draft = Draft()
    draft.files["head.onnx"] = make_model(inputs=shapes)
    draft.fields["inputs"] = {
        "face": CROP,
        "landmarks": {},
        "blendshapes": {},
        "rest": {"kind": "neutral"},
        "pose": {},
    }
    with Bundle.open(draft.write(tmp_path)) as bundle:
        bundle.verify_models(run=True)
        crop = bundle.manifest.crop
        assert isinstance(crop, CropInput)
        assert crop.shape == (3, 8, 6)
        assert crop.anchors[0] == (33, 133)
        assert crop.template[2] == (0.5, 0.78)
        assert {name: bundle.manifest.input_row(name) for name in shapes} == {
            name: shape[1:] for name, shape in shapes.items()
        }


def test_a_grey_crop_has_one_channel(tmp_path):
    draft = Draft()
    draft.files["head.onnx"] = make_model(inputs={"crop": ("N", 1, 8, 6)})
    draft.fields["inputs"] = {"crop": {**CROP, "colour": "grey", "mean": [0.5], "std": [0.25]}}
    with Bundle.open(draft.write(tmp_path)) as bundle:
        assert bundle.manifest.input_row("crop") == (1, 8, 6)


def test_groups_may_have_models_of_their_own(tmp_path):
    draft = Draft()
    draft.files = {"level.onnx": TINY_MODEL, "models/up.onnx": TINY_MODEL}
    draft.group.update(model="level.onnx", pitch=[0.0, 90.0])
    draft.add_group("up", model="models/up.onnx", pitch=[-90.0, 0.0])
    with Bundle.open(draft.write(tmp_path)) as bundle:
        assert bundle.models == ("level.onnx", "models/up.onnx")
        with bundle.engine("models/up.onnx") as engine:
            assert engine.infer({"blendshapes": np.zeros((2, 52), np.float32)})["intensity"].shape == (2, 3)


def test_a_checked_model_is_not_loaded_again(tmp_path, loads):
    with Bundle.open(Draft().write(tmp_path)) as bundle:
        assert len(loads) == 1
        with bundle.engine("head.onnx") as engine:
            engine.infer({"blendshapes": np.zeros((1, 52), np.float32)})
        assert len(loads) == 1
        with bundle.engine("head.onnx") as another:
            assert another is not engine
        assert len(loads) == 2


def test_two_callers_get_two_engines(tmp_path):
    with Bundle.open(Draft().write(tmp_path)) as bundle:
        first, second = bundle.engine("head.onnx"), bundle.engine("head.onnx")
        assert first is not second
        first.close()
        with second:
            assert second.loaded


def test_without_a_check_at_open_the_first_engine_is_checked(tmp_path, loads):
    draft = Draft()
    draft.files["head.onnx"] = make_model(inputs={"blendshapes": ("N", 51)})
    bundle = Bundle.open(draft.write(tmp_path), models=False)
    assert loads == []
    with pytest.raises(BundleError, match="51"):
        bundle.engine("head.onnx")


def test_closing_frees_the_models_not_handed_out(tmp_path):
    bundle = Bundle.open(Draft().write(tmp_path))
    spare = bundle._spare["head.onnx"]
    bundle.close()
    assert not spare.loaded
    with Bundle.open(tmp_path) as bundle:
        engine = bundle.engine("head.onnx")
    assert engine.loaded
    engine.close()


def test_another_backend_replaces_the_model_loaded_for_checking(tmp_path, monkeypatch):
    made = []
    monkeypatch.setitem(
        sys.modules["engines.backends"]._BACKENDS,
        "other",
        lambda model, name, *_: made.append(1) or OnnxRuntimeEngine(model, name),
    )
    with Bundle.open(Draft().write(tmp_path)) as bundle:
        spare = bundle._spare["head.onnx"]
        engine = bundle.engine("head.onnx", backend="other")
        assert made
        assert not spare.loaded
        assert not engine.loaded  # its own thread shall load it


def test_an_unknown_model_or_backend_is_refused(tmp_path):
    with Bundle.open(Draft().write(tmp_path)) as bundle:
        with pytest.raises(BundleError, match=r"'tail.onnx': use one of head.onnx"):
            bundle.engine("tail.onnx")
        with pytest.raises(EngineError, match="'tensorfloat' is unknown: use one of onnxruntime"):
            bundle.engine("head.onnx", backend="tensorfloat")


def test_a_model_changed_after_opening_is_noticed(tmp_path):
    bundle = Bundle.open(Draft().write(tmp_path), models=False)
    (tmp_path / "head.onnx").write_bytes(TINY_MODEL + b" ")
    with pytest.raises(BundleError, match="sha256"):
        bundle.engine("head.onnx")


def test_unlisted_files_are_left_alone(tmp_path):
    draft = Draft()
    draft.extra["README.md"] = b"hello"
    with Bundle.open(draft.write(tmp_path)) as bundle, pytest.raises(BundleError, match="not listed"):
        bundle.file_bytes("README.md")


def test_importing_the_package_imports_no_backend_and_no_neighbour():
    program = (
        "import engines, sys;"
        "print(sorted({'onnxruntime', 'tensorrt', 'torch', 'realtime', 'trainers'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
