"""Whole pictures: the same inputs give the same bytes, and what acts is what changes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from trainers.corpora.rendering.actor import Actor, make_actor
from trainers.corpora.rendering.camera import Camera, project
from trainers.corpora.rendering.hair import STYLES
from trainers.corpora.rendering.landmarks import landmarks
from trainers.corpora.rendering.parts import Material
from trainers.corpora.rendering.renderer import Light, Moment, Rendered, Renderer
from trainers.corpora.rendering.subject import Subject

Act = Callable[..., Moment]
Draw = Callable[..., Rendered]
MOUTH, BROWS, EYES = (13, 14), (52, 282), (468, 473)


@pytest.fixture(scope="module")
def rest(draw: Draw, moment: Act) -> Rendered:
    return draw(moment())


def picture_of(person: Subject, moment: Moment, camera: Camera, light: Light, **changes: object) -> Rendered:
    changed = dataclasses.replace(person, **changes)  # type: ignore[arg-type]
    return Renderer(camera.size)(make_actor(changed), moment, camera, light)


def test_a_picture_is_finite_and_between_black_and_white(rest: Rendered) -> None:
    assert rest.picture.shape == (128, 128, 3)
    assert rest.picture.dtype == np.float32
    assert np.isfinite(rest.picture).all()
    assert 0.0 <= rest.picture.min() < rest.picture.max() <= 1.0
    assert rest.cover.shape == (128, 128)
    assert set(np.unique(rest.cover)) <= {0.0, 0.25, 0.5, 0.75, 1.0}


def test_same_inputs_same_bytes_whatever_was_drawn_before(
    draw: Draw, moment: Act, person: Subject, camera: Camera, light: Light, rest: Rendered
) -> None:
    draw(moment(AU26=5.0, pose=(40.0, -30.0, 10.0)))
    again = draw(moment())
    fresh = picture_of(person, moment(), camera, light)
    for other in (again, fresh):
        assert other.picture.tobytes() == rest.picture.tobytes()
        assert other.vertices.tobytes() == rest.vertices.tobytes()
        assert other.cover.tobytes() == rest.cover.tobytes()


def test_the_background_shows_beside_the_person_and_only_there(
    draw: Draw, moment: Act, light: Light, rest: Rendered
) -> None:
    wall = np.full_like(light.background, 0.9)
    other = draw(moment(), light=dataclasses.replace(light, background=wall))
    same = np.abs(other.picture - rest.picture).max(axis=2) == 0
    np.testing.assert_array_equal(same, rest.cover == 1.0)
    beside = rest.picture[rest.cover == 0.0]
    assert len(beside) > 1000
    assert np.ptp(beside, axis=0).max() < 1e-6
    assert beside[0, 2] > beside[0, 0] + 0.2, "a blue wall"
    assert 0.25 < (rest.cover > 0).mean() < 0.8


def near(marks: NDArray[np.float32], numbers: tuple[int, ...]) -> NDArray[np.float32]:
    return np.asarray(marks[list(numbers)].mean(axis=0))


@pytest.mark.parametrize(
    ("au", "where"),
    [
        *((au, BROWS) for au in ("AU01", "AU02", "AU04")),
        *((au, EYES) for au in ("AU05", "AU07", "AU45")),
        *((au, MOUTH) for au in ("AU12", "AU15", "AU17", "AU18", "AU20", "AU23", "AU25", "AU26", "AU28")),
    ],
)
def test_the_picture_changes_where_the_unit_acts(
    au: str,
    where: tuple[int, ...],
    draw: Draw,
    moment: Act,
    rest: Rendered,
    actor: Actor,
    camera: Camera,
) -> None:
    marks = landmarks(actor, rest.vertices, rest.eyes, camera)
    acting = draw(moment(**{au: 5.0}))
    change = np.abs(acting.picture - rest.picture).sum(axis=2)
    assert change.max() > 0.1
    y, x = np.mgrid[0:128, 0:128] + 0.5
    centre = np.array([(change * x).sum(), (change * y).sum()]) / change.sum()
    places = {name: near(marks, numbers) for name, numbers in (("B", BROWS), ("E", EYES), ("M", MOUTH))}
    away = {name: float(np.linalg.norm(centre - place)) for name, place in places.items()}
    wanted = {BROWS: "B", EYES: "E", MOUTH: "M"}[where]
    if where is MOUTH:  # which reaches down to the chin
        assert min(away, key=lambda name: away[name]) == wanted, away
    # Brows and eyes are close together: 15 pixels of about 100 between eyes and chin.
    assert away[wanted] < 16, away


def test_a_wink_changes_one_eye(draw: Draw, moment: Act, rest: Rendered) -> None:
    change = np.abs(draw(moment(AU45=(5.0, 0.0))).picture - rest.picture).sum(axis=2)
    left, right = change[:, 64:].sum(), change[:, :64].sum()
    assert right < 0.05 * left, "the subject's left is on the picture's right"


def irises(rendered: Rendered, camera: Camera) -> NDArray[np.float32]:
    """(2, 2) where the middles of the left and the right iris are drawn, pixels."""
    centres = rendered.eyes[:, :3] + 16.2 * rendered.eyes[:, 3:]
    return np.asarray(project(centres.astype(np.float32), camera)[:, :2])


@pytest.mark.parametrize("gaze", [(20.0, 0.0), (-20.0, 0.0), (0.0, 12.0), (0.0, -12.0)])
def test_irises_are_drawn_where_the_eyes_look(
    draw: Draw, moment: Act, person: Subject, light: Light, gaze: tuple[float, float]
) -> None:
    """The darkest of the open eye follows the gaze: yaw > 0 to the picture's left, pitch > 0 down."""
    camera = Camera((256, 256), 1000.0, 1.6, offset=(0.0, 0.25))
    wall = np.zeros((256, 256, 3), np.float32)
    close = dataclasses.replace(light, background=wall)
    pictures = [
        picture_of(person, moment(AU05=4.0, gaze=g), camera, close, lash_length=0.5)
        for g in ((0.0, 0.0), gaze)
    ]
    moved = []
    for rendered in pictures:
        u, v = np.rint(irises(rendered, camera)[0]).astype(int)
        box = rendered.picture[v - 14 : v + 15, u - 14 : u + 15].sum(axis=2)
        y, x = np.mgrid[v - 14 : v + 15, u - 14 : u + 15]
        dark = np.clip(np.quantile(box, 0.5) - box, 0, None)
        moved.append(np.array([(dark * x).sum(), (dark * y).sum()]) / dark.sum())
    change = moved[1] - moved[0]
    expected = irises(pictures[1], camera)[0] - irises(pictures[0], camera)[0]
    axis = 0 if gaze[0] else 1
    assert abs(expected[axis]) > 2
    assert expected[axis] * (-gaze[0] if axis == 0 else gaze[1]) > 0
    assert change[axis] / expected[axis] == pytest.approx(1.0, abs=0.6)


