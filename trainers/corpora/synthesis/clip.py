"""A video whose every face is known exactly: H.264, and the truth beside it as CSV."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from realtime.sinks.csv_file import CSVSink
from realtime.types import SCHEMA, FaceResult, FrameResult, Pose
from trainers.corpora.behaviour import AUS, Sequence, head_motion, spontaneous
from trainers.corpora.rendering.actor import Actor, make_actor
from trainers.corpora.rendering.camera_faults import with_faults
from trainers.corpora.rendering.head_model import head_model
from trainers.corpora.rendering.landmarks import landmarks
from trainers.corpora.rendering.renderer import Moment, Renderer
from trainers.corpora.rendering.scene import DOMAINS, Scene, draw_scene
from trainers.corpora.rendering.subject import any_skin, draw_subject
from trainers.corpora.synthesis.acting import moment_of
from trainers.corpora.synthesis.plan import LARGEST_SEED
from trainers.errors import CorpusError

MOST_FACES = 6
# Millimetres from the camera to the people.
DISTANCE = 1000.0
# Second number of the seeds of clips, beside the domains' of `CorpusPlan.rng_of`.
STREAM = 90
# In a conversation with a camera heads turn less than in a corpus of poses.
CALM = np.array([0.8, 0.6, 0.7], dtype=np.float32)
# The encoder's options: visually lossless, and the same bytes each time. With its macroblock tree x264 gives
# other bytes now and then for the same pictures.
X264 = {"crf": "18", "threads": "1", "mbtree": "0"}


@dataclass(frozen=True, eq=False)
class _Performer:
    """One person of the clip: what it does, and where it stands."""

    actor: Actor
    sequence: Sequence
    motion: NDArray[np.float32]
    scene: Scene


def make_clip(
    out: Path,
    *,
    seconds: float = 10.0,
    fps: int = 30,
    faces: int = 1,
    size: tuple[int, int] = (480, 640),
    domain: str = "studio",
    seed: int = 0,
    overwrite: bool = False,
    progress: Callable[[int], None] = lambda frames: None,
) -> Path:
    """Render a video and its truth; both appear only when both are complete.

    Args:
        out: the video, .mp4; the truth is written beside it, with the suffix .csv: OpenFace's columns,
            `face_id` counted from the picture's left, `success` always 1.
        seconds, fps, size (height, width; even numbers), domain, seed: of the video.
        faces: how many people stand side by side.
        overwrite: whether files of these names may be replaced.
        progress: told each time how many more frames are done.

    Returns:
        The path of the truth.

    Raises:
        CorpusError: an argument is not usable or the video cannot be written; SinkError: the truth cannot.
    """
    _check(out, seconds, fps, faces, size, domain, seed, overwrite)
    truth = out.with_suffix(".csv")
    frames = max(1, round(seconds * fps))
    acting, noise = (np.random.default_rng([seed, STREAM, DOMAINS.index(domain), part]) for part in (1, 2))
    cast = _cast(acting, frames, fps, faces, size, domain)
    try:
        with tempfile.TemporaryDirectory(prefix=f".{out.stem}.", dir=out.parent) as folder:
            video, table = Path(folder, out.name), Path(folder, truth.name)
            with CSVSink(table, AUS) as sink:
                _record(video, sink, _pictures(cast, frames, size, fps, noise), fps, size, progress)
            table.replace(truth)
            video.replace(out)
    except OSError as error:
        reason = error.strerror or error
        raise CorpusError(f"{out}: cannot be written ({reason}); check permissions and space") from error
    return truth


def _check(
    out: Path,
    seconds: float,
    fps: int,
    faces: int,
    size: tuple[int, int],
    domain: str,
    seed: int,
    overwrite: bool,
) -> None:
    if out.suffix.lower() != ".mp4":
        raise CorpusError(f"{out}: a clip is an .mp4 file; name it so")
    if not out.parent.is_dir():
        raise CorpusError(f"{out.parent}: no such folder; make it first")
    for path in (out, out.with_suffix(".csv")):
        if path.is_dir():
            raise CorpusError(f"{path}: is a folder; name a file in it")
        if path.exists() and not overwrite:
            raise CorpusError(f"{path}: is already there; choose another name or add --overwrite")
    if not 0 < seconds <= 3600:
        raise CorpusError(f"seconds {seconds}: a clip lasts more than 0 seconds and at most an hour")
    if not 1 <= fps <= 120:
        raise CorpusError(f"fps {fps}: give 1 to 120 frames per second")
    if not 1 <= faces <= MOST_FACES:
        raise CorpusError(f"faces {faces}: 1 to {MOST_FACES} people fit side by side")
    if any(edge % 2 or not 64 <= edge <= 2160 for edge in size):
        raise CorpusError(f"size {size[1]}x{size[0]}: H.264 wants even numbers, from 64 to 2160")
    if domain not in DOMAINS:
        raise CorpusError(f'domain "{domain}" is not known; choose from {", ".join(DOMAINS)}')
    if not 0 <= seed <= LARGEST_SEED:
        raise CorpusError(f"seed {seed}: seeds are 0 to {LARGEST_SEED}")


def _cast(
    rng: np.random.Generator, frames: int, fps: int, faces: int, size: tuple[int, int], domain: str
) -> list[_Performer]:
    """Choose the people and let them act; all stand in the first one's scene."""
    scene = draw_scene(rng, domain, size)
    room = min(0.82, 0.72 * size[1] / size[0] / faces)
    cast = []
    for number in range(faces):
        subject = draw_subject(rng, f"clip-{number + 1}", head_model())
        if domain == "varied":
            subject = any_skin(rng, subject)
        place = ((number + 0.5) / faces - 0.5, 0.0)
        camera = replace(scene.camera, face_height=room, offset=place, distance=DISTANCE)
        cast.append(
            _Performer(
                actor=make_actor(subject),
                sequence=spontaneous(rng, frames, fps=float(fps)),
                motion=head_motion(rng, frames, float(fps)) * CALM,
                scene=replace(scene, camera=camera, occluder=None),
            )
        )
    return cast


