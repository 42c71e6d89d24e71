"""`livefacs run`: read a source, publish and record what its faces do."""

from __future__ import annotations

import gc
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engines.choices import AUTO, CONVERTED, DEVICES, PRECISIONS
from realtime.assembly import DEFAULT_MAX_FACES, DEFAULT_WINDOW
from realtime.commands.config import config_callback
from realtime.commands.face_model_options import FaceModel, Offline
from realtime.commands.outputs import make_sinks
from realtime.sinks.default_endpoint import DEFAULT_ENDPOINT
from realtime.tracking.landmarkers import DEFAULT_LANDMARKER, landmarker_names

PATIENCE_S = 2.5
SLOW_START = (
    "opening; the first start on a machine compiles its code for some ten seconds, a GPU takes longer"
)

if TYPE_CHECKING:
    from realtime.bookkeeping import Summary
    from realtime.pipeline import Pipeline
    from realtime.types import StreamStatus


def run(
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="SOURCE",
            help="A video file, `webcam:0`, or an address: `rtsp://…`, `http://…`.",
            show_default=False,
        ),
    ] = None,
    publish: Annotated[
        str,
        typer.Option(
            help="ZeroMQ endpoint to publish on; `none` publishes nothing. `auto` publishes live "
            f"sources on {DEFAULT_ENDPOINT} and files not at all. The next two ports serve "
            "newest-only readers and control requests.",
            metavar="ENDPOINT",
        ),
    ] = "auto",
    csv: Annotated[
        Path | None, typer.Option(help="Write a CSV in OpenFace's column names.", show_default=False)
    ] = None,
    jsonl: Annotated[
        Path | None, typer.Option(help="Write every result as a line of JSON.", show_default=False)
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace existing output files.")] = False,
    bundle: Annotated[
        Path | None,
        typer.Option(
            help="Model bundle, a folder or .zip; default: the one built in. `blendshapes` is built in as "
            "well: a rule that costs next to nothing."
        ),
    ] = None,
    max_faces: Annotated[int, typer.Option(min=1, help="Most faces followed at once.")] = DEFAULT_MAX_FACES,
    tracker: Annotated[
        str,
        typer.Option(
            metavar="|".join(landmarker_names()),
            help="What finds the faces: `native`, or the `mediapipe` package, whose networks it runs: "
            "the same landmarks in twice the time.",
        ),
    ] = DEFAULT_LANDMARKER,
    device: Annotated[
        str,
        typer.Option(
            metavar="|".join(DEVICES),
            help="What runs the networks: `cuda` is an NVIDIA GPU, by TensorRT or ONNX Runtime.",
        ),
    ] = DEVICES[0],
    precision: Annotated[
        str,
        typer.Option(
            metavar="|".join(dict.fromkeys((AUTO, *PRECISIONS, *CONVERTED))),
            help="Of the bundle's networks: `auto` tries which is the fastest here, once; fp16 is for GPUs.",
        ),
    ] = AUTO,
    window: Annotated[
        int, typer.Option(help="Frames in the temporal median, odd; 1 switches it off.")
    ] = DEFAULT_WINDOW,
    calibration: Annotated[
        bool,
        typer.Option("--calibration/--no-calibration", help="Measure AUs from each person's own rest."),
    ] = True,
    realtime: Annotated[
        bool, typer.Option("--realtime", help="Play a file by its time stamps, like a camera.")
    ] = False,
    reconnect: Annotated[
        bool,
        typer.Option(
            "--reconnect/--no-reconnect",
            help="Open a camera or stream that is lost again, for as long as it takes.",
        ),
    ] = True,
    name: Annotated[
        str | None, typer.Option(help="Stream name in topics; default: from the source.", show_default=False)
    ] = None,
    face_model: FaceModel = None,
    offline: Offline = False,
    view: Annotated[bool, typer.Option("--view/--no-view", help="Show what is seen while running.")] = True,
    config: Annotated[
        Path | None,
        typer.Option(
            help="TOML file with any of these options; what is typed wins. Relative paths in it count "
            "from the current folder.",
            callback=config_callback,
            is_eager=True,
            show_default=False,
        ),
    ] = None,
) -> None:
    """Read SOURCE and publish the Action Units, expression and pose of every face in it.

    Cameras publish on tcp://127.0.0.1:5560 unless told otherwise; listen with `livefacs watch` or any
    ZeroMQ program (`docs/wire-format.md`). Ctrl-C ends the run, with files flushed and a summary.

    Examples:

    - `livefacs run webcam:0`
    - `livefacs run rtsp://user:password@camera/stream --csv faces.csv`
    - `livefacs run interview.mp4 --csv interview.csv --jsonl interview.jsonl`
    """
    from realtime.assembly import build_pipeline, open_bundle
    from realtime.errors import OptionError
    from realtime.sources import open_source

    if source is None:
        raise OptionError("no SOURCE given: name a video file, webcam:0 or an rtsp:// address")
    opened = open_source(source, realtime=realtime, name=name, reconnect=reconnect)
    model = open_bundle(bundle, models=False)
    sinks = make_sinks(
        opened,
        model,
        publish=publish,
        csv=csv,
        jsonl=jsonl,
        overwrite=overwrite,
        also_read={"config": config, "face model": face_model},
    )
    pipeline = build_pipeline(
        opened,
        bundle=model,
        face_model=face_model,
        offline=offline,
        max_faces=max_faces,
        tracker=tracker,
        device=device,
        precision=precision,
        window=window,
        calibrate=calibration,
        sinks=sinks,
    )
    run_and_report(pipeline, view=view, thresholds=model.thresholds)