def test_light_comes_from_where_the_lamp_is(draw: Draw, moment: Act, light: Light) -> None:
    sides = []
    for x in (-0.8, 0.8):
        lamp = np.array([[x, -0.2, -0.5657, 2.0, 2.0, 2.0, 0.5]], np.float32)
        face = draw(moment(), light=dataclasses.replace(light, lamps=lamp)).picture[40:100].mean(axis=2)
        sides.append(face[:, 66:84].mean() - face[:, 44:62].mean())
    assert sides[0] < -0.05 < 0.05 < sides[1]


def test_exposure_and_white_balance(draw: Draw, moment: Act, light: Light, rest: Rendered) -> None:
    bright = draw(moment(), light=dataclasses.replace(light, exposure=2 * light.exposure))
    assert bright.picture.mean() > 1.15 * rest.picture.mean()
    balance = np.array([1.0, 1.0, 0.5], np.float32)
    warm = draw(moment(), light=dataclasses.replace(light, balance=balance)).picture
    np.testing.assert_array_equal(warm[..., :2], rest.picture[..., :2])
    assert warm[..., 2].mean() < 0.9 * rest.picture[..., 2].mean()


def test_furrows_show_on_the_skin(draw: Draw, moment: Act, person: Subject, actor: Actor) -> None:
    """The same smile on skin that does not fold is smoother beside the mouth."""
    smooth = dataclasses.replace(actor, subject=dataclasses.replace(person, folding=0.0))
    smile = moment(AU12=4.0, AU06=4.0)
    difference = np.abs(draw(smile).picture - draw(smile, who=smooth).picture).max(axis=2)
    assert difference.max() > 0.04
    assert (difference[:20] == 0).all(), "none on the hair"
    np.testing.assert_array_equal(draw(moment()).picture, draw(moment(), who=smooth).picture)


