"""The chain `trainers -> realtime -> engines`, never backwards; and what the runtime does without."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FORBIDDEN = {
    "engines": {"realtime", "trainers", "torch", "mediapipe", "av"},
    "realtime": {"trainers", "torch", "cv2", "matplotlib"},
    "trainers": set(),
}


def imported(path: Path) -> set[str]:
    """Top-level names of everything a module imports, also inside functions."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("package", FORBIDDEN)
def test_no_import_against_the_chain(package: str) -> None:
    for path in sorted((ROOT / package).rglob("*.py")):
        wrong = imported(path) & FORBIDDEN[package]
        assert not wrong, f"{path.relative_to(ROOT)} imports {', '.join(wrong)}"


@pytest.mark.parametrize("folder", ["examples", "benchmarks"])
def test_examples_and_benchmarks_use_public_names(folder: str) -> None:
    for path in sorted((ROOT / folder).glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                private = [alias.name for alias in node.names if alias.name.startswith("_")]
                assert not private, f"{path.name} imports {', '.join(private)}"


@pytest.mark.parametrize("package", ["engines", "realtime", "trainers"])
def test_no_drawer_for_everything(package: str) -> None:
    names = {"utils", "util", "helpers", "helper", "misc", "common", "manager"}
    found = [p for p in (ROOT / package).rglob("*") if p.stem in names]
    assert not found


def test_importing_realtime_loads_nothing_heavy() -> None:
    code = (
        "import sys, realtime, engines; "
        "heavy = {'mediapipe', 'torch', 'numba', 'onnxruntime', 'cv2', 'av', 'scipy'} & set(sys.modules); "
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_no_placeholder_is_left_in_the_documents() -> None:
    for page in [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")]:
        assert "@@" not in page.read_text(), page.name
