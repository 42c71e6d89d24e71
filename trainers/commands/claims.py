"""`livefacs claims`: what papers claim beside what their reproductions measured, on one page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def claims(
    reproductions: Annotated[
        list[Path],
        typer.Argument(
            metavar="DIR...",
            help="Folders that `livefacs reproduce PAPER --out DIR` wrote.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder for the page and its figures.", show_default=False)
    ],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the page in --out.")] = False,
) -> None:
    """Set what papers claim beside what their reproductions in DIR measured, on one page.

    OUT gets report.html, report.md and metrics.json: each claim with the paper's figures, ours with their
    intervals, and whether it holds; then the paper's main figures and ours side by side.

    Examples:

    - `livefacs claims atf semi qda --out claims`
    """
    from trainers.commands.corpus_folder import train_extra

    with train_extra():
        from trainers.reports import write_report
        from trainers.reports.folder import check_folder
        from trainers.reproduction.claims_page import claims_page

        check_folder(out, overwrite=overwrite)
        report = claims_page(reproductions)
        page = write_report(report, out, overwrite=overwrite)
    for section in report.sections:
        for claim in section.figures.get("claims", ()):
            typer.echo(f"{section.key}: {claim['text']}: {claim['here']}: {claim['verdict']}")
    typer.echo(f"page: {page}")
