"""`livefacs run` with several streams: side by side in one process, on one publisher."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from realtime.commands.outputs import (
    OutputOptions,
    is_published,
    make_metrics,
    make_page,
    make_publisher,
    make_sinks,
)
from realtime.commands.running import run_streams_and_report
from realtime.errors import OptionError

if TYPE_CHECKING:
    from engines.bundle import Bundle
    from realtime.assembly import NetworkOptions
    from realtime.cameras import Camera
    from realtime.sinks.sink import Sink
    from realtime.sources import Source


def run_several(
    cameras: Sequence[Camera],
    model: Bundle,
    networks: NetworkOptions,
    outputs: OutputOptions,
    *,
    also_read: Mapping[str, Path | None],
    quiet: bool,
) -> None:
    """Read all cameras to their ends or to Ctrl-C.

    Raises LiveFacsError with one line for what cannot be used or opened, and for what failed on the way.
    """
    from engines.choices import DEVICES
    from engines.sharing import SharedNetworks
    from realtime.assembly import build_pipeline
    from realtime.cameras import with_names
    from realtime.streams import Streams
    from realtime.turns import Turns

    cameras = with_names(cameras)
    # One camera that is away must not keep the others from being followed.
    if outputs["vmc"] is not None:
        raise OptionError(f"--vmc {outputs['vmc']}: an avatar follows one stream, these are {len(cameras)}")
    sources = [camera.make_source(insist=True) for camera in cameras]
    sinks = _sinks_of(sources, model, outputs, also_read)
    on_processor = networks.get("device", DEVICES[0]) == DEVICES[0]
    # A GPU takes what many ask at once as one batch, the more the better.
    turns = Turns(cores() if on_processor else len(cameras))
    with ExitStack() as stack:
        shared = None if on_processor else stack.enter_context(SharedNetworks())
        pipelines = [
            build_pipeline(
                source,
                max_faces=camera.max_faces,
                window=camera.window,
                calibrate=camera.calibration,
                sinks=sinks[source.name],
                shared=shared,
                turn=turns.join(camera.priority),
                **networks,
            )
            for camera, source in zip(cameras, sources, strict=True)
        ]
        run_streams_and_report(Streams(pipelines), quiet=quiet)


def cores() -> int:
    """Processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _sinks_of(
    sources: Sequence[Source], model: Bundle, outputs: OutputOptions, also_read: Mapping[str, Path | None]
) -> dict[str, list[Sink]]:
    """By stream name, the sinks of each: a share of one publisher, and files of its own."""
    from realtime.sinks.shared import SharedSink

    folders = {"csv": outputs["csv"], "jsonl": outputs["jsonl"]}
    for option, folder in folders.items():
        if folder is not None:
            _make_folder(option, folder)
    read = {f"source of {source.name}": Path(source.label) for source in sources} | dict(also_read)
    publish = outputs["publish"]
    publisher = SharedSink(
        make_publisher(
            publish, keys=outputs["keys"], allow=outputs["allow"], unencrypted=outputs["unencrypted"]
        )
    )
    metrics = None if outputs["metrics"] is None else SharedSink(make_metrics(outputs["metrics"]))
    page = None
    if outputs["view"]:
        page = SharedSink(
            make_page(
                f"{len(sources)} streams",
                model,
                outputs["view_at"],
                outputs["view_token"],
                outputs["recordings"],
                sources,
            )
        )
    sinks: dict[str, list[Sink]] = {}
    for source in sources:
        files = {kind: folder and folder / f"{source.name}.{kind}" for kind, folder in folders.items()}
        # Publisher, metrics and page are shared, the others each stream's own.
        own: OutputOptions = {
            **outputs,
            "publish": "none",
            "csv": files["csv"],
            "jsonl": files["jsonl"],
            "metrics": None,
            "view": False,
        }
        sinks[source.name] = make_sinks(source, model, **own, also_read=read)
        if metrics is not None:
            sinks[source.name].append(metrics.share())
        if page is not None:
            sinks[source.name].append(page.share())
        if is_published(source, publish):
            sinks[source.name].insert(0, publisher.share())
    return sinks


def _make_folder(option: str, folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise OptionError(
            f"--{option} {folder}: several streams write into a folder, and that is a file; name a folder"
        ) from None
    except OSError as error:
        raise OptionError(f"--{option} {folder}: {error.strerror or error}") from None
