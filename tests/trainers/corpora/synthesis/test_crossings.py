"""A clip of two people who cross: who is in front hides who is behind, and the truth says how much."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from trainers.corpora.rendering.renderer import Renderer
from trainers.corpora.synthesis.casting import draw_cast, draw_frame
from trainers.corpora.synthesis.clip import make_clip
from trainers.corpora.synthesis.truth import PLACE_COLUMNS, TruePlace, read_places
from trainers.corpora.synthesis.walking import standing
from trainers.errors import CorpusError

pytestmark = pytest.mark.usefixtures("anny_installed")
SIZE = (96, 160)
FRAME_ZERO = f"frame,face_id,{','.join(PLACE_COLUMNS)}\n0,1,0,0,9,9,0\n"


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("clip") / "crossing.mp4"
    return make_clip(out, crossings=1, seconds=3.0, fps=10, size=SIZE, seed=2)


@pytest.fixture(scope="module")
def places(truth: Path) -> list[list[TruePlace]]:
    return read_places(truth)


def test_each_frame_has_both_people_and_where_they_are(truth: Path, places: list[list[TruePlace]]) -> None:
    with truth.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0])[-5:] == PLACE_COLUMNS
    assert [(row["frame"], row["face_id"]) for row in rows] == [
        (str(frame), face) for frame in range(1, 31) for face in "12"
    ]
    for people in places:
        for person in people:
            x, y, width, height = person.bbox
            assert 0 <= x < x + width <= SIZE[1]
            assert 0 <= y < y + height <= SIZE[0]
            assert 0.7 < height / width < 2.2


def test_they_change_sides_and_one_hides_the_other(places: list[list[TruePlace]]) -> None:
    middles = np.array([[person.bbox[0] + person.bbox[2] / 2 for person in people] for people in places])
    assert middles[0, 0] < middles[0, 1]
    assert middles[-1, 0] > middles[-1, 1]
    hidden = np.array([[person.hidden for person in people] for people in places])
    assert hidden[[0, -1]].max() == 0.0
    assert hidden.max() > 0.9
    assert hidden.min(axis=1).max() == 0.0, "never both"
    for people in places:
        behind = max(people, key=lambda person: person.hidden)
        if behind.hidden > 0.5:
            assert behind.bbox[2] < min(people, key=lambda person: person.hidden).bbox[2]


def test_whoever_is_nearer_is_drawn_over_who_is_behind() -> None:
    acting, walking = (np.random.default_rng([7, part]) for part in (1, 2))
    cast = draw_cast(acting, walking, 1, 10, 2, 0, SIZE, "studio")
    near = replace(cast[0], walk=standing(1, 0.0, 900.0), scene=cast[1].scene)
    far = replace(cast[1], walk=standing(1, 0.06, 1400.0))
    draw = Renderer(SIZE)
    alone, _ = draw_frame(draw, [near], 0)
    for order in ([near, far], [far, near]):
        picture, faces = draw_frame(draw, order, 0)
        first, second = faces if order[0] is near else faces[::-1]
        assert first.hidden == 0.0
        assert 0.3 < second.hidden < 1.0
        low, high = first.landmarks.min(axis=0).astype(int), first.landmarks.max(axis=0).astype(int)
        middle = tuple(slice(a + (b - a) // 4, b - (b - a) // 4) for a, b in zip(low, high, strict=True))[
            ::-1
        ]
        np.testing.assert_allclose(picture[middle], alone[middle], atol=1e-6)
        assert np.abs(picture - alone).max() > 0.1, "who is behind looks out"
    equal = replace(far, walk=standing(1, 0.06, 900.0))
    assert [face.hidden for face in draw_frame(draw, [near, equal], 0)[1]] == [0.0, 0.0]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"crossings": -1}, "crossings -1: give 0"),
        ({"crossings": 501}, "crossings 501: give 0"),
        ({"crossings": 2, "faces": 3}, "faces 3: two people cross"),
        ({"crossings": 20, "seconds": 30.0}, "seconds 30: 20 crossings take 40 or more"),
    ],
)
def test_impossible_crossings_are_refused_in_one_line(options: dict, said: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError) as refusal:
        make_clip(tmp_path / "x.mp4", **options)
    assert str(refusal.value).startswith(said)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", ["frame,face_id\n1,1\n", "frame,bbox_x\n1,none\n", FRAME_ZERO])
def test_what_is_no_truth_is_one_line(text: str, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    with pytest.raises(CorpusError, match=r"x\.csv: cannot be read"):
        read_places(path)
    path.write_text(text)
    with pytest.raises(CorpusError, match=r"x\.csv: is no truth of a clip"):
        read_places(path)
