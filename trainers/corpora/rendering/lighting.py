"""The light that each pixel sends to the camera: skin, eyes, teeth, hair, cloth under a few lamps.

Everything is linear light; the camera's curve comes last (see `camera.develop`). Numba notices changes of
compiled functions only in the file it compiles, so all that `shade` calls stands here.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from engines.compiled import compiled
from trainers.corpora.rendering.parts import Material

# As plain numbers: compiled code knows no enumerations.
SKIN, LEFT_EYE, RIGHT_EYE, TONGUE, TEETH, HAIR, LASHES, FRAME, CLOTH = map(int, Material)
# Rows of the `paint` array: linear RGB.
IRIS, SCLERA, LIP, MOUTH, HAIR_ROOT, FRAME_PAINT, CLOTH_PAINT, CLOTH_TRIM = range(8)
# Entries of the `finish` array: how much the skin shines; half the angle the iris spans at the eye's centre
# in radians; the pupil's share of the iris; strands per mm; stripes per mm (times 2 pi); a seed of textures.
OIL, IRIS_ANGLE, PUPIL, STRAND, CLOTH_PATTERN, SEED = range(6)
# How far light spreads under the skin, per colour: red furthest (wrapped diffuse, after Jimenez et al. 2009,
# "Screen-space perceptual rendering of human skin", reduced to one term).
SKIN_WRAP = (0.42, 0.20, 0.14)
# Millimetres above the surface at which its shadow is looked up, and by which something must be nearer to the
# lamp to cast one.
LIFT, SHADOW_BIAS = 4.0, 4.0


@compiled
def shade(
    seen: NDArray[np.int32],
    material: NDArray[np.int32],
    points: NDArray[np.float32],
    open_sky: NDArray[np.float32],
    albedo: NDArray[np.float32],
    chart: NDArray[np.float32],
    eyes: NDArray[np.float32],
    paint: NDArray[np.float32],
    finish: NDArray[np.float32],
    lamps: NDArray[np.float32],
    ambient: NDArray[np.float32],
    to_light: NDArray[np.float32],
    shadow: NDArray[np.float32],
    picture: NDArray[np.float32],
) -> None:
    """Fill `picture` (H, W, 3) linear RGB where a triangle is seen.

    Args:
        seen: (H, W) face per sample of the picture, -1 for none; material: (F,) of each face.
        points: (H, W, 10): position and normal in camera space, chart u and v, lips (0 to 1), depth in
            the mouth behind the lips (mm).
        open_sky: (H, W) share of the surroundings that each point sees.
        albedo: (rows, columns, 3) linear reflectance over the chart; chart: its origin u, v and texel (mm).
        eyes: (2, 6) left and right: centre and the direction it looks, camera space.
        paint: rows as `IRIS` .. `CLOTH_TRIM`; finish: entries as `OIL` .. `SEED`.
        lamps: (L, 7) unit direction towards the lamp, its linear RGB, and its gloss (0 soft to 1 a point).
        ambient: (2, 3) light from above and from below.
        to_light, shadow: the first lamp's shadow map (see `lit_by_key`).
    """
    height, width = seen.shape
    reflected, diffuse, gloss = np.zeros(3), np.zeros(3), np.zeros(3)
    for y in range(height):
        for x in range(width):
            f = seen[y, x]
            if f < 0:
                continue
            kind = material[f]
            px, py, pz = points[y, x, 0], points[y, x, 1], points[y, x, 2]
            nx, ny, nz = points[y, x, 3], points[y, x, 4], points[y, x, 5]
            u, v = points[y, x, 6], points[y, x, 7]
            lips, cavity = points[y, x, 8], points[y, x, 9]
            distance = math.sqrt(px * px + py * py + pz * pz)
            vx, vy, vz = -px / distance, -py / distance, -pz / distance
            if nx * vx + ny * vy + nz * vz < 0.0 and kind != SKIN:
                nx, ny, nz = -nx, -ny, -nz
            shine, sharpness, openness = 0.0, 20.0, open_sky[y, x]
            wrap = (0.0, 0.0, 0.0)
            if kind == SKIN:
                shine, sharpness, dark = skin(u, v, lips, cavity, albedo, chart, paint, finish, reflected)
                openness *= dark
                wrap = SKIN_WRAP
            elif kind == TONGUE:
                plain(paint, MOUTH, 1.5, 0.0, reflected)
                wrap = (0.2, 0.2, 0.2)
                shine, sharpness = 0.6, 30.0
                openness *= math.exp(-max(0.0, cavity - 4.0) / 14.0)
            elif kind == TEETH:
                tooth(u, v, paint, reflected)
                shine, sharpness = 0.8, 60.0
                openness = max(0.45, openness) * math.exp(-max(0.0, cavity - 9.0) / 12.0)
            elif kind in (LEFT_EYE, RIGHT_EYE):
                side = 0 if kind == LEFT_EYE else 1
                nx, ny, nz = eye(px, py, pz, side, eyes, paint, finish, reflected)
                shine, sharpness = 2.2, 220.0
                openness = openness * openness
            elif kind == HAIR:
                strand = hair(u, v, paint, finish, reflected)
                wrap = (0.3, 0.3, 0.3)
                shine, sharpness = 0.9 * strand, 18.0
            elif kind == LASHES:
                plain(paint, HAIR_ROOT, 0.25, 0.004, reflected)
            elif kind == FRAME:
                plain(paint, FRAME_PAINT, 1.0, 0.0, reflected)
                shine, sharpness = 1.6, 60.0
            elif kind == CLOTH:
                cloth(u, v, paint, finish, reflected)
            # Light from everywhere: more from above.
            up = 0.5 - 0.5 * ny
            for c in range(3):
                diffuse[c] = reflected[c] * openness * (ambient[0, c] * up + ambient[1, c] * (1.0 - up))
                gloss[c] = 0.0
            for k in range(lamps.shape[0]):
                lx, ly, lz = lamps[k, 0], lamps[k, 1], lamps[k, 2]
                facing = nx * lx + ny * ly + nz * lz
                lit = 0.35 + 0.65 * openness
                if kind in (SKIN, TEETH, TONGUE):
                    lit *= openness
                if k == 0:
                    # Looked up a little above the surface, or a coarse map would shade what it shows itself.
                    reached = lit_by_key(px + LIFT * nx, py + LIFT * ny, pz + LIFT * nz, to_light, shadow)
                    # Enamel scatters light: teeth in the lips' shadow still glow.
                    lit *= 0.35 + 0.65 * reached if kind == TEETH else reached
                if lit <= 0.0:
                    continue
                if kind == HAIR:
                    facing = 0.35 * round_strands(lx, ly, lz, nx, ny, nz) + 0.65 * facing
                for c in range(3):
                    falls = max(0.0, (facing + wrap[c]) / (1.0 + wrap[c]))
                    diffuse[c] += reflected[c] * lit * lamps[k, 3 + c] * falls
                if shine > 0.0 and (facing > 0.0 or kind == HAIR):
                    hx, hy, hz = lx + vx, ly + vy, lz + vz
                    length = math.sqrt(hx * hx + hy * hy + hz * hz) + 1e-6
                    hx, hy, hz = hx / length, hy / length, hz / length
                    if kind == HAIR:
                        lobe = 0.10 * round_strands(hx, hy, hz, nx, ny, nz) ** sharpness
                        lobe *= max(0.0, facing + 0.3)
                    else:
                        # Blinn-Phong with Schlick's Fresnel term; a soft lamp blurs its own reflection.
                        peak = max(0.0, nx * hx + ny * hy + nz * hz)
                        tight = sharpness * (0.4 + 0.6 * lamps[k, 6])
                        fresnel = 0.04 + 0.96 * (1.0 - max(0.0, vx * hx + vy * hy + vz * hz)) ** 5
                        lobe = fresnel * (tight + 8.0) / 25.0 * peak**tight * max(0.0, facing)
                    for c in range(3):
                        gloss[c] += lobe * lit * lamps[k, 3 + c]
            for c in range(3):
                picture[y, x, c] = diffuse[c] + shine * gloss[c]


@compiled
def skin(
    u: float,
    v: float,
    lips: float,
    cavity: float,
    albedo: NDArray[np.float32],
    chart: NDArray[np.float32],
    paint: NDArray[np.float32],
    finish: NDArray[np.float32],
    reflected: NDArray[np.float64],
) -> tuple[float, float, float]:
    """Fill `reflected` (3,); return shine, its sharpness, and the share of light that reaches so deep."""
    bilinear_colour(albedo, (v - chart[1]) / chart[2] - 0.5, (u - chart[0]) / chart[2] - 0.5, reflected)
    inside = min(1.0, max(0.0, (cavity - 1.0) / 3.0))
    for c in range(3):
        reflected[c] += lips * (paint[LIP, c] - reflected[c])
        reflected[c] += inside * (paint[MOUTH, c] - reflected[c])
    shine = finish[OIL] * (1.0 + 1.2 * lips) * (1.0 - 0.5 * inside)
    return shine, 14.0 + 26.0 * lips, math.exp(-max(0.0, cavity - 2.0) / 9.0)


@compiled
def tooth(u: float, v: float, paint: NDArray[np.float32], reflected: NDArray[np.float64]) -> None:
    """Fill `reflected` (3,): enamel, dark between the teeth; gum above the crown. u in teeth, v in crowns."""
    if v < 0.0:
        plain(paint, MOUTH, 1.6, 0.0, reflected)
        return
    across = u - math.floor(u)
    enamel = 0.54 + 0.16 * min(1.0, min(across, 1.0 - across) / 0.10)
    reflected[0], reflected[1], reflected[2] = enamel, enamel * 0.95, enamel * 0.84


@compiled
def eye(
    px: float,
    py: float,
    pz: float,
    side: int,
    eyes: NDArray[np.float32],
    paint: NDArray[np.float32],
    finish: NDArray[np.float32],
    reflected: NDArray[np.float64],
) -> tuple[float, float, float]:
    """Fill `reflected` (3,) with pupil, iris or sclera at a point of an eyeball; return its normal there."""
    nx, ny, nz = px - eyes[side, 0], py - eyes[side, 1], pz - eyes[side, 2]
    length = math.sqrt(nx * nx + ny * ny + nz * nz) + 1e-6
    nx, ny, nz = nx / length, ny / length, nz / length
    gx, gy, gz = eyes[side, 3], eyes[side, 4], eyes[side, 5]
    angle = math.acos(min(1.0, max(-1.0, nx * gx + ny * gy + nz * gz)))
    r = angle / finish[IRIS_ANGLE]
    if r < 1.0:
        around = math.atan2(ny - gy, nx - gx)
        fibre = 0.7 + 0.6 * value_noise(around * 9.0 + 40.0 + side * 17.0, r * 2.5 + finish[SEED])
        ring = 1.0 - 0.75 * min(1.0, max(0.0, (r - 0.8) / 0.2))
        pupil = min(1.0, max(0.0, (r - finish[PUPIL]) / 0.08))
        plain(paint, IRIS, fibre * ring * pupil, 0.004, reflected)
        # The cornea bulges over the iris: its normal leans outward faster than the eyeball's.
        lean = 0.45
        nx, ny, nz = nx + lean * (nx - gx), ny + lean * (ny - gy), nz + lean * (nz - gz)
        length = math.sqrt(nx * nx + ny * ny + nz * nz)
        return nx / length, ny / length, nz / length
    far = min(1.0, (r - 1.0) / 1.6)
    plain(paint, SCLERA, 0.45 + 0.55 * min(1.0, (r - 1.0) / 0.12), 0.0, reflected)
    reflected[1] *= 1.0 - 0.20 * far
    reflected[2] *= 1.0 - 0.22 * far
    return nx, ny, nz


@compiled
def hair(
    u: float,
    v: float,
    paint: NDArray[np.float32],
    finish: NDArray[np.float32],
    reflected: NDArray[np.float64],
) -> float:
    """Fill `reflected` (3,); return how much of a strand lies here, 0 to 1."""
    strand = 0.55 * value_noise(u * finish[STRAND], v * 0.06 + finish[SEED])
    strand += 0.45 * value_noise(u * finish[STRAND] * 3.1 + 9.0, v * 0.10 + finish[SEED])
    plain(paint, HAIR_ROOT, 0.45 + 1.1 * strand, 0.0, reflected)
    return strand


@compiled
def cloth(
    u: float,
    v: float,
    paint: NDArray[np.float32],
    finish: NDArray[np.float32],
    reflected: NDArray[np.float64],
) -> None:
    """Fill `reflected` (3,): woven, with stripes across if the cloth has a pattern."""
    weave = 0.9 + 0.2 * value_noise(u * 1.3, v * 1.3 + finish[SEED])
    striped = finish[CLOTH_PATTERN] > 0.0 and math.sin(v * finish[CLOTH_PATTERN]) > 0.55
    plain(paint, CLOTH_TRIM if striped else CLOTH_PAINT, weave, 0.0, reflected)


@compiled
def plain(
    paint: NDArray[np.float32], row: int, gain: float, base: float, reflected: NDArray[np.float64]
) -> None:
    """Fill `reflected` (3,) with gain times a row of `paint`, plus base."""
    for c in range(3):
        reflected[c] = paint[row, c] * gain + base


@compiled
def round_strands(dx: float, dy: float, dz: float, nx: float, ny: float, nz: float) -> float:
    """Sine of the angle between a direction and the strands, which hang down along the surface.

    Light spreads around a strand, not over a surface: Kajiya and Kay (1989), "Rendering fur with three
    dimensional textures".
    """
    tx, ty, tz = -nx * ny, 1.0 - ny * ny, -nz * ny
    along = (dx * tx + dy * ty + dz * tz) / (math.sqrt(tx * tx + ty * ty + tz * tz) + 1e-4)
    return math.sqrt(max(0.0, 1.0 - along * along))


@compiled
def lit_by_key(
    px: float,
    py: float,
    pz: float,
    to_light: NDArray[np.float32],
    shadow: NDArray[np.float32],
) -> float:
    """Share of the key light that reaches a point, 0 to 1: a 3 x 3 look into the light's own z-buffer.

    to_light: (3, 4) rows that take a camera-space point to the shadow map's column, row and nearness to
    the lamp in mm; shadow: (rows, columns) the greatest nearness along each ray.
    """
    column = to_light[0, 0] * px + to_light[0, 1] * py + to_light[0, 2] * pz + to_light[0, 3]
    row = to_light[1, 0] * px + to_light[1, 1] * py + to_light[1, 2] * pz + to_light[1, 3]
    near = to_light[2, 0] * px + to_light[2, 1] * py + to_light[2, 2] * pz + to_light[2, 3]
    lit = 0.0
    for j in range(-1, 2):
        for i in range(-1, 2):
            r, c = int(row + j), int(column + i)
            inside = 0 <= r < shadow.shape[0] and 0 <= c < shadow.shape[1]
            if not inside or shadow[r, c] <= near + SHADOW_BIAS:
                lit += 1.0
    return lit / 9.0


@compiled
def bilinear_colour(
    image: NDArray[np.float32], row: float, column: float, colour: NDArray[np.float64]
) -> None:
    """Fill `colour` (3,) with a (H, W, 3) image sampled between its pixels' centres."""
    r = min(max(row, 0.0), image.shape[0] - 1.001)
    c = min(max(column, 0.0), image.shape[1] - 1.001)
    i, j = int(r), int(c)
    fr, fc = r - i, c - j
    w00, w01, w10, w11 = (1 - fr) * (1 - fc), (1 - fr) * fc, fr * (1 - fc), fr * fc
    for k in range(3):
        top = w00 * image[i, j, k] + w01 * image[i, j + 1, k]
        colour[k] = top + w10 * image[i + 1, j, k] + w11 * image[i + 1, j + 1, k]


@compiled
def hashed(x: float, y: float) -> float:
    """A repeatable number in [0, 1) for a lattice point."""
    value = math.sin(x * 127.1 + y * 311.7) * 43758.5453
    part: float = value - math.floor(value)
    return part


@compiled
def value_noise(x: float, y: float) -> float:
    """Smooth noise in [0, 1) with one lattice point per unit."""
    i, j = math.floor(x), math.floor(y)
    fx, fy = x - i, y - j
    fx = fx * fx * (3 - 2 * fx)
    fy = fy * fy * (3 - 2 * fy)
    top = hashed(i, j) * (1 - fx) + hashed(i + 1, j) * fx
    low = hashed(i, j + 1) * (1 - fx) + hashed(i + 1, j + 1) * fx
    return top * (1 - fy) + low * fy
