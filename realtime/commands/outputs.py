"""Where `livefacs run` sends results: the sinks its options ask for, none of which may eat another file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from realtime.errors import OptionError
from realtime.sinks.default_endpoint import DEFAULT_ENDPOINT
from realtime.sinks.sink import Sink

if TYPE_CHECKING:
    from engines.bundle import Bundle
    from realtime.sources.source import Source


class OutputOptions(TypedDict):
    """The options of `livefacs run` that say where results go."""

    publish: str
    csv: Path | None
    jsonl: Path | None
    overwrite: bool
    metrics: str | None
    keys: Path | None
    allow: Path | None
    unencrypted: bool
    view: bool
    view_at: str | None
    view_token: str | None
    recordings: Path
    csv_columns: str
    lsl: bool
    lsl_faces: int
    osc: str | None
    vmc: str | None


def make_sinks(
    source: Source,
    model: Bundle,
    *,
    publish: str,
    csv: Path | None,
    jsonl: Path | None,
    overwrite: bool,
    metrics: str | None,
    keys: Path | None,
    allow: Path | None,
    unencrypted: bool,
    view: bool,
    view_at: str | None,
    view_token: str | None,
    recordings: Path,
    csv_columns: str,
    lsl: bool,
    lsl_faces: int,
    osc: str | None,
    vmc: str | None,
    also_read: Mapping[str, Path | None],
) -> list[Sink]:
    """Return the sinks, not yet open; the publisher first, since subscribers wait for it and files do not.

    Args:
        source, model: what is read, and with which model.
        publish: a ZeroMQ endpoint, `none`, or `auto` (live sources publish on `DEFAULT_ENDPOINT`).
        csv, jsonl: files to write, None for none.
        overwrite: whether they may replace existing files.
        metrics: where Prometheus may ask, None for nowhere.
        also_read: further files this run reads, by what they are.
        keys, allow, unencrypted: who may read what is published, as for `ZeroMQSink`.
        csv_columns: whose names the CSV's columns have.
        lsl, lsl_faces, osc, vmc: bridges to other programs: `LSLSink`, `OSCSink`, `VMCSink`.
        view, view_at, view_token: whether, where and for whom the live page is served.
        recordings: where what is recorded on it goes.

    Raises:
        OptionError: a file to write is also read, or is to be written twice.
    """
    outputs = {option: path for option, path in (("--csv", csv), ("--jsonl", jsonl)) if path is not None}
    inputs = {"source": Path(source.label), "key file": keys, **also_read}
    _keep_apart(outputs, {what: path.expanduser() for what, path in inputs.items() if path is not None})
    for option, path in outputs.items():
        if path.resolve().is_relative_to(model.path.resolve()):
            raise OptionError(f"{option} {path}: lies inside the bundle {model.path}; choose another place")
    sinks: list[Sink] = []
    if is_published(source, publish):
        sinks.append(make_publisher(publish, keys=keys, allow=allow, unencrypted=unencrypted))
    if csv is not None:
        from realtime.sinks.csv_file import CSVSink

        try:
            sinks.append(CSVSink(csv, model.aus, model.thresholds, overwrite, csv_columns))
        except ValueError as error:
            raise OptionError(f"--csv-columns: {error}") from None
    if jsonl is not None:
        from realtime.sinks.jsonl import JSONLinesSink

        sinks.append(JSONLinesSink(jsonl, overwrite=overwrite))
    sinks += make_bridges(model, lsl_faces if lsl else 0, osc, vmc)
    if metrics is not None:
        sinks.append(make_metrics(metrics))
    if view:
        sinks.append(make_page(Path(source.label).name, model, view_at, view_token, recordings, [source]))
    return sinks


def make_bridges(model: Bundle, lsl_faces: int, osc: str | None, vmc: str | None) -> list[Sink]:
    """Return the sinks that speak to other programs; `lsl_faces` 0 is no LSL."""
    from realtime.sinks.lsl import LSLSink
    from realtime.sinks.osc import OSCSink
    from realtime.sinks.vmc import VMCSink

    sinks: list[Sink] = []
    if lsl_faces:
        sinks.append(LSLSink(model.aus, model.expressions, faces=lsl_faces, model=model.id))
    if osc is not None:
        sinks.append(OSCSink(osc))
    if vmc is not None:
        sinks.append(VMCSink(vmc))
    return sinks


def is_published(source: Source, publish: str) -> bool:
    """Whether `--publish` asks for this source's results: `auto` does for live ones."""
    return publish != "none" and (publish != "auto" or source.live)


def make_publisher(
    publish: str, *, keys: Path | None = None, allow: Path | None = None, unencrypted: bool = False
) -> Sink:
    """Return the publisher that `--publish` names, not yet open."""
    from realtime.sinks.zeromq import ZeroMQSink

    endpoint = DEFAULT_ENDPOINT if publish == "auto" else publish
    return ZeroMQSink(endpoint, keys=keys, allow=allow, unencrypted=unencrypted)


def make_metrics(metrics: str) -> Sink:
    """Return what `--metrics` asks for, not yet open."""
    from realtime.sinks.metrics import MetricsSink

    return MetricsSink(metrics)


def make_page(
    title: str,
    model: Bundle,
    view_at: str | None,
    view_token: str | None,
    recordings: Path,
    sources: Sequence[Source],
) -> Sink:
    """Return the live page of some sources, not yet open."""
    from realtime.page.defaults import DEFAULT_ADDRESS
    from realtime.page.page_sink import PageSink
    from realtime.sources.browser import BrowserSource

    return PageSink(
        view_at or DEFAULT_ADDRESS,
        token=view_token,
        title=title,
        aus=model.aus,
        thresholds=model.thresholds,
        recordings=recordings,
        live=any(source.live for source in sources),
        camera=next((source for source in sources if isinstance(source, BrowserSource)), None),
    )


def _keep_apart(outputs: Mapping[str, Path], inputs: Mapping[str, Path]) -> None:
    """Refuse to write over what is read, by whatever name or link, or to one file twice."""
    for option, path in outputs.items():
        for what, other in inputs.items():
            if _same(path, other):
                raise OptionError(f"{option} {path}: that is the {what} itself; choose another name")
    paths = list(outputs.items())
    for index, (option, path) in enumerate(paths):
        for other_option, other in paths[index + 1 :]:
            if _same(path, other):
                raise OptionError(f"{option} and {other_option} both name {path}; choose two names")


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other) and one.is_file()  # two outputs may both go to /dev/null
    except OSError:  # at least one does not exist yet
        return one.resolve() == other.resolve()
