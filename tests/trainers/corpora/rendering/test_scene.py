"""Two looks that really differ."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from trainers.corpora.rendering.backgrounds import clutter, plain
from trainers.corpora.rendering.camera_faults import Faults
from trainers.corpora.rendering.renderer import Moment, Rendered
from trainers.corpora.rendering.scene import DOMAINS, Scene, draw_scene

SIZE = (128, 128)
SCENES = 60


@pytest.fixture(scope="module")
def scenes() -> dict[str, list[Scene]]:
    return {
        domain: [draw_scene(np.random.default_rng([3, k]), domain, SIZE) for k in range(SCENES)]
        for domain in DOMAINS
    }


@pytest.mark.parametrize("domain", DOMAINS)
def test_scenes_are_whole_and_plausible(domain: str, scenes: dict[str, list[Scene]]) -> None:
    for scene in scenes[domain]:
        light = scene.light
        assert scene.camera.size == SIZE
        assert 350 < scene.camera.distance < 1600
        assert 0.5 < scene.camera.face_height < 1.0
        assert light.lamps.shape[1] == 7
        np.testing.assert_allclose(np.linalg.norm(light.lamps[:, :3], axis=1), 1.0, atol=1e-5)
        assert (light.lamps[:, 3:] >= 0).all()
        assert light.lamps[0, 2] < 0.6, "the key light is not behind the person"
        assert light.ambient.shape == (2, 3)
        assert light.background.shape == (*SIZE, 3)
        assert light.background.dtype == np.float32
        assert light.background.min() >= 0
        assert 0.1 < light.exposure < 4


@pytest.mark.parametrize("domain", DOMAINS)
def test_scenes_repeat(domain: str, scenes: dict[str, list[Scene]]) -> None:
    again = draw_scene(np.random.default_rng([3, 7]), domain, SIZE)
    first = scenes[domain][7]
    assert (again.camera, again.faults, again.occluder) == (first.camera, first.faults, first.occluder)
    for field in ("lamps", "ambient", "background", "exposure", "balance"):
        np.testing.assert_array_equal(getattr(again.light, field), getattr(first.light, field))


def test_a_studio_has_no_faults_but_a_little_noise(scenes: dict[str, list[Scene]]) -> None:
    for scene in scenes["studio"]:
        assert scene.faults == Faults(noise=scene.faults.noise)
        assert scene.faults.noise < 0.02
        assert scene.occluder is None
    wild = scenes["wild"]
    for fault in ("blur", "scale", "quality"):
        assert len({getattr(scene.faults, fault) for scene in wild}) > 15
    assert 0.02 < np.mean([scene.occluder is not None for scene in wild]) < 0.3


def spread(scenes: list[Scene], of: Callable[[Scene], object]) -> float:
    return float(np.std([of(scene) for scene in scenes], axis=0).mean())


@pytest.mark.parametrize(
    ("what", "of", "times"),
    [
        ("the light's hue", lambda s: s.light.lamps[0, 3] / s.light.lamps[0, 5], 5),
        ("its direction", lambda s: s.light.lamps[0, 1], 3),
        ("the exposure", lambda s: np.log(s.light.exposure * s.light.lamps[0, 4]), 2),
        ("the background's colours", lambda s: s.light.background.mean(axis=(0, 1)), 1.3),
        ("the face's size", lambda s: s.camera.face_height, 3),
        ("its place", lambda s: s.camera.offset, 2),
    ],
)
def test_the_wild_varies_more(
    what: str, of: Callable[[Scene], object], times: float, scenes: dict[str, list[Scene]]
) -> None:
    studio, wild = spread(scenes["studio"], of), spread(scenes["wild"], of)
    assert wild > times * studio, f"{what}: {wild:.3f} against {studio:.3f}"


def test_pictures_of_the_wild_vary_more(
    draw: Callable[..., Rendered],
    moment: Callable[..., Moment],
    scenes: dict[str, list[Scene]],
) -> None:
    """The same person everywhere: brightness and colour of the face spread far more in the wild."""
    measured = {}
    for domain in DOMAINS:
        faces = []
        for scene in scenes[domain][:20]:
            rendered = draw(moment(), camera=scene.camera, light=scene.light)
            middle = rendered.picture[55:85, 50:78].reshape(-1, 3).mean(axis=0)
            faces.append((middle.mean(), middle[0] - middle[2]))
        assert 0.15 < np.mean(faces, axis=0)[0] < 0.85
        measured[domain] = np.std(faces, axis=0)
    assert (measured["wild"] > 2 * measured["studio"]).all(), measured


@pytest.mark.parametrize("size", [(64, 64), (65, 131), (480, 640)])
def test_backgrounds_have_any_size(size: tuple[int, int]) -> None:
    for paint in (plain, clutter):
        picture = paint(np.random.default_rng(0), size)
        assert picture.shape == (*size, 3)
        assert picture.dtype == np.float32
        assert picture.min() >= 0
        np.testing.assert_array_equal(picture, paint(np.random.default_rng(0), size))


def test_a_wall_is_smooth_and_clutter_is_not() -> None:
    def detail(paint: Callable[..., np.ndarray]) -> float:
        pictures = [paint(np.random.default_rng(k), SIZE) for k in range(20)]
        return float(np.mean([np.abs(np.diff(p, axis=1)).max() / p.mean() for p in pictures]))

    assert detail(clutter) > 5 * detail(plain)
