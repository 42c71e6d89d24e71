"""`livefacs run`: read a source, publish and record what its faces do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from engines.choices import AUTO, DEVICES
from realtime.assembly import DEFAULT_MAX_FACES, DEFAULT_WINDOW, NetworkOptions
from realtime.commands.config import cameras_config_callback
from realtime.commands.face_model_options import FaceModel, Offline
from realtime.commands.outputs import OutputOptions, make_sinks
from realtime.commands.running import run_and_report
from realtime.commands.secrets import secrets, typed_sources
from realtime.commands.several import run_several
from realtime.commands.stream_options import (
    Allow,
    BundlePath,
    Calibrated,
    CsvColumns,
    Device,
    Keys,
    LivePage,
    Lsl,
    LslFaces,
    MaxFaces,
    MaxFps,
    Metrics,
    Osc,
    PageAddress,
    PageToken,
    Precision,
    Quiet,
    RealTime,
    Reconnect,
    Recordings,
    TrackerName,
    Unencrypted,
    Vmc,
    Window,
)
from realtime.page.defaults import DEFAULT_RECORDINGS
from realtime.sinks.csv_columns import LAYOUTS
from realtime.sinks.default_endpoint import DEFAULT_ENDPOINT
from realtime.sources.spec import BROWSER
from realtime.tracking.landmarkers import DEFAULT_LANDMARKER


def run(
    source: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SOURCE",
            help="A video file, `webcam:0` (`livefacs cameras` lists them), an address (`rtsp://…`, "
            "`http://…`), or `browser`: the camera of whoever opens the live page. Several are read side by "
            "side. `${NAME}` in it is an environment variable, in single quotes: for passwords that nobody "
            "shall see.",
            callback=typed_sources,
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
    keys: Keys = None,
    allow: Allow = None,
    unencrypted: Unencrypted = False,
    csv: Annotated[
        Path | None,
        typer.Option(
            help="Write a CSV in OpenFace's column names; of several streams, a folder with one each.",
            show_default=False,
        ),
    ] = None,
    jsonl: Annotated[
        Path | None,
        typer.Option(
            help="Write every result as a line of JSON; of several streams, a folder with a file each.",
            show_default=False,
        ),
    ] = None,
    csv_columns: CsvColumns = LAYOUTS[0],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace existing output files.")] = False,
    metrics: Metrics = None,
    bundle: BundlePath = None,
    max_faces: MaxFaces = DEFAULT_MAX_FACES,
    tracker: TrackerName = DEFAULT_LANDMARKER,
    device: Device = DEVICES[0],
    precision: Precision = AUTO,
    window: Window = DEFAULT_WINDOW,
    calibration: Calibrated = True,
    realtime: RealTime = False,
    reconnect: Reconnect = True,
    max_fps: MaxFps = None,
    name: Annotated[
        str | None, typer.Option(help="Stream name in topics; default: from the source.", show_default=False)
    ] = None,
    face_model: FaceModel = None,
    offline: Offline = False,
    view: LivePage = False,
    view_at: PageAddress = None,
    view_token: PageToken = None,
    recordings: Recordings = DEFAULT_RECORDINGS,
    lsl: Lsl = False,
    lsl_faces: LslFaces = 1,
    osc: Osc = None,
    vmc: Vmc = None,
    quiet: Quiet = False,
    config: Annotated[
        Path | None,
        typer.Option(
            help="TOML file with any of these options, and a table `[cameras.NAME]` for each of several "
            "streams; what is typed wins. Relative paths in it count from the current folder.",
            callback=cameras_config_callback,
            is_eager=True,
            show_default=False,
        ),
    ] = None,
) -> None:
    """Read SOURCE and publish the Action Units, expression and pose of every face in it.

    Cameras publish on tcp://127.0.0.1:5560 unless told otherwise; listen with `livefacs watch` or any
    ZeroMQ program (`docs/wire-format.md`). Ctrl-C ends the run, with files flushed and a summary.

    Examples:

    - `livefacs run webcam:0 --view`, and open http://127.0.0.1:5580
    - `livefacs run webcam:0`, or `"webcam:0?size=1280x720&fps=30"`
    - `livefacs run rtsp://user:password@camera/stream --csv faces.csv`
    - `livefacs run interview.mp4 --csv interview.csv --jsonl interview.jsonl`
    - `livefacs run interviews/*.mp4 --csv scores/`
    - `livefacs run --config cameras.toml`
    """
    from realtime.assembly import build_pipeline, open_bundle
    from realtime.cameras import Camera
    from realtime.commands.camera_tables import read_cameras
    from realtime.errors import OptionError

    template = Camera(
        source="",
        name=name or "",
        max_fps=max_fps,
        max_faces=max_faces,
        window=window,
        calibration=calibration,
        realtime=realtime,
        reconnect=reconnect,
    )
    cameras = read_cameras(config, template) if config else []
    several = bool(cameras) or len(source or ()) > 1
    if cameras and source:
        raise OptionError(f"SOURCE and the cameras in {config}: name one or the other")
    if not cameras and not source:
        raise OptionError("no SOURCE given: name a video file, webcam:0 or an rtsp:// address")
    if several and name is not None:
        raise OptionError(f"--name {name}: there are several streams; name each in a --config file")
    cameras = cameras or [replace(template, source=each, secrets=tuple(secrets())) for each in source or ()]
    # A browser's camera comes through the page.
    view = view or view_at is not None or any(camera.source.strip() == BROWSER for camera in cameras)
    model = open_bundle(bundle, models=False)
    outputs = OutputOptions(
        publish=publish,
        csv=csv,
        jsonl=jsonl,
        overwrite=overwrite,
        metrics=metrics,
        keys=keys,
        allow=allow,
        unencrypted=unencrypted,
        view=view,
        view_at=view_at,
        view_token=view_token,
        recordings=recordings,
        csv_columns=csv_columns,
        lsl=lsl,
        lsl_faces=lsl_faces,
        osc=osc,
        vmc=vmc,
    )
    also_read = {"config": config, "face model": face_model}
    networks = NetworkOptions(
        bundle=model,
        face_model=face_model,
        offline=offline,
        tracker=tracker,
        device=device,
        precision=precision,
    )
    if several:
        run_several(cameras, model, networks, outputs, also_read=also_read, quiet=quiet)
        return
    opened = cameras[0].make_source()
    pipeline = build_pipeline(
        opened,
        max_faces=max_faces,
        window=window,
        calibrate=calibration,
        sinks=make_sinks(opened, model, **outputs, also_read=also_read),
        **networks,
    )
    run_and_report(pipeline, quiet=quiet, thresholds=model.thresholds)
