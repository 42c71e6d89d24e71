"""A report as Markdown (GitHub's tables); plots are links to the files beside it."""

from __future__ import annotations

from collections.abc import Iterator

from trainers.reports.content import Block, Cell, Plot, Report, Table, Text, shown
from trainers.reports.summary import summary_table


def as_markdown(report: Report) -> str:
    """Return the whole page."""
    return "\n".join(_lines(report)).rstrip() + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield from (f"# {_text(report.title)}", "")
    yield from (f"- **{_text(name)}**: {_text(text)}" for name, text in report.facts)
    yield ""
    for warning in report.warnings:
        yield from (f"> **Note.** {_text(warning)}", "")
    if report.headlines:
        yield from _block(summary_table(report))
    for section in report.sections:
        yield from (f"## {_text(section.title)}", "")
        for block in section.blocks:
            yield from _block(block)


def _block(block: Block) -> Iterator[str]:
    match block:
        case Text():
            yield from (_text(block.text), "")
        case Plot():
            yield from (f"### {_text(block.title)}", "")
            yield from (
                f"![{_text(block.text)}](plots/{block.name}.png)",
                "",
                f"*{_text(block.caption)}*",
                "",
            )
        case Table():
            yield from (f"### {_text(block.title)}", "")
            yield from (f"*{_text(block.caption)}*", "")
            yield _row(block.head)
            yield _row(tuple("---" if is_word else "---:" for is_word in block.word_columns))
            yield from (_row(tuple(_cell(cell, block.decimals) for cell in row)) for row in block.rows)
            for row in block.summary:
                yield _row(tuple(_bold(_cell(cell, block.decimals)) for cell in row))
            yield ""
            for note in block.notes:
                yield from (_text(note), "")


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(cell: Cell, decimals: int) -> str:
    return _text(" ".join(part for part in shown(cell, decimals) if part))


def _bold(text: str) -> str:
    return f"**{text}**" if text else ""


def _text(text: str) -> str:
    """Names of people's corpora must not become markup."""
    for character in "\\`*_|<>":
        text = text.replace(character, f"\\{character}")
    return text
