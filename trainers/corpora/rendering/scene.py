"""Where a person is filmed: camera, lamps, background and the camera's faults, plain or in the wild."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from trainers.corpora.rendering.backgrounds import clutter, plain
from trainers.corpora.rendering.camera import Camera
from trainers.corpora.rendering.camera_faults import Faults
from trainers.corpora.rendering.occluders import Occluder, draw_occluder
from trainers.corpora.rendering.renderer import Light

DOMAINS = ("studio", "wild", "varied")
"""Looks of a corpus. "varied" is filmed like "wild"; its people differ (`subject.any_skin`)."""


@dataclass(frozen=True, eq=False)
class Scene:
    """One filming: stays the same over a sequence.

    Attributes:
        camera, light, faults: how the picture comes about.
        occluder: what partly hides the face, or None.
    """

    camera: Camera
    light: Light
    faults: Faults = field(default_factory=Faults)
    occluder: Occluder | None = None


def draw_scene(rng: np.random.Generator, domain: str, size: tuple[int, int]) -> Scene:
    """Return a scene of that domain for pictures of that (height, width)."""
    return {"studio": _studio, "wild": _wild, "varied": _wild}[domain](rng, size)


def _studio(rng: np.random.Generator, size: tuple[int, int]) -> Scene:
    """A laboratory: one good camera, soft key and fill, a plain wall."""
    camera = Camera(
        size,
        distance=float(rng.uniform(800.0, 1300.0)),
        face_height=float(rng.uniform(0.74, 0.84)),
        offset=(float(rng.normal(0.0, 0.012)), float(rng.normal(0.0, 0.012))),
    )
    key = float(rng.uniform(0.85, 1.1))
    side = rng.choice([-1.0, 1.0])
    lamps = [
        _lamp((0.5 * side, -0.5, -0.75), 1.75 * key, (1.0, 0.98, 0.95), 0.5),
        _lamp((-0.6 * side, -0.25, -0.75), 0.75 * key, (0.98, 0.99, 1.0), 0.3),
        _lamp((0.0, -0.6, 0.8), 0.35, (1.0, 1.0, 1.0), 0.3),
    ]
    light = Light(
        lamps=np.array(lamps, dtype=np.float32),
        ambient=np.array([[0.40, 0.41, 0.43], [0.24, 0.23, 0.22]], dtype=np.float32),
        background=plain(rng, size),
        exposure=0.66,
        balance=np.ones(3, dtype=np.float32),
    )
    return Scene(camera, light, Faults(noise=0.006))


def _wild(rng: np.random.Generator, size: tuple[int, int]) -> Scene:
    """Anywhere: lamps from anywhere in any colour, clutter behind, a phone's or a webcam's picture."""
    camera = Camera(
        size,
        distance=float(rng.uniform(380.0, 1500.0)),
        face_height=float(rng.uniform(0.52, 0.95)),
        offset=(float(rng.normal(0.0, 0.045)), float(rng.normal(0.0, 0.04))),
    )
    warm = rng.uniform(-1.0, 1.0)
    tint = (1.0 + 0.22 * warm, 1.0 + 0.03 * warm, 1.0 - 0.28 * warm)
    azimuth = np.radians(rng.normal(0.0, 48.0))
    height = np.radians(rng.normal(32.0, 18.0))
    towards = (np.sin(azimuth) * np.cos(height), -np.sin(height), -np.cos(azimuth) * np.cos(height))
    lamps = [_lamp(towards, float(rng.uniform(0.7, 2.9)), tint, float(rng.uniform(0.1, 1.0)))]
    for _ in range(int(rng.integers(0, 3))):
        direction = rng.normal(0.0, 1.0, 3) * (1.0, 0.7, 1.0)
        colour = tuple(1.0 + rng.uniform(-0.35, 0.35, 3))
        lamps.append(
            _lamp(tuple(direction), float(rng.uniform(0.2, 1.1)), colour, float(rng.uniform(0.1, 1.0)))
        )
    sky = rng.uniform(0.18, 0.7) * (1.0 + rng.uniform(-0.12, 0.12, 3))
    ground = sky * rng.uniform(0.25, 0.9) * (1.0 + rng.uniform(-0.15, 0.15, 3))
    total = sum(lamp[3] for lamp in lamps[:1]) * 0.8 + float(sky.mean())
    light = Light(
        lamps=np.array(lamps, dtype=np.float32),
        ambient=np.array([sky, ground], dtype=np.float32),
        background=clutter(rng, size),
        # The camera meters, and is wrong by up to a stop.
        exposure=float(1.15 / total * 2.0 ** rng.normal(0.0, 0.30)),
        balance=np.array(1.0 + rng.normal(0.0, 0.06, 3), dtype=np.float32),
    )
    faults = Faults(
        blur=float(min(0.008, rng.exponential(0.0028))) if rng.random() < 0.6 else 0.0,
        motion=tuple(rng.normal(0.0, 0.008, 2)) if rng.random() < 0.25 else (0.0, 0.0),
        noise=float(min(0.045, rng.exponential(0.014))),
        contrast=float(rng.uniform(0.8, 1.2)),
        saturation=0.0 if rng.random() < 0.06 else float(rng.uniform(0.6, 1.3)),
        scale=float(rng.uniform(0.35, 1.0)) if rng.random() < 0.35 else 1.0,
        quality=int(rng.integers(28, 92)),
    )
    return Scene(camera, light, faults, draw_occluder(rng) if rng.random() < 0.10 else None)


def _lamp(
    towards: tuple[float, ...], strength: float, colour: tuple[float, ...], gloss: float
) -> tuple[float, ...]:
    unit = np.array(towards) / np.linalg.norm(towards)
    return (*unit, *(strength * c for c in colour), gloss)
