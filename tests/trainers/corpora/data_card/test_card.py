"""The files of a data card."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image

from trainers.corpora.data_card import choose_samples, sample_sheet, write_data_card
from trainers.corpora.data_card.counts import count_aus
from trainers.corpora.data_card.sample_sheet import COLUMNS, EDGE, GAP, LINE_CHARACTERS, LINES, caption
from trainers.corpora.images import ArrayImages

ABOUT = {"licence": "CC0-1.0", "livefacs": "1.2.3", "plan": {"subjects": 6, "domain": "studio"}}


@pytest.fixture(scope="module")
def card(tmp_path_factory, corpus):
    folder = tmp_path_factory.mktemp("card")
    write_data_card(folder, corpus(), ABOUT)
    return folder


def rows_of(text: str, header: str) -> list[list[str]]:
    """The cells of the table whose header starts so, line by line."""
    table = text[text.index(f"| {header} |") :].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table]


def test_every_picture_it_shows_is_there(card):
    text = (card / "README.md").read_text(encoding="utf-8")
    shown = re.findall(r"\]\((card/.*?)\)", text)
    assert sorted(shown) == sorted(path.relative_to(card).as_posix() for path in (card / "card").iterdir())
    for name in shown:
        with Image.open(card / name) as image:
            image.load()
            assert not image.info.keys() & {"Software", "Creation Time", "date:create"}


def test_its_figures_are_the_corpus(card, corpus):
    made = corpus()
    text = (card / "README.md").read_text(encoding="utf-8")
    assert "**360 pictures** of 6 subjects in 6 sequences, 5 Action Units." in text
    counts = count_aus(made)
    rows = rows_of(text, "AU")
    assert [row[0] for row in rows] == list(made.aus)
    assert rows[3][1:4] == ["lip corner puller", "360", f"{100 * counts.base_rate[3]:.1f} %"]
    assert [[int(cell) for cell in row[4:]] for row in rows] == counts.levels.tolist()
    assert sum(int(row[1]) for row in rows_of(text, "viewpoint")) == 360
    assert rows_of(text, "argument") == [["subjects", "6"], ["domain", "studio"]]
    assert sum(int(row[2]) for row in rows_of(text, "gender")) == 360
    assert "The same in all pictures: glasses no." in text


def test_it_says_what_must_be_said(card):
    text = (card / "README.md").read_text(encoding="utf-8")
    for words in (
        "a figure on it is never a figure on BP4D or DISFA",
        "creativecommons.org/publicdomain/zero/1.0",
        "LiveFACS 1.2.3",
        "No subject is in two partitions.",
        'open_corpus("faces")',
    ):
        assert words in text


def test_a_subject_in_two_partitions_is_not_glossed_over(tmp_path, corpus):
    made = corpus(60)
    partition = made.partition.copy()
    partition[0] = next(name for name in ("train", "test") if name != partition[0])
    write_data_card(tmp_path, dataclasses.replace(made, partition=partition), {})
    assert "No subject is in two" not in (tmp_path / "README.md").read_text(encoding="utf-8")


def test_the_same_corpus_gives_the_same_bytes(card, tmp_path, corpus):
    with mpl.rc_context({"font.size": 30, "savefig.dpi": 20, "figure.facecolor": "red"}):
        write_data_card(tmp_path, corpus(), ABOUT)  # nor do the user's own settings matter
    for path in [card / "README.md", *(card / "card").iterdir()]:
        assert path.read_bytes() == (tmp_path / path.relative_to(card)).read_bytes(), path.name


def test_a_corpus_with_few_labels_has_a_card(tmp_path, corpus):
    made = corpus(3)
    bare = dataclasses.replace(
        made,
        intensity=np.full_like(made.intensity, np.nan),
        occurrence=np.full_like(made.occurrence, np.nan),
        pose=np.full_like(made.pose, np.nan),
        **{name: np.full(3, "") for name in ("view", "expression", "domain", "partition")},
        attributes={},
    )
    write_data_card(tmp_path, bare, {})
    text = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert rows_of(text, "AU")[0][2:4] == ["0", "–"]
    assert "nan" not in text


def test_no_window_system_is_touched(tmp_path):
    code = "import sys, trainers.corpora.data_card; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# ------------------------------------------------------------------ the sheet


def colour(corpus, value: tuple[int, int, int], height: int = 20, width: int = 20):
    pictures = np.full((len(corpus), height, width, 3), value, dtype=np.uint8)
    return dataclasses.replace(corpus, images=ArrayImages(pictures))


def test_a_sheet_shows_the_rows_asked_for_in_order(tmp_path, corpus):
    red, blue = colour(corpus(12), (255, 0, 0)), colour(corpus(12, name="wild"), (0, 0, 255), 10, 20)
    sample_sheet(tmp_path / "sheet.png", [red, blue], [[3], [5, 0]], columns=2)
    sheet = np.asarray(Image.open(tmp_path / "sheet.png").convert("RGB")).astype(int)
    assert sheet.shape[1] == GAP + 2 * (EDGE + GAP)
    is_red = (sheet == (255, 0, 0)).all(axis=2)
    is_blue = (sheet == (0, 0, 255)).all(axis=2)
    assert is_red.sum() == EDGE * EDGE
    assert is_blue.sum() == 2 * EDGE * (EDGE // 2)  # fitted, not stretched
    tops = [np.flatnonzero(part.any(axis=1)) for part in (is_blue[:, EDGE + GAP :], is_blue[:, : EDGE + GAP])]
    assert np.flatnonzero(is_red.any(axis=1))[0] < tops[0][0] < tops[1][0]


def test_captions_stand_under_their_pictures(tmp_path, corpus):
    white = colour(corpus(12), (255, 255, 255))
    sample_sheet(tmp_path / "sheet.png", [white], [[0, 1]])
    dark = np.asarray(Image.open(tmp_path / "sheet.png").convert("L")) < 100
    under = dark[34 + EDGE :]
    for cell in range(COLUMNS):
        left = GAP + cell * (EDGE + GAP)
        assert under[:, left : left + EDGE].any() == (cell < 2)
    gaps = [GAP + k * (EDGE + GAP) - GAP for k in range(3)]
    assert not any(under[:, gap : gap + GAP].any() for gap in gaps)


def test_a_caption_is_written_as_facs_coders_write(corpus):
    made = corpus(3)
    intensity = np.array([[1.0, 0.9, 4.6, 3.2, np.nan], [0.0] * 5, [5.0] * 5], dtype=np.float32)
    made = dataclasses.replace(
        made,
        intensity=intensity,
        expression=np.array(["fear", "", "surprise"]),
        pose=np.array([[-0.2, 29.7, 0], [np.nan] * 3, [40, -30, 0]], dtype=np.float32),
    )
    assert caption(made, 0) == ["1A 6E 12C", "fear, studio, yaw\xa0+0°,", "pitch\xa0+30°"]
    assert caption(made, 1) == ["no AU", "studio"]
    many = caption(made, 2)
    assert many[0] == "1E 2E 6E 12E 28E"
    assert all(len(line) <= LINE_CHARACTERS for line in many)
    assert len(many) <= LINES


def test_a_row_that_is_none_is_an_error(tmp_path, corpus):
    with pytest.raises(IndexError):
        sample_sheet(tmp_path / "sheet.png", [corpus(3)], [[3]])


def test_formulas_and_odd_signs_are_only_text(tmp_path, corpus):
    made = dataclasses.replace(corpus(3), domain=np.array(["$_{$", "\\x", "wild"]))
    sample_sheet(tmp_path / "sheet.png", [made], [choose_samples(made)])
