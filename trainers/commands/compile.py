"""`livefacs compile`: other forms of a bundle's networks, for the machine they run on."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from engines.choices import CONVERTED
from realtime.commands.face_model_options import FaceModel, Offline
from trainers.commands.tracking_options import TRACKED_FOLDER_HELP, Jobs

if TYPE_CHECKING:
    from trainers.commands.progress_bars import Bar


def compile_bundle(
    bundle: Annotated[
        Path, typer.Argument(metavar="BUNDLE", help="A bundle folder or .zip.", show_default=False)
    ],
    device: Annotated[
        Literal["cpu", "cuda"],
        typer.Option(help="For `cpu` a new bundle is written; for `cuda` plans are built for the GPU here."),
    ] = "cpu",
    precision: Annotated[
        Literal["int8", "fp16", "fp32"] | None,
        typer.Option(
            help="Of the networks: int8 for a CPU, fp16 or fp32 for a GPU.", show_default="int8, fp16"
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="NEW", help="The new bundle's folder.", show_default=False)
    ] = None,
    corpus: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DIR",
            help="Labelled faces to calibrate on: a folder that `livefacs corpus make` wrote, or "
            "NAME:FOLDER of a licensed corpus. Several are joined.",
            show_default=False,
        ),
    ] = None,
    check: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DIR",
            help="Labelled faces to compare on, likewise.",
            show_default="those not calibrated on",
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Write it even if its scores are worth less than allowed.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of the draw of calibration faces.")] = 0,
    jobs: Jobs = None,
    tracked: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help=TRACKED_FOLDER_HELP,
            show_default="nowhere",
        ),
    ] = None,
    face_model: FaceModel = None,
    offline: Offline = False,
) -> None:
    """Make other forms of BUNDLE's networks: eight bits for CPUs, TensorRT plans for the GPU of this machine.

    For a CPU: writes a copy of BUNDLE with its networks in eight-bit integers as well. `livefacs run` tries
    once which form is the fastest on its machine, and takes that. The eight-bit networks are compared with
    those of BUNDLE on labelled faces: a change of the mean ICC(3,1) or F1 above the limits in bundle.toml
    ([parity], 0.005 unless it says otherwise) is refused.

    For a GPU: builds what `livefacs run --device cuda` would build at its first start, and keeps it in the
    cache. Plans fit one GPU and one version of TensorRT; with another they are built again.

    Examples:

    - `livefacs compile my-head --corpus my-corpus --out my-head-int8`
    - `livefacs compile my-head --device cuda`
    """
    from realtime.errors import OptionError

    fitting = ("int8",) if device == "cpu" else CONVERTED
    if precision is not None and precision not in fitting:
        raise OptionError(f"--precision {precision}: for --device {device} it is {' or '.join(fitting)}")
    if device == "cuda":
        if out is not None or corpus or check:
            raise OptionError("--device cuda keeps plans in the cache: leave out --out, --corpus and --check")
        _build_plans(bundle, precision or CONVERTED[0])
        return
    if out is None or not corpus:
        raise OptionError("eight bits need --out NEW and --corpus DIR: labelled faces to calibrate on")
    _quantise(
        bundle, out, corpus, check or [], force=force, seed=seed, jobs=jobs, tracked=tracked,
        face_model=face_model, offline=offline,
    )  # fmt: skip


def _quantise(
    bundle: Path,
    out: Path,
    corpus: list[str],
    check: list[str],
    *,
    force: bool,
    seed: int,
    jobs: int | None,
    tracked: Path | None,
    face_model: Path | None,
    offline: bool,
) -> None:
    """Write a copy of the bundle with eight-bit networks."""
    import tempfile
    from contextlib import ExitStack

    from realtime.assembly import open_bundle
    from trainers.commands.corpus_folder import train_extra
    from trainers.commands.finding_faces import find_faces
    from trainers.commands.named_corpora import joined_corpora, read_corpora
    from trainers.commands.progress_bars import progress_bars

    with train_extra(), ExitStack() as stack:
        from trainers.compiling.int8_bundle import CompileError, Pictures, add_int8
        from trainers.training.progress import TerminalReport

        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise CompileError(f"bundle {out}: exists already: remove it, or write to another folder")
        opened = stack.enter_context(open_bundle(bundle))
        kept = tracked or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="livefacs-")))

        def pictures(names: list[str]) -> Pictures:
            parts, _ = read_corpora(names)
            shared = [au for au in opened.aus if all(au in part.aus for part in parts)]
            parts = [part.with_aus(shared) for part in parts]
            with TerminalReport() as report:
                faces = find_faces(parts, kept, face_model, offline, jobs, report)
            return Pictures(joined_corpora(parts), faces)

        calibration = pictures(corpus)
        checked = pictures(check) if check else None
        with progress_bars() as bar:
            report = add_int8(opened, calibration, checked, out, seed=seed, force=force, progress=bar)
    for worth in report.worth:
        typer.echo(f"{worth.name}: {worth.a:.4f} in fp32, {worth.b:.4f} in int8 ({worth.change:+.4f})")
    typer.echo(f"{out}: written; next: livefacs run webcam:0 --bundle {shlex.quote(str(out))}")


def _build_plans(path: Path, precision: str) -> None:
    """Build the TensorRT plans of a bundle for this machine's GPU; where ONNX Runtime runs there, try it."""
    import time

    from engines.backends import TENSORRT, backend_for
    from engines.onnxruntime_cuda_engine import OnnxRuntimeCudaEngine
    from engines.tensorrt.engine import TensorRtEngine
    from realtime.assembly import open_bundle
    from trainers.commands.progress_bars import progress_bars

    kind = TensorRtEngine if backend_for("cuda") == TENSORRT else OnnxRuntimeCudaEngine
    with open_bundle(path) as opened, progress_bars() as bar:
        for model in opened.models:
            start = time.perf_counter()
            content, name = opened.model_bytes(model), f"bundle {opened.path}: {model}"
            with kind(content, name, precision=precision, progress=_phases(bar)) as engine:
                took = time.perf_counter() - start
                typer.echo(f"{model}: {precision} on {engine.gpu} by {engine.library}, ready in {took:.1f} s")
        if kind is OnnxRuntimeCudaEngine:
            typer.echo("ONNX Runtime keeps no plans: every start takes about as long")


def _phases(bar: Bar) -> Callable[[str, float], None]:
    """Return what to tell of phases and how far they are, 0-1: each has a bar of a hundred."""
    bars: dict[str, Callable[[int], None]] = {}
    done: dict[str, int] = {}

    def tell(phase: str, share: float) -> None:
        if phase not in bars:
            bars[phase], done[phase] = bar(phase.lower(), 100), 0
        bars[phase](int(100 * share) - done[phase])
        done[phase] = int(100 * share)

    return tell
