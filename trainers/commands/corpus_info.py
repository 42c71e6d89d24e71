"""`livefacs corpus info`: what a corpus folder holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from trainers.commands.corpus_folder import CorpusFolder

if TYPE_CHECKING:
    from rich.console import Console

    from trainers.corpora.corpus import Corpus

BAR_WIDTH = 20


def info(folder: CorpusFolder) -> None:
    """Print counts, Action Units with their base rates, expressions and head poses of a corpus."""
    from rich.console import Console

    from trainers.corpora.data_card.counts import count_expressions, count_parts, count_viewpoints
    from trainers.corpora.store import open_corpus, read_manifest

    corpus = open_corpus(folder, verify=False)
    manifest = read_manifest(folder)
    console = Console(highlight=False, markup=False, soft_wrap=True)
    console.print(f"{corpus.name}: {len(corpus):,} pictures, made by LiveFACS {manifest.livefacs}")
    console.print(f"{folder}, {_megabytes(entry.bytes for entry in manifest.files.values())} MB")
    console.print(f"licence {manifest.licence}")
    if manifest.plan:
        console.print("made with " + ", ".join(f"{key} {value}" for key, value in manifest.plan.items()))
    parts = (
        (part.partition or "–", part.domain or "–", part.subjects, part.sequences, part.pictures)
        for part in count_parts(corpus)
    )
    _print_table(console, ("partition", "domain", "subjects", "sequences", "pictures"), parts)
    _print_aus(console, corpus)
    counted = count_expressions(corpus)
    if set(counted) != {""}:
        rows = ((name or "not labelled", pictures) for name, pictures in counted.items())
        _print_table(console, ("expression", "pictures"), rows)
    if views := count_viewpoints(corpus):
        rows_of_views = ((v.name, _degrees(v.yaw), _degrees(v.pitch), v.pictures) for v in views)
        _print_table(console, ("viewpoint", "mean yaw", "mean pitch", "pictures"), rows_of_views)


def _print_aus(console: Console, corpus: Corpus) -> None:
    from realtime.facs import AU_NAMES
    from trainers.corpora.data_card.counts import count_aus

    counts = count_aus(corpus)
    rows = [
        (
            f"{au} {AU_NAMES.get(au, '')}",
            "–" if rate != rate else f"{100 * rate:.1f} %",
            "█" * round(BAR_WIDTH * rate) if rate == rate else "",
            *levels[1:],
        )
        for au, rate, levels in zip(
            corpus.aus, counts.base_rate.tolist(), counts.levels.tolist(), strict=True
        )
    ]
    if rows:
        _print_table(console, ("Action Unit", "base rate", "", *"12345"), rows)


def _print_table(console: Console, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table, numbers to the right; no line is cut, however narrow the terminal."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    cells = [[f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row] for row in rows]
    for column, title in enumerate(header):
        numbers = all(row[column][-1:] in {*"0123456789%°–"} for row in cells)
        width = max(len(title), *(len(row[column]) for row in cells))
        table.add_column(title, justify="right" if title and numbers else "left", min_width=width)
    for row in cells:
        table.add_row(*row)
    console.print()
    console.print(table)


def _degrees(angle: float) -> str:
    return "–" if angle != angle else f"{round(angle):+d}°"


def _megabytes(sizes: Iterable[int]) -> str:
    return f"{sum(sizes) / 1e6:,.1f}"
