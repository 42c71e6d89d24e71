"""`livefacs run`: read a source, publish and record what its faces do."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from realtime.assembly import DEFAULT_MAX_FACES, DEFAULT_WINDOW
from realtime.commands.config import config_callback
from realtime.commands.outputs import DEFAULT_ENDPOINT, make_sinks

if TYPE_CHECKING:
    from realtime.pipeline import Pipeline, Summary


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
        Path | None, typer.Option(help="Model bundle, a folder or .zip; default: the one built in.")
    ] = None,
    max_faces: Annotated[int, typer.Option(min=1, help="Most faces followed at once.")] = DEFAULT_MAX_FACES,
    window: Annotated[
        int, typer.Option(help="Frames in the temporal median, odd; 1 switches it off.")
    ] = DEFAULT_WINDOW,
    calibration: Annotated[
        bool,
        typer.Option("--calibration/--no-calibration", help="Measure from each person's resting face."),
    ] = True,
    realtime: Annotated[
        bool, typer.Option("--realtime", help="Play a file by its time stamps, like a camera.")
    ] = False,
    name: Annotated[
        str | None, typer.Option(help="Stream name in topics; default: from the source.", show_default=False)
    ] = None,
    face_model: Annotated[
        Path | None, typer.Option(help="Path of face_landmarker.task; default: fetched once and cached.")
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Never fetch models.")] = False,
    view: Annotated[bool, typer.Option("--view/--no-view", help="Show what is seen while running.")] = True,
    config: Annotated[
        Path | None,
        typer.Option(
            help="TOML file with any of these options; what is typed wins.",
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
    opened = open_source(source, realtime=realtime, name=name)
    model = open_bundle(bundle)
    sinks = make_sinks(opened, model, publish=publish, csv=csv, jsonl=jsonl, overwrite=overwrite)
    pipeline = build_pipeline(
        opened,
        bundle=model,
        face_model=face_model,
        offline=offline,
        max_faces=max_faces,
        window=window,
        calibrate=calibration,
        sinks=sinks,
    )
    run_and_report(pipeline, view=view)


def run_and_report(pipeline: Pipeline, *, view: bool) -> Summary:
    """Run a pipeline to its end or to Ctrl-C, showing it; print the summary."""
    from rich.console import Console

    from realtime.commands.summary import print_summary
    from realtime.commands.terminal import NoView, make_view

    console = Console()
    shown = make_view(console, pipeline.times, Path(pipeline.source.label).name) if view else NoView()
    try:
        # The view first: what it takes to draw for the first time must not cost a camera its first frames.
        with shown, pipeline, _stop_on_signals(pipeline):
            shown.total = pipeline.source.total
            for sink in pipeline.sinks:
                console.print(sink.destination, highlight=False, markup=False, soft_wrap=True)
            for result in pipeline:
                shown.show(result)
    finally:
        if pipeline.summary.frames or pipeline.opened:
            print_summary(pipeline, console)
    return pipeline.summary


@contextmanager
def _stop_on_signals(pipeline: Pipeline) -> Iterator[None]:
    """End the run cleanly at the first Ctrl-C or SIGTERM; a second Ctrl-C interrupts at once."""

    def stop(number: int, frame: object) -> None:
        pipeline.stop()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
