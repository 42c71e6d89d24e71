"""One plain, symmetrical person, drawn once, and small pictures of it."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from trainers.corpora.behaviour import AUS
from trainers.corpora.rendering.actor import Actor, make_actor
from trainers.corpora.rendering.camera import Camera
from trainers.corpora.rendering.head_model import HeadModel, head_model
from trainers.corpora.rendering.renderer import Light, Moment, Rendered, Renderer
from trainers.corpora.rendering.skin import Complexion
from trainers.corpora.rendering.subject import Subject

SIZE = (128, 128)


@pytest.fixture(scope="session")
def model() -> HeadModel:
    if importlib.util.find_spec("anny") is None:
        pytest.skip("anny is not installed")
    return head_model()


@pytest.fixture(scope="session")
def person(model: HeadModel) -> Subject:
    """A symmetrical young adult of medium skin whose face units are all of weight 1."""
    return Subject(
        name="S0000",
        phenotypes={"age": 0.66, "gender": 0.5, "african": 1 / 3, "asian": 1 / 3, "caucasian": 1 / 3},
        changes={},
        complexion=Complexion(4.0, 0.3, 0.0, 0.2, 0.5, 1.0, 0.0, "none", 0.8, 0.0),
        hair_style="short",
        hair_volume=1.0,
        hair_colour=(0.03, 0.017, 0.01),
        iris_colour=(0.03, 0.014, 0.006),
        cloth_colour=(0.1, 0.1, 0.3),
        cloth_trim=(0.3, 0.3, 0.3),
        cloth_pattern=0.0,
        glasses=None,
        lash_length=5.0,
        folding=1.0,
        years=25.0,
        seed=5,
        expressiveness=np.ones(len(model.unit_names), np.float32),
    )


@pytest.fixture(scope="session")
def actor(person: Subject) -> Actor:
    return make_actor(person)


@pytest.fixture(scope="session")
def camera() -> Camera:
    return Camera(SIZE, distance=1000.0, face_height=0.8)


@pytest.fixture(scope="session")
def light() -> Light:
    """A key light from the upper right of the picture, some light from everywhere, a blue wall."""
    background = np.broadcast_to(np.array([0.02, 0.05, 0.4], np.float32), (*SIZE, 3))
    return Light(
        lamps=np.array([[0.4082, -0.4082, -0.8165, 1.5, 1.5, 1.5, 0.5]], np.float32),
        ambient=np.full((2, 3), 0.3, np.float32),
        background=np.ascontiguousarray(background),
        exposure=0.7,
        balance=np.ones(3, np.float32),
    )


@pytest.fixture(scope="session")
def moment() -> Callable[..., Moment]:
    """Return a function: AU=intensity (of both sides, or a pair left, right), gaze and pose -> `Moment`."""

    def make(
        gaze: tuple[float, float] = (0.0, 0.0),
        pose: tuple[float, float, float] = (0.0, 0.0, 0.0),
        **intensity: float | tuple[float, float],
    ) -> Moment:
        sides = np.zeros((2, len(AUS)), np.float32)
        for au, value in intensity.items():
            sides[:, AUS.index(au)] = value
        return Moment(sides[0], sides[1], gaze, pose)

    return make


@pytest.fixture(scope="session")
def draw(actor: Actor, camera: Camera, light: Light) -> Callable[..., Rendered]:
    """Return a function: moment -> the plain person's picture; another actor, camera or light if given."""
    renderer = Renderer(SIZE)

    def picture(
        moment: Moment, who: Actor = actor, camera: Camera = camera, light: Light = light
    ) -> Rendered:
        return renderer(who, moment, camera, light)

    return picture


@pytest.fixture(scope="session")
def luma() -> Callable[[NDArray[np.floating]], NDArray[np.floating]]:
    """Return a function: (..., 3) RGB -> (...) Rec. 709 luminance."""
    weights = np.array([0.2126, 0.7152, 0.0722])
    return lambda picture: np.asarray(picture @ weights)
