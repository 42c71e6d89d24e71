"""The mapping as Markdown tables, for `docs/blendshape-rule.md`: python -m trainers.blendshapes.tables"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from realtime.calibration import RESTING
from realtime.facs import AU_NAMES
from trainers.blendshapes.action_units import ACTION_UNITS, READINGS, ActionUnit, columns
from trainers.blendshapes.expressions import PROTOTYPES


def action_units() -> str:
    """One row per Action Unit."""
    rows = [
        (unit.name[2:].lstrip("0"), AU_NAMES[unit.name], _formula(unit), unit.why) for unit in ACTION_UNITS
    ]
    return _table(("AU", "name", "rise of the AU, from the blendshapes' rises", "why"), rows)


def readings() -> str:
    """One row per blendshape in use."""
    rows = [
        (
            name,
            f"{RESTING[columns(name)[0]]:.2g}",
            f"{reading.full:g}",
            "in proportion" if reading.knee is None else f"logarithm from {reading.knee:g} on",
        )
        for name, reading in READINGS.items()
    ]
    return _table(("blendshape", "at rest", "full", "read"), rows)


def prototypes() -> str:
    """One row per expression."""
    rows = [
        (
            prototype.name,
            " + ".join(
                f"{weight:g} {' or '.join(au[2:].lstrip('0') for au in aus)}"
                for aus, weight in prototype.parts.items()
            ),
            ", ".join(f"{weight:g} {au[2:].lstrip('0')}" for au, weight in prototype.against.items()),
        )
        for prototype in PROTOTYPES
        if prototype.parts
    ]
    return _table(("expression", "weight and AU", "against it"), rows)


def _formula(unit: ActionUnit) -> str:
    if unit.combine == "sum":
        text = " + ".join(_weighted(unit.terms))
    else:
        text = f"{unit.combine}({', '.join(_weighted(unit.terms))})"
    text += "".join(f" - {term}" for term in _weighted(unit.minus))
    if unit.onset:
        text += f", above {unit.onset:g}"
    if unit.hidden_by:
        text += f"; times 1 - {' - '.join(_weighted(unit.hidden_by))}"
    return text


def _weighted(terms: Mapping[str, float]) -> list[str]:
    return [name if weight == 1.0 else f"{weight:g} {name}" for name, weight in terms.items()]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |".replace("|  |", "| |") for cells in lines)


if __name__ == "__main__":
    print(action_units(), readings(), prototypes(), sep="\n\n")
