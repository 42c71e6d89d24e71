"""The skin of one subject, painted on the chart: tone, blood, freckles, pores, brows, beard."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, zoom

from trainers.corpora.rendering.anatomy import CHART_SIZE, TEXEL, chart_grid
from trainers.corpora.rendering.hair import hairline

# The ten tones of the Monk Skin Tone Scale (Monk 2019, https://skintone.google), sRGB.
MONK_TONES = (
    (246, 237, 228),
    (243, 231, 219),
    (247, 234, 208),
    (234, 218, 186),
    (215, 189, 150),
    (160, 126, 86),
    (130, 92, 67),
    (96, 65, 52),
    (58, 49, 42),
    (41, 36, 32),
)


@dataclass(frozen=True)
class Complexion:
    """What a subject's skin looks like.

    Attributes:
        tone: 1 (lightest) to 10 (darkest) on the Monk scale, fractions between.
        redness: 0 to 1, blood in cheeks, nose and ears.
        spots: 0 to 1, freckles and moles.
        unevenness: 0 to 1, blotches and shadows under the eyes.
        oil: 0.2 to 1.2, how much the skin shines.
        brow: thickness of the brows, 0.5 (thin) to 1.5.
        brow_height: millimetres the brows lie above the average.
        beard: kind: "none", "stubble", "moustache", "goatee", "full".
        density: 0 to 1 of the beard.
        lip_colour: 0 (as the skin) to 1 (painted red).
    """

    tone: float
    redness: float
    spots: float
    unevenness: float
    oil: float
    brow: float
    brow_height: float
    beard: str
    density: float
    lip_colour: float


def linear(srgb: NDArray[np.floating] | tuple[float, ...]) -> NDArray[np.float32]:
    """Return linear light of sRGB values 0 to 1 (IEC 61966-2-1)."""
    s = np.asarray(srgb, dtype=np.float64)
    return np.asarray(np.where(s <= 0.04045, s / 12.92, ((s + 0.055) / 1.055) ** 2.4), dtype=np.float32)


def skin_colour(tone: float) -> NDArray[np.float32]:
    """Return the linear reflectance of a tone 1 to 10."""
    tones = linear(np.array(MONK_TONES) / 255.0)
    # The scale shows swatches as they look in good light. As reflectances the lightest would burn out under
    # our lamps; the darkest, which are darker than skin is, would drown, and skin stays reddish brown.
    # The light tones differ so little in brightness that they need nearly the same gain to keep their order.
    share = np.interp(np.arange(10), [0, 3, 4, 5, 9], [0.0, 0.02, 0.21, 5 / 9, 1.0])[:, None]
    gains = (1.0 - share) * (0.70, 0.60, 0.53) + share * (1.75, 1.52, 1.42)
    tones = tones * gains.astype(np.float32)
    at = np.clip(tone - 1.0, 0.0, 9.0)
    return np.array([np.interp(at, np.arange(10), tones[:, c]) for c in range(3)], dtype=np.float32)


def lip_colour(complexion: Complexion) -> NDArray[np.float32]:
    """Return the linear reflectance of the lips."""
    skin = skin_colour(complexion.tone)
    natural = skin * np.array([0.88, 0.52, 0.55]) + np.array([0.02, 0.004, 0.006])
    painted = np.array([0.42, 0.03, 0.05])
    share = max(0.0, complexion.lip_colour)
    return np.asarray(natural * (1.0 - share) + painted * share, dtype=np.float32)


def smooth_noise(rng: np.random.Generator, scale: float) -> NDArray[np.float32]:
    """Return noise over the chart, mean 0 and deviation 1, whose blobs are about `scale` mm wide."""
    step = max(1, round(scale / TEXEL / 3.0))
    coarse = rng.standard_normal(tuple(n // step + 4 for n in CHART_SIZE), dtype=np.float32)
    coarse = gaussian_filter(coarse, max(0.6, scale / TEXEL / 2.5 / step))
    fine = zoom(coarse, step, order=1) if step > 1 else coarse
    fine = fine[: CHART_SIZE[0], : CHART_SIZE[1]]
    return _unit(fine)


def _unit(noise: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray((noise - noise.mean()) / noise.std(), dtype=np.float32)


def _blob(u: float, v: float, su: float, sv: float) -> NDArray[np.float32]:
    """A soft spot on both sides of the face: 1 at (+-u, v), deviations su and sv mm."""
    grid_u, grid_v = chart_grid()
    distance = ((np.abs(grid_u) - u) / su) ** 2 + ((grid_v - v) / sv) ** 2
    return np.asarray(np.exp(-distance / 2.0), dtype=np.float32)


def brow_mask(complexion: Complexion, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return how much each texel is covered by the brows' hair, 0 to 1."""
    grid_u, grid_v = chart_grid()
    u = np.abs(grid_u)
    arch = np.interp(u, [8, 14, 24, 36, 46, 56], [-17.0, -18.5, -20.5, -22.5, -21.0, -15.5])
    arch = arch - complexion.brow_height
    half = complexion.brow * np.interp(u, [7, 12, 20, 36, 48, 57], [2.2, 4.0, 3.9, 3.0, 1.9, 0.4])
    inside = 1.0 - np.abs(grid_v - arch) / np.maximum(half, 0.1)
    cover = np.clip(1.4 * inside, 0.0, 1.0) * np.clip((u - 7.0) / 5.0, 0, 1) * np.clip((58.0 - u) / 6.0, 0, 1)
    # Hairs lie outwards and up: noise that is long in that direction.
    strands = gaussian_filter(rng.standard_normal(CHART_SIZE, dtype=np.float32), (0.6, 2.2))
    strands = 0.95 + 0.35 * strands / strands.std()
    return np.asarray(np.clip(cover * np.clip(strands, 0.45, 1.3), 0.0, 1.0), dtype=np.float32)


