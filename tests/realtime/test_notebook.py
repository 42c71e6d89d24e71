"""The example notebook: its cells run one after the other, as Jupyter would run them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import matplotlib
import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_every_cell_runs(tmp_path: Path, face_model_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = json.loads((EXAMPLES / "recording.ipynb").read_text("utf-8"))
    assert notebook["nbformat"] == 4
    code = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] for cell in notebook["cells"] if cell["cell_type"] == "code")
    shutil.copy(EXAMPLES / "rendered_face.mp4", tmp_path)
    monkeypatch.chdir(tmp_path)
    matplotlib.use("agg")
    names: dict[str, object] = {}
    for cell in code:
        exec(cell, names)  # noqa: S102
    assert names["summary"].frames == 240  # type: ignore[attr-defined]
    assert len(names["table"]) >= 235  # type: ignore[arg-type]
    assert names["axes"].lines  # type: ignore[attr-defined]
