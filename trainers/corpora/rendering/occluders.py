"""Things that come between the camera and the face."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Occluder:
    """A flat blob with soft edges, in units of the face's height from the face's middle.

    Attributes:
        centre: (x, y), radii: (x, y), turn: radians.
        squareness: 2 an ellipse, more a box.
        colour: linear-ish sRGB 0 to 1.
        stem: whether it is held from below (a microphone, a cup, a hand's arm).
    """

    centre: tuple[float, float]
    radii: tuple[float, float]
    turn: float
    squareness: float
    colour: tuple[float, float, float]
    stem: bool


# What is held before faces: share of cases, radii, squareness, where its middle may lie (x, y ranges).
_KINDS = (
    ("hand", 0.35, (0.13, 0.20), 2.6, (-0.45, 0.45), (0.15, 0.45)),
    ("cup", 0.20, (0.13, 0.15), 5.0, (-0.15, 0.15), (0.38, 0.55)),
    ("microphone", 0.20, (0.07, 0.09), 2.0, (-0.12, 0.12), (0.36, 0.5)),
    ("phone", 0.15, (0.10, 0.19), 8.0, (-0.55, 0.55), (-0.1, 0.4)),
    ("edge of the frame", 0.10, (0.35, 0.9), 8.0, (0.62, 0.8), (-0.2, 0.2)),
)


def draw_occluder(rng: np.random.Generator) -> Occluder:
    """Return something that hides up to about a quarter of a face."""
    kind = _KINDS[int(rng.choice(len(_KINDS), p=[k[1] for k in _KINDS]))]
    name, _, radii, squareness, xs, ys = kind
    if name == "hand":
        colour = rng.uniform(0.25, 0.9) * np.array([1.0, 0.78, 0.65])
    else:
        colour = rng.uniform(0.02, 0.9) * (1.0 + rng.uniform(-0.5, 0.5, 3))
    red, green, blue = np.clip(colour, 0.0, 1.0).tolist()
    x = float(rng.uniform(*xs)) * (1.0 if name != "edge of the frame" else float(rng.choice([-1.0, 1.0])))
    return Occluder(
        centre=(x, float(rng.uniform(*ys))),
        radii=(radii[0] * float(rng.uniform(0.8, 1.2)), radii[1] * float(rng.uniform(0.8, 1.2))),
        turn=float(rng.normal(0.0, 0.35)),
        squareness=squareness,
        colour=(red, green, blue),
        stem=name in ("hand", "cup", "microphone"),
    )


def occlude(
    picture: NDArray[np.float32], occluder: Occluder, middle: tuple[float, float], face_height: float
) -> None:
    """Paint the occluder over a (H, W, 3) sRGB picture; `middle` and `face_height` of the face in pixels."""
    height, width = picture.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    x = (x + 0.5 - middle[0]) / face_height - occluder.centre[0]
    y = (y + 0.5 - middle[1]) / face_height - occluder.centre[1]
    c, s = np.cos(occluder.turn), np.sin(occluder.turn)
    along, across = (c * x + s * y) / occluder.radii[0], (-s * x + c * y) / occluder.radii[1]
    radius = (np.abs(along) ** occluder.squareness + np.abs(across) ** occluder.squareness) ** (
        1.0 / occluder.squareness
    )
    softness = 1.5 / (face_height * min(occluder.radii))
    cover = np.clip((1.0 - radius) / softness + 0.5, 0.0, 1.0)
    if occluder.stem:
        stem = np.clip((0.45 * occluder.radii[0] - np.abs(x)) * face_height / 1.5 + 0.5, 0.0, 1.0)
        cover = np.maximum(cover, stem * (y > 0.0))
    shade = 0.75 + 0.25 * np.clip(1.0 - along * 0.6 - across * 0.4, 0.0, 1.6)
    colour = np.array(occluder.colour, dtype=np.float32) * shade[..., None]
    picture += cover[..., None] * (np.clip(colour, 0.0, 1.0) - picture)
