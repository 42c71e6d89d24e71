"""The manifest of a model bundle, `bundle.toml`, as typed values (schema 1; `docs/bundles.md`).

Every network in a bundle takes float32 arrays whose axis 0 is the batch and returns the same. What the
caller feeds is named by its *kind*; the shapes behind the kinds are the table `INPUT_KINDS`, so that
nothing here needs to know what a landmark is.
"""

from __future__ import annotations

import math
from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import Meta

SCHEMA = 1
MANIFEST_NAME = "bundle.toml"

LANDMARKS = 478
BLENDSHAPES = 52

MEAN_CROP = "mean_crop"

INPUT_KINDS: dict[str, tuple[int, ...] | None] = {
    "crop": None,  # (channels, height, width), from the manifest's own `colour` and `size`
    "landmarks": (LANDMARKS, 3),
    "blendshapes": (BLENDSHAPES,),
    "neutral": (BLENDSHAPES,),
    "pose": (3,),
    MEAN_CROP: None,  # as the crop's
}
"""Shape of one row of each kind of input, without the batch axis; None where the manifest says it."""

CHANNELS = {"rgb": 3, "grey": 1}

ANGLE_MIN, ANGLE_MAX = -90.0, 90.0
"""Degrees; the pose groups of a bundle divide this range of pitch and of yaw among them."""

# 90 itself, and a head turned further, belong to the group that reaches up to 90.
_ANGLE_LAST = math.nextafter(ANGLE_MAX, 0.0)

Pixels = Annotated[int, Meta(ge=1, le=4096)]
Point = tuple[float, float]
Interval = tuple[float, float]


class PlainInput(msgspec.Struct, frozen=True, kw_only=True):
    """An ONNX input that takes one kind of numbers as they are.

    Attributes:
        kind: a key of `INPUT_KINDS` other than "crop".
    """

    kind: str


class CropInput(msgspec.Struct, frozen=True, kw_only=True):
    """An ONNX input that takes the aligned, normalised picture of a face.

    A pixel, scaled to 0-1, becomes `(pixel - mean) / std`. The crop is cut by the least-squares
    similarity (rotation, one scale, shift) that takes each anchor point to its place in the template.

    Attributes:
        size: height and width in pixels, 1-4096 each.
        colour: "rgb" (3 channels) or "grey" (1 channel).
        mean: one number per channel, on pixels scaled to 0-1.
        std: likewise; positive.
        anchors: groups of landmark indices; the mean of each group is one anchor point.
        template: (x, y) of each anchor point in the crop, in units of its width and height.
    """

    size: tuple[Pixels, Pixels]
    colour: Literal["rgb", "grey"]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    anchors: tuple[tuple[int, ...], ...]
    template: tuple[Point, ...]
    kind: Literal["crop"] = "crop"

    @property
    def shape(self) -> tuple[int, int, int]:
        """(channels, height, width)."""
        return CHANNELS[self.colour], *self.size


class Outputs(msgspec.Struct, frozen=True, kw_only=True):
    """Which ONNX output gives what; None where the bundle does not offer it.

    Attributes:
        au_occurrence: (N, A) probabilities 0-1, one column per AU in the manifest's order.
        au_intensity: (N, A) in 0-5.
        expression: (N, E) probabilities that sum to 1.
    """

    KINDS: ClassVar[tuple[str, ...]] = ("au_occurrence", "au_intensity", "expression")

    au_occurrence: str | None = None
    au_intensity: str | None = None
    expression: str | None = None

    @property
    def offered(self) -> dict[str, str]:
        """Kind -> name of the ONNX output, in the order of `KINDS`, only those that exist."""
        names = {kind: getattr(self, kind) for kind in self.KINDS}
        return {kind: name for kind, name in names.items() if name is not None}


class PoseGroup(msgspec.Struct, frozen=True, kw_only=True):
    """A range of head poses and the network that serves it.

    Attributes:
        name: unique in the bundle.
        model: file name of the ONNX model.
        outputs: where its scores come out.
        pitch: degrees, lower end inclusive, upper exclusive; None for any. > 0: face turned down.
        yaw: likewise; > 0: face turned to the left of the image.
    """

    name: str
    model: str
    outputs: Outputs
    pitch: Interval | None = None
    yaw: Interval | None = None

    def contains(self, pitch: float, yaw: float) -> bool:
        """Tell whether a head at this pitch and yaw (degrees) belongs to this group.

        Beyond +-90 degrees the nearest group serves, so of a valid bundle's groups exactly one answers
        True for any finite angles.
        """
        return _within(self.pitch, pitch) and _within(self.yaw, yaw)


