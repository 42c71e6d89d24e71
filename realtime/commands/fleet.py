"""`livefacs fleet`: many streams on several machines, behind one endpoint."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engines.choices import AUTO, DEVICES
from realtime.assembly import DEFAULT_MAX_FACES, DEFAULT_WINDOW
from realtime.commands.config import cameras_config_callback
from realtime.commands.face_model_options import FaceModel, Offline
from realtime.commands.stream_options import (
    Allow,
    BundlePath,
    Calibrated,
    Device,
    Keys,
    MaxFaces,
    MaxFps,
    Metrics,
    Precision,
    Quiet,
    RealTime,
    Reconnect,
    TrackerName,
    Unencrypted,
    Window,
)
from realtime.sinks.default_endpoint import DEFAULT_ENDPOINT
from realtime.tracking.landmarkers import DEFAULT_LANDMARKER

if TYPE_CHECKING:
    from realtime.fleet.serving import Equipment

LOOK_EVERY_S = 0.1
SHOW_EVERY_S = 0.5


def fleet(
    config: Annotated[
        Path,
        typer.Argument(
            help="TOML file with a table `[cameras.NAME]` for each stream, and any of these options.",
            metavar="CAMERAS.TOML",
            callback=cameras_config_callback,
            is_eager=True,
        ),
    ],
    address: Annotated[
        str | None,
        typer.Option(
            help="Ray cluster to run on, `HOST:6379`, or `auto`; default: this machine alone.",
            show_default=False,
        ),
    ] = None,
    publish: Annotated[
        str, typer.Option(help="ZeroMQ endpoint for the whole fleet.", metavar="ENDPOINT")
    ] = DEFAULT_ENDPOINT,
    keys: Keys = None,
    allow: Allow = None,
    unencrypted: Unencrypted = False,
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
    face_model: FaceModel = None,
    offline: Offline = False,
    quiet: Quiet = False,
) -> None:
    """Serve the cameras of a file on one or several machines.

    Each stream is an actor of Ray with cores of its own (`cpus = 0.5`, `gpus = 0.25`, `node = "10.0.0.5"` in
    its table). One that dies, or whose machine does, is started elsewhere within seconds, never twice at
    once; when machines join, streams move to them. Subscribers see one endpoint, as of `livefacs run`.

    On several machines: install `livefacs[fleet]` on each, `ray start --head` on the first and
    `ray start --address=HOST:6379` on the others, then run this on the first with `--address auto`. Ctrl-C
    ends all streams in good order.
    """
    from realtime.cameras import Camera
    from realtime.commands.camera_tables import EXAMPLE, read_cameras
    from realtime.commands.outputs import make_metrics
    from realtime.commands.running import ending_on_signals, in_turn
    from realtime.commands.streams_view import make_streams_view
    from realtime.commands.terminal import NoView, console_for
    from realtime.errors import LiveFacsError, OptionError
    from realtime.fleet.cluster import Cluster
    from realtime.fleet.exchange import Exchange
    from realtime.fleet.fleet import Fleet
    from realtime.sinks.zeromq import ZeroMQSink

    template = Camera(
        source="",
        max_fps=max_fps,
        max_faces=max_faces,
        window=window,
        calibration=calibration,
        realtime=realtime,
        reconnect=reconnect,
    )
    cameras = read_cameras(config, template)
    if not cameras:
        raise OptionError(f"config {config}: names no cameras: {EXAMPLE}")
    for camera in cameras:
        camera.make_source()  # what can never be opened is told before machines are asked
    equipment = pack(bundle, face_model, offline=offline, tracker=tracker, device=device, precision=precision)
    console = console_for(sys.stdout)
    shown = NoView() if quiet else make_streams_view(console, [camera.name for camera in cameras])
    publisher = ZeroMQSink(publish, keys=keys, allow=allow, unencrypted=unencrypted)
    cluster = Cluster(address)
    with ExitStack() as stack:
        stack.enter_context(cluster)
        exchange = Exchange(publisher, cluster.own_address())
        watchers = [shown.note]
        if metrics is not None:
            scraped = stack.enter_context(make_metrics(metrics))
            watchers.append(scraped.status)
            shown.say(scraped.destination)
        exchange.watching = in_turn(*watchers)
        running = Fleet(cameras, equipment, exchange, cluster, shown.say)
        stack.enter_context(ending_on_signals(running))
        stack.enter_context(shown)
        stack.enter_context(exchange)
        shown.say(exchange.publisher.destination)
        stack.enter_context(running)
        show_at = 0.0
        while not running.done and not running.stopping:
            running.look()
            if time.monotonic() >= show_at:
                show_at = time.monotonic() + SHOW_EVERY_S
                for result in exchange.results().values():
                    shown.show(result)
            time.sleep(LOOK_EVERY_S)
    for name, status in exchange.statuses().items():
        why = f"; {status.detail}" if status.detail else ""
        console.print(
            f"{name}: {status.state} after {status.frames} frames, {status.dropped} dropped{why}",
            highlight=False, markup=False, soft_wrap=True,
        )  # fmt: skip
    if running.failures:
        raise LiveFacsError("; ".join(running.failures.values()))


def pack(
    bundle: Path | None,
    face_model: Path | None,
    *,
    offline: bool,
    tracker: str,
    device: str,
    precision: str,
) -> Equipment:
    """Return what the machines of a fleet are sent. Raises LiveFacsError if some of it is not usable."""
    from realtime.assembly import BUILT_IN, DEFAULT_BUNDLE, open_bundle
    from realtime.fleet.serving import Equipment
    from realtime.tracking.face_model import face_model as find_face_model

    packed: str | bytes = DEFAULT_BUNDLE
    if bundle is not None:
        model = open_bundle(bundle)
        packed = str(bundle) if str(bundle) in BUILT_IN and not bundle.exists() else _zipped(model.path)
    return Equipment(
        bundle=packed,
        face_model=find_face_model(face_model, offline=offline).read_bytes(),
        tracker=tracker,
        device=device,
        precision=precision,
    )


def _zipped(bundle: Path) -> bytes:
    if bundle.is_file():
        return bundle.read_bytes()
    with tempfile.TemporaryDirectory(prefix="livefacs-") as folder:
        return Path(shutil.make_archive(f"{folder}/bundle", "zip", bundle)).read_bytes()
