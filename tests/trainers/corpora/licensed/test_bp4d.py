import numpy as np
import pytest

from trainers.corpora.licensed.bp4d import AUS, INTENSITY_AUS, load
from trainers.errors import CorpusError

HEADER = (1, 2, 4, 5, 6, 7, 10, 12, 14, 15, 17, 23, 24, 99)
NAN = float("nan")


def table(frames, **columns):
    """An AU_OCC table: AU columns as given ("AU06"), 0 elsewhere."""
    lines = [",".join(map(str, (0, *HEADER)))]
    for row, frame in enumerate(frames):
        codes = [columns.get(f"AU{au:02d}", [0] * len(frames))[row] for au in HEADER]
        lines.append(",".join(map(str, (frame, *codes))))
    return "\n".join(lines) + "\n"


@pytest.fixture
def tree(tmp_path, paint, write):
    """Two subjects; F001's frames 7 to 9 and M002's 101 and 102 are coded. A picture's code is its frame."""
    for name in ("006.jpg", "007.jpg", "008.jpg", "009.jpg"):
        paint(tmp_path / "2D+3D/F001/T1" / name, int(name[:3]))
    for name in ("0101.jpg", "0102.jpg"):
        paint(tmp_path / "2D+3D/M002/T8" / name, int(name[:4]))
    coding = tmp_path / "AUCoding"
    write(coding / "AU_OCC/F001_T1.csv", table((7, 8, 9), AU06=(1, 9, 0), AU24=(0, 0, 1)))
    write(coding / "AU_OCC/M002_T8.csv", table((101, 102), AU12=(1, 1)))
    for au in INTENSITY_AUS:
        levels = (5, 9, 0) if au == "AU06" else (0, 0, 0)
        rows = "".join(f"{frame},{level}\n" for frame, level in zip((7, 8, 9), levels, strict=True))
        write(coding / f"AU_INT/{au}/F001_T1_{au}.csv", rows)
        write(coding / f"AU_INT/{au}/M002_T8_{au}.csv", "101,1\n102,2\n")
    return tmp_path


def test_labels_and_pictures_are_matched_by_frame_number(tree, codes):
    corpus = load(tree)
    assert (corpus.name, corpus.aus) == ("BP4D", AUS)
    assert corpus.frame.tolist() == [7, 8, 9, 101, 102]
    assert codes(corpus) == pytest.approx(corpus.frame, abs=1)
    assert corpus.subject.tolist() == ["F001"] * 3 + ["M002"] * 2
    assert corpus.sequence.tolist() == ["F001/T1"] * 3 + ["M002/T8"] * 2
    np.testing.assert_array_equal(corpus.occurrence[:, AUS.index("AU06")], [1, NAN, 0, 0, 0])
    np.testing.assert_array_equal(corpus.occurrence[:, AUS.index("AU12")], [0, 0, 0, 1, 1])
    np.testing.assert_array_equal(corpus.occurrence[:, AUS.index("AU24")], [0, 0, 1, 0, 0])
    np.testing.assert_array_equal(corpus.intensity[:, AUS.index("AU06")], [5, NAN, 0, 1, 2])
    assert np.isnan(corpus.intensity[:, AUS.index("AU01")]).all()
    assert np.isnan(corpus.pose).all()
    assert set(corpus.domain) == {"studio"}
    assert set(corpus.expression) == {""}


def test_the_other_name_of_the_pictures_folder(tree):
    (tree / "2D+3D").rename(tree / "Sequences(2D+3D)")
    assert len(load(tree)) == 5


def test_other_aus_can_be_chosen(tree):
    assert load(tree, aus=("AU5", "AU6")).aus == ("AU05", "AU06")


def test_occurrence_alone(tree):
    for file in (tree / "AUCoding/AU_INT").rglob("*.csv"):
        file.unlink()
    assert np.isnan(load(tree, intensity=False).intensity).all()


def test_frames_that_only_intensity_codes_are_rows_too(tree, write):
    write(tree / "AUCoding/AU_INT/AU06/F001_T1_AU06.csv", "6,3\n7,5\n")
    corpus = load(tree)
    assert corpus.frame.tolist()[:4] == [6, 7, 8, 9]
    assert np.isnan(corpus.occurrence[0]).all()
    np.testing.assert_array_equal(corpus.intensity[:4, AUS.index("AU06")], [3, 5, NAN, NAN])


def test_a_missing_picture_is_an_error_or_left_out(tree, one_line):
    (tree / "2D+3D/F001/T1/008.jpg").unlink()
    with pytest.raises(CorpusError) as raised:
        load(tree)
    one_line(raised, "F001_T1.csv labels frame 8", tree / "2D+3D/F001/T1", "skip_missing=True")
    assert load(tree, skip_missing=True).frame.tolist() == [7, 9, 101, 102]


def test_subjects_without_pictures_are_an_error_or_left_out(tree, one_line):
    remove(tree / "2D+3D/M002")
    with pytest.raises(CorpusError) as raised:
        load(tree)
    one_line(raised, "2D+3D/M002/T8: no such folder", "skip_missing=True")
    assert set(load(tree, skip_missing=True).subject) == {"F001"}
    remove(tree / "2D+3D/F001")
    with pytest.raises(CorpusError) as raised:
        load(tree, skip_missing=True)
    one_line(raised, "no picture in", "2D+3D of any frame")


def remove(path):
    path.rename(path.with_name(f"not_{path.name}"))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda t: remove(t / "2D+3D"), ["no Sequences(2D+3D)/ (nor 2D+3D/)", "2D+3D/F001/T1/0001.jpg"]),
        (lambda t: remove(t / "AUCoding"), ["no AUCoding/AU_OCC/", "AUCoding/AU_OCC/F001_T1.csv"]),
        (lambda t: remove(t / "AUCoding/AU_INT/AU10"), ["F001_T1_AU10.csv", "intensity=False"]),
        (lambda t: [f.unlink() for f in t.glob("AUCoding/AU_OCC/*")], ["no table such as F001_T1.csv"]),
        (
            lambda t: (t / "AUCoding/AU_OCC/F001_T1.csv").write_text("0,1\n7,1\n"),
            ["no column for AU02", "F001_T1"],
        ),
        (
            lambda t: (t / "AUCoding/AU_OCC/F001_T1.csv").write_text(table((7, 7))),
            ["frame 7 is labelled twice"],
        ),
        (
            lambda t: (t / "AUCoding/AU_OCC/F001_T1.csv").write_text(table((7,), AU01=(3,))),
            ["F001_T1.csv", "label 3 in row 1", "0 to 1, or 9"],
        ),
        (
            lambda t: (t / "AUCoding/AU_OCC/F001_T1.csv").write_text(table((7,), AU01=("?",))),
            ["F001_T1.csv", "line 2, column 2 is '?'"],
        ),
        (
            lambda t: (t / "AUCoding/AU_INT/AU06/F001_T1_AU06.csv").write_text("7,1\n7,1\n"),
            ["F001_T1_AU06.csv: frame 7 is labelled twice"],
        ),
        (
            lambda t: (t / "AUCoding/AU_INT/AU06/F001_T1_AU06.csv").write_text("7,6\n"),
            ["F001_T1_AU06.csv", "label 6", "0 to 5, or 9"],
        ),
    ],
)
def test_a_damaged_tree_gets_one_line(tree, one_line, damage, words):
    damage(tree)
    with pytest.raises(CorpusError) as raised:
        load(tree)
    one_line(raised, *words)
