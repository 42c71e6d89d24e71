"""A bundle gains eight-bit networks if these are worth as much as its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engines.bundle import Bundle
from trainers.compiling.int8_bundle import CompileError, Pictures, add_int8


def test_the_bundle_keeps_all_it_had_and_gains_a_form(make_bundle, faces: Pictures, out: Path) -> None:
    with make_bundle() as bundle:
        report = add_int8(bundle, faces.select(np.arange(100)), faces.select(np.arange(100, 160)), out)
        with Bundle.open(out) as made:
            assert made.precisions == ("fp32", "int8")
            for name in ("head.onnx", "card.md"):
                assert made.file_bytes(name) == bundle.file_bytes(name)
            assert made.file_bytes("head.int8.onnx") != bundle.file_bytes("head.onnx")
            metrics = {metric.name: metric for metric in made.manifest.metrics}
            assert made.manifest.pose_groups == bundle.manifest.pose_groups
    assert report.passed and report.faces == 60
    assert 0 < report.apart["intensity"].largest < 0.3
    icc = next(worth for worth in report.worth if worth.name == "ICC(3,1)")
    assert icc.a == pytest.approx(1.0) and icc.change < 0
    assert set(metrics) == {"ICC", "int8: change of ICC(3,1)", "int8: change of F1"}
    assert metrics["int8: change of ICC(3,1)"].value == pytest.approx(icc.change, abs=1e-4)
    assert "60 faces of hand-made" in metrics["int8: change of F1"].protocol


def test_faces_that_set_the_ranges_are_not_compared_on(
    make_bundle, faces: Pictures, out: Path, monkeypatch
) -> None:
    monkeypatch.setattr("trainers.compiling.int8_bundle.CALIBRATION_FACES", 100)
    with make_bundle() as bundle:
        assert add_int8(bundle, faces, None, out).faces == 159 - 100


def test_what_loses_too_much_is_not_written(make_bundle, faces: Pictures, out: Path) -> None:
    limits = {"parity": {"icc": 1e-9, "f1": 1.0}}
    with make_bundle(**limits) as bundle:
        with pytest.raises(
            CompileError, match=r"int8 changes ICC\(3,1\) by -0.00\d\d, more than 1e-09 on hand-made"
        ):
            add_int8(bundle, faces, faces, out)
        assert not out.exists()
        assert not add_int8(bundle, faces, faces, out, force=True).passed
    with Bundle.open(out) as made:
        assert made.precisions == ("fp32", "int8")


def test_too_few_faces_are_refused(make_bundle, faces: Pictures, out: Path) -> None:
    with (
        make_bundle() as bundle,
        pytest.raises(CompileError, match="9 faces for head.onnx, int8 needs 32 or more"),
    ):
        add_int8(bundle, faces.select(np.arange(10)), None, out)
    assert not out.exists()


def test_compiling_again_replaces_the_form(make_bundle, faces: Pictures, tmp_path: Path) -> None:
    with make_bundle() as bundle:
        add_int8(bundle, faces, faces, tmp_path / "one")
    with Bundle.open(tmp_path / "one") as bundle:
        add_int8(bundle, faces, faces, tmp_path / "two", seed=1)
    with Bundle.open(tmp_path / "two") as made:
        names = [metric.name for metric in made.manifest.metrics]
    assert sorted(names) == ["ICC", "int8: change of F1", "int8: change of ICC(3,1)"]
