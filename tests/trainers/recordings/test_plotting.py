from __future__ import annotations

import re
from pathlib import Path

import msgspec
import numpy as np
import pandas as pd
import pytest
from command_line import livefacs_here
from hypothesis import given
from hypothesis import strategies as st
from wire_samples import face, result

from realtime.errors import SourceError
from trainers.recordings.charts import thinned
from trainers.recordings.episodes import GAP_S, activities, co_occurrence, faces_of
from trainers.recordings.report import write_report

FPS = 10


def table(**columns: list[float]) -> pd.DataFrame:
    """One face, ten frames a second, without pose."""
    length = len(next(iter(columns.values())))
    rest = {f"pose_R{axis}": [0.0] * length for axis in "xyz"}
    seconds = [frame / FPS for frame in range(length)]
    return pd.DataFrame({"face_id": [1] * length, "timestamp": seconds, **rest, **columns})


def test_episodes_are_counted_and_measured() -> None:
    (seen,) = faces_of(table(AU12_r=[0, 3, 3, 0, 0, 5, 0, 0], AU12_c=[0, 1, 1, 0, 0, 1, 0, 0]))
    (smile,) = activities(seen)
    assert (smile.au, smile.share, smile.episodes) == ("AU12", 3 / 8, 2)
    assert smile.seconds == pytest.approx(0.15)
    assert (smile.mean, smile.peak) == (pytest.approx(11 / 8), 5.0)
    assert smile.strength == pytest.approx(11 / 3)


def test_a_face_that_was_away_begins_anew() -> None:
    rows = table(AU12_c=[1.0] * 6)
    rows.loc[3:, "timestamp"] += GAP_S + 0.1
    (seen,) = faces_of(rows)
    assert activities(seen)[0].episodes == 2


@given(st.lists(st.booleans(), min_size=1, max_size=60))
def test_episodes_add_up_to_the_time_present(present: list[bool]) -> None:
    (seen,) = faces_of(table(AU12_c=[float(one) for one in present]))
    (smile,) = activities(seen)
    step = 1 / FPS if len(present) > 1 else 0.0
    assert smile.episodes * smile.seconds == pytest.approx(sum(present) * step)
    assert smile.share == pytest.approx(np.mean(present))
    assert np.isnan(smile.mean)  # there is no intensity


def test_co_occurrence_is_a_share_of_the_rows_frames() -> None:
    (seen,) = faces_of(table(AU06_c=[1, 1, 0, 0], AU12_c=[1, 1, 1, 1], AU28_c=[0, 0, 0, 0]))
    shares = co_occurrence(seen)
    np.testing.assert_array_equal(shares[:2], [[1, 1, 0], [0.5, 1, 0]])
    assert np.isnan(shares[2]).all()


def test_probabilities_and_intensities_alone_tell_presence() -> None:
    (by_probability,) = faces_of(table(AU12_p=[0.2, 0.6, 0.9]), threshold=0.7)
    assert by_probability.present is not None
    assert by_probability.present[:, 0].tolist() == [False, False, True]
    (by_intensity,) = faces_of(table(AU12_r=[0.2, 1.0, 4.0]))
    assert activities(by_intensity)[0].share == pytest.approx(2 / 3)


def test_thinning_keeps_every_peak() -> None:
    values = np.zeros(10_000)
    values[[17, 5003, 9999]] = (1.0, 2.0, 3.0)
    seconds, kept = thinned(np.arange(10_000) / FPS, values, most=100)
    assert len(seconds) == len(kept) == 100
    assert sorted(kept[kept > 0]) == [1.0, 2.0, 3.0]
    assert kept[-1] == 3.0


def test_thinned_probabilities_still_sum_to_one() -> None:
    p = np.random.default_rng(0).dirichlet(np.ones(4), 5000).T
    total = sum(thinned(np.arange(5000.0), one, most=300, mean=True)[1] for one in p)
    np.testing.assert_allclose(total, 1.0)


def test_aus_that_a_model_has_not_are_left_out() -> None:
    (seen,) = faces_of(table(AU12_r=[1.0, 2.0], AU17_r=[np.nan, np.nan], AU17_c=[np.nan, np.nan]))
    assert seen.aus == ("AU12",)


def test_openfaces_older_files(tmp_path: Path) -> None:
    """Blanks behind commas, frames without success, no pose."""
    text = "frame, face_id, timestamp, confidence, success, AU12_r, AU12_c\n"
    text += "".join(f"{n}, 0, {n / 30:.3f}, 0.9, {int(n > 5)}, 2.0, 1\n" for n in range(20))
    (tmp_path / "old.csv").write_text(text)
    assert write_report(tmp_path / "old.csv", tmp_path / "old.html") == 1
    page = (tmp_path / "old.html").read_text("utf-8")
    assert "Seen in 14 frames" in page
    assert "Head pose" not in page


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "two people.jsonl"
    sent = [
        result(seq, faces=(face(1, seq / 50), face(2, 0.1)) if seq < 10 else (face(1, seq / 50),))
        for seq in range(50)
    ]
    path.write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in sent))
    return path


def test_the_page_needs_nothing_else(recording: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    done = livefacs_here("plot", recording, "-o", out)
    assert done.returncode == 0, done.stderr
    assert "2 faces" in done.stdout
    page = out.read_text("utf-8")
    assert page.index("face 1</h2>") < page.index("face 2</h2>")  # the longest seen first
    assert page.count("<svg") == 8
    assert not re.search(r'(?:src|href)="(?!#)', page.replace("xlink:href", ""))
    assert "AU12 lip corner puller" in page and "happiness" in page
    write_report(recording, tmp_path / "again.html")
    assert (tmp_path / "again.html").read_text("utf-8") == page
    assert livefacs_here("plot", recording, "-o", out).returncode == 2
    assert livefacs_here("plot", recording, "-o", out, "--overwrite", "--faces", 1).returncode == 0
    assert "1 more faces" in out.read_text("utf-8")


def test_openfaces_files_can_be_drawn(tmp_path: Path) -> None:
    rows = table(AU12_r=[0.0, 2.0, 4.0], AU12_c=[0, 1, 1], AU28_c=[0, 0, 1])
    rows["gaze_0_x"] = 0.1
    rows.to_csv(tmp_path / "openface.csv", index=False)
    assert write_report(tmp_path / "openface.csv", tmp_path / "o.html") == 1
    page = (tmp_path / "o.html").read_text("utf-8")
    assert "AU28" in page and "Expression" not in page


@pytest.mark.parametrize(
    ("content", "words"), [("a,b\n1,2\n", "no columns"), ("face_id,timestamp,AU12_r\n", "nobody")]
)
def test_what_cannot_be_drawn_is_one_line_and_no_file(tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "x.csv").write_text(content)
    with pytest.raises(SourceError, match=words) as caught:
        write_report(tmp_path / "x.csv", tmp_path / "x.html")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "x.html").exists()


def test_without_matplotlib_the_way_out_is_named(recording: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "matplotlib", None)
    done = livefacs_here("plot", recording)
    assert done.returncode == 2
    assert "livefacs[plot]" in done.stderr
