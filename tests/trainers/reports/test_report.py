"""The whole report: what every table says, the pages, the folder, and the same bytes twice."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest
from PIL import Image

from realtime.errors import OptionError
from trainers.protocols import protocol
from trainers.reports import Comparison, check_folder, make_report, write_report
from trainers.reports.content import Measured, Report, Section, Share, Table, Text, shown
from trainers.reports.markdown import as_markdown
from trainers.reports.page import as_page
from trainers.reports.summary import summary_line


@pytest.fixture(scope="module")
def report(rich) -> Report:
    corpus, predictions = rich
    splits = protocol("3-fold", corpus, 1)
    comparison = Comparison.of_splits(corpus, splits, predictions, rendered=True, seed=1, resamples=60)
    return make_report(comparison, splits, ["<b>Mind</b> the gap."])


def tables(report: Report) -> list[Table]:
    return [block for section in report.sections for block in section.blocks if isinstance(block, Table)]


def test_all_that_is_labelled_has_its_section(report) -> None:
    keys = [section.key for section in report.sections]
    assert keys[:4] == ["occurrence", "intensity", "rest", "per_view"]
    assert keys[4:] == ["expression", "co_occurrence", "subgroups", "faces", "embedding"]
    names = {plot.name for plot in report.plots}
    assert {"occurrence", "intensity", "icc_per_view", "confusion", "phi", "embedding"} <= names
    assert len(names) == len(report.plots)


def test_every_table_prints_aus_corpus_protocol_frames_and_subjects_and_that_it_is_rendered(report) -> None:
    for table in tables(report):
        assert re.match(r"(4 AUs: AU01, AU02, AU12, AU28|7 expressions: neutral|No AU enters)", table.caption)
        assert "Corpus livefacs-studio (rendered faces); protocol 3-fold (seed 1);" in table.caption
        assert re.search(r"\d+ frames of 6 subjects", table.caption)


def test_markdown_has_a_line_per_row_and_a_dash_for_what_is_undefined(report) -> None:
    text = as_markdown(report)
    line = next(line for line in text.splitlines() if line.startswith("| AU28 | lip suck |"))
    assert line.startswith("| AU28 | lip suck | – | ")
    assert "| **mean** |" in text
    assert "\\<b\\>Mind" in text
    assert "![" in text
    assert "(plots/occurrence.png)" in text
    for table in re.findall(r"(?:^\|.*\|\n)+", text, flags=re.M):
        widths = {len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}
        assert len(widths) == 1, table


class _Reader(HTMLParser):
    """Collects the tags, and fails where one is closed that is not open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag


def test_the_page_needs_nothing_else(report) -> None:
    page = as_page(report)
    reader = _Reader()
    reader.feed(page)
    assert reader.open == []
    images = [attrs for tag, attrs in reader.tags if tag == "img"]
    assert len(images) == len(report.plots)
    assert all(attrs["src"].startswith("data:image/png;base64,") and attrs["alt"] for attrs in images)
    links = [attrs["href"] for tag, attrs in reader.tags if tag == "a"]
    assert links == [f"#{section.key}" for section in report.sections]
    ids = {attrs.get("id") for _, attrs in reader.tags}
    assert all(link[1:] in ids for link in links)
    assert not re.search(r"https?://|<script|<link|@import|url\(", page)
    assert "prefers-color-scheme: dark" in page
    assert "&lt;b&gt;Mind" in page
    assert "renders of the open LiveFACS corpus" in page


def test_metrics_hold_every_figure_with_its_interval(report) -> None:
    figures = json.loads(json.dumps(report.as_json(), allow_nan=False))
    f1 = figures["occurrence"]["F1"]
    assert list(f1) == ["AU01", "AU02", "AU12", "AU28", "mean"]
    assert f1["AU01"]["low"] < f1["AU01"]["value"] < f1["AU01"]["high"]
    assert f1["AU28"] == {"value": None, "low": None, "high": None}
    assert figures["headlines"]["F1"] == f1["mean"]
    assert set(figures["per_view"]["ICC(3,1)"]) == {"1", "2", "3", "VI"}
    assert len(figures["splits"]) == 3
    assert figures["rendered"] is True
    assert set(figures["subgroups"]) == {"domain", "age", "glasses"}


def test_the_line_at_the_end_has_the_main_figures(report) -> None:
    assert re.match(r"F1 0\.\d{3}, accuracy 0\.\d{3}, AUC 0\.\d{3}, ICC", summary_line(report))
    assert "faces found 96.7 %" in summary_line(report)


def test_the_same_figures_give_the_same_bytes(report, rich, tmp_path) -> None:
    corpus, predictions = rich
    splits = protocol("3-fold", corpus, 1)
    again = Comparison.of_splits(corpus, splits, predictions, rendered=True, seed=1, resamples=60)
    write_report(report, tmp_path / "a")
    page = write_report(make_report(again, splits, ["<b>Mind</b> the gap."]), tmp_path / "b")
    assert page == tmp_path / "b" / "report.html"
    files = sorted(p.relative_to(tmp_path / "a") for p in (tmp_path / "a").rglob("*") if p.is_file())
    assert len(files) == 3 + len(report.plots)
    for name in files:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
    with Image.open(tmp_path / "a" / "plots" / "phi.png") as picture:
        assert picture.width > 400


@pytest.fixture
def small() -> Report:
    return Report("a on b", (("Model", "a"),), (), (Section("faces", "Faces", (Text("none"),), {"n": 3}),))


def test_only_a_report_is_replaced_and_only_when_told_to(small, tmp_path) -> None:
    folder = tmp_path / "report"
    folder.mkdir()
    write_report(small, folder)  # an empty folder is fine
    stale = folder / "plots" / "stale.png"
    stale.write_bytes(b"")
    with pytest.raises(OptionError, match="holds a report.*--overwrite"):
        check_folder(folder)
    write_report(small, folder, overwrite=True)
    assert not stale.exists()
    other = tmp_path / "thesis"
    other.mkdir()
    (other / "chapter.md").write_text("mine")
    with pytest.raises(OptionError, match="holds no report"):
        check_folder(other, overwrite=True)
    with pytest.raises(OptionError, match="holds no report"):
        check_folder(other / "chapter.md", overwrite=True)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (Measured(0.12345, 0.1, 0.2), ("0.123", "[0.10, 0.20]")),
        (Measured(float("nan")), ("–", "")),
        (Measured(-0.0001, -0.2, 0.1), ("0.000", "[−0.20, 0.10]")),
        (Share(0.5), ("50.0 %", "")),
        (Share(float("nan")), ("–", "")),
        (12345, ("12,345", "")),
        ("AU01", ("AU01", "")),
        (-1.5, ("−1.500", "")),
    ],
)
def test_how_cells_are_shown(cell, text) -> None:
    assert shown(cell) == text


def test_a_table_with_a_short_row_is_a_bug() -> None:
    with pytest.raises(ValueError, match="row AU01"):
        Table("t", "c", ("AU", "F1"), (("AU01",),))
