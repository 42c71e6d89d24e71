"""The pipeline: order of opening and closing, restarts, status, stopping, and what a result says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from parts import GivenFaces, GivenFrames, Kept, face, frame, tiny_bundle

from engines.bundle import Bundle
from realtime.errors import SinkError, SourceError
from realtime.pipeline import Pipeline


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return Bundle.open(tiny_bundle(tmp_path / "tiny"))


def pipeline_of(bundle: Bundle, frames, faces, **options) -> tuple[Pipeline, Kept]:
    kept = Kept()
    options.setdefault("calibrate", False)
    pipeline = Pipeline(GivenFrames(frames), GivenFaces(faces), bundle, sinks=[kept], **options)
    return pipeline, kept


def test_one_result_per_frame_in_order_also_without_a_face(bundle: Bundle) -> None:
    pipeline, kept = pipeline_of(bundle, [frame(n) for n in range(1, 6)], lambda n: [face()] if n % 2 else [])
    summary = pipeline.run()
    assert [r.frame for r in kept.results] == [1, 2, 3, 4, 5]
    assert [r.seq for r in kept.results] == [0, 1, 2, 3, 4]
    assert [len(r.faces) for r in kept.results] == [1, 0, 1, 0, 1]
    assert (summary.frames, summary.faces, summary.frames_with_faces, summary.tracks) == (5, 3, 3, {1})


def test_faces_go_through_the_head_of_their_pose_group(bundle: Bundle) -> None:
    faces = [face(1, smile=0.5, pitch=-0.5), face(2, smile=0.5), face(3, smile=0.5, pitch=0.5)]
    pipeline, kept = pipeline_of(bundle, [frame(1)], lambda n: faces)
    pipeline.run()
    found = kept.results[0].faces
    assert [f.pose_group for f in found] == ["up", "level", "down"]
    assert [f.au_intensity["AU12"] for f in found] == pytest.approx([0.5, 1.0, 1.5])


def test_intensities_stay_in_range(bundle: Bundle) -> None:
    pipeline, kept = pipeline_of(
        bundle, [frame(1), frame(2)], lambda n: [face(1, smile=9.0), face(2, smile=-9.0)], window=1
    )
    pipeline.run()
    assert [f.au_intensity["AU12"] for f in kept.results[0].faces] == [5.0, 0.0]


def test_what_the_model_does_not_give_is_absent(bundle: Bundle) -> None:
    pipeline, kept = pipeline_of(bundle, [frame(1)], lambda n: [face()])
    pipeline.run()
    found = kept.results[0].faces[0]
    assert found.au_occurrence is None
    assert found.expression is None
    assert found.raw is not None
    assert found.raw.au_occurrence is None


def test_the_cameras_clock_travels_along_where_it_is_known(bundle: Bundle) -> None:
    frames = [frame(1), replace(frame(2), t_camera=1_800_000_000.25)]
    pipeline, kept = pipeline_of(bundle, frames, lambda n: [face()])
    pipeline.run()
    assert [r.t_camera for r in kept.results] == [None, 1_800_000_000.25]
    sent = [msgspec.to_builtins(r) for r in kept.results]
    assert "t_camera" not in sent[0] and sent[1]["t_camera"] == 1_800_000_000.25


def test_raw_and_filtered_travel_together(bundle: Bundle) -> None:
    smiles = [0.0, 0.0, 1.0, 0.0]
    pipeline, kept = pipeline_of(
        bundle, [frame(n) for n in range(1, 5)], lambda n: [face(smile=smiles[n - 1])], window=3
    )
    pipeline.run()
    found = [r.faces[0] for r in kept.results]
    assert [f.raw.au_intensity["AU12"] for f in found] == [0, 0, 2, 0]
    assert [f.au_intensity["AU12"] for f in found] == [0, 0, 0, 0]
    assert {f.filter_delay for f in found} == {1}


def test_calibration_measures_from_the_resting_face(bundle: Bundle) -> None:
    still = [frame(n) for n in range(1, 601)]  # 20 s of a face whose first blendshape rests at 0.4
    on, kept_on = pipeline_of(bundle, still, lambda n: [face(smile=0.4)], calibrate=True)
    on.run()
    off, kept_off = pipeline_of(bundle, still, lambda n: [face(smile=0.4)], calibrate=False)
    off.run()
    assert kept_off.results[-1].faces[0].au_intensity["AU12"] == pytest.approx(0.8)
    assert kept_on.results[-1].faces[0].au_intensity["AU12"] < 0.4


def test_calibration_measures_scores_from_rest_where_the_bundle_asks_for_it(tmp_path: Path) -> None:
    bundle = Bundle.open(tiny_bundle(tmp_path / "resting", resting_share=0.3))
    still = [frame(n, generation=int(n > 300)) for n in range(1, 302)]
    read = []
    for calibrate in (True, False):
        pipeline, kept = pipeline_of(
            bundle, still, lambda n: [face(smile=0.4)], calibrate=calibrate, window=1
        )
        pipeline.run()
        read.append([r.faces[0].au_intensity["AU12"] for r in kept.results])
        assert read[-1] == [r.faces[0].raw.au_intensity["AU12"] for r in kept.results]
    assert read[1] == pytest.approx([0.8] * 301)
    assert read[0][299] < 0.05
    assert read[0][300] > 0.6, "a new generation is of people not seen yet"


def test_a_new_generation_starts_everything_anew(bundle: Bundle) -> None:
    frames = [frame(1), frame(2), frame(3, generation=1)]
    pipeline, kept = pipeline_of(bundle, frames, lambda n: [face(smile=1.0 if n == 3 else 0.0)])
    pipeline.run()
    assert pipeline.tracker.resets == 1
    assert kept.results[-1].generation == 1
    assert kept.results[-1].faces[0].au_intensity["AU12"] == pytest.approx(2.0), "the filter must be empty"


def test_a_track_that_ended_leaves_no_history(bundle: Bundle) -> None:
    smiles = {1: 1.0, 2: 1.0, 3: None, 4: 0.0}
    faces = lambda n: [] if smiles[n] is None else [face(smile=smiles[n])]  # noqa: E731
    pipeline, kept = pipeline_of(bundle, [frame(n) for n in smiles], faces)
    pipeline.run()
    assert kept.results[-1].faces[0].au_intensity["AU12"] == 0.0


def test_stop_ends_after_the_frame_at_hand(bundle: Bundle) -> None:
    pipeline, kept = pipeline_of(bundle, [frame(n) for n in range(1, 100)], lambda n: [])
    with pipeline:
        for result in pipeline:
            if result.frame == 3:
                pipeline.stop()
    assert len(kept.results) == 3
    assert kept.log == ["open", "close"]


def test_status_is_told_on_change_and_at_the_end(bundle: Bundle) -> None:
    pipeline, kept = pipeline_of(bundle, [frame(1), frame(2)], lambda n: [face()])
    pipeline.run()
    assert [s.state for s in kept.statuses][0] == "live"
    assert kept.statuses[-1].state == "ended"
    assert kept.statuses[-1].frames == 2


def test_a_source_that_does_not_open_leaves_no_sink_open(bundle: Bundle) -> None:
    class Broken(GivenFrames):
        def open(self) -> None:
            raise SourceError("camera webcam:9: not found")

    kept, tracker = Kept(), GivenFaces(lambda n: [])
    with pytest.raises(SourceError):
        Pipeline(Broken([]), tracker, bundle, sinks=[kept]).run()
    assert kept.log == []
    assert tracker.log == ["open", "close"]


class Full(Kept):
    """Fails at its second result."""

    def write(self, result) -> None:
        if self.results:
            raise SinkError("out.csv: disk full")
        super().write(result)


def test_a_failing_sink_is_closed_and_the_others_go_on(bundle: Bundle) -> None:
    full, kept = Full(), Kept()
    pipeline = Pipeline(
        GivenFrames([frame(n) for n in range(1, 5)]), GivenFaces(lambda n: []), bundle, sinks=[full, kept]
    )
    pipeline.run()
    assert [r.seq for r in kept.results] == [0, 1, 2, 3]
    assert len(full.results) == 1
    assert full.log[:2] == ["open", "close"]
    assert [str(error) for error in pipeline.failures] == ["out.csv: disk full"]


def test_when_the_last_sink_fails_the_run_ends(bundle: Bundle) -> None:
    full = Full()
    source = GivenFrames([frame(n) for n in range(1, 5)])
    with pytest.raises(SinkError):
        Pipeline(source, GivenFaces(lambda n: []), bundle, sinks=[full]).run()
    assert source.log[0] == "open"
    assert source.log[-1] == "close"


def test_subscribers_hear_the_end_also_when_it_is_stopped(bundle: Bundle) -> None:
    pipeline, kept = pipeline_of(bundle, [frame(n) for n in range(1, 100)], lambda n: [])
    with pipeline:
        for _ in pipeline:
            pipeline.stop()
    assert kept.statuses[-1].state == "ended"


def test_a_face_out_of_sight_comes_back_without_its_old_filter(bundle: Bundle) -> None:
    smiles = {1: 1.0, 2: 1.0, 3: None, 4: 0.0}
    kept = Kept()
    tracker = GivenFaces(lambda n: [] if smiles[n] is None else [face(smile=smiles[n])], frozenset({1}))
    Pipeline(GivenFrames([frame(n) for n in smiles]), tracker, bundle, sinks=[kept], calibrate=False).run()
    assert kept.results[-1].faces[0].au_intensity["AU12"] == 0.0


def test_calibration_outlasts_a_face_out_of_sight_but_not_its_track(tmp_path: Path) -> None:
    bundle = Bundle.open(tiny_bundle(tmp_path / "resting", resting_share=0.3))
    hidden = range(301, 311)
    faces = lambda n: [] if n in hidden else [face(smile=0.4)]  # noqa: E731
    frames = [frame(n) for n in range(1, 312)]
    back = []
    for waiting in (frozenset({1}), frozenset()):
        kept, tracker = Kept(), GivenFaces(faces, waiting)
        Pipeline(GivenFrames(frames), tracker, bundle, sinks=[kept], window=1).run()
        back.append(kept.results[-1].faces[0].au_intensity["AU12"])
    assert back[0] < 0.1
    assert back[1] > 0.6


def test_process_works_alone_and_a_pipeline_runs_once(bundle: Bundle) -> None:
    pipeline, kept = pipeline_of(bundle, [frame(9)], lambda n: [face(smile=0.5)])
    pipeline.load()
    assert pipeline.process(frame(1)).faces[0].au_intensity["AU12"] == pytest.approx(1.0)
    assert kept.log == []
    pipeline.run()
    with pytest.raises(RuntimeError, match="runs once"):
        pipeline.run()


def test_every_stage_is_timed_once_a_frame(bundle: Bundle) -> None:
    pipeline, _ = pipeline_of(bundle, [frame(n) for n in range(1, 8)], lambda n: [face()])
    pipeline.run()
    assert {pipeline.times.count(stage) for stage in pipeline.times.stages} == {7}


def test_landmarks_input_is_free_of_place_and_size() -> None:
    from realtime.heads import INPUTS

    here, there = face(1), face(1)
    there.landmarks = here.landmarks * 3 + np.float32(50)
    a, b = INPUTS["landmarks"]([here, there])
    assert a == pytest.approx(b, abs=1e-3)
    assert INPUTS["pose"]([here]).shape == (1, 3)
    assert not INPUTS["neutral"]([here]).any()
