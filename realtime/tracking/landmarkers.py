"""The landmarkers one can choose by name. To add one: a function here that imports it, and a row below."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engines.choices import DEVICES
from realtime.errors import OptionError
from realtime.tracking.landmarker import Landmarker

DEFAULT_LANDMARKER = "native"


def create_landmarker(
    name: str, model: Path, *, max_faces: int = 4, stills: bool = False, device: str = DEVICES[0]
) -> Landmarker:
    """Return a landmarker, not yet open.

    Args:
        name: one of `landmarker_names()`.
        model: path of `face_landmarker.task` (`realtime.tracking.face_model`).
        max_faces: most faces found in a picture, 1 or more.
        stills: whether pictures have nothing to do with each other; else faces are followed.
        device: what runs the networks, "cpu" or "cuda"; MediaPipe runs on a CPU whatever it says.

    Raises:
        OptionError: no landmarker of that name.
    """
    if name not in _LANDMARKERS:
        raise OptionError(f"tracker {name!r} is unknown: use one of {', '.join(_LANDMARKERS)}")
    return _LANDMARKERS[name](model, max_faces, stills, device)


def landmarker_names() -> tuple[str, ...]:
    """Return the landmarkers LiveFACS knows; whether one is installed shows when it is opened."""
    return tuple(_LANDMARKERS)


def _native(model: Path, max_faces: int, stills: bool, device: str) -> Landmarker:
    from realtime.tracking.native.landmarker import NativeLandmarker

    return NativeLandmarker(model, max_faces, stills=stills, device=device)


def _mediapipe(model: Path, max_faces: int, stills: bool, device: str) -> Landmarker:
    from realtime.tracking.mediapipe_landmarker import MediaPipeLandmarker

    return MediaPipeLandmarker(model, max_faces, stills=stills)


_LANDMARKERS: dict[str, Callable[[Path, int, bool, str], Landmarker]] = {
    "native": _native,
    "mediapipe": _mediapipe,
}
