"""Bundles with networks in several precisions, and the trial that chooses one."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from bundle_factory import FIELDS, make_model

from engines import trial
from engines.bundle import Bundle
from engines.bundle_writing import write_bundle
from engines.errors import BundleError
from engines.trial import choose_precision, try_precisions

INT8 = {"head.onnx": "head.int8.onnx"}


@pytest.fixture
def both(tmp_path: Path) -> Bundle:
    """A bundle whose second form says the opposite, so that one sees which was run."""
    fields = {**FIELDS, "precisions": {"int8": INT8}}
    models = {"head.onnx": make_model(), "head.int8.onnx": make_model(endings={"occurrence": "Softmax"})}
    return Bundle.open(write_bundle(tmp_path / "both", fields, models))


def occurrence(bundle: Bundle, precision: str) -> np.ndarray:
    with bundle.engine("head.onnx", precision=precision) as engine:
        return engine.infer({"blendshapes": np.full((1, 52), 0.5, np.float32)})["occurrence"][0]


def test_each_precision_runs_its_own_file(both: Bundle) -> None:
    assert both.precisions == ("fp32", "int8")
    assert occurrence(both, "int8").sum() == pytest.approx(1.0)
    assert occurrence(both, "fp32").sum() != pytest.approx(1.0)


def test_a_precision_that_is_not_there_is_refused(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path / "one", FIELDS, {"head.onnx": make_model()})
    with Bundle.open(folder) as bundle:
        assert bundle.precisions == ("fp32",)
        with pytest.raises(BundleError, match="has no int8 networks: choose one of fp32, or make them with"):
            bundle.engine("head.onnx", precision="int8")
        with pytest.raises(BundleError, match="has no fp4 networks"):
            choose_precision(bundle, "fp4")
        assert choose_precision(bundle) == "fp32"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"precisions": {"fp4": INT8}}, "precisions has 'fp4': use one of int8"),
        ({"precisions": {"fp32": INT8}}, "precisions has 'fp32': use one of int8"),
        ({"precisions": {"int8": {}}}, "precisions.int8 has nothing: name every model, head.onnx"),
        (
            {"precisions": {"int8": {"head.onnx": "gone.onnx"}}},
            "'gone.onnx' for 'head.onnx', which .files. does not",
        ),
        ({"parity": {"icc": -0.1}}, "parity.icc is -0.1: write a number from 0 to 1"),
    ],
)
def test_manifests_that_contradict_themselves(changes: dict, message: str, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=message) as caught:
        write_bundle(tmp_path / "bad", {**FIELDS, **changes}, {"head.onnx": make_model()})
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "bad").exists()


def test_a_form_with_other_outputs_is_refused(tmp_path: Path) -> None:
    fields = {**FIELDS, "precisions": {"int8": INT8}}
    other = make_model(outputs={"occurrence": ("N", 3), "intensity": ("N", 3), "mood": ("N", 2)})
    with pytest.raises(BundleError, match=r"head\.int8\.onnx: has no output 'expression'"):
        write_bundle(tmp_path / "bad", fields, {"head.onnx": make_model(), "head.int8.onnx": other})


def test_the_trial_is_made_once(both: Bundle, tmp_path: Path, monkeypatch) -> None:
    first = try_precisions(both, tmp_path)
    assert set(first.seconds) == {"fp32", "int8"}
    assert min(first.seconds.values()) > 0

    def again(bundle: Bundle) -> dict[str, float]:
        raise AssertionError("measured again")

    monkeypatch.setattr(trial, "_measure", again)
    assert try_precisions(both, tmp_path) == first


@pytest.mark.parametrize(
    ("seconds", "chosen"),
    [
        ({"fp32": 1.0, "int8": 0.5}, "int8"),
        ({"fp32": 1.0, "int8": 0.95}, "fp32"),  # not worth its rounding
        ({"fp32": 1.0, "int8": 3.0}, "fp32"),
    ],
)
def test_int8_is_chosen_where_it_pays(
    seconds: dict[str, float], chosen: str, both: Bundle, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(trial, "_measure", lambda bundle: seconds)
    assert try_precisions(both, tmp_path).chosen == chosen
    assert try_precisions(both, tmp_path).chosen == chosen  # from the cache


@pytest.mark.parametrize(
    "content", ["", "{", "[1]", '{"fp32": 1.0}', '{"fp32": 0, "int8": 1}', '{"fp32": "x"}']
)
def test_a_damaged_trial_is_made_again(content: str, both: Bundle, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(trial, "_measure", lambda bundle: {"fp32": 2.0, "int8": 1.0})
    try_precisions(both, tmp_path)
    (kept,) = (tmp_path / "trials").iterdir()
    kept.write_text(content)
    assert try_precisions(both, tmp_path).chosen == "int8"
    assert json.loads(kept.read_text()) == {"fp32": 2.0, "int8": 1.0}


def test_where_nothing_can_be_kept_it_is_measured_each_time(both: Bundle, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert try_precisions(both, tmp_path / "file").chosen in both.precisions
