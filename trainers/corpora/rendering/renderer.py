"""One picture: a face at one moment, in one pose, under one light."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainers.corpora.behaviour import AUS
from trainers.corpora.rendering.action_units import face_units
from trainers.corpora.rendering.actor import Actor
from trainers.corpora.rendering.anatomy import CHART_SIZE, TEXEL, U_RANGE, V_RANGE
from trainers.corpora.rendering.camera import Camera, develop, place, project, turned
from trainers.corpora.rendering.head_model import head_model
from trainers.corpora.rendering.lighting import shade
from trainers.corpora.rendering.parts import Material
from trainers.corpora.rendering.rasteriser import rasterise, vertex_normals
from trainers.corpora.rendering.surface import DISC, bend_normals, occlusion, surface_points
from trainers.corpora.rendering.wrinkles import relief, strengths

# Samples per pixel and axis: edges and furrows are about a pixel wide.
SAMPLES = 2
# Texels and millimetres of the shadow map's edges; the head lies in its middle, this far before its far end.
SHADOW_SIZE, SHADOW_EXTENT, SHADOW_DEPTH = 200, 420.0, 1000.0
# Reach of the ambient occlusion, mm.
OCCLUSION_REACH = 9.0
# The chart's origin u, v and its texel in mm.
CHART = np.array([U_RANGE[0], V_RANGE[0], TEXEL], np.float32)


@dataclass(frozen=True)
class Moment:
    """What a face does at one moment.

    Attributes:
        left, right: (A,) AU intensities 0 to 5 of each side, in `AUS`' order.
        gaze: yaw, pitch of the eyes in the head in degrees; positive: to the subject's right, and down.
        pose: yaw, pitch, roll of the head in degrees, axes as `realtime.types.Pose`.
    """

    left: NDArray[np.float32]
    right: NDArray[np.float32]
    gaze: tuple[float, float]
    pose: tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Light:
    """Lamps and surroundings.

    Attributes:
        lamps: (L, 7) unit direction towards each lamp (camera axes), linear RGB, gloss 0 to 1; the first
            casts a shadow.
        ambient: (2, 3) linear RGB from above and from below.
        background: (H, W, 3) linear light behind the person, of the picture's size.
        exposure: multiplies all light; balance: (3,) gains of the white balance.
    """

    lamps: NDArray[np.float32]
    ambient: NDArray[np.float32]
    background: NDArray[np.float32]
    exposure: float
    balance: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Rendered:
    """A picture and where its head is.

    Attributes:
        picture: (H, W, 3) float32 sRGB 0 to 1.
        cover: (H, W) float32 share of each pixel that is person, 0 to 1.
        vertices: (T, 3) float32 camera-space positions, mm.
        eyes: (2, 6) float32 left and right eye: centre and the direction it looks, camera space.
    """

    picture: NDArray[np.float32]
    cover: NDArray[np.float32]
    vertices: NDArray[np.float32]
    eyes: NDArray[np.float32]


class Renderer:
    """Draws pictures of one size; keeps its buffers, so one thread at a time."""

    def __init__(self, size: tuple[int, int]) -> None:
        height, width = size[0] * SAMPLES, size[1] * SAMPLES
        self.size = size
        self._depth = np.zeros((height, width), np.float32)
        self._seen = np.zeros((height, width), np.int32)
        self._weights = np.zeros((height, width, 2), np.float32)
        self._points = np.zeros((height, width, 10), np.float32)
        self._sky = np.zeros((height, width), np.float32)
        self._bump = np.zeros((height, width), np.float32)
        self._light = np.zeros((height, width, 3), np.float32)
        self._relief = np.zeros(CHART_SIZE, np.float32)
        self._shadow = np.zeros((SHADOW_SIZE, SHADOW_SIZE), np.float32)

    def __call__(self, actor: Actor, moment: Moment, camera: Camera, light: Light) -> Rendered:
        """Draw one picture.

        Raises:
            ValueError: the camera's or the background's size is not this renderer's.
        """
        if not camera.size == light.background.shape[:2] == self.size:
            sizes = f"camera {camera.size}, background {light.background.shape[:2]}"
            raise ValueError(f"{sizes}: this renderer draws {self.size}")
        model = head_model()
        units = face_units(
            model, actor.unit_matrix, moment.left, moment.right, moment.gaze, actor.subject.expressiveness
        )
        points, turn, shift = place(actor.vertices(units), actor.neck, moment.pose, camera)
        normals = np.empty_like(points)
        vertex_normals(points, actor.faces, normals)
        self._see(actor, points, normals, camera)
        self._wrinkle(actor, moment)
        pixels = OCCLUSION_REACH * camera.focal * SAMPLES / camera.distance
        occlusion(self._seen, self._points, DISC, OCCLUSION_REACH, pixels, self._sky)
        eyes = _eyes(actor, moment.gaze, turn, shift)
        to_light = self._cast(actor, points, light.lamps[0, :3])
        shade(
            self._seen,
            actor.material,
            self._points,
            self._sky,
            actor.albedo,
            CHART,
            eyes,
            actor.paint,
            actor.finish,
            light.lamps,
            light.ambient,
            to_light,
            self._shadow,
            self._light,
        )
        picture = np.empty((*self.size, 3), np.float32)
        develop(self._light, self._seen, light.background, SAMPLES, light.exposure, light.balance, picture)
        person = (self._seen >= 0).reshape(self.size[0], SAMPLES, self.size[1], SAMPLES)
        return Rendered(picture, person.mean(axis=(1, 3), dtype=np.float32), points, eyes)

    @property
    def last_seen(self) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Which triangle each sample of the last picture saw, -1 for none, and where (see `rasterise`).

        (H * SAMPLES, W * SAMPLES) int32 and (H * SAMPLES, W * SAMPLES, 2) float32; the next picture
        overwrites them.
        """
        return self._seen, self._weights

    def _see(
        self, actor: Actor, points: NDArray[np.float32], normals: NDArray[np.float32], camera: Camera
    ) -> None:
        """Fill the per-pixel buffers: which triangle, and everything interpolated over it."""
        self._depth[:] = 0.0
        self._seen[:] = -1
        rasterise(project(points, camera, SAMPLES), actor.faces, self._depth, self._seen, self._weights)
        attributes = np.concatenate(
            [points, normals, actor.surface, actor.lips[:, None], actor.cavity[:, None]], axis=1
        ).astype(np.float32)
        surface_points(self._seen, self._weights, actor.faces, attributes, self._points)

    def _wrinkle(self, actor: Actor, moment: Moment) -> None:
        """Bend the skin's normals by its pores and by the furrows of the active AUs."""
        subject = actor.subject
        sides = [
            strengths(dict(zip(AUS, side.tolist(), strict=True)), subject.folding, subject.age, subject.folds)
            for side in (moment.left, moment.right)
        ]
        relief(actor.still, sides[0], sides[1], self._relief)
        bend_normals(actor.material, self._seen, self._points, self._relief, CHART, self._bump)

    def _cast(
        self, actor: Actor, points: NDArray[np.float32], towards: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Draw the first lamp's shadow map; return the map from camera space to it (see `lit_by_key`)."""
        ahead = -towards / np.linalg.norm(towards)
        across = np.cross(np.array([0.0, 1.0, 0.05]), ahead)
        across /= np.linalg.norm(across)
        down = np.cross(ahead, across)
        middle = points[: len(head_model().template)].mean(axis=0)
        scale = SHADOW_SIZE / SHADOW_EXTENT
        to_light = np.zeros((3, 4), np.float32)
        to_light[0, :3], to_light[1, :3], to_light[2, :3] = across * scale, down * scale, -ahead
        to_light[:, 3] = -to_light[:, :3] @ middle
        to_light[:2, 3] += SHADOW_SIZE / 2
        # The rasteriser wants a positive inverse depth; without perspective any measure of nearness will do.
        to_light[2, 3] += SHADOW_DEPTH
        seen = np.full((SHADOW_SIZE, SHADOW_SIZE), -1, np.int32)
        weights = np.zeros((SHADOW_SIZE, SHADOW_SIZE, 2), np.float32)
        self._shadow[:] = 0.0
        casts = (actor.material != Material.LASHES) & (actor.material != Material.CLOTH)
        rasterise(
            turned(points, to_light[:, :3]) + to_light[:, 3],
            np.ascontiguousarray(actor.faces[casts]),
            self._shadow,
            seen,
            weights,
        )
        return to_light


def _eyes(
    actor: Actor, gaze: tuple[float, float], turn: NDArray[np.float32], shift: NDArray[np.float32]
) -> NDArray[np.float32]:
    """(2, 6) centre and gaze direction of both eyes in camera space; both eyes look at one point far off."""
    yaw, pitch = np.radians(gaze)
    ahead = np.array([-np.sin(yaw) * np.cos(pitch), np.sin(pitch), -np.cos(yaw) * np.cos(pitch)])
    rows = [np.concatenate([turn @ eye.centre + shift, turn @ ahead]) for eye in actor.eyes]
    return np.array(rows, dtype=np.float32)
