"""One page of what several papers claim, from the reports that their reproductions wrote."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec

from trainers.errors import ProtocolError
from trainers.reports import Report
from trainers.reports.content import Cell, Measured, Section, Table
from trainers.reports.folder import METRICS, PAGE
from trainers.reports.report import RENDERED
from trainers.reproduction.claims import FAILS, HOLDS, OPEN, Beside, Claim, besides_table, claims_table
from trainers.reproduction.papers import PAPERS, paper_named


class _Figure(msgspec.Struct):
    value: float | None
    low: float | None
    high: float | None


class _Beside(msgspec.Struct):
    what: str
    paper: float | None
    here: _Figure | None


class _Told(msgspec.Struct):
    claims: list[Claim]
    side_by_side: list[_Beside]


class _Kept(msgspec.Struct):
    """What this needs of a report's `metrics.json`."""

    paper: str
    size: str
    caption: str
    rendered: bool
    claims: _Told


def claims_page(folders: Sequence[Path]) -> Report:
    """Return the claims of all reproductions, one section each.

    Args:
        folders: of reproductions, or of their reports.

    Raises:
        ProtocolError: one holds no report of a reproduction, or one without claims.
    """
    kept = [_read(folder) for folder in folders]
    sections = [
        Section(
            each.paper,
            paper_named(each.paper).source,
            (
                claims_table(each.claims.claims, each.caption),
                besides_table([_beside(row) for row in each.claims.side_by_side], each.caption),
            ),
            msgspec.to_builtins(each.claims),
        )
        for each in kept
    ]
    return Report(
        title="What the papers claim, and what was measured here",
        facts=tuple(
            (f"livefacs reproduce {each.paper}", f"{paper_named(each.paper).source}; {each.size}")
            for each in kept
        ),
        warnings=(RENDERED,) if any(each.rendered for each in kept) else (),
        sections=(Section("short", "In short", (_counts(kept),)), *sections),
        settings={"papers": [each.paper for each in kept]},
    )


def _counts(kept: Sequence[_Kept]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for each in kept:
        told = Counter(claim.verdict for claim in each.claims.claims)
        rows.append((paper_named(each.paper).source, *(told[verdict] for verdict in (HOLDS, FAILS, OPEN))))
    return Table(
        title="How many claims",
        caption="Claims of each paper that were put to the test here.",
        head=("paper", HOLDS, FAILS, OPEN),
        rows=tuple(rows),
    )


def _read(folder: Path) -> _Kept:
    for file in (folder / METRICS, folder / "report" / METRICS):
        if file.is_file():
            break
    else:
        raise ProtocolError(
            f"{folder}: holds no report: name the --out of a `livefacs reproduce` that has ended"
        )
    try:
        kept = msgspec.json.decode(file.read_bytes(), type=_Kept)
    except (OSError, msgspec.MsgspecError) as error:
        raise ProtocolError(
            f"{file}: holds no claims of a paper ({error}): give the same `livefacs reproduce` again, it "
            f"writes them into {PAGE}"
        ) from error
    if kept.paper not in PAPERS:
        raise ProtocolError(f"{file}: is of paper {kept.paper!r}, which is not known here")
    return kept


def _beside(row: _Beside) -> Beside:
    if row.here is None:
        return Beside(row.what, row.paper, None)
    ends = (row.here.value, row.here.low, row.here.high)
    return Beside(row.what, row.paper, Measured(*(math.nan if end is None else end for end in ends)))
