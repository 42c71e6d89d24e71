"""One subject's pictures and labels fit together and repeat byte for byte."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from trainers.corpora.behaviour import AUS
from trainers.corpora.corpus import EXPRESSIONS, Corpus
from trainers.corpora.images import ArrayImages
from trainers.corpora.rendering.actor import make_actor
from trainers.corpora.rendering.camera_faults import Faults
from trainers.corpora.rendering.head_model import head_model
from trainers.corpora.rendering.occluders import Occluder
from trainers.corpora.rendering.renderer import Moment, Rendered, Renderer
from trainers.corpora.rendering.scene import Scene, draw_scene
from trainers.corpora.rendering.subject import draw_subject
from trainers.corpora.synthesis.filming import Film, film, photograph
from trainers.corpora.synthesis.plan import CorpusPlan

pytestmark = pytest.mark.usefixtures("anny_installed")
PLANS = {
    "studio": CorpusPlan("faces", 5, 50, size=96, seed=3),
    "wild": CorpusPlan("faces", 5, 50, size=96, seed=3, domain="wild", poses="continuous"),
    "varied": CorpusPlan("faces", 5, 50, size=96, seed=3, domain="varied", poses="continuous"),
    "expressions": CorpusPlan("faces", 5, 50, size=96, seed=3, poses="bu3dfe", behaviour="expressions"),
}


@pytest.fixture(scope="module", params=PLANS)
def filmed(request: pytest.FixtureRequest) -> tuple[CorpusPlan, Film]:
    plan = PLANS[request.param]
    return plan, film(plan, 2)


def corpus_of(plan: CorpusPlan, made: Film) -> Corpus:
    columns = dict(made.columns)
    pictures = [np.asarray(Image.open(io.BytesIO(data))) for data in made.pictures]
    return Corpus(plan.name, AUS, ArrayImages(pictures), **columns)


def test_columns_make_a_corpus(filmed: tuple[CorpusPlan, Film]) -> None:
    plan, made = filmed
    corpus = corpus_of(plan, made)
    assert len(corpus) == plan.frames_of(2) == 10
    assert all(corpus.images[row].shape == (96, 96, 3) for row in range(10))
    assert set(corpus.subject) == {f"{plan.domain}-3-0002"}
    assert set(corpus.domain) == {plan.domain}
    assert set(corpus.partition) == {plan.partition_of(2)}
    assert all(name.startswith(f"{plan.domain}-3-0002/") for name in corpus.sequence)
    assert set(corpus.expression) <= {"", *EXPRESSIONS}
    assert corpus.landmarks is not None
    assert corpus.landmarks.shape == (10, 478, 2)
    assert corpus.pose.dtype == corpus.intensity.dtype == corpus.occurrence.dtype == np.float32
    for name, values in corpus.attributes.items():
        assert len(values) == 10, name


def test_labels_are_the_stronger_side_and_occur_from_level_a_on(filmed: tuple[CorpusPlan, Film]) -> None:
    corpus = corpus_of(*filmed)
    left, right = corpus.attributes["left"], corpus.attributes["right"]
    np.testing.assert_array_equal(corpus.intensity, np.maximum(left, right))
    np.testing.assert_array_equal(corpus.occurrence, corpus.intensity >= 1)
    assert corpus.occurrence.any()


def test_what_is_said_of_the_person_is_true(filmed: tuple[CorpusPlan, Film]) -> None:
    plan, made = filmed
    person = draw_subject(plan.rng_of(2), "x", head_model())
    about = {name: values[0] for name, values in made.columns["attributes"].items()}
    assert about["age"] == pytest.approx(person.years)
    assert about["gender"] == ("female" if person.phenotypes["gender"] > 0.5 else "male")
    assert about["skin_tone"] == pytest.approx(person.complexion.tone)
    assert about["glasses"] == (person.glasses is not None)
    assert (about["beard"], about["hair"]) == (person.complexion.beard, person.hair_style)


def test_filming_repeats_byte_for_byte(filmed: tuple[CorpusPlan, Film]) -> None:
    plan, made = filmed
    again = film(plan, 2)
    assert again.pictures == made.pictures
    for name, values in made.columns.items():
        if name != "attributes":
            np.testing.assert_array_equal(again.columns[name], values)
    assert film(plan, 3).pictures[0] != made.pictures[0]


def test_landmarks_lie_on_the_face_in_the_picture() -> None:
    corpus = corpus_of(PLANS["studio"], film(PLANS["studio"], 0))
    assert corpus.landmarks is not None
    middle = corpus.landmarks.mean(axis=1)
    assert (np.abs(middle - 48) < 16).all()
    assert (np.ptp(corpus.landmarks[..., 1], axis=1) > 35).all()


def test_a_studio_stays_and_the_wild_changes_from_take_to_take() -> None:
    def walls(plan: CorpusPlan) -> np.ndarray:
        """(n, 3) colour of each picture's upper left corner."""
        corpus = corpus_of(plan, film(plan, 0))
        takes, first = np.unique(corpus.sequence, return_index=True)
        assert len(takes) > 2
        return np.array([corpus.images[int(row)][:4, :4].mean(axis=(0, 1)) for row in first])

    studio = CorpusPlan("faces", 1, 20, size=64, poses="continuous")
    wild = CorpusPlan("faces", 1, 20, size=64, poses="continuous", domain="wild")
    assert walls(studio).shape == (3, 3)
    assert np.ptp(walls(studio), axis=0).max() < 4
    assert np.ptp(walls(wild), axis=0).max() > 15


def test_furrows_of_varied_people_change_the_picture_only(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = CorpusPlan("faces", 5, 30, size=96, seed=3, domain="varied", poses="continuous")
    varied = film(plan, 1)
    monkeypatch.setattr("trainers.corpora.synthesis.filming.any_skin", lambda rng, subject: subject)
    usual = film(plan, 1)
    assert set(varied.columns["subject"]) == set(usual.columns["subject"])
    assert varied.pictures != usual.pictures


def test_photograph_holds_the_occluder_before_the_face_and_keeps_the_render() -> None:
    rng = np.random.default_rng(1)
    actor, scene = make_actor(draw_subject(rng, "S", head_model())), draw_scene(rng, "studio", (96, 96))
    rest = Moment(np.zeros(len(AUS), np.float32), np.zeros(len(AUS), np.float32), (0, 0), (0, 0, 0))
    rendered = Renderer((96, 96))(actor, rest, scene.camera, scene.light)
    before = rendered.picture.copy()
    green = Occluder((0.0, 0.3), (0.15, 0.15), 0.0, 2.0, (0.0, 1.0, 0.0), stem=False)
    hidden = Scene(scene.camera, scene.light, Faults(), green)
    taken = photograph(rendered, hidden, rng)
    np.testing.assert_array_equal(rendered.picture, before)
    plain = photograph(Rendered(before, *_rest_of(rendered)), Scene(scene.camera, scene.light), rng)
    rows, columns = np.nonzero((taken != plain).any(axis=2))
    height = scene.camera.face_height * 96
    assert rows.mean() == pytest.approx(48 + (scene.camera.offset[1]) * 96 + 0.3 * height, abs=1.5)
    assert columns.mean() == pytest.approx(48 + scene.camera.offset[0] * 96, abs=1.5)
    assert len(rows) == pytest.approx(np.pi * (0.15 * height) ** 2, rel=0.15)


def _rest_of(rendered: Rendered) -> tuple[np.ndarray, ...]:
    return rendered.cover, rendered.vertices, rendered.eyes
