import pytest

from trainers.corpora.licensed.web_faces import load_celeba, load_lfw
from trainers.errors import CorpusError


@pytest.fixture
def celeba(tmp_path, paint, write):
    for number in (1, 2, 3):
        paint(tmp_path / f"img_align_celeba/00000{number}.jpg", 10 * number)
    write(tmp_path / "identity_CelebA.txt", "000001.jpg 2880\n000002.jpg 2937\n000003.jpg 2880\n")
    write(tmp_path / "list_eval_partition.txt", "000001.jpg 0\n000002.jpg 1\n000003.jpg 2\n")
    return tmp_path


@pytest.fixture
def lfw(tmp_path, paint):
    for code, name in enumerate(("Aaron_Eckhart/Aaron_Eckhart_0001", "Zico/Zico_0001", "Zico/Zico_0002"), 1):
        paint(tmp_path / f"lfw/{name}.jpg", 10 * code)
    return tmp_path


def test_celeba_says_who_and_in_which_partition(celeba, codes):
    corpus = load_celeba(celeba)
    assert (corpus.name, corpus.aus, corpus.occurrence.shape) == ("CelebA", (), (3, 0))
    assert codes(corpus) == [10, 20, 30]
    assert corpus.subject.tolist() == ["2880", "2937", "2880"]
    assert corpus.partition.tolist() == ["train", "validation", "test"]
    assert corpus.sequence.tolist() == ["000001", "000002", "000003"]
    assert set(corpus.domain) == {"wild"}


def test_celeba_in_the_folders_of_its_download(celeba):
    for folder, name in (
        ("Img", "img_align_celeba"),
        ("Anno", "identity_CelebA.txt"),
        ("Eval", "list_eval_partition.txt"),
    ):
        (celeba / folder).mkdir()
        (celeba / name).rename(celeba / folder / name)
    assert load_celeba(celeba).partition.tolist() == ["train", "validation", "test"]


def test_celeba_without_its_partitions(celeba):
    (celeba / "list_eval_partition.txt").unlink()
    assert set(load_celeba(celeba).partition) == {""}


def test_pictures_of_celeba_that_are_missing(celeba, codes, one_line):
    (celeba / "img_align_celeba/000002.jpg").unlink()
    with pytest.raises(CorpusError) as raised:
        load_celeba(celeba)
    one_line(raised, "no picture", "img_align_celeba/000002.jpg", "1 missing", "skip_missing=True")
    corpus = load_celeba(celeba, skip_missing=True)
    assert (codes(corpus), corpus.subject.tolist()) == ([10, 30], ["2880", "2880"])


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        (
            "identity_CelebA.txt",
            None,
            ["no identity_CelebA.txt in", "img_align_celeba and identity_CelebA.txt"],
        ),
        ("identity_CelebA.txt", "000001.jpg 1\n", ["does not say who is on 000002.jpg", "2 such"]),
        ("identity_CelebA.txt", "000001.jpg one\n", ["line 1, column 2 is 'one'"]),
        ("identity_CelebA.txt", "000001.jpg\n", ["line 1 has 1 columns"]),
        ("identity_CelebA.txt", "000001.jpg 1\n000001.jpg 2\n", ["line 2 lists 000001.jpg a second time"]),
        ("list_eval_partition.txt", "000001.jpg 0\n", ["000002.jpg is in no partition"]),
        ("list_eval_partition.txt", "000001.jpg 3\n", ["000001.jpg is in no partition 0, 1 or 2"]),
    ],
)
def test_a_damaged_celeba_gets_one_line(celeba, one_line, name, text, words):
    (celeba / name).unlink() if text is None else (celeba / name).write_text(text)
    with pytest.raises(CorpusError) as raised:
        load_celeba(celeba)
    one_line(raised, *words)


def test_no_celeba(tmp_path, one_line):
    with pytest.raises(CorpusError) as raised:
        load_celeba(tmp_path)
    one_line(raised, "no img_align_celeba/ (nor Img/img_align_celeba/)", "img_align_celeba/000001.jpg")


@pytest.mark.parametrize("inside", [True, False])
def test_lfw_by_person(lfw, codes, inside):
    corpus = load_lfw(lfw / "lfw" if inside else lfw)
    assert (corpus.name, corpus.aus) == ("LFW", ())
    assert codes(corpus) == [10, 20, 30]
    assert corpus.subject.tolist() == ["Aaron_Eckhart", "Zico", "Zico"]
    assert corpus.sequence.tolist() == ["Aaron_Eckhart_0001", "Zico_0001", "Zico_0002"]


def test_no_lfw(tmp_path, one_line):
    with pytest.raises(CorpusError) as raised:
        load_lfw(tmp_path)
    one_line(raised, "no people's folders in", "Aaron_Eckhart/Aaron_Eckhart_0001.jpg")
    with pytest.raises(CorpusError) as raised:
        load_lfw(tmp_path / "away")
    one_line(raised, "away is not a folder")
