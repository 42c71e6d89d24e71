"""The aligned crop against a plain NumPy reference."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.manifest import CropInput
from realtime.tracking.crop import LUMA, MOST_SAMPLES, Aligner, similarity

RGB = CropInput(
    size=(24, 20),
    colour="rgb",
    mean=(0.5, 0.4, 0.3),
    std=(0.2, 0.3, 0.4),
    anchors=((0, 1), (2,), (3,)),
    template=((0.3, 0.35), (0.7, 0.35), (0.5, 0.75)),
)
GREY = CropInput(
    size=(16, 16),
    colour="grey",
    mean=(0.5,),
    std=(0.25,),
    anchors=((0, 1), (2,), (3,)),
    template=((0.3, 0.35), (0.7, 0.35), (0.5, 0.75)),
)


def reference(spec: CropInput, image: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    """The same crop, step by step: warp every channel, then colour, then normalise, then transpose."""
    height, width = spec.size
    points = np.array([landmarks[list(group), :2].mean(axis=0) for group in spec.anchors]) - 0.5
    target = np.array(spec.template) * (width, height) - 0.5
    to_image = similarity(target, points)
    scale = math.hypot(to_image[0, 0], to_image[1, 0])
    n = min(MOST_SAMPLES, max(1, math.ceil(scale - 1e-9)))
    total = np.zeros((height, width, 3))
    for j in range(n):
        for i in range(n):
            u, v = np.meshgrid(
                np.arange(width) + (i + 0.5) / n - 0.5, np.arange(height) + (j + 0.5) / n - 0.5
            )
            x, y = np.einsum("ij,jhw->ihw", to_image, np.stack([u, v, np.ones_like(u)]))
            x, y = x.clip(0, image.shape[1] - 1), y.clip(0, image.shape[0] - 1)
            x0, y0 = np.floor(x).astype(int), np.floor(y).astype(int)
            x1, y1 = np.minimum(x0 + 1, image.shape[1] - 1), np.minimum(y0 + 1, image.shape[0] - 1)
            fx, fy = (x - x0)[..., None], (y - y0)[..., None]
            pixels = image.astype(float)
            top = pixels[y0, x0] * (1 - fx) + pixels[y0, x1] * fx
            bottom = pixels[y1, x0] * (1 - fx) + pixels[y1, x1] * fx
            total += top * (1 - fy) + bottom * fy
    warped = total / (n * n)
    if spec.colour == "grey":
        warped = (warped @ np.array(LUMA))[..., None]
    return ((warped / 255 - spec.mean) / spec.std).transpose(2, 0, 1)


def scene(seed: int, size: float, angle: float, x: float, y: float) -> tuple[np.ndarray, np.ndarray]:
    """A random picture and a face's four landmarks in it, turned and scaled."""
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, (48, 64, 3), dtype=np.uint8)
    face = np.array([[-0.6, -0.4], [-0.4, -0.4], [0.5, -0.4], [0.0, 0.5]]) * size
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    points = face @ turn.T + (x, y)
    return image, np.column_stack([points, np.zeros(4)]).astype(np.float32)


@pytest.mark.parametrize("spec", [RGB, GREY], ids=["rgb", "grey"])
@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 999),
    size=st.floats(2, 60),
    angle=st.floats(-math.pi, math.pi),
    x=st.floats(-10, 74),
    y=st.floats(-10, 58),
)
def test_agrees_with_the_reference(
    spec: CropInput, seed: int, size: float, angle: float, x: float, y: float
) -> None:
    image, landmarks = scene(seed, size, angle, x, y)
    crop = Aligner(spec)(image, landmarks)
    assert crop.dtype == np.float32
    assert crop.shape == spec.shape
    assert crop == pytest.approx(reference(spec, image, landmarks), abs=2e-4)


def test_anchors_land_on_the_template() -> None:
    # A white dot on each anchor of a black picture must light up the template's places in the crop.
    spec = CropInput(
        size=(100, 100),
        colour="grey",
        mean=(0.0,),
        std=(1.0,),
        anchors=((0,), (1,)),
        template=((0.3, 0.4), (0.7, 0.4)),
    )
    image = np.zeros((200, 200, 3), np.uint8)
    image[78:83, 58:63] = 255
    image[118:123, 98:103] = 255
    landmarks = np.array([[60.5, 80.5, 0], [100.5, 120.5, 0]], np.float32)  # the dots' centres
    crop = Aligner(spec)(image, landmarks)[0]
    for x, y in spec.template:
        assert crop[round(y * 100 - 0.5), round(x * 100 - 0.5)] > 0.9
    assert crop.mean() < 0.02


point = st.tuples(st.floats(-100, 100), st.floats(-100, 100))


@given(
    points=st.lists(point, min_size=3, max_size=6, unique=True),
    a=st.floats(-3, 3),
    b=st.floats(-3, 3),
    shift=point,
)
def test_similarity_recovers_a_similarity(points: list, a: float, b: float, shift: tuple) -> None:
    source = np.array(points)
    linear = np.array([[a, -b], [b, a]])
    target = source @ linear.T + shift
    found = similarity(source, target)
    assert source @ found[:, :2].T + found[:, 2] == pytest.approx(
        target, abs=1e-6 * (1 + np.abs(target).max())
    )


def test_similarity_of_coinciding_points_is_a_shift() -> None:
    found = similarity(np.zeros((3, 2)), np.full((3, 2), 5.0))
    assert found == pytest.approx(np.array([[1, 0, 5], [0, 1, 5]]))
