"""The head: faces in, raw AU and expression scores out, through the bundle's networks.

Faces that are served by the same network go through it as one batch; of a network with one output per
pose group, each face takes the output of its own group.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engines.choices import PRECISIONS
from engines.compiled import compiled
from engines.errors import EngineError
from realtime.openable import Openable
from realtime.types import TOP_INTENSITY, Face, LateCrop, Pose, Scores

if TYPE_CHECKING:
    from engines.bundle import Bundle
    from engines.engine import Engine
    from engines.manifest import CropInput

# Mesh points of the eyes' corners, outer and inner: right eye, left eye (the subject's).
RIGHT_EYE, LEFT_EYE = (33, 133), (362, 263)


class Head(Openable):
    """Runs a bundle's networks; a context manager."""

    def __init__(
        self,
        bundle: Bundle,
        backend: str = "onnxruntime",
        precision: str = PRECISIONS[0],
        *,
        engine_of: Callable[[str], Engine] | None = None,
    ) -> None:
        """Name what is to run; nothing is loaded yet.

        Args:
            backend: what runs the networks (`engines.backends`).
            precision: of the networks.
            engine_of: file name of a network -> the engine to run instead of one by the bundle, such as of
                the network it was exported from, or one that is shared; backend and precision do not count
                then.
        """
        self.bundle = bundle
        self._engine_of = engine_of or partial(bundle.engine, backend=backend, precision=precision)
        groups = bundle.manifest.pose_groups
        self._model_of = {group.name: group.model for group in groups}
        self._offered = {group.name: group.outputs.offered for group in groups}
        self._engines: dict[str, Engine] = {}

    def open(self) -> None:
        """Load the networks and run each once, so that the first face is not slower. Raises LiveFacsError."""
        for model in self.bundle.models:
            engine = self._engine_of(model)
            engine.load()
            self._engines[model] = engine
        blank = _blank_face(self.bundle.manifest.crop)
        for name in self._model_of:
            blank.pose_group = name
            self.score([blank])

    def score(self, faces: Sequence[Face]) -> list[Scores]:
        """Return the raw scores of each face, in the order given; each face must have its pose group."""
        scores: list[Scores | None] = [None] * len(faces)
        by_model: dict[str, list[int]] = {}
        for index, face in enumerate(faces):
            by_model.setdefault(self._model_of[face.pose_group], []).append(index)
        for model, members in by_model.items():
            served = [faces[i] for i in members]
            engine = self._engines[model]
            offered = [self._offered[face.pose_group] for face in served]
            wanted = dict.fromkeys(output for names in offered for output in names.values())
            outputs = engine.infer(self._batch(engine, served), outputs=tuple(wanted))
            for row, (i, names) in enumerate(zip(members, offered, strict=True)):
                scores[i] = _pick(outputs, names, row)
        return [score for score in scores if score is not None]

    def _batch(self, engine: Engine, faces: Sequence[Face]) -> dict[str, Any]:
        """Return the inputs of faces: arrays, or crops that are cut where the network reads them."""
        batch: dict[str, Any] = {}
        for name, spec in self.bundle.manifest.inputs.items():
            late = _late_crops(faces) if name in engine.resident else []
            batch[name] = late[0].together(late) if late else INPUTS[spec.kind](faces)
        return batch

    def close(self) -> None:
        """Free the networks. Safe to call twice."""
        while self._engines:
            self._engines.popitem()[1].close()


def _late_crops(faces: Sequence[Face]) -> list[LateCrop]:
    """Return the faces' crops if all of them are cut when they are read, else none."""
    late = [face.crop for face in faces if isinstance(face.crop, LateCrop)]
    return late if len(late) == len(faces) else []


def _rows(arrays: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Return (N, ...) of N arrays; one alone is not copied."""
    return arrays[0][np.newaxis] if len(arrays) == 1 else np.stack(arrays)


def _crops(faces: Sequence[Face]) -> NDArray[np.float32]:
    """(N, C, H, W), as the bundle's crop input declares."""
    return _rows([np.asarray(face.crop) for face in faces])


def _landmarks(faces: Sequence[Face]) -> NDArray[np.float32]:
    """(N, 478, 3), origin between the eyes, unit = distance between the eyes' centres, image axes."""
    points = np.stack([face.landmarks for face in faces])
    right, left = points[:, RIGHT_EYE].mean(axis=1), points[:, LEFT_EYE].mean(axis=1)
    unit = np.linalg.norm(left - right, axis=1)[:, None, None]
    aligned: NDArray[np.float32] = (points - ((right + left) / 2)[:, None]) / np.maximum(unit, 1e-6)
    return aligned


def _blendshapes(faces: Sequence[Face]) -> NDArray[np.float32]:
    """(N, 52) in 0-1."""
    return _rows([face.blendshapes for face in faces])


def _neutral(faces: Sequence[Face]) -> NDArray[np.float32]:
    """(N, 52), zeros where the person's resting face is not known or not wanted."""
    return _rows(
        [np.zeros_like(face.blendshapes) if face.neutral is None else face.neutral for face in faces]
    )


def _pose(faces: Sequence[Face]) -> NDArray[np.float32]:
    """(N, 3): yaw, pitch, roll in radians."""
    return np.array([(f.pose.yaw, f.pose.pitch, f.pose.roll) for f in faces], dtype=np.float32)


def _mean_crops(faces: Sequence[Face]) -> NDArray[np.float32]:
    """(N, C, H, W); the crop itself of somebody of whom nothing else has been seen."""
    return _rows([np.asarray(face.crop) if face.mean_crop is None else face.mean_crop for face in faces])


# What each kind of input in a bundle's manifest is filled with.
INPUTS: dict[str, Callable[[Sequence[Face]], NDArray[np.float32]]] = {
    "crop": _crops,
    "landmarks": _landmarks,
    "blendshapes": _blendshapes,
    "neutral": _neutral,
    "pose": _pose,
    "mean_crop": _mean_crops,
}


def _pick(outputs: dict[str, NDArray[np.float32]], names: dict[str, str], row: int) -> Scores:
    """One face's scores, held inside their ranges: float32 sums and sigmoids can overshoot by a bit."""

    def part(what: str, high: float) -> NDArray[np.float32] | None:
        name = names.get(what)
        if name is None:
            return None
        values: NDArray[np.float32] = outputs[name][row]
        held = np.empty_like(values)
        if not _hold(values, high, held):
            raise EngineError(f"network output {name}: gave a score that is not a number; verify the bundle")
        return held

    return Scores(part("au_occurrence", 1.0), part("au_intensity", TOP_INTENSITY), part("expression", 1.0))


@compiled
def _hold(values: NDArray[np.float32], high: float, held: NDArray[np.float32]) -> bool:
    """Fill `held` (n,) with values held within 0 and `high`; False if one of them is not a finite number."""
    for k in range(len(values)):
        if not np.isfinite(values[k]):
            return False
        held[k] = min(max(values[k], 0.0), high)
    return True


def _blank_face(crop: CropInput | None) -> Face:
    """A face of zeros, to warm networks up with."""
    return Face(
        track_id=0,
        bbox=(0.0, 0.0, 1.0, 1.0),
        landmarks=np.zeros((478, 3), np.float32),
        blendshapes=np.zeros(52, np.float32),
        pose=Pose(0.0, 0.0, 0.0),
        confidence=0.0,
        crop=np.zeros(crop.shape, np.float32) if crop else None,
    )
