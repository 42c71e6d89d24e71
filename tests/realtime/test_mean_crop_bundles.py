"""Bundles that want to know the person's mean picture: fed with it, calibration or not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from bundle_factory import CROP, FIELDS, make_model
from parts import GivenFaces, GivenFrames, Kept, face, frame

from engines import Bundle, BundleError, write_bundle
from realtime.pipeline import Pipeline


def bundle_of(folder: Path, inputs: dict) -> Bundle:
    shapes = {"crop": ("N", 3, 8, 6), "mean_crop": ("N", 3, 8, 6)}
    fields = {**FIELDS, "inputs": inputs}
    model = make_model({kind: shapes[kind] for kind in inputs})
    return Bundle.open(write_bundle(folder, fields, {"head.onnx": model}))


@pytest.mark.parametrize("calibrate", [True, False])
def test_networks_get_the_mean_of_what_was_seen(tmp_path, calibrate, monkeypatch) -> None:
    bundle = bundle_of(tmp_path / "bundle", {"crop": CROP, "mean_crop": {}})
    fed: list[dict[str, np.ndarray]] = []
    crops = np.random.default_rng(0).random((4, 3, 8, 6)).astype(np.float32)

    def faces(number: int) -> list:
        return [face(1, crop=crops[number - 1])]

    sink = Kept()
    frames = [replace(frame(number), t_capture=float(number), pts=None) for number in range(1, 5)]
    with Pipeline(
        GivenFrames(frames), GivenFaces(faces), bundle, sinks=[sink], window=1, calibrate=calibrate
    ) as pipeline:
        score = pipeline._head._batch

        def watched(engine, served):
            fed.append(score(engine, served))
            return fed[-1]

        monkeypatch.setattr(pipeline._head, "_batch", watched)
        for _ in pipeline:
            pass
    assert len(fed) == 4
    for number, batch in enumerate(fed, start=1):
        np.testing.assert_array_equal(batch["crop"][0], crops[number - 1])
        np.testing.assert_allclose(batch["mean_crop"][0], crops[:number].mean(axis=0), atol=1e-6)


def test_a_mean_without_a_crop_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="inputs.mean_crop is a mean crop, but there is no crop: decl"):
        bundle_of(tmp_path / "bundle", {"mean_crop": {}})
