"""A clip read twice: by the loop that one would write by hand, and by LiveFACS."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

import realtime
from engines.native_stderr import native_stderr_muted
from realtime.assembly import PipelineOptions
from realtime.pipeline import Pipeline
from realtime.sinks.zeromq import ZeroMQSink
from realtime.tracking.face_model import face_model

PACED_FPS = 30


@dataclass(slots=True)
class Run:
    """One pass over a clip."""

    frames: int
    seconds: float
    cpu_seconds: float

    @property
    def fps(self) -> float:
        return self.frames / self.seconds

    @property
    def frames_per_cpu_second(self) -> float:
        return self.frames / self.cpu_seconds


def bare_loop(clip: Path, max_faces: int) -> Run:
    """What one would write by hand: PyAV and MediaPipe, nothing else."""
    import mediapipe as mp
    from mediapipe.tasks.python import vision
    from mediapipe.tasks.python.core.base_options import BaseOptions

    options = vision.FaceLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(face_model())),
        running_mode=vision.RunningMode.VIDEO,
        num_faces=max_faces,
        output_face_blendshapes=True,
        output_facial_transformation_matrixes=True,
    )
    with native_stderr_muted():
        landmarker = vision.FaceLandmarker.create_from_options(options)
        blank = mp.Image(image_format=mp.ImageFormat.SRGB, data=np.zeros((64, 64, 3), np.uint8))
        landmarker.detect_for_video(blank, 0)
    with landmarker, av.open(str(clip)) as container:
        frames = 0
        wall, cpu = time.perf_counter(), time.process_time()
        for frame in container.decode(video=0):
            frames += 1
            picture = mp.Image(image_format=mp.ImageFormat.SRGB, data=frame.to_ndarray(format="rgb24"))
            landmarker.detect_for_video(picture, 1 + frames * 1000 // PACED_FPS)
        return Run(frames, time.perf_counter() - wall, time.process_time() - cpu)


def whole_pipeline(clip: Path, options: PipelineOptions) -> tuple[Run, Pipeline]:
    """The same clip through everything, published on ZeroMQ."""
    sink = ZeroMQSink("tcp://127.0.0.1:*")
    pipeline = realtime.build_pipeline(str(clip), sinks=[sink], **options)
    with pipeline:
        wall, cpu = time.perf_counter(), time.process_time()
        frames = sum(1 for _ in pipeline)
        return Run(frames, time.perf_counter() - wall, time.process_time() - cpu), pipeline
