"""A video whose every face is known exactly: H.264, and the truth beside it as CSV."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from realtime.types import FrameResult
from trainers.corpora.behaviour import AUS
from trainers.corpora.rendering.camera_faults import with_faults
from trainers.corpora.rendering.renderer import Renderer
from trainers.corpora.rendering.scene import DOMAINS
from trainers.corpora.synthesis.casting import Performer, draw_cast, draw_frame
from trainers.corpora.synthesis.plan import LARGEST_SEED
from trainers.corpora.synthesis.truth import TruthSink, true_face, true_frame
from trainers.corpora.synthesis.walking import LEAST_SECONDS_EACH, SECONDS_EACH
from trainers.errors import CorpusError

MOST_FACES = 6
# Of people who stand, seconds.
USUAL_LENGTH = 10.0
MOST_CROSSINGS = 500
# Second number of the seeds of clips, beside the domains' of `CorpusPlan.rng_of`.
STREAM = 90
# The encoder's options: visually lossless, and the same bytes each time. With its macroblock tree x264 gives
# other bytes now and then for the same pictures.
X264 = {"crf": "18", "threads": "1", "mbtree": "0"}


def usual_length(crossings: int) -> float:
    """Return how many seconds a clip lasts unless told, with so many crossings."""
    return SECONDS_EACH * crossings if crossings > 0 else USUAL_LENGTH


def make_clip(
    out: Path,
    *,
    seconds: float | None = None,
    fps: int = 30,
    faces: int | None = None,
    crossings: int = 0,
    size: tuple[int, int] = (480, 640),
    domain: str = "studio",
    seed: int = 0,
    overwrite: bool = False,
    progress: Callable[[int], None] = lambda frames: None,
) -> Path:
    """Render a video and its truth; both appear only when both are complete.

    Args:
        out: the video, .mp4; the truth is written beside it, with the suffix .csv: OpenFace's columns,
            `face_id` counted from the left of the first picture, `success` always 1, and `PLACE_COLUMNS`.
        seconds: how long it is; `usual_length` if not given.
        fps, size (height, width; even numbers), domain, seed: of the video.
        faces: how many people stand side by side; one if not given.
        crossings: how often two people who walk to and fro cross, one behind the other; 0: everybody stands.
        overwrite: whether files of these names may be replaced.
        progress: told each time how many more frames are done.

    Returns:
        The path of the truth.

    Raises:
        CorpusError: an argument is not usable or the video cannot be written; SinkError: the truth cannot.
    """
    seconds = usual_length(crossings) if seconds is None else seconds
    _check(out, fps, size, domain, seed, overwrite)
    _check_people(seconds, faces, crossings)
    truth = out.with_suffix(".csv")
    frames = max(1, round(seconds * fps))
    acting, noise, walking = (
        np.random.default_rng([seed, STREAM, DOMAINS.index(domain), part]) for part in (1, 2, 3)
    )
    cast = draw_cast(acting, walking, frames, fps, faces or 1, crossings, size, domain)
    try:
        with tempfile.TemporaryDirectory(prefix=f".{out.stem}.", dir=out.parent) as folder:
            video, table = Path(folder, out.name), Path(folder, truth.name)
            with TruthSink(table, AUS) as sink:
                _record(video, sink, _pictures(cast, frames, size, fps, noise), fps, size, progress)
            table.replace(truth)
            video.replace(out)
    except OSError as error:
        reason = error.strerror or error
        raise CorpusError(f"{out}: cannot be written ({reason}); check permissions and space") from error
    return truth


def _check(out: Path, fps: int, size: tuple[int, int], domain: str, seed: int, overwrite: bool) -> None:
    if out.suffix.lower() != ".mp4":
        raise CorpusError(f"{out}: a clip is an .mp4 file; name it so")
    if not out.parent.is_dir():
        raise CorpusError(f"{out.parent}: no such folder; make it first")
    for path in (out, out.with_suffix(".csv")):
        if path.is_dir():
            raise CorpusError(f"{path}: is a folder; name a file in it")
        if path.exists() and not overwrite:
            raise CorpusError(f"{path}: is already there; choose another name or add --overwrite")
    if not 1 <= fps <= 120:
        raise CorpusError(f"fps {fps}: give 1 to 120 frames per second")
    if any(edge % 2 or not 64 <= edge <= 2160 for edge in size):
        raise CorpusError(f"size {size[1]}x{size[0]}: H.264 wants even numbers, from 64 to 2160")
    if domain not in DOMAINS:
        raise CorpusError(f'domain "{domain}" is not known; choose from {", ".join(DOMAINS)}')
    if not 0 <= seed <= LARGEST_SEED:
        raise CorpusError(f"seed {seed}: seeds are 0 to {LARGEST_SEED}")


def _check_people(seconds: float, faces: int | None, crossings: int) -> None:
    if not 0 <= crossings <= MOST_CROSSINGS:
        raise CorpusError(f"crossings {crossings}: give 0, for people who stand, to {MOST_CROSSINGS}")
    if crossings and faces not in (None, 2):
        raise CorpusError(f"faces {faces}: two people cross; say 2, or leave it out")
    if not 0 < seconds <= 3600:
        raise CorpusError(f"seconds {seconds}: a clip lasts more than 0 seconds and at most an hour")
    if seconds < crossings * LEAST_SECONDS_EACH:
        least = crossings * LEAST_SECONDS_EACH
        raise CorpusError(f"seconds {seconds:g}: {crossings} crossings take {least:g} or more")
    if faces is not None and not 1 <= faces <= MOST_FACES:
        raise CorpusError(f"faces {faces}: 1 to {MOST_FACES} people fit side by side")


def _pictures(
    cast: list[Performer], frames: int, size: tuple[int, int], fps: int, noise: np.random.Generator
) -> Iterator[tuple[NDArray[np.uint8], FrameResult]]:
    """Each frame's picture and truth."""
    draw = Renderer(size)
    for frame in range(frames):
        picture, seen = draw_frame(draw, cast, frame)
        faces = tuple(
            true_face(number, face, performer.acting.intensity[frame], size)
            for number, (face, performer) in enumerate(zip(seen, cast, strict=True), start=1)
        )
        yield with_faults(picture, cast[0].scene.faults, noise), true_frame(frame, fps, size, faces)


def _record(
    video: Path,
    sink: TruthSink,
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