@pytest.mark.parametrize("style", STYLES)
def test_every_hair_style(style: str, person: Subject, moment: Act, camera: Camera, light: Light) -> None:
    turned = moment(AU12=3.0, pose=(35.0, 15.0, -8.0))
    made = make_actor(dataclasses.replace(person, hair_style=style))
    rendered = Renderer(camera.size)(made, turned, camera, light)
    assert np.isfinite(rendered.picture).all()
    assert 0.0 <= rendered.picture.min() <= rendered.picture.max() <= 1.0
    assert (made.material == Material.HAIR).any() == (STYLES[style][0] > 0)


@pytest.mark.parametrize("beard", ["stubble", "moustache", "goatee", "full"])
def test_every_beard(
    beard: str, person: Subject, moment: Act, camera: Camera, light: Light, rest: Rendered
) -> None:
    bearded = dataclasses.replace(person.complexion, beard=beard)
    picture = picture_of(person, moment(), camera, light, complexion=bearded).picture
    assert np.isfinite(picture).all()
    assert picture[70:112, 45:83].mean() < rest.picture[70:112, 45:83].mean() - 0.005


def test_glasses_are_before_the_eyes_and_hide_little(
    person: Subject, moment: Act, camera: Camera, light: Light, rest: Rendered, actor: Actor
) -> None:
    worn = picture_of(person, moment(), camera, light, glasses=(2.0, 1.0, (0.01, 0.01, 0.01)))
    change = np.abs(worn.picture - rest.picture).sum(axis=2) > 0.05
    marks = landmarks(actor, rest.vertices, rest.eyes, camera)
    rows, columns = np.nonzero(change)
    eyes = near(marks, EYES)
    assert 60 < len(rows) < 2500
    assert abs(rows.mean() - eyes[1]) < 8
    assert abs(columns.mean() - eyes[0]) < 4
    assert np.ptp(columns) > np.ptp(marks[list(EYES), 0]) * 1.5


def test_a_picture_of_another_size_is_refused(
    moment: Act, camera: Camera, light: Light, actor: Actor
) -> None:
    with pytest.raises(ValueError, match="this renderer draws"):
        Renderer((64, 64))(actor, moment(), camera, light)
    small = dataclasses.replace(light, background=light.background[:64])
    with pytest.raises(ValueError, match="background"):
        Renderer(camera.size)(actor, moment(), camera, small)


def test_the_head_turns_as_a_rigid_body_does(draw: Draw, moment: Act, rest: Rendered) -> None:
    posed = draw(moment(pose=(25.0, 10.0, 5.0)))
    face = [1, 100, 500, 900]  # any vertices that turn with the head
    here, there = rest.vertices[face], posed.vertices[face]
    np.testing.assert_allclose(
        np.linalg.norm(here - rest.eyes[0, :3], axis=1),
        np.linalg.norm(there - posed.eyes[0, :3], axis=1),
        atol=0.01,
    )
