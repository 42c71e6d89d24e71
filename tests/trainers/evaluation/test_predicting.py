"""Predictions of tracked faces go through the live router, heads, calibration and filter."""

from __future__ import annotations

import math

import numpy as np
import pytest
from parts import tiny_bundle

from engines.bundle import Bundle
from realtime.assembly import open_bundle
from realtime.calibration import RESTING, NeutralBaseline, RestingScores
from realtime.errors import OptionError
from realtime.heads import Head
from realtime.routing import PoseRouter
from realtime.tracking.crop import Aligner
from realtime.types import Face, Pose, Scores
from trainers.corpora.images import ArrayImages
from trainers.errors import CorpusError, ProtocolError
from trainers.evaluation import predict, track


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    """AU12 = gain (blendshape 0 - neutral 0), gain 1 up, 2 level, 3 down; `RESTING` starts with 5e-6."""
    with Bundle.open(tiny_bundle(tmp_path_factory.mktemp("tiny") / "bundle")) as opened:
        yield opened


def test_each_face_goes_to_the_head_of_its_pose(bundle, made_corpus, made_tracking) -> None:
    pose = np.array([(0, -20, 0), (0, 0, 0), (0, 20, 0), (0, 0, 0)], np.float32)
    predictions = predict(bundle, made_corpus(4), made_tracking(4, pose=pose, lost=[3]))
    assert predictions.pose_group.tolist() == ["up", "level", "down", ""]
    assert predictions.intensity[:, 0] == pytest.approx([0.5, 1.0, 1.5, np.nan], abs=1e-4, nan_ok=True)
    assert predictions.occurrence is None
    assert predictions.expression is None
    assert predictions.found.tolist() == [True, True, True, False]
    assert (predictions.model, predictions.aus) == ("tiny 1.0.0", ("AU12",))


def test_stills_are_measured_from_an_average_resting_face(bundle, made_corpus, made_tracking) -> None:
    predictions = predict(bundle, made_corpus(1), made_tracking(1))
    assert predictions.intensity[0, 0] == np.float32(2 * (np.float32(0.5) - RESTING[0]))


def test_recordings_learn_their_resting_face_as_live(bundle, made_corpus, made_tracking) -> None:
    smile = np.linspace(0.3, 0.6, 240, dtype=np.float32)
    shuffled = np.random.default_rng(1).permutation(240)
    corpus = made_corpus(240).select(shuffled)
    predictions = predict(bundle, corpus, made_tracking(240, smile=smile).select(shuffled), fps=24.0)
    baseline = NeutralBaseline()
    tracked = made_tracking(240, smile=smile)
    expected = [
        2 * (smile[k] - baseline.update(1, tracked.blendshapes[k], (k + 1) / 24.0, Pose(0, 0, 0))[0])
        for k in range(240)
    ]
    assert expected[-1] < 2 * smile[-1] - 0.2  # it has learned something
    assert predictions.intensity[:, 0] == pytest.approx(np.array(expected)[shuffled], abs=1e-6)


def test_recordings_learn_their_resting_scores_as_live(tmp_path, made_corpus, made_tracking) -> None:
    smile = np.linspace(0.3, 0.6, 240, dtype=np.float32)
    corpus, tracked = made_corpus(240), made_tracking(240, smile=smile)
    read = {}
    for share in (0.0, 0.3):
        with Bundle.open(tiny_bundle(tmp_path / f"{share}", resting_share=share)) as bundle:
            read[share] = predict(bundle, corpus, tracked, fps=24.0).intensity[:, 0]
            still = predict(bundle, corpus, tracked).intensity[:, 0]
            assert still == pytest.approx(2 * smile, abs=1e-4), "stills are of nobody who has been seen"
    resting = RestingScores(1, 0.3)
    expected = [
        resting.measure(1, Scores(None, read[0.0][[k]], None), (k + 1) / 24.0).au_intensity[0]
        for k in range(240)
    ]
    assert read[0.3] == pytest.approx(expected, abs=1e-5)
    assert (read[0.3] < read[0.0] - 0.1).mean() > 0.8


