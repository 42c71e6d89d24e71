"""Claims: what decides them, the section of a report, and the page of several papers."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from trainers.errors import ProtocolError
from trainers.reports import Report, write_report
from trainers.reports.content import Headline, Measured
from trainers.reproduction.claims import (
    FAILS,
    HOLDS,
    OPEN,
    Beside,
    Claim,
    claims_section,
    verdict_of,
    with_sign,
)
from trainers.reproduction.claims_page import claims_page


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.01, 0.2, HOLDS),
        (-0.2, -0.01, FAILS),
        (-0.1, 0.1, OPEN),
        (0.0, 0.1, OPEN),
        (math.nan, math.nan, OPEN),
    ],
)
def test_only_a_whole_interval_decides(low, high, verdict) -> None:
    assert verdict_of(Measured(0.05, low, high)) == verdict
    assert verdict_of(Measured(0.55, low + 0.5, high + 0.5), above=0.5) == verdict


def test_a_difference_has_its_sign() -> None:
    assert with_sign(Measured(0.0123, -0.001, 0.02)) == "+0.012 [-0.001, +0.020]"
    assert with_sign(Measured(-0.5)) == "-0.500"


def report(paper: str, *verdicts: str) -> Report:
    claims = [
        Claim(f"{paper} claims {k}", "0.5 (Table 1)", "+0.1 F1", each) for k, each in enumerate(verdicts)
    ]
    besides = [
        Beside("ours", 0.521, Measured(0.4, 0.3, 0.5)),
        Beside("without interval", 0.5, Measured(0.4)),
        Beside("plain", None, None),
    ]
    section = claims_section(
        claims, besides, "12 AUs.", {"gain": Measured(0.1)}, [Headline("F1 gained", Measured(0.1), "12 AUs")]
    )
    settings = {"paper": paper, "size": "small", "caption": "12 AUs.", "rendered": True}
    return Report(title=paper, facts=(), warnings=(), sections=(section,), settings=settings)


def test_a_page_has_the_claims_of_all_papers(tmp_path: Path) -> None:
    write_report(report("atf", HOLDS, OPEN), tmp_path / "a" / "report")
    write_report(report("qda", HOLDS, HOLDS, FAILS), tmp_path / "b")
    page = claims_page([tmp_path / "a", tmp_path / "b"])
    write_report(page, tmp_path / "page")
    text = (tmp_path / "page" / "report.md").read_text()
    assert "| Z. Zhang, Zhai and Yin, BMVC 2018 | 1 | 0 | 1 |" in text
    assert "| Ghosh, Laksana, Scherer and Morency, ACII 2015 | 2 | 1 | 0 |" in text
    assert "| qda claims 2 | 0.5 (Table 1) | +0.1 F1 | does not hold |" in text
    assert "| ours | 0.521 | 0.400 [0.30, 0.50] |" in text
    assert "| plain | – | – |" in text
    assert "must not be quoted" in text
    assert "In short\n\n*" not in text.split("## In short")[0]  # no table of headlines without any
    told = json.loads((tmp_path / "page" / "metrics.json").read_text())
    assert [claim["verdict"] for claim in told["qda"]["claims"]] == [HOLDS, HOLDS, FAILS]


def test_what_holds_no_claims_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ProtocolError, match=r"nothing: holds no report: name the --out of a"):
        claims_page([tmp_path / "nothing"])
    write_report(Report("plain", (), (), ()), tmp_path / "plain")
    with pytest.raises(ProtocolError, match=r"plain/metrics.json: holds no claims of a paper \(.*paper"):
        claims_page([tmp_path / "plain"])
    write_report(report("nobody", HOLDS), tmp_path / "nobody")
    with pytest.raises(ProtocolError, match="is of paper 'nobody', which is not known here"):
        claims_page([tmp_path / "nobody"])
