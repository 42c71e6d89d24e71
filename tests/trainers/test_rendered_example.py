"""The clip that ships in `examples/`: a real H.264 file, its truth beside it, and the runtime can read it."""

import csv
from pathlib import Path

import av
import numpy as np

from realtime.tracking.mediapipe_landmarker import MediaPipeLandmarker
from realtime.tracking.pose import pose_from_matrix

CLIP = Path(__file__).parents[2] / "examples" / "rendered_face.mp4"


def test_the_tracker_follows_the_shipped_clip(face_model_path: Path) -> None:
    with CLIP.with_suffix(".csv").open() as file:
        truth = list(csv.DictReader(file))
    yaw: list[tuple[float, float]] = []
    with av.open(CLIP) as container, MediaPipeLandmarker(face_model_path, 1) as landmarker:
        assert container.streams.video[0].codec_context.name == "h264"
        for number, frame in enumerate(container.decode(video=0)):
            assert int(truth[number]["frame"]) == number + 1
            for face in landmarker.detect(frame.to_ndarray(format="rgb24"), number / 30):
                yaw.append((pose_from_matrix(face.matrix).yaw, float(truth[number]["pose_Ry"])))
    assert number + 1 == len(truth)
    assert len(yaw) >= 0.98 * len(truth)
    estimated, true = np.array(yaw).T
    assert np.corrcoef(estimated, true)[0, 1] > 0.95
    assert np.abs(estimated - true).mean() < np.radians(6)
