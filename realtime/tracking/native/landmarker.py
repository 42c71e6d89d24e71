"""MediaPipe's face landmarker, step for step, without MediaPipe."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engines.choices import DEVICES
from engines.manifest import CropInput
from engines.sharing import SharedNetworks
from realtime.tracking.crop import CutsCrops
from realtime.tracking.landmarker import Detection, Landmarker
from realtime.tracking.native.blendshape_network import BlendshapeNetwork
from realtime.tracking.native.detector import FaceDetector
from realtime.tracking.native.geometry import CanonicalFace, head_matrix
from realtime.tracking.native.mesh import FaceMesh, project
from realtime.tracking.native.networks import FaceNetworks, load_networks
from realtime.tracking.native.region import Region, region_of_landmarks, without_repeats
from realtime.tracking.native.steadying import Steady
from realtime.tracking.native.task_file import read_task_file


class NativeLandmarker(Landmarker):
    """Finds faces with MediaPipe's three networks and our own code between them.

    It gives MediaPipe's results (landmarks within hundredths of a pixel) in less time, and needs neither the
    `mediapipe` package nor OpenCV, matplotlib and libGL.

    With `max_faces` 1 a face is followed from its landmarks in the picture before, the detector runs only
    while there is none, and landmarks are steadied over time. With more, the detector runs in each picture
    with fewer faces than that, and a face that it finds is looked at where it finds it, as in stills. (Heads
    are trained on stills. Followed faces are framed a little differently, which cost the default bundle 0.03
    of its agreement with OpenFace on a moving head.)
    """

    def __init__(
        self,
        model: Path,
        max_faces: int = 4,
        *,
        stills: bool = False,
        device: str = DEVICES[0],
        shared: SharedNetworks | None = None,
    ) -> None:
        """Set up, without loading anything.

        Args:
            model: path of `face_landmarker.task` (`realtime.tracking.face_model`).
            max_faces: most faces found in a picture, 1 or more.
            stills: whether pictures have nothing to do with each other.
            device: what runs the networks, "cpu" or "cuda".
            shared: networks that other streams use as well; by itself if left out.
        """
        self._model = model
        self._max_faces = max_faces
        self._stills = stills
        self._device = device
        self._shared = shared
        self._networks: FaceNetworks | None = None
        self._face: CanonicalFace | None = None
        self._regions: list[Region] = []
        self._steady = Steady()
        self._t = 0.0
        self._last_t: float | None = None

    def open(self) -> None:
        """Load the networks and run them once on a blank picture. Raises LiveFacsError."""
        parts = read_task_file(self._model)
        self._networks = networks = load_networks(
            parts, self._model, self._device, self._max_faces, self._shared
        )
        self._eye = networks.eye
        self._find = FaceDetector(networks.detector, networks.eye)
        self._mesh = FaceMesh(networks.mesh, networks.eye)
        self._blendshapes = BlendshapeNetwork(networks.blendshapes)
        self._face = parts.face
        self.reset()
        self._warm()

    def detect(self, image: NDArray[np.uint8], t: float) -> list[Detection]:
        """Return the faces in one picture; see `Landmarker.detect`."""
        if self._face is None:
            raise RuntimeError("NativeLandmarker.detect before open")
        image = np.ascontiguousarray(image)
        height, width = image.shape[:2]
        self._eye.look(image)
        faces = self._faces(width, height)
        if self._max_faces == 1 and not self._stills:
            faces = self._steadied(faces, t)
        shapes = self._blendshapes(faces)
        return [
            Detection(face, shape, head_matrix(face, width, height, self._face))
            for face, shape in zip(faces, shapes, strict=True)
        ]

    def aligner(self, crop: CropInput) -> CutsCrops:
        """Return what cuts crops: on a GPU, there, out of the picture that is there."""
        from realtime.tracking.gpu.eye import GpuEye

        if not isinstance(self._eye, GpuEye):
            return super().aligner(crop)
        from realtime.tracking.gpu.aligner import GpuAligner

        return GpuAligner(crop, self._eye)

    def reset(self) -> None:
        """Forget where the faces were: the source has restarted."""
        self._regions = []
        self._steady = Steady()
        self._last_t = None

    def close(self) -> None:
        """Free the networks. Safe to call twice."""
        networks, self._networks = self._networks, None
        self._face = None
        if networks is not None:
            networks.close()

    def _faces(self, width: int, height: int) -> list[NDArray[np.float32]]:
        """Return the landmarks of each face in the eye's picture."""
        regions = [] if self._stills else self._regions
        if len(regions) < self._max_faces:
            found = self._find(width, height, self._max_faces)
            regions = without_repeats([*found, *regions])[: self._max_faces]
        faces = [face for face in self._mesh(width / height, regions) if face is not None]
        self._regions = without_repeats(region_of_landmarks(face) for face in faces)
        return faces

    def _steadied(self, faces: list[NDArray[np.float32]], t: float) -> list[NDArray[np.float32]]:
        if not faces:
            self._steady = Steady()
        step = 0.0 if self._last_t is None else t - self._last_t
        self._last_t = t
        self._t += step if step >= 0 else 1 / 30
        return [self._steady(face, self._t) for face in faces]

    def _warm(self) -> None:
        """Run everything once, so that the first frame does not pay for it."""
        blank = np.zeros((64, 64, 3), dtype=np.uint8)
        face = np.zeros((478, 3), dtype=np.float32)
        face[:, :2] = np.random.default_rng(0).uniform(8, 56, (478, 2))
        self._eye.look(blank)
        self._find(64, 64, 1)
        region = region_of_landmarks(face)
        self._mesh(1.0, [region])
        project(face, region, 1.0)  # there is no face on a blank picture
        self._blendshapes([face])
        steady = Steady()
        for t in (0.0, 0.1):
            steady(face, t)
        if self._face is not None:
            head_matrix(face, 64, 64, self._face)
        if self._networks is not None:
            self._networks.release()  # who opens is not who detects: recordings have a thread for it
