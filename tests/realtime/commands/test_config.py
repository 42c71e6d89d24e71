"""`--config FILE.toml`: what is read, and what is refused in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from realtime.commands.config import Known, read_config
from realtime.errors import OptionError

KNOWN = {
    "source": Known(str),
    "csv": Known(Path),
    "max_faces": Known(int, 1),
    "window": Known(int),
    "scale": Known(float),
    "view": Known(bool),
    "clips": Known(str, several=True),
}


def read(tmp_path: Path, text: str) -> dict[str, object]:
    path = tmp_path / "lab.toml"
    path.write_text(text)
    return read_config(path, KNOWN)


@pytest.mark.parametrize(
    ("text", "value", "wanted"),
    [
        ('max-faces = "two"', "'two'", "a whole number"),
        ('max-faces = "2"', "'2'", "a whole number"),
        ("max-faces = 0", "0", "at least 1"),
        ("window = true", "true", "a whole number"),
        ("window = 3.0", "3.0", "a whole number"),
        ("csv = 5", "5", "a path in quotes"),
        ("source = 2024-01-01", "2024-01-01", "a text in quotes"),
        ("scale = 'big'", "'big'", "a number"),
        ("view = 'no'", "'no'", "true or false"),
        ("view = 1", "1", "true or false"),
        ("window = [1]", "list", "single value"),
        ("clips = [1, 'a.mp4']", "1", "a text in quotes"),
    ],
)
def test_a_wrong_value_is_refused_by_file_key_value_and_what_is_wanted(
    text: str, value: str, wanted: str, tmp_path: Path
) -> None:
    with pytest.raises(OptionError) as refusal:
        read(tmp_path, text)
    line = str(refusal.value)
    for word in ("lab.toml", f"'{text.split()[0]}'", value, wanted):
        assert word in line
    assert "\n" not in line


def test_the_same_option_written_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"lab\.toml.*'max_faces'.*twice"):
        read(tmp_path, "max-faces = 2\nmax_faces = 3")


def test_good_values_are_as_if_typed(tmp_path: Path) -> None:
    text = 'source = "webcam:0"\nmax-faces = 2\nscale = 1\nview = false\ncsv = "out/a.csv"'
    assert read(tmp_path, text) == {
        "source": "webcam:0",
        "max_faces": "2",
        "scale": "1",
        "view": False,
        "csv": "out/a.csv",  # relative to the current folder, not to the file's
    }


def test_of_several_one_may_stand_alone(tmp_path: Path) -> None:
    assert read(tmp_path, 'clips = "a.mp4"') == {"clips": ["a.mp4"]}
    assert read(tmp_path, 'clips = ["a.mp4", "b.mp4"]') == {"clips": ["a.mp4", "b.mp4"]}


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    options = read(tmp_path, 'source = "~/a.mp4"\ncsv = "~/a.csv"')
    assert options == {"source": str(tmp_path / "a.mp4"), "csv": str(tmp_path / "a.csv")}


def test_types_are_those_of_the_command() -> None:
    import typer.main

    from realtime.commands.app import app
    from realtime.commands.config import _kinds

    command = typer.main.get_command(app).commands["run"]
    kinds = _kinds(command.callback)
    assert kinds["source"] is str
    assert kinds["csv"] is Path
    assert kinds["max_faces"] is int
    assert kinds["view"] is bool
