"""`livefacs reproduce`: a paper's experiment from nothing to its report."""

from __future__ import annotations

import dataclasses
import logging
import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from trainers.corpora.synthesis.plan import CorpusPlan
    from trainers.reproduction.papers import Paper
    from trainers.reproduction.progress import Bars
    from trainers.reproduction.request import Material, Request


def reproduce(
    paper: Annotated[
        str,
        typer.Argument(
            metavar="PAPER",
            help="`pose-dependent`: Zhou et al., FG 2017; `atf`: Z. Zhang et al., identity-adversarial; "
            "`semi`: Wang et al., label-adversarial; `qda`: Ghosh et al., multi-label CNN and QDA; "
            "`cycleat`: F. Zhang et al., expressions in the wild.",
            show_default=False,
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for everything.", show_default=False)],
    corpus: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DIR",
            help="A folder that `livefacs corpus make` wrote (pose-dependent: with `--poses fera`), or "
            "NAME:FOLDER of a licensed corpus; several are joined. Left out, corpora are rendered into "
            "OUT/corpora.",
            show_default=False,
        ),
    ] = None,
    bp4d: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="Your licensed copy of BP4D (pose-dependent: its FERA 2017 release), not open corpora.",
            show_default=False,
        ),
    ] = None,
    other: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DIR",
            help="The second corpus, of papers that go from one to another; of `cycleat` the target, such "
            "as `sfew:/data/SFEW`.",
            show_default=False,
        ),
    ] = None,
    auxiliary: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DIR",
            help="Of `cycleat`: pictures of the web, such as `celeba:/data/CelebA`; several are joined.",
            show_default=False,
        ),
    ] = None,
    disfa: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH", help="Your licensed copy of DISFA, as the second corpus.", show_default=False
        ),
    ] = None,
    size: Annotated[
        str,
        typer.Option(
            metavar="small|paper",
            help="`small`: an hour or two on two cores, a slim network on small pictures. `paper`: its own "
            "network and numbers of pictures, for a GPU.",
        ),
    ] = "small",
    aus: Annotated[
        str | None, typer.Option(help="Only these AUs: `AU04,AU12`.", show_default="the paper's")
    ] = None,
    seed: Annotated[
        list[int] | None, typer.Option(help="Of a training; repeat it for several.", show_default="0")
    ] = None,
    seeds: Annotated[
        int | None,
        typer.Option(min=1, help="Instead: train K times, seeds 0 to K - 1.", show_default="1; cycleat 3"),
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change a key of the recipes, of all models alike."),
    ] = None,
    device: Annotated[str, typer.Option(metavar="auto|cpu|cuda", help="Where to train.")] = "auto",
    jobs: Annotated[
        int | None,
        typer.Option(min=1, help="Processes that render, threads that read.", show_default="one per core"),
    ] = None,
) -> None:
    """Run the experiment of PAPER: render or read its corpus, train its networks, write its tables.

    OUT gets corpora/, runs/ with one folder per network, and report/: report.html, report.md, metrics.json
    and plots. The report has the paper's figures beside ours, told apart, and says in words what came of the
    paper's question. Whatever is finished is kept: stop with Ctrl-C at any time, give the same command
    again, and it goes on where it was. With one more seed only the new networks are trained.

    How long `pose-dependent` takes on two cores in `small`: 8 minutes to render the corpora, 20 for the two
    networks of all AUs together that the others start from, then one for each of the 14 networks of the
    paper's seven AUs. `atf`, `semi` and `qda` take half an hour each; `cycleat` an hour.

    Examples:

    - `livefacs reproduce pose-dependent --out pd`
    - `livefacs reproduce pose-dependent --out pd --seeds 3`
    - `livefacs reproduce pose-dependent --out pd --corpus studio --corpus wild --aus AU04,AU12`
    - `livefacs reproduce pose-dependent --out pd --bp4d /data/FERA17 --size paper --device cuda`
    - `livefacs reproduce atf --out atf --bp4d /data/BP4D --disfa /data/DISFA --size paper --device cuda`
    - `livefacs reproduce cycleat --out sfew --corpus bu-3dfe:/data/BU3DFE --auxiliary celeba:/data/CelebA
      --auxiliary lfw:/data/lfw --other sfew:/data/SFEW --size paper --device cuda`
    """
    from trainers.commands.corpus_folder import train_extra
    from trainers.commands.train import INTERRUPTED

    with train_extra():
        from trainers.reports import write_report
        from trainers.reports.summary import summary_line
        from trainers.reproduction.papers import paper_named
        from trainers.reproduction.progress import Bars
        from trainers.reproduction.request import Request
        from trainers.reproduction.runs import Interrupted

        logging.getLogger("lightning_fabric").setLevel(logging.WARNING)  # it tells how it computes, each time
        chosen = paper_named(paper)
        request = Request(
            out=_folder(out),
            size=_one_of("--size", size, chosen.sizes),
            aus=chosen.aus if aus is None else _aus(aus, chosen),
            seeds=_seeds(seed, seeds, chosen.seeds),
            changes=tuple(changes or ()),
            device=device,
            jobs=jobs,
        )
        chosen.check(request)
        with Bars() as bars:
            bars.note(f"{paper}: {chosen.source}{'; ' if request.aus else ''}{', '.join(request.aus)}")
            material = dataclasses.replace(
                _material(chosen, request, corpus or [], bp4d, bars),
                other=_other(chosen, request, other or [], disfa, bars),
                auxiliary=_auxiliary(chosen, request, auxiliary or [], bars),
            )
            try:
                report = chosen.reproduce(request, material, bars)
            except Interrupted as stopped:
                bars.note(
                    f"{stopped}; go on with the same command: {shlex.join(['livefacs', *sys.argv[1:]])}"
                )
                raise typer.Exit(INTERRUPTED) from None
            bars.note("writing the report")
        page = write_report(report, request.report, overwrite=True)
    typer.echo(f"{report.title}: {summary_line(report)}; report: {page}")


