"""A report as one HTML page that needs nothing else: plots are inside, light and dark follow the reader."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterator
from html import escape

from trainers.reports.content import Block, Cell, Measured, Plot, Report, Section, Share, Table, Text, shown
from trainers.reports.summary import summary_table

STYLE = """
:root { color-scheme: light dark; --ink: #1c2127; --soft: #5c6670; --line: #d5dae0; --page: #fff;
  --band: #f4f6f8; --accent: #1f5fa8; --shade: 31, 95, 168; --warn: #8a5a00; --warn-page: #fff6e0; }
@media (prefers-color-scheme: dark) { :root { --ink: #e3e7eb; --soft: #9aa5b1; --line: #363d45;
  --page: #15181c; --band: #1d2227; --accent: #7fb2ef; --shade: 110, 168, 240; --warn: #f0c674;
  --warn-page: #2a2416; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 68rem; padding: 2rem 1.25rem 5rem; background: var(--page);
  color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 1rem; }
h2 { font-size: 1.3rem; margin: 3rem 0 .75rem; padding-top: .75rem; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 2rem 0 .25rem; }
a { color: var(--accent); }
nav { margin: 1rem 0; } nav a { margin-right: 1rem; white-space: nowrap; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: 0 0 1rem; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
p, .caption, .note { max-width: 52rem; }
.caption, .note { color: var(--soft); font-size: .84rem; margin: .2rem 0 .5rem; }
.warning { background: var(--warn-page); color: var(--warn); padding: .5rem .8rem; border-radius: 4px; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; }
th, td { padding: .22rem .7rem; text-align: right; white-space: nowrap; }
th { font-weight: 600; } thead th { border-bottom: 2px solid var(--line); vertical-align: bottom; }
th:first-child, td:first-child, .words { text-align: left; }
tbody tr:nth-child(even) { background: var(--band); }
.matrix tbody tr { background: none; }
tfoot { font-weight: 600; } tfoot tr:first-child > * { border-top: 2px solid var(--line); }
small { color: var(--soft); font-weight: 400; margin-left: .35rem; }
figure { margin: .5rem 0; }
img { max-width: 100%; height: auto; background: #fff; border: 1px solid var(--line); border-radius: 4px; }
"""


def as_page(report: Report) -> str:
    """Return the whole page."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    title = escape(report.title)
    yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>"
    yield f"<h1>{title}</h1>\n<dl>"
    yield from (f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in report.facts)
    yield "</dl>"
    yield from (f'<p class="warning">{escape(warning)}</p>' for warning in report.warnings)
    links = (f'<a href="#{escape(part.key)}">{escape(part.title)}</a>' for part in report.sections)
    yield f"<nav>{' '.join(links)}</nav>"
    if report.headlines:
        yield from _block(summary_table(report))
    for section in report.sections:
        yield from _section(section)
    yield "</body>\n</html>"


def _section(section: Section) -> Iterator[str]:
    yield f'<section id="{escape(section.key)}">\n<h2>{escape(section.title)}</h2>'
    for block in section.blocks:
        yield from _block(block)
    yield "</section>"


def _block(block: Block) -> Iterator[str]:
    match block:
        case Text():
            yield f"<p>{escape(block.text)}</p>"
        case Plot():
            data = base64.b64encode(block.png).decode()
            yield f"<h3>{escape(block.title)}</h3>\n<figure>"
            yield f'<img src="data:image/png;base64,{data}" alt="{escape(block.text)}">'
            yield f'<figcaption class="caption">{escape(block.caption)}</figcaption>\n</figure>'
        case Table():
            yield f'<h3>{escape(block.title)}</h3>\n<p class="caption">{escape(block.caption)}</p>'
            yield f'<div class="wide"><table{_class("matrix" if block.matrix else "")}>\n<thead><tr>'
            words = block.word_columns
            yield "".join(
                f'<th scope="col"{_class("words" if is_word else "")}>{escape(name)}</th>'
                for name, is_word in zip(block.head, words, strict=True)
            )
            yield "</tr></thead>\n<tbody>"
            yield from (_row(row, block, words, shaded=block.matrix) for row in block.rows)
            yield "</tbody>"
            if block.summary:
                yield "<tfoot>"
                yield from (_row(row, block, words, shaded=False) for row in block.summary)
                yield "</tfoot>"
            yield "</table></div>"
            yield from (f'<p class="note">{escape(note)}</p>' for note in block.notes)


def _row(row: tuple[Cell, ...], table: Table, words: tuple[bool, ...], *, shaded: bool) -> str:
    cells = [f'<th scope="row">{_cell(row[0], table.decimals)}</th>']
    for cell, is_word in zip(row[1:], words[1:], strict=True):
        style = f' style="background: rgba(var(--shade), {_depth(cell):.2f})"' if shaded else ""
        cells.append(f"<td{_class('words' if is_word else '')}{style}>{_cell(cell, table.decimals)}</td>")
    return f"<tr>{''.join(cells)}</tr>"


def _cell(cell: Cell, decimals: int) -> str:
    text, ends = shown(cell, decimals)
    return escape(text) + (f"<small>{escape(ends)}</small>" if ends else "")


def _depth(cell: Cell) -> float:
    """How deep a matrix cell is shaded: half-way at most, for its number must stay readable."""
    value = cell.value if isinstance(cell, Measured | Share) else cell
    if not isinstance(value, float) or math.isnan(value):  # names and counts
        return 0.0
    return 0.55 * min(max(value, 0.0), 1.0)


def _class(name: str) -> str:
    return f' class="{name}"' if name else ""
