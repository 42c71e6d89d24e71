"""What is behind the person: a wall, or a blurred clutter of rooms, leaves and lights."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter


def plain(rng: np.random.Generator, size: tuple[int, int]) -> NDArray[np.float32]:
    """Return a lit wall, (H, W, 3) linear light: one muted colour, brighter in the middle."""
    height, width = size
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    glow = np.exp(-(((x / width - 0.5) / 0.6) ** 2 + ((y / height - 0.4) / 0.6) ** 2))
    colour = rng.uniform(0.10, 0.42) * (1.0 + rng.uniform(-0.12, 0.12, 3))
    return np.asarray(colour * (0.65 + 0.5 * glow)[..., None], dtype=np.float32)


def clutter(rng: np.random.Generator, size: tuple[int, int]) -> NDArray[np.float32]:
    """Return a background out of focus, (H, W, 3) linear light: boxes, blobs and lights over a gradient."""
    height, width = size
    # Painted at a quarter of the size: it is out of focus anyway.
    rows, columns = height // 4 + 1, width // 4 + 1
    top, low = rng.uniform(0.02, 0.6, 3), rng.uniform(0.02, 0.6, 3)
    share = np.linspace(0.0, 1.0, rows)[:, None, None]
    canvas = np.broadcast_to(top * (1 - share) + low * share, (rows, columns, 3)).copy()
    for _ in range(int(rng.integers(2, 14))):
        colour = rng.uniform(0.01, 0.8) * (1.0 + rng.uniform(-0.6, 0.6, 3))
        r, c = int(rng.integers(0, rows)), int(rng.integers(0, columns))
        h, w = int(rng.integers(3, rows)), int(rng.integers(3, max(4, columns // 2)))
        canvas[r : r + h, c : c + w] = colour
    if rng.random() < 0.4:  # foliage, wallpaper: noise of some grain
        grain = gaussian_filter(rng.standard_normal((rows, columns)), rng.uniform(0.8, 4.0))
        canvas *= np.exp(0.6 * grain / grain.std())[..., None]
    canvas = gaussian_filter(canvas, (*(2 * [float(rng.uniform(0.3, 3.5))]), 0))
    if rng.random() < 0.3:  # lamps and windows
        for _ in range(int(rng.integers(1, 6))):
            y, x = np.mgrid[0:rows, 0:columns]
            middle, radius = rng.uniform((0.0, 0.0), (rows, columns)), rng.uniform(1.0, rows / 8)
            disc = np.clip(radius - np.hypot(y - middle[0], x - middle[1]) + 0.5, 0.0, 1.0)[..., None]
            canvas = canvas * (1 - disc) + disc * rng.uniform(0.6, 2.2) * (1.0 + rng.uniform(-0.3, 0.3, 3))
    return _enlarged(np.clip(canvas, 0.0, 2.5).astype(np.float32), size)


def _enlarged(canvas: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """Bilinear enlargement to (H, W, 3)."""
    rows = np.linspace(0.0, canvas.shape[0] - 1.001, size[0])
    columns = np.linspace(0.0, canvas.shape[1] - 1.001, size[1])
    i, j = rows.astype(int), columns.astype(int)
    fr, fc = (rows - i)[:, None, None], (columns - j)[None, :, None]
    top = canvas[i][:, j] * (1 - fc) + canvas[i][:, j + 1] * fc
    low = canvas[i + 1][:, j] * (1 - fc) + canvas[i + 1][:, j + 1] * fc
    return np.asarray(top * (1 - fr) + low * fr, dtype=np.float32)
