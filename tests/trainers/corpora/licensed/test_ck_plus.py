import numpy as np
import pytest

from trainers.corpora.licensed.ck_plus import AUS, load
from trainers.errors import CorpusError


def numbers(*values):
    """A line as the release writes it."""
    return "".join(f"   {value:.7e}" for value in values) + "\n"


@pytest.fixture
def tree(tmp_path, paint, write):
    """S005/001 peaks at frame 11 with disgust, S010/002 at frame 3 with contempt, S999/003 has no emotion."""
    peaks = {
        "S005/001": (11, [(9, 5), (17, 2), (25, 0), (62, 4)], 3),
        "S010/002": (3, [(12, 3)], 2),
        "S999/003": (2, [], None),
    }
    for code, (name, (peak, facs, emotion)) in enumerate(peaks.items(), 1):
        stem = name.replace("/", "_")
        for frame in range(1, peak + 1):
            paint(tmp_path / f"cohn-kanade-images/{name}/{stem}_{frame:08d}.png", 20 * code + frame)
            marks = "".join(numbers(point + 0.5, frame) for point in range(68))
            write(tmp_path / f"Landmarks/{name}/{stem}_{frame:08d}_landmarks.txt", marks)
        write(tmp_path / f"FACS/{name}/{stem}_{peak:08d}_facs.txt", "".join(numbers(*line) for line in facs))
        if emotion is not None:
            write(tmp_path / f"Emotion/{name}/{stem}_{peak:08d}_emotion.txt", numbers(emotion))
    (tmp_path / "cohn-kanade-images/.DS_Store").write_text("")
    return tmp_path


def column(corpus, au, values="occurrence"):
    return getattr(corpus, values)[:, AUS.index(au)]


def test_the_peak_of_each_sequence(tree, codes):
    corpus = load(tree)
    assert (corpus.name, corpus.aus, len(corpus.aus)) == ("CK+", AUS, 30)
    assert corpus.subject.tolist() == ["S005", "S010", "S999"]
    assert corpus.sequence.tolist() == ["S005/001", "S010/002", "S999/003"]
    assert corpus.frame.tolist() == [11, 3, 2]
    assert codes(corpus) == [31, 43, 62]
    assert corpus.expression.tolist() == ["disgust", "", ""]  # contempt is none of ours
    np.testing.assert_array_equal(column(corpus, "AU09", "intensity"), [5, 0, 0])
    np.testing.assert_array_equal(column(corpus, "AU25", "intensity"), [np.nan, 0, 0])
    assert column(corpus, "AU17").tolist() == [0, 0, 0]  # only 2
    assert column(corpus, "AU12").tolist() == [0, 1, 0]


def test_landmarks_are_as_in_the_files(tree):
    corpus = load(tree)
    assert corpus.landmarks.shape == (3, 68, 2)
    np.testing.assert_allclose(corpus.landmarks[0, :2], [[0.5, 11], [1.5, 11]])


@pytest.mark.parametrize(
    ("unspecified", "value"), [("present", 1.0), ("absent", 0.0), ("unlabelled", np.nan)]
)
def test_an_au_without_intensity(tree, unspecified, value):
    corpus = load(tree, unspecified=unspecified)
    np.testing.assert_array_equal(column(corpus, "AU25"), [value, 0, 0])


def test_presence_begins_where_the_paper_says(tree):
    assert column(load(tree, active_from=2), "AU17").tolist() == [1, 0, 0]


def test_first_frames_are_neutral(tree, codes):
    corpus = load(tree, first_frames=True)
    assert corpus.frame.tolist() == [1, 11, 1, 3, 1, 2]
    assert codes(corpus) == [21, 31, 41, 43, 61, 62]
    assert corpus.expression.tolist() == ["neutral", "disgust", "neutral", "", "neutral", ""]
    assert not corpus.occurrence[::2].any() and not corpus.intensity[::2].any()
    np.testing.assert_allclose(corpus.landmarks[0, 0], [0.5, 1])


def test_emotions_and_landmarks_may_be_absent(tree):
    (tree / "Emotion").rename(tree / "e")
    (tree / "Landmarks").rename(tree / "l")
    corpus = load(tree)
    assert set(corpus.expression) == {""}
    assert corpus.landmarks is None


def test_other_aus_can_be_chosen(tree):
    corpus = load(tree, aus=("AU62", "AU09"))
    np.testing.assert_array_equal(corpus.intensity, [[4, 5], [0, 0], [0, 0]])


MARKS = "Landmarks/S005/001/S005_001_00000011_landmarks.txt"
FACS = "FACS/S005/001/S005_001_00000011_facs.txt"


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (
            lambda t: (t / "cohn-kanade-images").rename(t / "images"),
            [
                "CK+: no cohn-kanade-images/",
                "S005/001/S005_001_00000011.png",
                "that holds cohn-kanade-images and FACS",
            ],
        ),
        (lambda t: (t / "FACS").rename(t / "codes"), ["no FACS/ (nor FACS_labels/)", FACS]),
        (lambda t: [f.unlink() for f in t.rglob("*_facs.txt")], ["no table such as"]),
        (
            lambda t: (t / "cohn-kanade-images/S005/001/S005_001_00000011.png").unlink(),
            [FACS, "codes a picture that is not there"],
        ),
        (lambda t: (t / FACS).rename(t / "FACS/peak_facs.txt"), ["peak_facs.txt: not named as"]),
        (lambda t: (t / FACS).write_text("9 strong\n"), ["line 1, column 2 is 'strong'"]),
        (lambda t: (t / FACS).write_text("9\n"), ["line 1 has 1 columns, expected 2"]),
        (lambda t: (t / FACS).write_text("9 7\n"), ["AU 9 has intensity 7, expected 0 to 5"]),
        (
            lambda t: (t / "Emotion/S005/001/S005_001_00000011_emotion.txt").write_text("8\n"),
            ["S005_001_00000011_emotion.txt: emotion 8, expected 0 to 7"],
        ),
        (lambda t: (t / MARKS).unlink(), ["no ", MARKS, "take it away"]),
        (lambda t: (t / MARKS).write_text("1 2\n"), [MARKS, "not 68 lines of x and y (1 lines"]),
        (
            lambda t: (t / MARKS).write_text("1\n" * 68),
            [MARKS, "not 68 lines of x and y (68 lines, 1 columns"],
        ),
        (lambda t: (t / MARKS).write_text("1 y\n" * 68), [MARKS, "not 68 lines of x and y"]),
    ],
)
def test_a_damaged_tree_gets_one_line(tree, one_line, damage, words):
    damage(tree)
    with pytest.raises(CorpusError) as raised:
        load(tree)
    one_line(raised, *words)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"active_from": 9}, ["active_from=9"]),
        ({"unspecified": "maybe"}, ["unspecified='maybe'", "present, absent, unlabelled"]),
        ({"aus": ["brow"]}, ["AU 'brow'"]),
    ],
)
def test_options_are_checked(tree, one_line, options, words):
    with pytest.raises(CorpusError) as raised:
        load(tree, **options)
    one_line(raised, *words)
