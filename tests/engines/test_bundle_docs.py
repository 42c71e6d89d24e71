"""docs/bundles.md: its example is a valid manifest, its programs run, and it describes every key."""

import re
from pathlib import Path

import msgspec
import pytest

from engines import (
    INPUT_KINDS,
    CropInput,
    Manifest,
    Metric,
    Outputs,
    Parity,
    PoseGroup,
    Training,
    decode_manifest,
)

TEXT = (Path(__file__).parents[2] / "docs" / "bundles.md").read_text()


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def test_the_example_is_a_valid_manifest():
    (example,) = blocks("toml")
    manifest = decode_manifest(example.encode(), "example")
    assert [group.name for group in manifest.pose_groups] == ["up", "level", "down"]
    assert manifest.crop is not None


def test_the_programs_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for program in blocks("python"):
        exec(compile(program, "docs/bundles.md", "exec"), {})
    assert "noise 0.1.0 ('AU06', 'AU12') [[0.5 0.5]" in capsys.readouterr().out


@pytest.mark.parametrize("table", [Manifest, CropInput, PoseGroup, Outputs, Parity, Training, Metric])
def test_every_key_is_described(table):
    for field in msgspec.structs.fields(table):
        assert f"`{field.name}`" in TEXT or f"[{field.name}]" in TEXT or f"[{field.name}." in TEXT, field.name


def test_every_kind_of_input_is_described():
    for kind, row in INPUT_KINDS.items():
        shape = "N x C x H x W" if row is None else " x ".join(["N", *map(str, row)])
        assert f"| `{kind}` | {shape} |" in TEXT
