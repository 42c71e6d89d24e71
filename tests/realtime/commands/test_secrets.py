"""`${NAME}` in config files and SOURCE, and that what it stands for is never shown."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from command_line import livefacs, livefacs_here
from hypothesis import given
from hypothesis import strategies as st
from wire_samples import repeatable

from realtime.commands import secrets
from realtime.commands.config import Known, read_config
from realtime.commands.secrets import expand, hide
from realtime.errors import OptionError
from realtime.sources.spec import parse_spec

PASSWORD = "hunter2-of-the-lab"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMERA_PASSWORD", PASSWORD)
    monkeypatch.setenv("N", "7")
    monkeypatch.delenv("NOT_SET", raising=False)
    monkeypatch.setattr(secrets, "_names", {})


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("rtsp://ann:${CAMERA_PASSWORD}@cam/", f"rtsp://ann:{PASSWORD}@cam/"),
        ("${N}${N}", "77"),
        ("$${N}", "${N}"),
        ("$$${N}", "$${N}"),
        ("$${${N}}", "${7}"),
        ("a $ b, $N, {N}, $$", "a $ b, $N, {N}, $$"),
        ("", ""),
    ],
)
def test_expands(text: str, expanded: str) -> None:
    assert expand(text) == expanded


def test_a_value_is_not_expanded_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRICKY", "${N} $${N}")
    assert expand("${TRICKY}") == "${N} $${N}"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("${NOT_SET}", "names the environment variable NOT_SET, which is not set"),
        ("a${", "has a ${ without"),
        ("${}", "has a ${ without"),
        ("${1}", "has a ${ without"),
        ("${secret-part", "has a ${ without"),
    ],
)
def test_what_cannot_be_expanded_is_told_without_the_rest(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=r"^(names|has)") as refused:
        expand(f"{PASSWORD}{text}{PASSWORD}")
    assert words in str(refused.value)
    assert PASSWORD not in str(refused.value)
    assert "secret-part" not in str(refused.value)


@repeatable
@given(st.text(st.characters(exclude_characters="$", exclude_categories=["Cs"])))
def test_text_without_dollars_stays(text: str) -> None:
    assert expand(text) == text


secret = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=secrets.SHORTEST_HIDDEN
)


@repeatable
@given(secret, st.text(max_size=5), st.text(max_size=5))
def test_values_are_taken_out_of_messages(value: str, before: str, after: str) -> None:
    os.environ["CAMERA_PASSWORD"] = value
    secrets._names.clear()
    text = expand("${CAMERA_PASSWORD}")
    for shown in (text, repr(text), repr(text)[1:-1]):
        hidden = hide(f"no such tracker {shown}")
        assert hidden in ("no such tracker ${CAMERA_PASSWORD}", "no such tracker '${CAMERA_PASSWORD}'") or (
            value in "no such tracker ${CAMERA_PASSWORD}"  # nothing is hidden by a word of the line itself
        )


# ------------------------------------------------------------------ in files

KNOWN = {"source": Known(str), "csv": Known(Path), "max_faces": Known(int, 1), "view": Known(bool)}


def read(tmp_path: Path, text: str) -> dict[str, object]:
    path = tmp_path / "lab.toml"
    path.write_text(text)
    return read_config(path, KNOWN)


def test_every_text_in_a_file_may_name_one(tmp_path: Path) -> None:
    text = 'source = "rtsp://ann:${CAMERA_PASSWORD}@cam/"\ncsv = "day${N}.csv"\nmax-faces = 2'
    options = read(tmp_path, text)
    assert options == {"source": f"rtsp://ann:{PASSWORD}@cam/", "csv": "day7.csv", "max_faces": "2"}


def test_one_that_is_not_set_is_named_with_its_key_and_file(tmp_path: Path) -> None:
    with pytest.raises(OptionError) as refused:
        read(tmp_path, 'source = "rtsp://ann:${NOT_SET}@cam/"')
    line = str(refused.value)
    problem = "option 'source' names the environment variable NOT_SET, which is not set"
    assert line == f"config {tmp_path / 'lab.toml'}: {problem}"


@pytest.mark.parametrize(
    "text",
    [
        'max-faces = "${CAMERA_PASSWORD}"',
        'view = "${CAMERA_PASSWORD}"',
        'sauce = "${CAMERA_PASSWORD}"',
        'source = "${CAMERA_PASSWORD}"\nsource = "again"',
        'source = "${CAMERA_PASSWORD}"\nmax-face = 2',
        'source = ["${CAMERA_PASSWORD}"]',
    ],
)
def test_no_refusal_of_a_file_shows_one(text: str, tmp_path: Path) -> None:
    with pytest.raises(OptionError) as refused:
        read(tmp_path, text)
    assert PASSWORD not in str(refused.value)


# ------------------------------------------------------------------ in sources


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("rtsp://ann:${CAMERA_PASSWORD}@cam/stream", "rtsp://cam/stream"),
        ("http://cam/${CAMERA_PASSWORD}/stream", "http://cam/…/stream"),
        ("http://cam/stream?token=${CAMERA_PASSWORD}", "http://cam/stream?…"),
        ("rtsp://cam/stream${N}", "rtsp://cam/stream7"),
    ],
)
def test_labels_show_none(text: str, label: str) -> None:
    spec = parse_spec(expand(text), secrets=(values := secrets.secrets()))
    assert spec.label == label
    assert not any(value in repr(spec) for value in values)


def test_a_whole_address_may_be_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMERA", "rtsp://cam/secret-path")
    spec = parse_spec(expand("${CAMERA}"), secrets=secrets.secrets())
    assert (spec.label, spec.address) == ("rtsp://…", "rtsp://cam/secret-path")


def test_the_command_expands_what_is_typed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLIP", "$${N}.mp4")
    done = livefacs_here("run", "${CLIP}")
    assert done.stderr.startswith("livefacs: ${CLIP} does not exist")  # and is hidden, as it was put in
    done = livefacs_here("run", "$${CLIP}")
    assert done.stderr.startswith("livefacs: ${CLIP} does not exist")
    (tmp_path / "lab.toml").write_text('source = "$${NOT_SET}.mp4"')
    done = livefacs_here("run", "--config", tmp_path / "lab.toml")
    assert done.stderr.startswith("livefacs: ${NOT_SET}.mp4 does not exist")


def test_no_error_line_of_a_process_shows_one() -> None:
    done = livefacs("run", "http://ann:${CAMERA_PASSWORD}@127.0.0.1:9/${CAMERA_PASSWORD}", "--no-reconnect")
    assert done.stderr.startswith("livefacs: http://127.0.0.1:9/… refused the connection")
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stdout == ""


@pytest.mark.parametrize(
    "args",
    [
        ("${CAMERA_PASSWORD}.mp4",),
        ("ftp://${CAMERA_PASSWORD}/",),
        ("rtsp://${CAMERA_PASSWORD}:port/",),
        ("webcam:0?size=${CAMERA_PASSWORD}",),
        ("x.mp4", "--config", "lab.toml"),
    ],
)
def test_no_error_line_shows_one(
    args: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("lab.toml").write_text('bundle = "${CAMERA_PASSWORD}.zip"\nsource = "${CAMERA_PASSWORD}"')
    done = livefacs_here("run", *args)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert PASSWORD not in done.stderr + done.stdout
