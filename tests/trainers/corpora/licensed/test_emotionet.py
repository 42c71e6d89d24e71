import numpy as np
import pytest

from trainers.corpora.licensed.emotionet import AUS, BASIC, COMPOUND, load
from trainers.errors import CorpusError

ADDRESS = "http://example.org/emotionet/N_0000000001/N_0000000001_{:05d}.jpg"
FACS = "EmotioNet_FACS_aws_2020_24600.csv"


def facs_list(*rows, quote="'", delimiter=","):
    """A list with 60 AU columns; each row gives the codes of some AUs, 0 elsewhere."""
    lines = [["URL", "URL orig"] + [f"{quote}AU {n}{quote}" for n in range(1, 61)]]
    for number, codes in enumerate(rows, 1):
        values = [str(codes.get(n, 0)) for n in range(1, 61)]
        lines.append([f"{quote}{ADDRESS.format(number)}{quote}", "http://elsewhere/x.jpg", *values])
    return "\n".join(delimiter.join(line) for line in lines) + "\n"


def emotion_list(*rows):
    names = sorted([*BASIC, *COMPOUND])
    lines = [["url_server", "url", *names]]
    for number, shown in enumerate(rows, 1):
        lines.append([ADDRESS.format(number), "x", *(str(int(name in shown)) for name in names)])
    return "\n".join(",".join(line) for line in lines) + "\n"


@pytest.fixture
def tree(tmp_path, paint, write):
    for number in (1, 2, 3):
        paint(tmp_path / f"images/N_0000000001/N_0000000001_{number:05d}.jpg", 10 * number)
    write(tmp_path / FACS, facs_list({12: 1, 25: 999}, {1: 1}, {26: 1}))
    return tmp_path


def test_a_list_of_aus(tree, codes):
    corpus = load(tree)
    assert (corpus.name, corpus.aus, len(corpus)) == ("EmotioNet", AUS, 3)
    assert codes(corpus) == [10, 20, 30]
    np.testing.assert_array_equal(corpus.occurrence[:, AUS.index("AU25")], [np.nan, 0, 0])
    np.testing.assert_array_equal(corpus.occurrence[:, AUS.index("AU12")], [1, 0, 0])
    np.testing.assert_array_equal(corpus.occurrence[:, AUS.index("AU01")], [0, 1, 0])
    assert np.isnan(corpus.intensity).all()
    assert corpus.subject[0] == "N_0000000001_00001"
    assert len(set(corpus.subject)) == 3
    assert set(corpus.domain) == {"wild"}


def test_other_aus_can_be_chosen(tree):
    assert load(tree, aus=["AU43", "AU9"]).aus == ("AU43", "AU09")


@pytest.mark.parametrize("delimiter", [";", "\t", ","])
def test_spreadsheets_write_lists_in_several_ways(tree, write, delimiter):
    rows = facs_list({1: 1}, {}, {}, quote="", delimiter=delimiter)
    write(tree / FACS, "\ufeff" + rows + delimiter * 61 + "\n")
    assert load(tree).occurrence[:, 0].tolist() == [1, 0, 0]


def test_the_challenges_lists_have_no_header(tree, write):
    for part, number in ((1, 1), (2, 3)):
        line = [ADDRESS.format(number), "http://elsewhere", *(["999"] * 60)]
        line[2 + 6 - 1] = "1"
        write(tree / f"dataFile_000{part}.txt", "\t".join(line) + "\n")
    corpus = load(tree, annotations="dataFile_*.txt")
    assert corpus.subject.tolist() == ["N_0000000001_00001", "N_0000000001_00003"]
    assert corpus.occurrence[:, AUS.index("AU06")].tolist() == [1, 1]
    assert np.isnan(corpus.occurrence[:, AUS.index("AU01")]).all()


def test_a_list_of_expressions(tree, write):
    write(tree / "cat.csv", emotion_list(["happy"], ["sadly_angry"], ["surprised"]))
    corpus = load(tree, annotations="cat.csv")
    assert corpus.aus == ()
    assert corpus.expression.tolist() == ["happiness", "", "surprise"]
    (tree / "images/N_0000000001/N_0000000001_00001.jpg").unlink()
    assert load(tree, annotations="cat.csv", skip_missing=True).expression.tolist() == ["", "surprise"]


def test_pictures_that_could_not_be_fetched(tree, codes, one_line):
    (tree / "images/N_0000000001/N_0000000001_00002.jpg").unlink()
    with pytest.raises(CorpusError) as raised:
        load(tree)
    one_line(raised, "no picture N_0000000001_00002.jpg under", "1 of 3 missing", "skip_missing=True")
    corpus = load(tree, skip_missing=True)
    assert codes(corpus) == [10, 30]
    assert corpus.subject.tolist() == ["N_0000000001_00001", "N_0000000001_00003"]
    np.testing.assert_array_equal(corpus.occurrence[:, AUS.index("AU26")], [0, 1])


def test_no_picture_at_all(tree, one_line):
    (tree / "images").rename(tree.parent / "elsewhere")
    with pytest.raises(CorpusError) as raised:
        load(tree, skip_missing=True)
    one_line(raised, "3 of 3 missing")


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        (FACS, facs_list({1: 2}, {}, {}), ["label 2 in row 1", "0 to 1, or 999"]),
        (FACS, facs_list({1: "yes"}, {}, {}), ["line 2, column 3 is 'yes'"]),
        (FACS, facs_list({}) + "a,b\n", ["line 3 has 2 columns, expected 62"]),
        (FACS, facs_list(), ["lists no picture"]),
        (FACS, "URL,smile\na,1\n", ["neither AU nor expression columns"]),
        (FACS, "URL,AU 1\na,1\n", ["no column for AU02", "aus="]),
        (FACS, emotion_list(["happy", "sad"]), ["line 2 has several expressions"]),
        ("second.csv", facs_list({}), ["several lists", FACS, "second.csv", "annotations="]),
        ("images/again/N_0000000001_00002.jpg", "", ["same name"]),
    ],
)
def test_a_damaged_list_gets_one_line(tree, write, one_line, name, text, words):
    write(tree / name, text)
    with pytest.raises(CorpusError) as raised:
        load(tree)
    one_line(raised, *words)


def test_two_kinds_of_lists_at_once(tree, write, one_line):
    write(tree / "a.csv", emotion_list(["happy"]))
    with pytest.raises(CorpusError) as raised:
        load(tree, annotations="*.csv")
    one_line(raised, "*.csv", "one kind")


def test_workbooks_are_to_be_exported(tree, write, one_line):
    (tree / FACS).rename(tree / "EmotioNet_FACS_aws_2020_24600.xlsx")
    for options in ({}, {"annotations": "EmotioNet_FACS_aws_2020_24600.xlsx"}):
        with pytest.raises(CorpusError) as raised:
            load(tree, **options)
        one_line(raised, "EmotioNet_FACS_aws_2020_24600.xlsx is a workbook", "save it as CSV")


def test_no_list(tmp_path, one_line):
    with pytest.raises(CorpusError) as raised:
        load(tmp_path)
    one_line(raised, "no list in", FACS, "annotations=")
    with pytest.raises(CorpusError) as raised:
        load(tmp_path / "away")
    one_line(raised, "away is not a folder")
    with pytest.raises(CorpusError) as raised:
        load(tmp_path, annotations="/elsewhere/list.csv")
    one_line(raised, "annotations='/elsewhere/list.csv'", "expected a name in")
