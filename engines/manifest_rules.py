"""What a manifest must obey beyond its types. Each rule yields lines of the form "problem: way out"."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise, product

from engines.bundle_files import is_safe_name
from engines.choices import PRECISIONS
from engines.manifest import (
    ANGLE_MAX,
    ANGLE_MIN,
    LANDMARKS,
    MANIFEST_NAME,
    MEAN_CROP,
    CropInput,
    Interval,
    Manifest,
    Outputs,
    PoseGroup,
)

MAX_POSE_GROUPS = 64
MAX_RESTING_SHARE = 0.5

_NAME = re.compile(r"[a-z0-9-]+")
_VERSION = re.compile(r"[0-9A-Za-z.+-]+")
_LABEL = re.compile(r"[A-Za-z0-9_-]+")
_AU = re.compile(r"AU[0-9]{2}")
_AU_LOOSE = re.compile(r"AU ?_?([0-9]{1,2})", re.IGNORECASE)
_SHA256 = re.compile(r"[0-9a-f]{64}")


def first_problem(manifest: Manifest) -> str | None:
    """Return the first rule that the manifest breaks, in one line with the way out, or None."""
    # A rule relies on those before it, so only the first line of all is sure to make sense.
    return next(_problems(manifest), None)


def _problems(manifest: Manifest) -> Iterator[str]:
    yield from _identity(manifest)
    yield from _labels(manifest)
    yield from _thresholds(manifest)
    yield from _inputs(manifest)
    yield from _pose_groups(manifest)
    yield from _outputs(manifest)
    yield from _files(manifest)
    yield from _precisions(manifest)
    yield from _metrics(manifest)


def _identity(manifest: Manifest) -> Iterator[str]:
    if not _NAME.fullmatch(manifest.name):
        yield f"name is {manifest.name!r}: use lower-case letters, digits and hyphens only"
    if not _VERSION.fullmatch(manifest.version):
        yield f"version is {manifest.version!r}: use letters, digits, dots, + and - only, such as 1.0.0"
    for key in ("description", "licence"):
        text = getattr(manifest, key)
        if not text.strip() or not text.isprintable():
            yield f"{key} is {text!r}: write one line of text"


def _labels(manifest: Manifest) -> Iterator[str]:
    for au in manifest.aus:
        if not _AU.fullmatch(au):
            loose = _AU_LOOSE.fullmatch(au)
            way_out = f"write AU{int(loose[1]):02d}" if loose else "write AU and two digits, such as AU01"
            yield f"aus has {au!r}: {way_out}"
    for au in _repeated(manifest.aus):
        yield f"aus has {au!r} twice: list each AU once, in the order of the output columns"
    for name in manifest.expressions:
        if not _LABEL.fullmatch(name):
            yield f"expressions has {name!r}: use letters, digits, _ and - only"
    for name in _repeated(manifest.expressions):
        yield f"expressions has {name!r} twice: list each once, in the order of the output columns"


def _thresholds(manifest: Manifest) -> Iterator[str]:
    named = {f"thresholds.{au}": value for au, value in manifest.thresholds.items()}
    for key, value in {"threshold_default": manifest.threshold_default, **named}.items():
        if not 0.0 <= value <= 1.0:
            yield f"{key} is {value}: a threshold is a probability, write a number from 0 to 1"
    for au in manifest.thresholds:
        if au not in manifest.aus:
            yield f"thresholds has {au!r}, which is not in aus: remove it, or add the AU to aus"
    if not 0.0 <= manifest.resting_share <= MAX_RESTING_SHARE:
        yield (
            f"resting_share is {manifest.resting_share}: it is a part of a score's range, "
            f"write a number from 0 to {MAX_RESTING_SHARE}"
        )


def _inputs(manifest: Manifest) -> Iterator[str]:
    if not manifest.inputs:
        yield "inputs is empty: declare what the model takes, such as [inputs.crop]"
    for kind in _repeated(spec.kind for spec in manifest.inputs.values()):
        yield f"two inputs are of the kind {kind!r}: give the ONNX inputs of one kind one name"
    for name, spec in manifest.inputs.items():
        if isinstance(spec, CropInput):
            yield from _crop(f"inputs.{name}", spec)
        elif spec.kind == MEAN_CROP and manifest.crop is None:
            yield f"inputs.{name} is a mean crop, but there is no crop: declare one, such as [inputs.crop]"


def _crop(at: str, crop: CropInput) -> Iterator[str]:
    channels = crop.shape[0]
    for key in ("mean", "std"):
        values = getattr(crop, key)
        if len(values) != channels or not _finite(values):
            yield f"{at}.{key} is {list(values)}: colour {crop.colour!r} needs {channels} finite number(s)"
    if min(crop.std) <= 0:
        yield f"{at}.std is {list(crop.std)}: pixels are divided by it, write positive numbers"
    if len(crop.anchors) != len(crop.template):
        yield (
            f"{at} has {len(crop.anchors)} anchors and {len(crop.template)} template points: "
            "give each anchor group one point"
        )
    for group in crop.anchors:
        if not group or not all(0 <= index < LANDMARKS for index in group):
            yield f"{at}.anchors has {list(group)}: list landmark indices from 0 to {LANDMARKS - 1}"
    for point in crop.template:
        if not _finite(point):
            yield f"{at}.template has {list(point)}: write finite numbers"
    if len(set(crop.template)) < 2 or len(set(crop.anchors)) < 2:
        yield f"{at} has fewer than two different anchor points: a similarity needs two at least"


def _pose_groups(manifest: Manifest) -> Iterator[str]:
    groups = manifest.pose_groups
    if not 1 <= len(groups) <= MAX_POSE_GROUPS:
        yield f"there are {len(groups)} pose_groups: declare 1 to {MAX_POSE_GROUPS}, one [[pose_groups]] each"
        return
    for group in groups:
        if not _LABEL.fullmatch(group.name):
            yield f"a pose group has the name {group.name!r}: use letters, digits, _ and - only"
        for axis in ("pitch", "yaw"):
            interval = getattr(group, axis)
            if interval and not ANGLE_MIN <= interval[0] < interval[1] <= ANGLE_MAX:
                yield (
                    f"pose group {group.name!r} has {axis} = {list(interval)}: write [low, high] in degrees, "
                    f"low below high, both from {ANGLE_MIN:g} to {ANGLE_MAX:g}"
                )
    for name in _repeated(group.name for group in groups):
        yield f"two pose groups have the name {name!r}: give each its own"
    yield from _partition(groups)


def _partition(groups: Sequence[PoseGroup]) -> Iterator[str]:
    """Try the low corner of each cell between edges: a group holds a cell wholly or not at all."""
    for pitch, yaw in product(_cells(g.pitch for g in groups), _cells(g.yaw for g in groups)):
        here = [group.name for group in groups if group.contains(pitch[0], yaw[0])]
        cell = f"pitch {pitch[0]:g} to {pitch[1]:g}, yaw {yaw[0]:g} to {yaw[1]:g} degrees"
        if not here:
            yield f"no pose group covers {cell}: widen a group, or add one"
            return
        if len(here) > 1:
            yield f"pose groups {here[0]!r} and {here[1]!r} both cover {cell}: end one where the other begins"
            return


def _cells(intervals: Iterable[Interval | None]) -> list[tuple[float, float]]:
    edges = {ANGLE_MIN, ANGLE_MAX, *(edge for interval in intervals if interval for edge in interval)}
    return list(pairwise(sorted(edges)))


def _outputs(manifest: Manifest) -> Iterator[str]:
    first = manifest.pose_groups[0]
    for group in manifest.pose_groups:
        offered = group.outputs.offered
        if not offered:
            yield (
                f"pose group {group.name!r} has no outputs: "
                f"name the ONNX output of at least one of {', '.join(Outputs.KINDS)}"
            )
        if offered.keys() != first.outputs.offered.keys():
            yield (
                f"pose group {group.name!r} offers {_listed(offered)}, but {first.name!r} offers "
                f"{_listed(first.outputs.offered)}: every group must offer the same outputs"
            )
        for output in _repeated(offered.values()):
            yield f"pose group {group.name!r} reads two outputs from {output!r}: name one for each"
    offered = first.outputs.offered
    if manifest.expressions and "expression" not in offered:
        yield "expressions are listed, but no pose group has an expression output: add it, or remove them"
    if "expression" in offered and not manifest.expressions:
        yield "pose groups have an expression output, but expressions is empty: list the names of its columns"
    gives_aus = "au_occurrence" in offered or "au_intensity" in offered
    if manifest.aus and not gives_aus:
        yield "aus are listed, but no pose group has an AU output: add au_occurrence or au_intensity"
    if gives_aus and not manifest.aus:
        yield "pose groups have AU outputs, but aus is empty: list the AUs of their columns"


def _files(manifest: Manifest) -> Iterator[str]:
    for name, digest in manifest.files.items():
        if not is_safe_name(name) or name == MANIFEST_NAME:
            yield f"files has {name!r}: list files inside the bundle, by relative path with forward slashes"
        if not _SHA256.fullmatch(digest):
            yield f"files.{name!r} is {digest!r}: write the file's sha256 as 64 lower-case hex digits"
    for group in manifest.pose_groups:
        if group.model not in manifest.files:
            yield (
                f"pose group {group.name!r} uses {group.model!r}, which [files] does not list: "
                "add it there with its sha256"
            )


def _precisions(manifest: Manifest) -> Iterator[str]:
    others = PRECISIONS[1:]
    for precision, forms in manifest.precisions.items():
        if precision not in others:
            yield f"precisions has {precision!r}: use one of {', '.join(others)}"
        if set(forms) != set(manifest.models):
            yield (
                f"precisions.{precision} has {_listed(forms)}: name every model, {_listed(manifest.models)}"
            )
        for model, file in forms.items():
            if file not in manifest.files:
                yield (
                    f"precisions.{precision} has {file!r} for {model!r}, which [files] does not list: "
                    "add it there with its sha256"
                )
    for key in ("icc", "f1"):
        if not 0.0 <= getattr(manifest.parity, key) <= 1.0:
            yield f"parity.{key} is {getattr(manifest.parity, key)}: write a number from 0 to 1"


def _metrics(manifest: Manifest) -> Iterator[str]:
    for metric in manifest.metrics:
        if not math.isfinite(metric.value):
            yield f"metric {metric.name!r} is {metric.value}: write a finite number, or leave the metric out"


def _repeated(names: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    return [name for name in names if name in seen or seen.add(name)]  # type: ignore[func-returns-value]


def _finite(values: Iterable[float]) -> bool:
    return all(math.isfinite(value) for value in values)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "nothing"
