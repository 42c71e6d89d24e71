"""The light that each pixel sends to the camera: skin, eyes, teeth, hair, cloth under a few lamps."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from realtime.compiled import compiled
from trainers.corpora.rendering.shading import (
    CLOTH,
    FRAME,
    HAIR,
    LASHES,
    LEFT_EYE,
    RIGHT_EYE,
    SKIN,
    SKIN_WRAP,
    TEETH,
    TONGUE,
    bilinear_colour,
    lit_by_key,
    value_noise,
)

# Rows of the `paint` array: linear RGB.
IRIS, SCLERA, LIP, MOUTH, HAIR_ROOT, FRAME_PAINT, CLOTH_PAINT, CLOTH_TRIM = range(8)
# Columns of the `finish` array.
OIL, IRIS_ANGLE, PUPIL, STRAND, CLOTH_PATTERN, SEED, SHADOW_BIAS, RIM_WET = range(8)


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
        points: (H, W, 10): position and normal in camera space, chart u and v, lips (0 to 1), depth in
            the mouth behind the lips (mm).
        albedo: (rows, columns, 3) linear reflectance over the chart; chart: its origin u, v and texel (mm).
        eyes: (2, 6) left and right: centre and the direction it looks, camera space.
        paint: rows as `IRIS` .. `CLOTH_TRIM`; finish: entries as `OIL` .. `RIM_WET`.
        lamps: (L, 7) unit direction towards the lamp, its linear RGB, and its gloss (0 soft to 1 a point).
        ambient: (2, 3) light from above and from below.
        to_light, shadow: the first lamp's shadow map (see `lit_by_key`).
    """
    height, width = seen.shape
    reflected = np.zeros(3)
    gloss = np.zeros(3)
    wrap = np.zeros(3)
    for y in range(height):
        for x in range(width):
            f = seen[y, x]
            if f < 0:
                continue
            kind = material[f]
            px, py, pz = points[y, x, 0], points[y, x, 1], points[y, x, 2]
            nx, ny, nz = points[y, x, 3], points[y, x, 4], points[y, x, 5]
            u, v = points[y, x, 6], points[y, x, 7]
            cavity = points[y, x, 9]
            distance = math.sqrt(px * px + py * py + pz * pz)
            vx, vy, vz = -px / distance, -py / distance, -pz / distance
            if nx * vx + ny * vy + nz * vz < 0.0 and kind != SKIN:
                nx, ny, nz = -nx, -ny, -nz
            shine, sharpness = 0.0, 20.0
            closed = open_sky[y, x]
            for c in range(3):
                wrap[c] = 0.0
            if kind == SKIN:
                row = (v - chart[1]) / chart[2] - 0.5
                column = (u - chart[0]) / chart[2] - 0.5
                lips = points[y, x, 8]
                inside = min(1.0, max(0.0, (cavity - 1.0) / 3.0))
                bilinear_colour(albedo, row, column, reflected)
                for c in range(3):
                    reflected[c] += lips * (paint[LIP, c] - reflected[c])
                    reflected[c] += inside * (paint[MOUTH, c] - reflected[c])
                    wrap[c] = SKIN_WRAP[c]
                shine = finish[OIL] * (1.0 + 1.2 * lips) * (1.0 - 0.5 * inside)
                sharpness = 14.0 + 26.0 * lips
                closed *= math.exp(-max(0.0, cavity - 2.0) / 9.0)
            elif kind == TONGUE:
                for c in range(3):
                    reflected[c] = paint[MOUTH, c] * 1.5
                    wrap[c] = 0.2
                shine, sharpness = 0.6, 30.0
                closed *= math.exp(-max(0.0, cavity - 4.0) / 14.0)
            elif kind == TEETH:
                tooth = u - math.floor(u)
                gap = min(tooth, 1.0 - tooth)
                if v < 0.0:  # gum
                    for c in range(3):
                        reflected[c] = paint[MOUTH, c] * 1.6
                else:
                    shade_of = 0.66 + 0.16 * min(1.0, gap / 0.10)
                    reflected[0] = shade_of
                    reflected[1] = shade_of * 0.95
                    reflected[2] = shade_of * 0.84
                shine, sharpness = 0.8, 60.0
                closed = max(0.45, closed) * math.exp(-max(0.0, cavity - 9.0) / 12.0)
            elif kind in (LEFT_EYE, RIGHT_EYE):
                side = 0 if kind == LEFT_EYE else 1
                dx, dy, dz = px - eyes[side, 0], py - eyes[side, 1], pz - eyes[side, 2]
                length = math.sqrt(dx * dx + dy * dy + dz * dz) + 1e-6
                nx, ny, nz = dx / length, dy / length, dz / length
                gx, gy, gz = eyes[side, 3], eyes[side, 4], eyes[side, 5]
                angle = math.acos(min(1.0, max(-1.0, nx * gx + ny * gy + nz * gz)))
                r = angle / finish[IRIS_ANGLE]
                if r < 1.0:
                    around = math.atan2(ny - gy, nx - gx)
                    fibre = 0.7 + 0.6 * value_noise(around * 9.0 + 40.0 + side * 17.0, r * 2.5 + finish[SEED])
                    ring = 1.0 - 0.75 * min(1.0, max(0.0, (r - 0.8) / 0.2))
                    pupil = min(1.0, max(0.0, (r - finish[PUPIL]) / 0.08))
                    for c in range(3):
                        reflected[c] = paint[IRIS, c] * fibre * ring * pupil + 0.004
                    # The cornea bulges over the iris: its normal leans outward faster than the eyeball's.
                    lean = 0.45
                    nx, ny, nz = nx + lean * (nx - gx), ny + lean * (ny - gy), nz + lean * (nz - gz)
                    length = math.sqrt(nx * nx + ny * ny + nz * nz)
                    nx, ny, nz = nx / length, ny / length, nz / length
                else:
                    far = min(1.0, (r - 1.0) / 1.6)
                    for c in range(3):
                        reflected[c] = paint[SCLERA, c]
                    reflected[1] *= 1.0 - 0.20 * far
                    reflected[2] *= 1.0 - 0.22 * far
                    edge = min(1.0, (r - 1.0) / 0.12)
                    for c in range(3):
                        reflected[c] *= 0.45 + 0.55 * edge
                shine, sharpness = 2.2, 220.0
                closed = closed * closed
            elif kind == HAIR:
                strand = 0.55 * value_noise(u * finish[STRAND], v * 0.06 + finish[SEED])
                strand += 0.45 * value_noise(u * finish[STRAND] * 3.1 + 9.0, v * 0.10 + finish[SEED])
                for c in range(3):
                    reflected[c] = paint[HAIR_ROOT, c] * (0.45 + 1.1 * strand)
                    wrap[c] = 0.3
                shine, sharpness = 0.9 * strand, 18.0
            elif kind == LASHES:
                for c in range(3):
                    reflected[c] = paint[HAIR_ROOT, c] * 0.25 + 0.004
            elif kind == FRAME:
                for c in range(3):
                    reflected[c] = paint[FRAME_PAINT, c]
                shine, sharpness = 1.6, 60.0
            elif kind == CLOTH:
                weave = 0.9 + 0.2 * value_noise(u * 1.3, v * 1.3 + finish[SEED])
                stripe = 0.0
                if finish[CLOTH_PATTERN] > 0.0:
                    wave = math.sin(v * finish[CLOTH_PATTERN])
                    stripe = 1.0 if wave > 0.55 else 0.0
                for c in range(3):
                    base = paint[CLOTH_PAINT, c] + stripe * (paint[CLOTH_TRIM, c] - paint[CLOTH_PAINT, c])
                    reflected[c] = base * weave
            # Light from everywhere: more from above.
            up = 0.5 - 0.5 * ny
            red = green = blue = 0.0
            for c in range(3):
                gloss[c] = 0.0
            fill = closed
            red = reflected[0] * fill * (ambient[0, 0] * up + ambient[1, 0] * (1.0 - up))
            green = reflected[1] * fill * (ambient[0, 1] * up + ambient[1, 1] * (1.0 - up))
            blue = reflected[2] * fill * (ambient[0, 2] * up + ambient[1, 2] * (1.0 - up))
            for k in range(lamps.shape[0]):
                lx, ly, lz = lamps[k, 0], lamps[k, 1], lamps[k, 2]
                facing = nx * lx + ny * ly + nz * lz
                lit = 0.35 + 0.65 * closed
                if kind in (SKIN, TEETH, TONGUE):
                    lit *= closed
                if k == 0:
                    reached = lit_by_key(px, py, pz, to_light, shadow, finish[SHADOW_BIAS])
                    # Enamel scatters light: teeth in the lips' shadow still glow.
                    lit *= 0.35 + 0.65 * reached if kind == TEETH else reached
                if lit <= 0.0:
                    continue
                if kind == HAIR:
                    # Strands hang down: light spreads around the strand, not over a surface.
                    tx, ty, tz = -nx * ny, 1.0 - ny * ny, -nz * ny
                    length = math.sqrt(tx * tx + ty * ty + tz * tz) + 1e-4
                    along = (lx * tx + ly * ty + lz * tz) / length
                    spread = math.sqrt(max(0.0, 1.0 - along * along))
                    facing = 0.35 * spread + 0.65 * facing
                red += reflected[0] * lit * lamps[k, 3] * max(0.0, (facing + wrap[0]) / (1.0 + wrap[0]))
                green += reflected[1] * lit * lamps[k, 4] * max(0.0, (facing + wrap[1]) / (1.0 + wrap[1]))
                blue += reflected[2] * lit * lamps[k, 5] * max(0.0, (facing + wrap[2]) / (1.0 + wrap[2]))
                if shine > 0.0 and (facing > 0.0 or kind == HAIR):
                    hx, hy, hz = lx + vx, ly + vy, lz + vz
                    length = math.sqrt(hx * hx + hy * hy + hz * hz) + 1e-6
                    hx, hy, hz = hx / length, hy / length, hz / length
                    if kind == HAIR:
                        along = (hx * tx + hy * ty + hz * tz) / (
                            math.sqrt(tx * tx + ty * ty + tz * tz) + 1e-4
                        )
                        lobe = max(0.0, 1.0 - along * along) ** (sharpness * 0.5) * 0.10
                        lobe *= max(0.0, facing + 0.3)
                    else:
                        peak = max(0.0, nx * hx + ny * hy + nz * hz)
                        tight = sharpness * (0.4 + 0.6 * lamps[k, 6])
                        fresnel = 0.04 + 0.96 * (1.0 - max(0.0, vx * hx + vy * hy + vz * hz)) ** 5
                        lobe = fresnel * (tight + 8.0) / 25.0 * peak**tight * max(0.0, facing)
                    gloss[0] += lobe * lit * lamps[k, 3]
                    gloss[1] += lobe * lit * lamps[k, 4]
                    gloss[2] += lobe * lit * lamps[k, 5]
            picture[y, x, 0] = red + shine * gloss[0]
            picture[y, x, 1] = green + shine * gloss[1]
            picture[y, x, 2] = blue + shine * gloss[2]
