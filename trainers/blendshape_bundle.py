"""Writes the bundle of the blendshape rule: python -m trainers.blendshape_bundle [--out FOLDER]

Action Units and expressions from MediaPipe's blendshapes, by the tables in `trainers.blendshapes`. The same
tables give the same bytes. `docs/blendshape-rule.md` explains the model.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from engines import write_bundle
from trainers.blendshapes.graph import AUS, EXPRESSIONS, head_model
from trainers.blendshapes.pose_leakage import POSE_GROUPS, read_leakage
from trainers.openface_agreement import agreement_metric

NAME = "blendshapes"
VERSION = "1.0.0"
DEFAULT_OUT = Path(__file__).parent.parent / "realtime" / "bundles" / NAME

METRICS = (
    agreement_metric("single_face.mp4", 72, 9, 0.832),
    agreement_metric("WolfgangLanger_Pexels.mp4", 471, 16, 0.544),
)


def models() -> dict[str, bytes]:
    """File name -> ONNX model of each pose group."""
    laws = read_leakage()
    return {
        f"{group}.onnx": head_model(group, laws[group]).SerializeToString(deterministic=True)
        for group in POSE_GROUPS
    }


def manifest_fields() -> dict[str, Any]:
    """What `bundle.toml` says, but for the hashes."""
    outputs = {what: what for what in ("au_occurrence", "au_intensity", "expression")}
    return {
        "name": NAME,
        "version": VERSION,
        "description": "Action Units and expressions by rule from MediaPipe's blendshapes and head pose",
        "licence": "Apache-2.0",
        "aus": list(AUS),
        "expressions": list(EXPRESSIONS),
        "threshold_default": 0.5,
        "inputs": {kind: {"kind": kind} for kind in ("blendshapes", "neutral", "pose")},
        "pose_groups": [
            {"name": group, "pitch": list(pitch), "model": f"{group}.onnx", "outputs": outputs}
            for group, pitch in POSE_GROUPS.items()
        ],
        "training": {
            "corpus": "none: a mapping set by hand, see docs/blendshape-rule.md",
            "recipe": "python -m trainers.blendshape_bundle",
        },
        "metrics": list(METRICS),
    }


def main(out: Annotated[Path, typer.Option(help="folder; files in it are replaced")] = DEFAULT_OUT) -> None:
    """Write the default bundle."""
    with tempfile.TemporaryDirectory() as folder:
        made = write_bundle(Path(folder) / NAME, manifest_fields(), models())
        shutil.copytree(made, out, dirs_exist_ok=True)


if __name__ == "__main__":
    typer.run(main)
