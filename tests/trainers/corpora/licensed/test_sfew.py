import pytest

from trainers.corpora.licensed.sfew import FOLDERS, load
from trainers.errors import CorpusError

STILLS = ("Airheads_000519240_00000005.png", "The_Hangover_2_012345678_00000012.jpg")


@pytest.fixture
def tree(tmp_path, paint):
    """Two stills for each expression and partition; aligned faces are 100 brighter than whole stills."""
    for extra, suffix in ((0, ""), (100, "_Aligned_Faces")):
        for part, base in (("Train", 0), ("Val", 30)):
            for number, folder in enumerate(FOLDERS):
                for still, name in enumerate(STILLS):
                    paint(tmp_path / (part + suffix) / folder / name, extra + base + 2 * number + still)
        paint(tmp_path / f"Test{suffix}" / STILLS[0], extra + 60)
    return tmp_path


def test_the_folder_is_the_expression_and_the_film_the_subject(tree, codes):
    corpus = load(tree)
    assert (corpus.name, corpus.aus, len(corpus)) == ("SFEW 2.0", (), 28)
    shown = ["anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise"]
    assert corpus.expression.tolist() == [expression for _ in "tv" for expression in shown for _ in STILLS]
    assert codes(corpus) == [*range(14), *range(30, 44)]
    assert corpus.partition.tolist() == ["train"] * 14 + ["validation"] * 14
    assert set(corpus.subject) == {"Airheads", "The_Hangover_2"}
    assert set(corpus.sequence) == {"Airheads/000519240", "The_Hangover_2/012345678"}
    assert set(corpus.frame.tolist()) == {5, 12}
    assert set(corpus.domain) == {"wild"}


def test_aligned_faces(tree, codes):
    assert codes(load(tree, aligned=True)) == pytest.approx([*range(100, 114), *range(130, 144)], abs=1)


def test_the_archives_own_folders(tree, codes):
    for part in ("Train", "Val", "Test"):
        whole = (tree / part).rename(tree / "whole")
        (tree / part).mkdir()
        whole.rename(tree / part / part)
        name = f"{part}_Aligned_Faces"
        (tree / name).rename(tree / part / (name + "_new" if part == "Val" else name))
    everything = ("train", "validation", "test")
    assert codes(load(tree, everything)) == [*range(14), *range(30, 44), 60]
    assert codes(load(tree, ["test"], aligned=True)) == [160]


def test_aligned_test_faces_may_lie_beside_the_whole_stills(tree, codes):
    (tree / "Test_Aligned_Faces").rename(tree / "Test/Test_Aligned_Faces")
    assert codes(load(tree, ["test"])) == [60]
    assert codes(load(tree, ["test"], aligned=True)) == [160]


def test_the_test_partition_has_no_expression(tree, codes):
    corpus = load(tree, partitions=["test"])
    assert (codes(corpus), corpus.expression.tolist(), corpus.partition.tolist()) == ([60], [""], ["test"])


def remove(folder):
    for file in sorted(folder.rglob("*"), reverse=True):
        file.unlink() if file.is_file() else file.rmdir()
    folder.rmdir()


@pytest.mark.parametrize(
    ("damage", "options", "words"),
    [
        (
            lambda t: (remove(t / "Train"), remove(t / "Train_Aligned_Faces")),
            {},
            ["no Train/Angry", "Train/Angry/Airheads_000519240_00000005.png", "that holds Train and Val"],
        ),
        (lambda t: remove(t / "Val"), {}, ["no Val/Angry", "aligned=True", "Val_Aligned_Faces"]),
        (lambda t: remove(t / "Train_Aligned_Faces"), {"aligned": True}, ["aligned=False to read Train"]),
        (lambda t: remove(t / "Val/Sad"), {}, ["no picture in", "Val/Sad", "validation has all of Angry"]),
        (lambda t: remove(t / "Test"), {"partitions": ["test"]}, ["no picture in", "Test", "leave out"]),
        (
            lambda t: (t / "Val/Sad" / STILLS[0]).rename(t / "Val/Sad/still.png"),
            {},
            ["still.png: not named film_time_frame"],
        ),
        (lambda t: None, {"partitions": ["dev"]}, ["no partition 'dev'", "train, validation, test"]),
    ],
)
def test_a_damaged_tree_gets_one_line(tree, one_line, damage, options, words):
    damage(tree)
    with pytest.raises(CorpusError) as raised:
        load(tree, **options)
    one_line(raised, *words)