def test_the_median_is_causal_and_begins_anew(bundle, made_corpus, made_tracking) -> None:
    smile = np.array([0.1, 0.5, 0.2, 0.9, 0.1, 0.3, 0.4, 0.8, 0.6], np.float32)
    frame = np.array([1, 2, 3, 4, 5, 6, 7, 20, 21])
    sequence = np.array(["A/1"] * 9)
    tracked = made_tracking(9, smile=smile, lost=[4])
    predictions = predict(bundle, made_corpus(9, frame=frame, sequence=sequence), tracked, window=3)
    #          seen 0.1  0.1 0.5  all 3  all 3   lost    anew  0.3 0.4  anew after a gap
    expected = [0.1, 0.3, 0.2, 0.5, np.nan, 0.3, 0.35, 0.8, 0.7]
    assert predictions.intensity[:, 0] / 2 == pytest.approx(expected, abs=1e-4, nan_ok=True)
    assert "median of 3" in predictions.settings


def test_views_of_one_sequence_are_filtered_apart(bundle, made_corpus, made_tracking) -> None:
    smile = np.array([0.1, 0.8, 0.1, 0.8, 0.1, 0.8], np.float32)
    corpus = made_corpus(6, frame=np.repeat([1, 2, 3], 2), view=np.tile(["1", "2"], 3))
    predictions = predict(bundle, corpus, made_tracking(6, smile=smile), window=3)
    assert predictions.intensity[:, 0] / 2 == pytest.approx(smile, abs=1e-4)


def test_many_rows_are_scored_in_batches_and_put_back_in_place(bundle, made_corpus, made_tracking) -> None:
    smile = np.random.default_rng(2).uniform(0, 1, 100).astype(np.float32)
    order = np.random.default_rng(3).permutation(100)
    done: list[int] = []
    predictions = predict(
        bundle, made_corpus(100).select(order), made_tracking(100, smile=smile), progress=done.append
    )
    assert predictions.intensity[:, 0] / 2 == pytest.approx(smile, abs=1e-4)
    assert sum(done) == 100


def test_crops_reach_the_head(brightness_bundle, made_corpus, made_tracking) -> None:
    pictures = np.stack([np.full((8, 8, 3), value, np.uint8) for value in (0, 51, 255)])
    with Bundle.open(brightness_bundle) as bundle:
        predictions = predict(bundle, made_corpus(3, images=ArrayImages(pictures)), made_tracking(3))
    assert predictions.occurrence[:, 0] == pytest.approx([0.0, 0.2, 1.0], abs=1e-5)
    assert predictions.thresholds.tolist() == [0.25]


def test_a_real_face_scores_as_the_default_bundles_head_says(real_corpus, face_model_path) -> None:
    corpus = real_corpus.select([13])
    tracked = track(corpus, face_model=face_model_path, jobs=1)
    with open_bundle() as bundle:
        predictions = predict(bundle, corpus, tracked)
        yaw, pitch, roll = (math.radians(angle) for angle in tracked.pose[0])
        face = Face(
            1,
            (0, 0, 1, 1),
            tracked.landmarks[0],
            tracked.blendshapes[0],
            Pose(yaw, pitch, roll),
            1.0,
            RESTING,
            crop=Aligner(bundle.manifest.crop)(corpus.images[0], tracked.landmarks[0]),
        )
        PoseRouter(bundle.manifest.pose_groups).route([face])
        with Head(bundle) as head:
            (scores,) = head.score([face])
    assert predictions.intensity[0] == pytest.approx(scores.au_intensity)
    assert predictions.occurrence[0] == pytest.approx(scores.au_occurrence)
    assert predictions.expression[0] == pytest.approx(scores.expression)
    assert predictions.expressions[0] == "neutral"


def test_columns_and_rows_are_selected(bundle, made_corpus, made_tracking) -> None:
    predictions = predict(bundle, made_corpus(3), made_tracking(3, smile=np.array([0.1, 0.2, 0.3])))
    assert predictions.select(np.array([2, 0])).intensity[:, 0] == pytest.approx([0.6, 0.2], abs=1e-4)
    assert predictions.with_aus(()).intensity.shape == (3, 0)
    with pytest.raises(ProtocolError, match="AU99"):
        predictions.with_aus(("AU99",))


def test_impossible_settings_are_refused(bundle, made_corpus, made_tracking) -> None:
    with pytest.raises(OptionError, match="window 2"):
        predict(bundle, made_corpus(1), made_tracking(1), window=2)
    with pytest.raises(OptionError, match="fps 0"):
        predict(bundle, made_corpus(1), made_tracking(1), fps=0.0)
    with pytest.raises(CorpusError, match="2 rows"):
        predict(bundle, made_corpus(2), made_tracking(1))
