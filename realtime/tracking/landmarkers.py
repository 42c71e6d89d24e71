"""The landmarkers one can choose by name. To add one: a function here that imports it, and a row below."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from engines.choices import DEVICES
from realtime.errors import OptionError
from realtime.tracking.landmarker import Landmarker

if TYPE_CHECKING:
    from engines.sharing import SharedNetworks

DEFAULT_LANDMARKER = "native"


def create_landmarker(
    name: str,
    model: Path,
    *,
    max_faces: int = 4,
    stills: bool = False,
    device: str = DEVICES[0],
    shared: SharedNetworks | None = None,
) -> Landmarker:
    """Return a landmarker, not yet open.

    Args:
        name: one of `landmarker_names()`.
        model: path of `face_landmarker.task` (`realtime.tracking.face_model`).
        max_faces: most faces found in a picture, 1 or more.
        stills: whether pictures have nothing to do with each other; else faces are followed.
        device: what runs the networks, "cpu" or "cuda"; MediaPipe runs on a CPU whatever it says.
        shared: networks that other streams use as well; MediaPipe shares none.

    Raises:
        OptionError: no landmarker of that name.
    """
    if name not in _LANDMARKERS:
        raise OptionError(f"tracker {name!r} is unknown: use one of {', '.join(_LANDMARKERS)}")
    return _LANDMARKERS[name](model, max_faces, stills, device, shared)


def landmarker_names() -> tuple[str, ...]:
    """Return the landmarkers LiveFACS knows; whether one is installed shows when it is opened."""
    return tuple(_LANDMARKERS)


def _native(
    model: Path, max_faces: int, stills: bool, device: str, shared: SharedNetworks | None
) -> Landmarker:
    from realtime.tracking.native.landmarker import NativeLandmarker

    return NativeLandmarker(model, max_faces, stills=stills, device=device, shared=shared)


def _mediapipe(
    model: Path, max_faces: int, stills: bool, device: str, shared: SharedNetworks | None
) -> Landmarker:
    from realtime.tracking.mediapipe_landmarker import MediaPipeLandmarker

    return MediaPipeLandmarker(model, max_faces, stills=stills)


_LANDMARKERS: dict[str, Callable[[Path, int, bool, str, SharedNetworks | None], Landmarker]] = {
    "native": _native,
    "mediapipe": _mediapipe,
}