class Training(msgspec.Struct, frozen=True, kw_only=True):
    """Where the weights come from, in free text.

    Attributes:
        corpus: the training corpus and its version.
        recipe: the command that trains these weights again.
        date: day of the training, ISO 8601.
        data_card: file or address that describes the corpus.
    """

    corpus: str = ""
    recipe: str = ""
    date: str = ""
    data_card: str = ""


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of merit and how it was measured."""

    name: str
    value: float
    protocol: str


class Parity(msgspec.Struct, frozen=True, kw_only=True):
    """Most that another precision or backend may lose or gain against the bundle's own networks.

    Attributes:
        icc: change of the mean ICC(3,1) over AUs.
        f1: change of the mean F1 over AUs.
    """

    icc: float = 0.005
    f1: float = 0.005


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """A whole `bundle.toml`. Obtain one with `engines.decode_manifest`, which also checks its rules.

    Attributes:
        schema: version of this format.
        name: lower-case letters, digits and hyphens.
        version: of the bundle, e.g. "1.0.0".
        description: one line.
        licence: of the weights, an SPDX expression.
        aus: zero-padded names ("AU01"), in the order of the output columns.
        expressions: names in the order of the output columns; empty without an expression output.
        threshold_default: probability from which an AU counts as present, 0-1.
        thresholds: the same for single AUs.
        resting_share: most of an AU score's range that calibration may take for the person's rest, 0-0.5;
            0 where all scores are measured from the resting face within the networks.
        inputs: ONNX input name -> what is fed into it; every model takes all of them.
        pose_groups: they divide pitch and yaw from -90 to 90 degrees without gap or overlap.
        precisions: precision (`PRECISIONS` but the first) -> file name of each model -> file name of the
            same network in that precision.
        parity: limits for whatever runs instead of the models as they are.
        training: where the weights come from.
        metrics: what they reach.
        files: file name, relative to the bundle, -> sha256 in lower-case hex.
    """

    schema: int
    name: str
    version: str
    description: str
    licence: str
    aus: tuple[str, ...]
    inputs: dict[str, CropInput | PlainInput]
    pose_groups: tuple[PoseGroup, ...]
    files: dict[str, str]
    expressions: tuple[str, ...] = ()
    threshold_default: float = 0.5
    thresholds: dict[str, float] = {}
    resting_share: float = 0.0
    precisions: dict[str, dict[str, str]] = {}
    parity: Parity = Parity()
    training: Training = Training()
    metrics: tuple[Metric, ...] = ()

    @property
    def crop(self) -> CropInput | None:
        """The input that takes pictures, None where the bundle needs none."""
        return next((spec for spec in self.inputs.values() if isinstance(spec, CropInput)), None)

    @property
    def models(self) -> tuple[str, ...]:
        """File names of the networks that serve pose groups, each once, in the order of the groups."""
        return tuple(dict.fromkeys(group.model for group in self.pose_groups))

    def input_row(self, name: str) -> tuple[int, ...]:
        """Return the shape of one row of the ONNX input `name`: without the batch axis."""
        spec = self.inputs[name]
        if isinstance(spec, CropInput):
            return spec.shape
        row = INPUT_KINDS[spec.kind]
        if row is None:
            assert self.crop is not None  # the rules refuse a mean crop without a crop
            return self.crop.shape
        return row

    @property
    def needs_mean_crop(self) -> bool:
        """Whether a network wants to know each person's mean picture."""
        return any(spec.kind == MEAN_CROP for spec in self.inputs.values())

    def columns(self, kind: str) -> int:
        """Return the length of one row of an output of this kind (of `Outputs.KINDS`)."""
        return len(self.expressions if kind == "expression" else self.aus)


def _within(interval: Interval | None, angle: float) -> bool:
    if interval is None:
        return True
    return interval[0] <= min(max(angle, ANGLE_MIN), _ANGLE_LAST) < interval[1]