def _pictures(
    cast: list[_Performer], frames: int, size: tuple[int, int], fps: int, noise: np.random.Generator
) -> Iterator[tuple[NDArray[np.uint8], FrameResult]]:
    """Each frame's picture and truth."""
    draw = Renderer(size)
    for frame in range(frames):
        picture = np.zeros((*size, 3), np.float32)
        truth = []
        for number, performer in enumerate(cast, start=1):
            moment = moment_of(performer.sequence, frame, performer.motion[frame])
            camera = performer.scene.camera
            rendered = draw(performer.actor, moment, camera, performer.scene.light)
            # The first brings the background, the others only themselves.
            cover = np.ones(size, np.float32) if number == 1 else rendered.cover
            picture += cover[..., None] * (rendered.picture - picture)
            marks = landmarks(performer.actor, rendered.vertices, rendered.eyes, camera)
            truth.append(_face(number, performer.sequence.intensity[frame], moment, marks, size))
        delivered = with_faults(picture, cast[0].scene.faults, noise)
        yield delivered, _result(frame, fps, size, tuple(truth))


def _face(
    number: int,
    intensity: NDArray[np.float32],
    moment: Moment,
    marks: NDArray[np.float32],
    size: tuple[int, int],
) -> FaceResult:
    yaw, pitch, roll = (math.radians(angle) for angle in moment.pose)
    low, high = marks.min(axis=0), marks.max(axis=0)
    inside = ((marks >= 0) & (marks < (size[1], size[0]))).all(axis=1).mean()
    return FaceResult(
        track_id=number,
        bbox=(float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1])),
        pose=Pose(yaw=yaw, pitch=pitch, roll=roll),
        pose_group="",
        confidence=float(inside),
        filter_delay=0,
        au_occurrence=dict(zip(AUS, (intensity >= 1.0).astype(float).tolist(), strict=True)),
        au_intensity=dict(zip(AUS, intensity.tolist(), strict=True)),
    )


def _result(frame: int, fps: int, size: tuple[int, int], faces: tuple[FaceResult, ...]) -> FrameResult:
    return FrameResult(
        schema=SCHEMA,
        stream="clip",
        generation=0,
        seq=frame,
        frame=frame + 1,
        t_capture=frame / fps,
        wall_offset=0.0,
        t_publish=0.0,
        dropped=0,
        size=(size[1], size[0]),
        model="truth",
        pts=frame,
        time_base=(1, fps),
        faces=faces,
    )


def _record(
    video: Path,
    sink: CSVSink,
    pictures: Iterator[tuple[NDArray[np.uint8], FrameResult]],
    fps: int,
    size: tuple[int, int],
    progress: Callable[[int], None],
) -> None:
    """Encode the pictures and write their truth."""
    import av

    with av.open(video, "w") as container:
        stream = container.add_stream("libx264", rate=fps, options=X264)
        stream.height, stream.width = size
        stream.pix_fmt = "yuv420p"
        for number, (picture, result) in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, fps)
            container.mux(stream.encode(frame))
            sink.write(result)
            progress(1)
        container.mux(stream.encode(None))
