"""A whole pipeline goes on over a picture size that changes in the middle of a stream, with a face in it."""

from __future__ import annotations

import statistics
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from tiny_clips import write_clip

from realtime.assembly import build_pipeline

SIZES = ((640, 360), (320, 180))
FRAMES = 30


@pytest.fixture(scope="module")
def resized(clip, tmp_path_factory) -> Path:
    """A real face, the first second of it at one size and the next at half of that, in one MPEG-TS."""
    path = tmp_path_factory.mktemp("clips")
    with av.open(str(clip("single_face.mp4"))) as container:
        shown = [frame for _, frame in zip(range(2 * FRAMES), container.decode(video=0), strict=False)]
    parts = []
    for turn, (width, height) in enumerate(SIZES):
        part = shown[turn * FRAMES : (turn + 1) * FRAMES]
        images = [frame.to_ndarray(width=width, height=height, format="rgb24") for frame in part]
        stamps = range(turn * (FRAMES + 9), turn * (FRAMES + 9) + FRAMES)
        parts.append(write_clip(path / f"{turn}.ts", images=images, pts=stamps, key_every=5).read_bytes())
    joined = path / "joined.ts"
    joined.write_bytes(b"".join(parts))
    return joined


@pytest.mark.parametrize(("max_faces", "realtime"), [(1, False), (4, True)])
def test_a_face_is_followed_at_both_sizes_as_another_track(
    resized, face_model_path, max_faces, realtime
) -> None:
    pipeline = build_pipeline(
        str(resized), face_model=face_model_path, max_faces=max_faces, realtime=realtime, precision="fp32"
    )
    with pipeline:
        results = list(pipeline)
    assert [result.generation for result in results] == sorted(result.generation for result in results)
    large, small = ([r for r in results if r.size == size] for size in SIZES)
    assert {r.generation for r in large} == {0} and {r.generation for r in small} == {1}
    assert len(large) > 5 and len(small) > 5
    assert large[-1].media_time < small[0].media_time, "nothing but the size has changed"
    faces = [[face for r in part for face in r.faces] for part in (large, small)]
    assert all(len(r.faces) == 1 for r in results)
    assert [{face.track_id for face in part} for part in faces] == [{1}, {2}]
    # what was learned in pixels of the other size is gone: the first filtered scores are the frame's own
    assert small[0].faces[0].au_intensity == pytest.approx(small[0].faces[0].raw.au_intensity, abs=1e-6)
    assert small[0].faces[0].au_intensity != large[-1].faces[0].au_intensity
    wide, narrow = (statistics.median(face.bbox[2] for face in part) for part in faces)
    assert wide / narrow == pytest.approx(2, rel=0.1)
    yaws = [np.median([face.pose.yaw for face in part]) for part in faces]
    assert abs(yaws[0] - yaws[1]) < 0.15
    centres = [face.bbox[0] + face.bbox[2] / 2 for face in faces[1]]
    assert all(abs(later - before) < 15 for before, later in pairwise(centres)), "no jump of a wrong scale"
