"""What a report consists of, before it is Markdown, HTML or JSON."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, NamedTuple

UNDEFINED = "–"


class Measured(NamedTuple):
    """A figure with the ends of its 95 % interval; NaN where undefined."""

    value: float
    low: float = math.nan
    high: float = math.nan

    @property
    def has_interval(self) -> bool:
        """Whether both ends are known."""
        return not (math.isnan(self.low) or math.isnan(self.high))

    def as_json(self) -> dict[str, float | None]:
        """Value, low and high, null where undefined."""
        return {name: _number(value) for name, value in self._asdict().items()}


class Share(NamedTuple):
    """0 to 1, shown in percent."""

    value: float


Cell = str | int | float | Measured | Share


@dataclass(frozen=True)
class Table:
    """One table.

    Attributes:
        title: what it shows.
        caption: what it rests on: AUs, corpus, protocol, frames, subjects.
        head: the columns' names.
        rows: as many cells each. The first of a row is its name.
        summary: last rows, set apart: the mean, the counts.
        notes: lines below, such as why a figure is undefined.
        decimals: of floats and measured values.
        matrix: cells are shaded by value from 0 to 1, as confusion matrices are.
    """

    title: str
    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    summary: tuple[tuple[Cell, ...], ...] = ()
    notes: tuple[str, ...] = ()
    decimals: int = 3
    matrix: bool = False

    @property
    def word_columns(self) -> tuple[bool, ...]:
        """Which columns hold words, to be set from the left: the first, and those of texts only."""
        return tuple(k == 0 or all(type(row[k]) is str for row in self.rows) for k in range(len(self.head)))

    def __post_init__(self) -> None:
        """Refuse rows that do not fit the head: a bug that must not reach a reader."""
        for row in (*self.rows, *self.summary):
            if len(row) != len(self.head):
                raise ValueError(f"table {self.title}: row {row[0]} has {len(row)} cells for {self.head}")


@dataclass(frozen=True)
class Plot:
    """One picture. `name` is the file's, without ending; `png` its bytes; `text` says what it shows."""

    name: str
    title: str
    caption: str
    text: str
    png: bytes = field(repr=False)


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str


Block = Table | Plot | Text


class Headline(NamedTuple):
    """A figure that the report opens with, and what it is a mean over."""

    name: str
    figure: Measured
    over: str
    percent: bool = False


@dataclass(frozen=True)
class Section:
    """A part of a report.

    Attributes:
        key: its name in `metrics.json` and in links.
        figures: what `metrics.json` holds of it; Measured values and NaN are turned into JSON's own.
    """

    key: str
    title: str
    blocks: tuple[Block, ...]
    figures: dict[str, Any] = field(default_factory=dict)
    headlines: tuple[Headline, ...] = ()


@dataclass(frozen=True)
class Report:
    """A whole report.

    Attributes:
        facts: name and text of what was done: model, corpus, protocol, settings.
        warnings: what a reader must know before believing a figure.
    """

    title: str
    facts: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]
    sections: tuple[Section, ...]
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def plots(self) -> tuple[Plot, ...]:
        """All plots, in order."""
        return tuple(b for section in self.sections for b in section.blocks if isinstance(b, Plot))

    @property
    def headlines(self) -> tuple[Headline, ...]:
        """The sections' main figures, in order."""
        return tuple(line for section in self.sections for line in section.headlines)

    def as_json(self) -> dict[str, Any]:
        """Return all figures as JSON's own types, undefined ones as null."""
        figures = {section.key: section.figures for section in self.sections if section.figures}
        headlines = {line.name: line.figure for line in self.headlines}
        plain: dict[str, Any] = _plain({**self.settings, "headlines": headlines, **figures})
        return plain


def shown(cell: Cell, decimals: int = 3) -> tuple[str, str]:
    """Return a cell's text and that of its interval, "" if it has none."""
    match cell:
        case Measured():
            ends = f"[{_fixed(cell.low, 2)}, {_fixed(cell.high, 2)}]" if cell.has_interval else ""
            return _fixed(cell.value, decimals), ends
        case Share():
            return percent(cell.value), ""
        case bool() | str():
            return str(cell), ""
        case int():
            return f"{cell:,}", ""
        case _:
            return _fixed(cell, decimals), ""


def percent(share: float) -> str:
    """Return 0 to 1 in percent, or a dash."""
    return UNDEFINED if math.isnan(share) else f"{100 * share:.1f} %"


def _fixed(value: float, decimals: int) -> str:
    if math.isnan(value):
        return UNDEFINED
    # A figure that rounds to zero has no sign; others get a true minus, as wide as a plus.
    text = f"{round(value, decimals) + 0.0:.{decimals}f}"
    return text.replace("-", "\N{MINUS SIGN}")


def _number(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _plain(value: Any) -> Any:
    import numpy as np

    match value:
        case Measured():
            return value.as_json()
        case Share():
            return _number(value.value)
        case dict():
            return {str(key): _plain(part) for key, part in value.items()}
        case list() | tuple():
            return [_plain(part) for part in value]
        case np.ndarray():
            return _plain(value.tolist())
        case float() | np.floating():
            return _number(float(value))
        case np.integer():
            return int(value)
    return value
