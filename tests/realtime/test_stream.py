"""`realtime.stream`, the README's first lines."""

from __future__ import annotations

import pytest

import realtime
from realtime.errors import OptionError


def test_a_clip_by_its_path(clip, face_model_path) -> None:
    smiles = [
        result.faces[0].au_intensity["AU12"] for result in realtime.stream(clip("single_face.mp4"), window=1)
    ]
    assert len(smiles) == 72
    assert max(smiles) > 2.0


def test_both_trackers_read_the_same_from_a_clip(clip, face_model_path) -> None:
    smiles = [
        [
            result.faces[0].au_intensity["AU12"]
            for result in realtime.stream(clip("single_face.mp4"), tracker=name, precision="fp32")
        ]
        for name in ("native", "mediapipe")
    ]
    assert smiles[0] == pytest.approx(smiles[1], abs=0.05)


def test_leaving_the_loop_closes_everything(clip, face_model_path) -> None:
    import threading

    before = threading.active_count()
    for result in realtime.stream(str(clip("single_face.mp4"))):
        if result.seq == 3:
            break
    del result
    assert threading.active_count() <= before + 1


def test_no_faces_at_all_is_a_mistake(clip) -> None:
    with pytest.raises(OptionError, match="max faces 0"):
        next(realtime.stream(clip("single_face.mp4"), max_faces=0))


def test_every_public_name_is_there() -> None:
    for name in realtime.__all__:
        assert getattr(realtime, name) is not None
    with pytest.raises(AttributeError, match="nonsense"):
        realtime.nonsense  # noqa: B018


def test_functions_stay_functions_after_their_modules_are_loaded() -> None:
    import subprocess
    import sys

    code = (
        "import realtime\n"
        "for _ in range(2):\n"
        "    for name in realtime.__all__: assert callable(getattr(realtime, name)), name\n"
        "from realtime import subscribe; assert callable(subscribe)\n"
        "assert 'stream' in dir(realtime)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
