"""The face landmarker of the `mediapipe` package, as plain arrays."""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.errors import first_line
from engines.native_stderr import native_stderr_muted
from realtime.errors import FaceModelError, LiveFacsError
from realtime.tracking.landmarker import Detection, Landmarker

# Shared libraries that MediaPipe opens on Linux although it draws nothing; slim images lack them.
SYSTEM_LIBRARIES = ("libGL.so.1", "libEGL.so.1", "libGLESv2.so.2")
INSTALL_LINES = {
    "apt-get": "apt-get install -y libgl1 libegl1 libgles2",
    "dnf": "dnf install -y mesa-libGL mesa-libEGL libglvnd-gles",
    "apk": "apk add mesa-gl mesa-egl mesa-gles",
    "pacman": "pacman -S --noconfirm libglvnd mesa",
    "zypper": "zypper install -y libglvnd Mesa-libGL1 Mesa-libEGL1 Mesa-libGLESv2-2",
}


def installed() -> bool:
    """Tell whether the package is there; whether it works is another question."""
    return importlib.util.find_spec("mediapipe") is not None


def missing_libraries() -> list[str]:
    """Names of the system libraries MediaPipe needs and this machine lacks (Linux only)."""
    if not sys.platform.startswith("linux"):
        return []
    missing = []
    for name in SYSTEM_LIBRARIES:
        try:
            ctypes.CDLL(name)
        except OSError:
            missing.append(name)
    return missing


def install_line() -> str:
    """The package-manager line that installs MediaPipe's system libraries here."""
    from shutil import which

    for manager, line in INSTALL_LINES.items():
        if which(manager):
            return line if os.geteuid() == 0 else f"sudo {line}"
    return "install libGL, libEGL and libGLESv2 with your package manager"


def require_libraries() -> None:
    """Raise LiveFacsError naming the one line that mends it, if a system library is missing."""
    missing = missing_libraries()
    if missing:
        raise LiveFacsError(f"MediaPipe needs {', '.join(missing)} on this system; run: {install_line()}")


class MediaPipeLandmarker(Landmarker):
    """MediaPipe's own face landmarker; the oracle that the native one is measured by.

    With `max_faces` 1 it smooths the landmarks over time; with more it does not, but looks for further faces
    in every picture.
    """

    def __init__(self, model: Path, max_faces: int = 4, *, stills: bool = False) -> None:
        self._model = model
        self._max_faces = max_faces
        self._stills = stills
        self._landmarker: Any = None
        # VIDEO mode wants strictly rising integer milliseconds for the life of a landmarker.
        self._clock_ms = 0
        self._last_t: float | None = None

    def check(self) -> None:
        """Raise LiveFacsError if a system library or the package is missing."""
        if not installed():
            raise LiveFacsError(
                "tracker mediapipe: the package is not installed: pip install 'livefacs[mediapipe]', "
                "or use --tracker native"
            )
        require_libraries()

    def open(self) -> None:
        """Load the networks and run them once on a blank picture. Raises LiveFacsError."""
        self.check()
        with native_stderr_muted():
            from mediapipe.tasks.python import vision
            from mediapipe.tasks.python.core.base_options import BaseOptions

            options = vision.FaceLandmarkerOptions(
                base_options=BaseOptions(model_asset_path=str(self._model)),
                running_mode=vision.RunningMode.IMAGE if self._stills else vision.RunningMode.VIDEO,
                num_faces=self._max_faces,
                output_face_blendshapes=True,
                output_facial_transformation_matrixes=True,
            )
            try:
                self._landmarker = vision.FaceLandmarker.create_from_options(options)
            except (RuntimeError, ValueError) as error:
                raise FaceModelError(
                    f"face model {self._model}: MediaPipe cannot load it ({first_line(error)})"
                ) from error
            self._clock_ms, self._last_t = 0, None
            self._run(np.zeros((64, 64, 3), dtype=np.uint8), 0.0)

    def detect(self, image: NDArray[np.uint8], t: float) -> list[Detection]:
        """Return the faces in one picture.

        Args:
            image: (H, W, 3) uint8 RGB, C-contiguous.
            t: seconds on any clock; a step back (a restarted source) counts as one frame at 30 fps.
        """
        if self._landmarker is None:
            raise RuntimeError("MediaPipeLandmarker.detect before open")
        try:
            result = self._run(image, t)
        except (RuntimeError, ValueError):
            # MediaPipe's graph does not recover after an error: start a fresh one, once.
            self.close()
            self.open()
            result = self._run(image, t)
        height, width = image.shape[:2]
        scale = np.array([width, height, width], dtype=np.float32)
        return [
            Detection(
                landmarks=np.array([(p.x, p.y, p.z) for p in points], dtype=np.float32) * scale,
                blendshapes=np.array([shape.score for shape in shapes], dtype=np.float32),
                matrix=np.asarray(matrix, dtype=np.float32),
            )
            for points, shapes, matrix in zip(
                result.face_landmarks,
                result.face_blendshapes,
                result.facial_transformation_matrixes,
                strict=True,
            )
        ]

    def reset(self) -> None:
        """Forget where the faces were: the source has restarted. Takes some 50 ms."""
        self.close()
        self.open()

    def close(self) -> None:
        """Free the networks. Safe to call twice."""
        landmarker, self._landmarker = self._landmarker, None
        if landmarker is not None:
            with contextlib.suppress(RuntimeError, ValueError):
                landmarker.close()

    def _run(self, image: NDArray[np.uint8], t: float) -> Any:
        import mediapipe as mp

        # MediaPipe reads the buffer and heeds no strides: a view with gaps would be seen as a skewed picture.
        picture = mp.Image(image_format=mp.ImageFormat.SRGB, data=np.ascontiguousarray(image))
        if self._stills:
            return self._landmarker.detect(picture)
        step = 0.0 if self._last_t is None else t - self._last_t
        self._last_t = t
        self._clock_ms += max(1, round(1000 * (step if step >= 0 else 1 / 30)))
        return self._landmarker.detect_for_video(picture, self._clock_ms)
