"""The statistics file: what it holds, and how a bad one is refused."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from trainers.corpora.behaviour import AUS, default_statistics, read_statistics, spontaneous
from trainers.corpora.behaviour.statistics import DATA, exclusion_groups, phi_range
from trainers.errors import CorpusError


def changed(folder: Path, old: str, new: str) -> Path:
    text = DATA.read_text(encoding="utf-8")
    assert old in text
    path = folder / "changed.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def test_the_default_file() -> None:
    statistics = default_statistics()
    assert statistics.aus == AUS
    assert len(AUS) == 21
    np.testing.assert_allclose(statistics.levels.sum(axis=1), 1)
    assert statistics.phi["AU01", "AU02"] > 0.5 < statistics.phi["AU06", "AU12"]
    assert ("AU12", "AU15") in statistics.exclusions
    assert statistics is default_statistics()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("base_rate = 0.14 ", "base_rate = 1.4 ", "base rate 1.4 of AU01 must be between 0 and 1"),
        ("[0.259, 0.199, 0.320, 0.159, 0.063]", "[0.2, 0.2]", "levels of AU01 must be five shares"),
        ("[0.259, ", "[0.659, ", "levels of AU01 must be five shares that sum to 1"),
        ('"AU01 AU02" = 0.75', '"AU01 AU99" = 0.75', '"AU01 AU99" must name two different AUs'),
        ('"AU01 AU02" = 0.75', '"AU01 AU02" = 0.95', r"phi 0.95 of AU01 and AU02 is out of reach .* to 0.87"),
        ('"AU06 AU12" = 0.65', '"AU15 AU12" = -0.2', "AU15 and AU12 can have no phi, they are excluded"),
        ('"AU06 AU12" = 0.65', '"AU06 AU45" = 0.1', "AU06 and AU45 can have no phi, blinks are drawn apart"),
        ("[action_units.AU45]", "[action_units.AU46]", "action_units has no AU45"),
        ("[cooccurrence]", "[together]", "'cooccurrence' is missing"),
        ("lag = 0.12", "lagging = 0.12", "not of the expected kind"),
        ("base_rate = 0.14 ", 'base_rate = "often" ', "not of the expected kind"),
        ("[timing]", "[timing", "not a readable statistics file"),
    ],
)
def test_a_bad_file_is_refused_in_one_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(CorpusError, match=said) as refused:
        read_statistics(changed(tmp_path, old, new))
    assert "changed.toml" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="none.toml: not a readable statistics file"):
        read_statistics(tmp_path / "none.toml")


def test_blinks_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    statistics = read_statistics(changed(tmp_path, "base_rate = 0.08 ", "base_rate = 0.5 "))
    with pytest.raises(CorpusError, match=re.escape("lower the base rate of AU45")):
        spontaneous(np.random.default_rng(0), 10, statistics=statistics)


def test_another_file_gives_another_behaviour(tmp_path: Path) -> None:
    statistics = read_statistics(changed(tmp_path, "base_rate = 0.04 # CHOICE", "base_rate = 0.2 # CHOICE"))
    drawn = spontaneous(np.random.default_rng(0), 4000, fps=0.3, statistics=statistics)
    assert drawn.occurrence[:, AUS.index("AU18")].mean() == pytest.approx(0.2, abs=0.03)


def test_phi_range_against_all_tables() -> None:
    a, b = 0.3, 0.6
    both = np.linspace(max(0, a + b - 1), min(a, b), 101)
    phi = (both - a * b) / np.sqrt(a * (1 - a) * b * (1 - b))
    assert phi_range(a, b) == pytest.approx((phi.min(), phi.max()))


def test_exclusion_groups_join_chains() -> None:
    group = dict(zip(AUS, exclusion_groups(default_statistics()).tolist(), strict=True))
    assert group["AU12"] == group["AU15"]
    assert group["AU18"] == group["AU20"] == group["AU22"] == group["AU26"] == group["AU23"]
    assert group["AU12"] != group["AU18"]
    assert group["AU01"] != group["AU02"]
