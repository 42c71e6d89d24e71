import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainers.corpora.licensed.layout import (
    as_codes,
    au_name,
    au_number,
    find_folder,
    numbered_pictures,
    one_per_name,
    read_cells,
    read_whole_numbers,
)
from trainers.errors import CorpusError


@given(st.integers(1, 99))
def test_au_names_and_numbers_belong_together(number):
    assert au_number(au_name(number)) == au_number(f"au{number}") == au_number(str(number)) == number


@pytest.mark.parametrize("name", ["", "AU", "AU00", "AU123", "smile"])
def test_what_is_no_au_is_refused(name, one_line):
    with pytest.raises(CorpusError) as raised:
        au_number(name)
    one_line(raised, repr(name), "AU06")


def test_the_first_folder_that_is_there_is_found(tmp_path):
    (tmp_path / "second").mkdir()
    assert find_folder("X", tmp_path, ("first", "second"), "first/a", "first") == tmp_path / "second"


def test_a_missing_folder_says_what_was_looked_for(tmp_path, one_line):
    with pytest.raises(CorpusError) as raised:
        find_folder("X", tmp_path, ("first", "second"), "first/a.txt", "first and third")
    one_line(raised, "X: no first/ (nor second/) in", tmp_path, "looked for first/a.txt", "first and third")
    with pytest.raises(CorpusError) as raised:
        find_folder("X", tmp_path / "away", ("first",), "first/a.txt", "first")
    one_line(raised, "away is not a folder", "that holds first")


def test_pictures_are_numbered_whatever_their_padding(tmp_path, paint):
    for name in ("7.jpg", "0008.png", "00012.JPG"):
        paint(tmp_path / name, 9)
    for name in ("notes.txt", "._7.jpg", "thumb.jpg"):
        (tmp_path / name).write_text("")
    assert {n: path.name for n, path in numbered_pictures(tmp_path).items()} == {
        7: "7.jpg",
        8: "0008.png",
        12: "00012.JPG",
    }


def test_two_pictures_of_one_number_are_refused(tmp_path, paint, one_line):
    paint(tmp_path / "7.jpg", 9)
    paint(tmp_path / "007.jpg", 9)
    with pytest.raises(CorpusError) as raised:
        numbered_pictures(tmp_path)
    one_line(raised, "007.jpg", "7.jpg", "frame 7")


def test_two_files_of_one_name_are_refused(tmp_path, write, one_line):
    with pytest.raises(CorpusError) as raised:
        one_per_name([write(tmp_path / "a/x.csv", ""), write(tmp_path / "b/x.csv", "")])
    one_line(raised, "a/x.csv", "b/x.csv", "same name")


@given(st.lists(st.lists(st.integers(-(2**50), 2**50), min_size=3, max_size=3), min_size=1, max_size=5))
def test_whole_numbers_come_back(tmp_path_factory, rows):
    path = tmp_path_factory.getbasetemp() / "numbers.csv"
    path.write_text("\n".join(",".join(map(str, row)) for row in rows))
    assert read_whole_numbers(path).tolist() == rows


def test_numbers_may_be_written_as_floats_with_a_byte_order_mark(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xef\xbb\xbf   1.0000000e+00   3.0000000e+00\r\n\r\n  2 4\r\n")
    assert read_whole_numbers(path, columns=2, delimiter=None).tolist() == [[1, 3], [2, 4]]
    assert [line for line, _ in read_cells(path, delimiter=None)] == [1, 3]


@pytest.mark.parametrize("cell", ["x", "1.5", "", "nan", "inf", "1e300"])
def test_a_garbled_cell_is_named(tmp_path, write, one_line, cell):
    path = write(tmp_path / "a.csv", f"1,2\n\n3,{cell}\n")
    with pytest.raises(CorpusError) as raised:
        read_whole_numbers(path)
    one_line(raised, path, "line 3, column 2", repr(cell), "expected a whole number")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"1,2\n1\n", "line 2 has 1 columns, expected 2"),
        (b"\n\n", "empty"),
        (b"1,\xff\n", "not a readable table"),
        (b"1,\x00\n", "a.csv"),
        (None, "not a readable table"),
    ],
)
def test_what_is_no_table_is_named(tmp_path, one_line, content, words):
    path = tmp_path / "a.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CorpusError) as raised:
        read_whole_numbers(path)
    one_line(raised, path, words)


def test_codes_become_floats_and_the_unlabelled_nan(tmp_path, one_line):
    np.testing.assert_array_equal(as_codes(np.array([0, 9, 5]), 5, 9, tmp_path), [0, np.nan, 5])
    with pytest.raises(CorpusError) as raised:
        as_codes(np.array([[0, 1], [0, 6]]), 5, 9, tmp_path / "a.csv")
    one_line(raised, "a.csv", "label 6 in row 2", "0 to 5, or 9")