def run_and_report(pipeline: Pipeline, *, view: bool, thresholds: Mapping[str, float]) -> Summary:
    """Run a pipeline to its end or to Ctrl-C, showing it; print the summary.

    Raises the first error of a sink that failed on the way, after everything else is done.
    """
    from realtime.commands.summary import print_summary
    from realtime.commands.terminal import NoView, console_for, make_view

    console = console_for(sys.stdout)
    label = pipeline.source.label
    title = label if "://" in label else Path(label).name
    shown = make_view(console, pipeline.times, title, thresholds) if view else NoView()
    opened = False
    gc.collect()
    patience = threading.Timer(PATIENCE_S, shown.say, (SLOW_START,))
    patience.daemon = True
    patience.start()
    try:
        # The view first: what it takes to draw for the first time must not cost a camera its first frames.
        with _ending_on_signals(pipeline), shown, pipeline:
            opened = True
            patience.cancel()
            # What start-up made stays for good: keep the collector from walking through it, again and
            # again, in the middle of frames.
            gc.freeze()
            shown.total = pipeline.source.total
            pipeline.watching = _telling_changes(shown.say)
            for sink in pipeline.sinks:
                shown.say(sink.destination)
            for result in pipeline:
                shown.show(result)
                if shown.gone and not pipeline.sinks:
                    pipeline.stop()  # nobody is left to run for
    finally:
        patience.cancel()
        gc.unfreeze()
        if opened:
            with suppress(OSError):  # whoever read our output may have gone
                print_summary(pipeline, console)
    if pipeline.failures:
        raise pipeline.failures[0]
    return pipeline.summary


def _telling_changes(say: Callable[[str], None]) -> Callable[[StreamStatus], None]:
    """Return what tells of a source that is not as it was: lost, found again, and why."""
    last: list[str | None] = ["live", None]

    def tell(status: StreamStatus) -> None:
        now = [status.state, status.detail]
        if now != last and "connecting" not in (status.state, last[0]) and status.state != "ended":
            say(f"{status.state}: {status.detail}" if status.detail else f"{status.state} again")
        last[:] = now

    return tell


@contextmanager
def _ending_on_signals(pipeline: Pipeline) -> Iterator[None]:
    """End cleanly at the first Ctrl-C or SIGTERM; before the run has begun, or at a second one, at once."""

    def end(number: int, frame: object) -> None:
        if not pipeline.opened or pipeline.stopping:
            raise KeyboardInterrupt
        pipeline.stop()

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
