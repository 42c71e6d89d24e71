"""The exported bundle with what users must know of it: tested figures and a data card."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engines import MANIFEST_NAME, write_bundle
from trainers.corpora.store import read_manifest
from trainers.embedded.plans import TESTED_ON, TRAINED_ON
from trainers.openface_agreement import agreement_metric

CARD = "card.md"
RETRAIN = "python -m trainers.embedded WORK"

AGREEMENT: Mapping[str, tuple[int, int, float]] = {
    "single_face.mp4": (72, 9, 0.901),
    "WolfgangLanger_Pexels.mp4": (471, 16, 0.591),
}
"""Real clip -> frames, AUs that move, mean r with OpenFace: measured with the bundle in its place."""

_HEADLINES = {"ICC(3,1)": "ICC(3,1), mean over AUs", "F1": "F1, mean over AUs", "PCC": "PCC, mean over AUs"}


def write_embedded(work: Path, out: Path) -> None:
    """Write the bundle to ship.

    Args:
        work: folder in which `trainers.embedded` has exported, tested and compiled.
        out: folder to write.

    Raises:
        BundleError: it cannot be written.
    """
    compiled = work / "compiled"
    fields = tomllib.loads((compiled / MANIFEST_NAME).read_text(encoding="utf-8"))
    files = {name: (compiled / name).read_bytes() for name in fields.pop("files")}
    reports = {
        plan.name: json.loads((work / f"report-{plan.name}" / "metrics.json").read_text(encoding="utf-8"))
        for plan in TESTED_ON
    }
    fields["training"] |= {"recipe": RETRAIN, "data_card": CARD}
    fields["metrics"] = _metrics(fields["metrics"], reports)
    files[CARD] = _card(work, fields, reports).encode()
    write_bundle(out, fields, files)


def _metrics(exported: list[dict[str, Any]], reports: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Figures on held-out people and real clips, and what the export measured of itself."""
    rows = []
    for name, report in reports.items():
        protocol = (
            f"{report['subjects']} people never seen, {report['frames']} pictures in nine views: {name}"
        )
        for headline, title in _HEADLINES.items():
            value = round(report["headlines"][headline]["value"], 4)
            rows.append({"name": f"{title}, {name}", "value": value, "protocol": protocol})
    rows += [agreement_metric(clip, *measured) for clip, measured in AGREEMENT.items()]
    return rows + [row for row in exported if row["name"].startswith(("ONNX Runtime", "int8"))]


def _card(work: Path, fields: Mapping[str, Any], reports: Mapping[str, Any]) -> str:
    """The data card, as Markdown."""
    looks = list(reports)
    plans = [
        (
            p.name,
            p.domain,
            p.poses,
            p.behaviour,
            p.subjects,
            p.frames,
            p.seed,
            read_manifest(work / p.name).licence,
        )
        for p in (*TRAINED_ON, *TESTED_ON)
    ]
    rest = ", ".join(f"{_measured(reports[look].get('rest', {}).get('any'))} ({look})" for look in looks)
    share = fields.get("resting_share")
    calibrated = f" Live, calibration takes up to {share:.0%} of a score's range off." if share else ""
    means = [_measured(reports[look]["headlines"][name]) for name in ("ICC(3,1)", "F1") for look in looks]
    per_au = [
        (
            au,
            *(_measured(reports[look]["intensity"]["ICC(3,1)"].get(au)) for look in looks),
            *(_measured(reports[look]["occurrence"]["F1"].get(au)) for look in looks),
        )
        for au in fields["aus"]
    ]
    groups = [
        (attribute, group, *(_mean_icc(reports[look], attribute, group) for look in looks))
        for attribute in ("pose group", "gender", "age", "skin_tone", "glasses", "beard", "occluded")
        for group in _groups(reports, attribute)
    ]
    head = ("corpus", "look", "poses", "behaviour", "people", "pictures", "seed", "licence")
    return f"""\
# {fields["name"]} {fields["version"]}: data card

Trained on rendered faces only: nobody's picture is in these weights. Heads, skin and expressions are drawn
from a head model in the public domain (MakeHuman, CC0). To make all of it again from nothing:
`{RETRAIN}`.

## Pictures

The last two corpora were only tested on. Every person appears in one corpus only.

{_table(head, plans)}

## How good, on rendered people never seen

Mean and 95 % interval, bootstrapped over people; each picture by itself, without filter and calibration.
Renders are not faces: docs/default-model.md of LiveFACS tells of real ones.

{_table(("AU", *(f"ICC(3,1) {x}" for x in looks), *(f"F1 {x}" for x in looks)), [("mean", *means), *per_au])}

## Where it fails

Share of faces at rest in which some AU reads above 1: {rest}.{calibrated}

{_table(("", "group", *(f"mean ICC {look}" for look in looks)), groups)}
"""


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(str, cells))} |" for cells in lines)


def _measured(figure: Mapping[str, float | None] | None) -> str:
    if figure is None or figure["value"] is None:
        return "–"
    if figure["low"] is None or figure["high"] is None:
        return f"{figure['value']:.2f}"
    return f"{figure['value']:.2f} [{figure['low']:.2f}, {figure['high']:.2f}]"


def _mean_icc(report: Mapping[str, Any], attribute: str, group: str) -> str:
    measured = report["subgroups"].get(attribute, {}).get(group)
    return "–" if measured is None else _measured(measured["mean ICC"])


def _groups(reports: Mapping[str, Any], attribute: str) -> list[str]:
    groups: dict[str, None] = {}
    for report in reports.values():
        groups |= dict.fromkeys(report["subgroups"].get(attribute, {}))
    return list(groups)
