"""Makes the default bundle from nothing: python -m trainers.embedded WORK [--out BUNDLE]

Renders the corpora, finds the faces, trains, exports, tests on people never seen, makes eight-bit networks
and writes the bundle with its data card. Each step is a `livefacs` command that is shown before it is run;
what is there already is not made again, and a training that broke off goes on.
"""

from __future__ import annotations

import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from realtime.assembly import DEFAULT_BUNDLE
from trainers.commands.train import INTERRUPTED
from trainers.corpora.synthesis.plan import CorpusPlan
from trainers.embedded.bundle import write_embedded
from trainers.embedded.plans import CALIBRATED_ON, RECIPE, TESTED_ON, TRAINED_ON
from trainers.errors import CorpusError, LiveFacsError
from trainers.training import checkpoint
from trainers.training.command_line import repeated
from trainers.training.run_folder import RunFolder

DEFAULT_OUT = Path(__file__).parents[2] / "realtime" / "bundles" / DEFAULT_BUNDLE


def make(
    work: Annotated[Path, typer.Argument(help="Folder for corpora, run and reports; some 3 GB.")],
    out: Annotated[Path, typer.Option(help="The bundle to write.")] = DEFAULT_OUT,
    changes: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a key of the recipe.")
    ] = None,
    device: Annotated[str, typer.Option(metavar="auto|cpu|cuda", help="Where to train.")] = "auto",
) -> None:
    """Make the default bundle from nothing: some two and a half hours on two cores."""
    work.mkdir(parents=True, exist_ok=True)
    for plan in TRAINED_ON:
        _render(plan, work)
    _train(work, changes or [], device)
    for plan in TESTED_ON:
        _render(plan, work)
    if not (work / "exported").exists():
        _livefacs(["export", "run", "exported"], work)
    for plan in TESTED_ON:
        report = f"report-{plan.name}"
        if not (work / report).exists():
            kept = ["--tracked", f"tracked/{plan.name}.npz"]
            _livefacs(["evaluate", "exported", plan.name, "--out", report, *kept], work)
    if not (work / "compiled").exists():
        words = repeated("--corpus", [plan.name for plan in CALIBRATED_ON])
        words += repeated("--check", [plan.name for plan in TESTED_ON])
        _livefacs(["compile", "exported", "--out", "compiled", *words, "--tracked", "tracked"], work)
    shutil.rmtree(out, ignore_errors=True)
    write_embedded(work, out)
    typer.echo(f"{out}: written")


def _render(plan: CorpusPlan, work: Path) -> None:
    if (work / plan.name).exists():
        return
    words = [plan.name, "--subjects", plan.subjects, "--frames", plan.frames, "--domain", plan.domain]
    words += ["--poses", plan.poses, "--seed", plan.seed]
    words += [] if plan.behaviour == "spontaneous" else [f"--{plan.behaviour}"]
    _livefacs(["corpus", "make", *map(str, words)], work)


def _train(work: Path, changes: Sequence[str], device: str) -> None:
    run = RunFolder(work / "run")
    began = run.last.exists()
    if began and checkpoint.read_state(run.last).get("standing", {}).get("ended"):
        return
    words = ["train", RECIPE, *repeated("--corpus", [plan.name for plan in TRAINED_ON])]
    words += ["--out", "run", "--tracked", "tracked", "--device", device, *repeated("--set", changes)]
    _livefacs([*words, "--resume" if began else "--overwrite"], work)


def _livefacs(words: Sequence[str], work: Path) -> None:
    """Run a command in the folder of the work.

    Raises:
        CorpusError: it failed; it has said why.
        typer.Exit: Ctrl-C or SIGTERM stopped it.
    """
    typer.echo(f"livefacs {shlex.join(words)}")
    command = [str(Path(sys.executable).with_name("livefacs")), *words]
    with subprocess.Popen(command, cwd=work) as process, _stopping(process):
        status = process.wait()
    if status in STOPPED:
        typer.echo("stopped; what is made is kept, and the same command goes on")
        raise typer.Exit(INTERRUPTED)
    if status:
        raise CorpusError(f"livefacs {words[0]} ended with status {status}: mend it, then give this again")


STOPPED = (INTERRUPTED, -signal.SIGINT, -signal.SIGTERM)
"""Statuses of a command that was asked to stop."""


@contextmanager
def _stopping(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Leave stopping to a command, which writes a checkpoint first. A terminal sends Ctrl-C to both."""
    handlers = {signal.SIGINT: lambda *_: None, signal.SIGTERM: lambda *_: process.terminate()}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


if __name__ == "__main__":
    try:
        typer.run(make)
    except LiveFacsError as error:
        sys.exit(f"livefacs: {error}")
