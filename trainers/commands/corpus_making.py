"""`livefacs corpus make` and `clip`: render pictures and videos whose labels are exact."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from trainers.commands.corpus_folder import train_extra
from trainers.commands.corpus_progress import progress_bar
from trainers.errors import CorpusError

DomainOption = Annotated[
    str,
    typer.Option(
        metavar="studio|wild|varied",
        help="`studio`: plain. `wild`: any light, background, blur, noise, compression; faces partly hidden. "
        "`varied`: as wild, of people with any brows, whose skin folds deeply or not at all: to train on.",
    ),
]


def _not_negative(seed: int) -> int:
    if seed < 0:
        raise CorpusError(f"--seed {seed}: seeds are 0 or more")
    return seed


SeedOption = Annotated[
    int, typer.Option(callback=_not_negative, help="Another number gives other people and moments.")
]


def make(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the corpus, as tables will print it.")],
    subjects: Annotated[int, typer.Option(help="How many people.")],
    frames: Annotated[int, typer.Option(help="How many pictures, of all people together.")],
    out: Annotated[
        Path | None, typer.Option(help="The folder to write; default: NAME.", show_default=False)
    ] = None,
    domain: DomainOption = "studio",
    poses: Annotated[
        str,
        typer.Option(
            metavar="fera|bu3dfe|continuous",
            help="`fera`: nine views. `bu3dfe`: 143 views up to 45° of yaw and 30° of pitch. "
            "`continuous`: moving heads.",
        ),
    ] = "fera",
    expressions: Annotated[
        bool,
        typer.Option(
            "--expressions",
            help="Six basic expressions at four levels, and neutral, instead of spontaneous behaviour.",
        ),
    ] = False,
    posed: Annotated[
        bool,
        typer.Option(
            "--posed",
            help="Any Action Units, alone and together, each as often as every other, "
            "instead of spontaneous behaviour.",
        ),
    ] = False,
    habits: Annotated[
        float,
        typer.Option(
            help="How much people differ in which Action Units they like to show, 0 to 3 (standard deviation "
            "of log-odds); 1.5 is much."
        ),
    ] = 0.0,
    seed: SeedOption = 0,
    size: Annotated[int, typer.Option(help="Height and width of the pictures, pixels.")] = 256,
    jobs: Annotated[
        int | None,
        typer.Option(
            help="Worker processes; default: one per core. The result is the same.", show_default=False
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing corpus.")] = False,
) -> None:
    """Render a corpus of labelled faces into a new folder.

    The folder appears when everything is in it: pictures, labels, the hash of every file, and a data card
    with counts, plots and samples (README.md). The same arguments give the same bytes on one machine.

    Examples:

    - `livefacs corpus make faces-studio --subjects 40 --frames 2000`
    - `livefacs corpus make faces-wild --subjects 40 --frames 2000 --domain wild --seed 1`
    - `livefacs corpus make basic --subjects 20 --frames 1000 --poses bu3dfe --expressions`
    """
    folder = out or Path(name)
    start = time.monotonic()
    with train_extra(), _ending_on_sigterm():
        from trainers.corpora.synthesis.plan import CorpusPlan
        from trainers.errors import CorpusError

        if expressions and posed:
            raise CorpusError("--expressions and --posed: one corpus has one behaviour; leave one out")
        plan = CorpusPlan(
            name=name,
            subjects=subjects,
            frames=frames,
            domain=domain,
            poses=poses,
            behaviour="expressions" if expressions else "posed" if posed else "spontaneous",
            seed=seed,
            size=size,
            habits=habits,
        )
        from trainers.corpora.synthesis.make import make_corpus

        with progress_bar(f"rendering {name}", frames, "pictures") as progress:
            make_corpus(plan, folder, jobs=jobs, progress=progress, overwrite=overwrite)
    seconds = time.monotonic() - start
    typer.echo(
        f"{folder}: {frames} pictures of {subjects} subjects in {seconds:.0f} s "
        f"({frames / seconds:.1f} pictures/s); its data card is {folder / 'README.md'}"
    )


def clip(
    out: Annotated[
        Path,
        typer.Argument(
            metavar="OUT.mp4",
            help="The video; the truth is written beside it as OUT.csv.",
            show_default=False,
        ),
    ],
    seconds: Annotated[
        float | None,
        typer.Option(help="How long it is; default: 10, or 4 for each crossing.", show_default=False),
    ] = None,
    fps: Annotated[int, typer.Option(help="Frames per second.")] = 30,
    faces: Annotated[
        int | None, typer.Option(help="How many people, side by side; default: 1.", show_default=False)
    ] = None,
    crossings: Annotated[
        int,
        typer.Option(help="Two people walk to and fro instead and cross so often, one behind the other."),
    ] = 0,
    size: Annotated[str, typer.Option(metavar="WxH", help="Width and height, pixels.")] = "640x480",
    domain: DomainOption = "studio",
    seed: SeedOption = 0,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace existing files.")] = False,
) -> None:
    """Render a video of moving faces, and a CSV of the truth in OpenFace's column names.

    The last columns say where each face is, and how much of it somebody in front of it hides.

    Examples:

    - `livefacs corpus clip truth.mp4`
    - `livefacs corpus clip meeting.mp4 --faces 3 --size 1280x720 --domain wild`
    - `livefacs corpus clip crossings.mp4 --crossings 20`
    """
    start = time.monotonic()
    with train_extra(), _ending_on_sigterm():
        from trainers.corpora.synthesis.clip import make_clip, usual_length

        length = usual_length(crossings) if seconds is None else seconds
        frames = max(1, round(length * fps)) if 0 < length < float("inf") else 1
        with progress_bar(f"rendering {out.name}", frames, "frames") as progress:
            truth = make_clip(
                out,
                seconds=length,
                fps=fps,
                faces=faces,
                crossings=crossings,
                size=_height_and_width(size),
                domain=domain,
                seed=seed,
                overwrite=overwrite,
                progress=progress,
            )
    took = time.monotonic() - start
    typer.echo(f"{out} and {truth}: {frames} frames in {took:.0f} s ({frames / took:.1f} frames/s)")


def _height_and_width(size: str) -> tuple[int, int]:
    """Read 640x480 as (480, 640). Raises CorpusError."""
    match = re.fullmatch(r"([0-9]{1,5})[x×]([0-9]{1,5})", size)
    if match is None:
        raise CorpusError(f"--size {size}: give width x height in pixels, such as 640x480")
    return int(match[2]), int(match[1])


@contextmanager
def _ending_on_sigterm() -> Iterator[None]:
    """Let SIGTERM end the job as Ctrl-C does: with nothing half written left behind."""

    def end(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