def _material(
    paper: Paper, request: Request, names: Sequence[str], bp4d: Path | None, bars: Bars
) -> Material:
    """Return the corpora that the command names, or those of the paper's plans, as one.

    Raises:
        LiveFacsError: both kinds are named, or one cannot be read or rendered.
    """
    from realtime.errors import OptionError

    if bp4d is not None and not paper.licensed:
        raise OptionError("--bp4d: this paper has other corpora; name yours with --corpus bu-3dfe:DIR")
    if bp4d is not None and names:
        raise OptionError(f"--bp4d {bp4d}: is used instead of open corpora; leave --corpus out")
    if bp4d is not None:
        names = [f"{paper.licensed}:{bp4d}"]
    return _read(paper, request, names, paper.plans[request.size], bars)


def _other(
    paper: Paper, request: Request, names: Sequence[str], disfa: Path | None, bars: Bars
) -> Material | None:
    """Return the second corpus likewise, None for a paper that has none."""
    from realtime.errors import OptionError

    plans = paper.others.get(request.size, ())
    if not plans and (names or disfa is not None):
        raise OptionError(
            f"{'--other' if names else '--disfa'}: this paper has no second corpus; leave it out"
        )
    if disfa is not None and names:
        raise OptionError(f"--disfa {disfa}: is used instead of open corpora; leave --other out")
    if disfa is not None:
        names = [f"disfa:{disfa}"]
    return _read(paper, request, names, plans, bars) if plans else None


def _auxiliary(paper: Paper, request: Request, names: Sequence[str], bars: Bars) -> Material | None:
    """Return the corpus between both likewise."""
    from realtime.errors import OptionError

    plans = paper.auxiliaries.get(request.size, ())
    if not plans and names:
        raise OptionError("--auxiliary: this paper has no auxiliary corpus; leave it out")
    return _read(paper, request, names, plans, bars) if plans else None


def _read(
    paper: Paper, request: Request, names: Sequence[str], plans: Sequence[CorpusPlan], bars: Bars
) -> Material:
    """Return these corpora, or those of the plans, as one; with their faces, if networks see crops."""
    from trainers.commands.finding_faces import find_faces
    from trainers.commands.named_corpora import common_aus, joined_corpora, read_corpora
    from trainers.reproduction.open_corpora import open_corpora
    from trainers.reproduction.progress import RunReport
    from trainers.reproduction.request import Material

    if not names:
        names = [str(folder) for folder in open_corpora(plans, request.corpora, request.jobs, bars)]
    parts, origins = read_corpora(names)
    aus = common_aus(parts)
    parts = [paper.prepared(part.with_aus(aus)) for part in parts]
    faces = None
    if paper.faces:
        faces = find_faces(parts, request.faces, None, False, request.jobs, RunReport(bars, "faces"))
    return Material(
        joined_corpora(parts),
        tuple(origins),
        rendered=all(origin.manifest for origin in origins),
        tracked=faces,
    )


def _folder(out: Path) -> Path:
    """Refuse a file, and a folder of something else."""
    from realtime.errors import OptionError

    if out.exists() and not out.is_dir():
        raise OptionError(f"--out {out}: is a file; name a folder")
    strange = [path.name for path in out.iterdir() if path.name not in PARTS] if out.exists() else []
    if strange:
        raise OptionError(
            f"--out {out}: holds {min(strange)}, which no reproduction writes; name another folder"
        )
    return out


PARTS = ("corpora", "faces", "runs", "report")
"""What a reproduction writes into its folder."""


def _one_of(option: str, value: str, choices: Sequence[str]) -> str:
    from realtime.errors import OptionError

    if value not in choices:
        raise OptionError(f"{option} {value}: choose {' or '.join(choices)}")
    return value


def _aus(text: str, paper: Paper) -> tuple[str, ...]:
    from realtime.errors import OptionError

    if not paper.aus:
        raise OptionError("--aus: this paper is about expressions; leave it out")
    aus = tuple(au.strip().upper() for au in text.split(",") if au.strip())
    if not aus or len(set(aus)) < len(aus) or not all(re.fullmatch("AU[0-9]{2}", au) for au in aus):
        raise OptionError(f"--aus {text!r}: name each AU once, such as AU04,AU12")
    return aus


def _seeds(chosen: Sequence[int] | None, count: int | None, usual: int) -> tuple[int, ...]:
    from realtime.errors import OptionError

    if chosen and count:
        raise OptionError("--seed and --seeds: give one of them")
    seeds = tuple(chosen or range(count or usual))
    if len(set(seeds)) < len(seeds) or min(seeds) < 0:
        raise OptionError(f"--seed {', '.join(map(str, seeds))}: seeds are 0 or more, each given once")
    return seeds
