"""From a few words to a connected pipeline: what `livefacs run` and `realtime.stream` share."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

from engines.choices import AUTO, DEVICES
from realtime.sinks.sink import Sink
from realtime.tracking.landmarkers import DEFAULT_LANDMARKER
from realtime.types import FrameResult

if TYPE_CHECKING:
    from engines.bundle import Bundle
    from engines.sharing import SharedNetworks
    from realtime.pipeline import Pipeline
    from realtime.sources.source import Source
    from realtime.turns import Turn

DEFAULT_BUNDLE = "multi-au"
BUILT_IN = (DEFAULT_BUNDLE, "blendshapes")
"""Bundles that come with LiveFACS."""
DEFAULT_MAX_FACES = 4
DEFAULT_WINDOW = 3


def open_bundle(path: Path | str | None = None, *, models: bool = True) -> Bundle:
    """Open and check a model bundle.

    Args:
        path: a folder or .zip; where there is none of that name, one of `BUILT_IN`; None for the default.
        models: whether to load its networks (in fp32) and compare them with the manifest at once.

    Raises:
        BundleError: it is not there, or not as it declares.
    """
    from engines.bundle import Bundle

    name = DEFAULT_BUNDLE if path is None else os.fspath(path)
    if path is not None and (name not in BUILT_IN or Path(name).exists()):
        return Bundle.open(Path(name), models=models)
    with as_file(files("realtime") / "bundles" / name) as folder:
        return Bundle.open(folder, models=models)


class NetworkOptions(TypedDict, total=False):
    """The options of `build_pipeline` that say which networks run, and on what."""

    bundle: Bundle | Path | str | None
    face_model: Path | None
    offline: bool
    tracker: str
    device: str
    precision: str


class PipelineOptions(NetworkOptions, total=False):
    """The options of `build_pipeline`, for those who pass them on."""

    max_faces: int
    window: int
    calibrate: bool
    realtime: bool
    name: str | None
    reconnect: bool
    max_fps: float | None
    shared: SharedNetworks | None
    turn: Turn | None
    sinks: Sequence[Sink]


def build_pipeline(
    source: str | os.PathLike[str] | Source,
    *,
    bundle: Bundle | Path | str | None = None,
    face_model: Path | None = None,
    offline: bool = False,
    max_faces: int = DEFAULT_MAX_FACES,
    tracker: str = DEFAULT_LANDMARKER,
    device: str = DEVICES[0],
    precision: str = AUTO,
    window: int = DEFAULT_WINDOW,
    calibrate: bool = True,
    realtime: bool = False,
    name: str | None = None,
    reconnect: bool = True,
    max_fps: float | None = None,
    shared: SharedNetworks | None = None,
    turn: Turn | None = None,
    sinks: Sequence[Sink] = (),
) -> Pipeline:
    """Return a pipeline, not yet open, with the given or the default bundle.

    Args:
        source: a `Source`, a path, or what else `realtime.sources.open_source` takes: `webcam:0`, a URL.
        bundle: an open bundle, or the path of one; None for the default.
        face_model: path of `face_landmarker.task`; None to use the cached one, fetched on first use.
        offline: never touch the network for models (a URL as source is still opened).
        max_faces: most faces followed at once, 1 or more.
        tracker: what finds the faces, `native` or `mediapipe` (which needs the package of that name).
        device: what runs the networks, `cpu` or `cuda` (an NVIDIA GPU).
        precision: of the bundle's networks, `fp32` or `int8`, on a GPU `fp16`; `auto` takes the fastest.
        window: length of the temporal median in frames, odd; 1 is no filter.
        calibrate: learn what each person is like at rest and measure AUs from there.
        realtime: play a file by its time stamps, like a camera, dropping what comes too fast.
        name: stream name in topics and messages; None to derive it from the source.
        reconnect: open a camera or stream that is lost again, for as long as it takes.
        max_fps: most frames a second of a live source; None for all that the machine can keep up with.
        shared: networks that other pipelines use as well, each in a thread of its own; pays on a GPU only.
        turn: has the pipeline wait for its turn among others (`realtime.turns`), one thread each.
        sinks: where results go besides the pipeline's iterator.

    Raises:
        LiveFacsError: something named does not exist or is not usable; one line.
    """
    from engines.backends import backend_for
    from engines.bundle import Bundle
    from engines.trial import choose_precision
    from realtime.errors import OptionError
    from realtime.pipeline import Pipeline
    from realtime.sources import open_source
    from realtime.tracking.face_model import face_model as find_face_model
    from realtime.tracking.landmarkers import create_landmarker
    from realtime.tracking.tracker import FaceTracker

    if max_faces < 1:
        raise OptionError(f"max faces {max_faces}: must be 1 or more")
    if isinstance(source, str | os.PathLike):
        source = open_source(
            os.fspath(source), realtime=realtime, name=name, reconnect=reconnect, max_fps=max_fps
        )
    if not isinstance(bundle, Bundle):
        bundle = open_bundle(bundle, models=False)
    backend = backend_for(device)
    chosen = choose_precision(bundle, precision, backend)
    if chosen in bundle.precisions:
        bundle.verify_models(precision=chosen)
    landmarker = create_landmarker(
        tracker,
        find_face_model(face_model, offline=offline),
        max_faces=max_faces,
        device=device,
        shared=shared,
    )
    faces = FaceTracker(landmarker, crop=bundle.manifest.crop)
    return Pipeline(
        source,
        faces,
        bundle,
        sinks=sinks,
        window=window,
        calibrate=calibrate,
        backend=backend,
        precision=chosen,
        shared=shared,
        turn=turn,
    )


def stream(
    source: str | os.PathLike[str] | Source, **options: Unpack[PipelineOptions]
) -> Iterator[FrameResult]:
    """Yield the result of every frame of a source, until it ends or the loop is left.

    Takes the options of `build_pipeline`.

        for result in realtime.stream("webcam:0"):
            if result.faces:
                print(result.faces[0].au_intensity["AU12"])
    """
    with build_pipeline(source, **options) as pipeline:
        yield from pipeline