def beard_mask(complexion: Complexion, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return how much each texel is covered by facial hair, 0 to 1."""
    if complexion.beard == "none":
        return np.zeros(CHART_SIZE, dtype=np.float32)
    grid_u, grid_v = chart_grid()
    u, v = np.abs(grid_u), grid_v

    def soft(value: NDArray[np.floating], width: float = 4.0) -> NDArray[np.floating]:
        return np.asarray(np.clip(0.5 + value / width, 0.0, 1.0))

    upper_lip = soft(59.5 + 0.0045 * u**2 - v) * soft(v - 48.0 - 0.10 * u) * soft(34.0 - u, 8.0)
    corners = soft(36.0 - u, 6.0) * soft(u - 27.0, 5.0) * soft(v - 58.0) * soft(104.0 - v, 8.0)
    chin = soft(v - 89.0, 6.0) * soft(30.0 - u, 8.0) * soft(126.0 - v, 14.0)
    cheek_line = np.interp(u, [30, 45, 70, 100, 118], [70, 62, 46, 22, 8]).astype(np.float32)
    cheeks = soft(v - cheek_line, 9.0) * soft(132.0 - u, 12.0) * soft(u - 26.0, 8.0)
    throat = soft(140.0 - v, 12.0)
    wanted = {
        "stubble": np.maximum.reduce([upper_lip, corners, chin, cheeks]),
        "moustache": upper_lip,
        "goatee": np.maximum.reduce([upper_lip, corners, chin]),
        "full": np.maximum.reduce([upper_lip, corners, chin, cheeks]),
    }[complexion.beard]
    hairs = gaussian_filter(rng.standard_normal(CHART_SIZE, dtype=np.float32), (1.6, 0.6))
    hairs = np.clip(0.85 + 0.35 * hairs / hairs.std(), 0.25, 1.3)
    strength = 0.42 if complexion.beard == "stubble" else 1.0
    return np.asarray(
        np.clip(wanted * throat * hairs * complexion.density * strength, 0.0, 0.97), dtype=np.float32
    )


def paint_skin(
    complexion: Complexion, hair: NDArray[np.float32], receded: float | None, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return one subject's skin.

    Args:
        complexion: what it looks like.
        hair: (3,) linear colour of the hair.
        receded: where the scalp's hair begins (see `hairline`); None for a bald head.
        rng: makes the spots and strands.

    Returns:
        (rows, columns, 3) float32 linear reflectance over the chart, and (rows, columns) float32 relief of
        the resting skin in mm: pores and bumps.
    """
    base = skin_colour(complexion.tone)
    darkness = (complexion.tone - 1.0) / 9.0
    albedo = np.broadcast_to(base, (*CHART_SIZE, 3)).astype(np.float32).copy()
    blotches = smooth_noise(rng, 24.0) + 0.7 * smooth_noise(rng, 9.0)
    shade = 1.0 + 0.045 * complexion.unevenness * blotches + 0.02 * smooth_noise(rng, 1.6)
    sockets = _blob(31.0, 9.0, 13.0, 8.0) + 0.8 * _blob(31.0, -8.0, 14.0, 5.0)
    shade -= (0.08 + 0.14 * complexion.unevenness) * sockets
    albedo *= shade[..., None]
    blood = (
        _blob(48.0, 34.0, 17.0, 14.0)
        + 0.8 * _blob(0.0, 38.0, 12.0, 13.0)
        + 0.3 * _blob(0.0, 102.0, 16.0, 9.0)
    )
    blood = (
        blood
        * (0.4 + 0.25 * smooth_noise(rng, 5.0).clip(-1, 2))
        * complexion.redness
        * (1.0 - 0.7 * darkness)
    )
    albedo *= 1.0 + blood[..., None] * np.array([0.06, -0.26, -0.22], dtype=np.float32)
    if complexion.spots > 0.0:
        speckle = smooth_noise(rng, 2.2)
        freckles = np.clip((speckle - 2.0 + 0.9 * complexion.spots) / 0.5, 0.0, 1.0)
        freckles = freckles * (0.35 + 0.65 * _blob(25.0, 25.0, 34.0, 22.0)) * complexion.spots
        albedo *= 1.0 - freckles[..., None] * np.array([0.24, 0.38, 0.46], dtype=np.float32)
        for _ in range(int(rng.poisson(4 * complexion.spots))):
            row, column = rng.integers(120, CHART_SIZE[0] - 60), rng.integers(150, CHART_SIZE[1] - 150)
            size = int(rng.integers(1, 3))
            albedo[row - size : row + size, column - size : column + size] *= 0.45
    brows = brow_mask(complexion, rng)
    beard = beard_mask(complexion, rng)
    cover = np.maximum(0.92 * brows, beard)
    if receded is not None:
        grid_u, grid_v = chart_grid()
        inside = hairline(np.stack([grid_u, grid_v], axis=-1), receded) + 2.0 * smooth_noise(rng, 3.0)
        roots = np.clip(inside / 9.0, 0.0, 1.0) * np.clip(0.8 + 0.2 * smooth_noise(rng, 1.2), 0.0, 1.0)
        cover = np.maximum(cover, 0.9 * roots.astype(np.float32))
    dark = np.minimum(hair, 0.8 * base)
    albedo += cover[..., None] * (dark - albedo)
    # Not `smooth_noise`: under a grazing light the creases of its interpolation would show.
    grain = rng.standard_normal(CHART_SIZE, dtype=np.float32)
    pores = 0.035 * _unit(gaussian_filter(grain, 1.0)) + 0.030 * _unit(gaussian_filter(grain, 2.6))
    relief = pores * (1.0 + 2.0 * cover)
    return np.clip(albedo, 0.003, 0.95), relief.astype(np.float32)
