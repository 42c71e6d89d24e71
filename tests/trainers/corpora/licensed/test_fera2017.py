import numpy as np
import pytest
from tiny_clips import number_in, write_clip

from trainers.corpora.licensed.fera2017 import AUS, INTENSITY_AUS, PITCH_GROUP, VIEWS, load
from trainers.errors import CorpusError

FRAMES = 4
RECORDINGS = {"TR_F001_T1": "Train", "TR_F007_T2": "Train", "VA_F007_T2": "Valid", "VA_rM001_T10": "Valid"}


def occurrence(rows, **columns):
    lines = [",".join(["0", *(au[2:].lstrip("0") for au in AUS)])]
    for row in range(rows):
        codes = [columns.get(au, [0] * rows)[row] for au in AUS]
        lines.append(",".join(map(str, (row + 1, *codes))))
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    """Videos by view; those of view v show the numbers 10 v, 10 v + 1 ..."""
    from tiny_clips import numbered

    folder = tmp_path_factory.mktemp("views")
    for view in VIEWS:
        images = [numbered(10 * int(view) + frame) for frame in range(FRAMES)]
        write_clip(folder / f"{view}.mp4", images=images)
    return folder


@pytest.fixture
def tree(tmp_path, videos, write):
    for name, part in RECORDINGS.items():
        (tmp_path / f"FERA17_{part}_MV").mkdir(exist_ok=True)
        for view in VIEWS:
            (tmp_path / f"FERA17_{part}_MV/FERA17_{name}_{view}.mp4").symlink_to(videos / f"{view}.mp4")
        table = occurrence(FRAMES, AU12=(0, 1, 9, 1))
        write(tmp_path / f"{part}_Occ/FERA17_{name}.csv", table)
        for au in INTENSITY_AUS:
            levels = (0, 3, 9, 5) if au == "AU12" else (0,) * FRAMES
            rows = "".join(f"{row},{level}\n" for row, level in enumerate(levels, 1))
            write(tmp_path / f"{part}_Int/FERA17_{name}_{au}_Int.csv", rows)
    return tmp_path


def test_nine_views_share_their_labels(tree):
    corpus = load(tree)
    assert (corpus.name, corpus.aus) == ("FERA 2017", AUS)
    assert len(corpus) == len(RECORDINGS) * len(VIEWS) * FRAMES
    assert sorted(set(corpus.view)) == list(VIEWS)
    twelve = AUS.index("AU12")
    for view in VIEWS:
        rows = (corpus.view == view) & (corpus.sequence == "TR_F001/T1")
        np.testing.assert_array_equal(corpus.occurrence[rows, twelve], [0, 1, np.nan, 1])
        np.testing.assert_array_equal(corpus.intensity[rows, twelve], [0, 3, np.nan, 5])
        assert corpus.frame[rows].tolist() == [1, 2, 3, 4]
    graded = [au in INTENSITY_AUS for au in AUS]
    assert np.isnan(corpus.intensity).all(axis=0).tolist() == [not there for there in graded]


def test_each_row_shows_its_view_and_frame(tree):
    corpus = load(tree, partitions=["train"])
    rows = np.random.default_rng(0).permutation(len(corpus))
    shown = [number_in(corpus.images[row]) for row in rows]
    assert shown == [10 * int(corpus.view[row]) + corpus.frame[row] - 1 for row in rows]


def test_one_code_in_both_partitions_is_two_people(tree):
    corpus = load(tree)
    assert set(corpus.subject) == {"TR_F001", "TR_F007", "VA_F007", "VA_rM001"}
    assert set(corpus.partition[corpus.subject == "TR_F007"]) == {"train"}
    assert set(corpus.partition[corpus.subject == "VA_F007"]) == {"validation"}
    assert set(load(tree, partitions=["validation"]).subject) == {"VA_F007", "VA_rM001"}


def test_recordings_without_videos_are_an_error_or_left_out(tree, one_line):
    for video in tree.rglob("FERA17_VA_F007_T2_*.mp4"):
        video.unlink()
    with pytest.raises(CorpusError) as raised:
        load(tree)
    one_line(raised, "FERA17_VA_F007_T2 has no video of view 1")
    assert set(load(tree, skip_missing=True).subject) == {"TR_F001", "TR_F007", "VA_rM001"}


def test_only_what_is_known_of_the_poses_is_told(tree):
    corpus = load(tree)
    assert [PITCH_GROUP[view] for view in VIEWS] == ["up"] * 3 + ["level"] * 3 + ["down"] * 3
    level = np.isin(corpus.view, ["4", "5", "6"])
    assert (corpus.pose[level, 1] == 0).all()
    assert np.isnan(corpus.pose[~level]).all()
    assert np.isnan(corpus.pose[:, [0, 2]]).all()


def test_poses_can_be_given(tree):
    corpus = load(tree, view_pose={"1": (20.0, -30.0, 0.0)})
    np.testing.assert_array_equal(corpus.pose[corpus.view == "1"][0], [20, -30, 0])
    assert np.isnan(corpus.pose[corpus.view == "2"]).all()


def test_one_kind_of_labels_is_enough(tree):
    for file in tree.rglob("*_Int.csv"):
        file.unlink()
    corpus = load(tree, views=["6"])
    assert np.isnan(corpus.intensity).all() and not np.isnan(corpus.occurrence).all()


def test_the_other_kind_of_labels_is_enough(tree):
    for file in tree.rglob("*_Occ/*.csv"):
        file.unlink()
    corpus = load(tree, views=["6"])
    assert np.isnan(corpus.occurrence).all() and not np.isnan(corpus.intensity).all()


@pytest.mark.parametrize(("rows", "read"), [(FRAMES + 1, FRAMES), (FRAMES - 1, FRAMES - 1)])
def test_labels_and_video_of_different_length(tree, one_line, rows, read):
    for file in tree.rglob("*_Int.csv"):
        file.unlink()
    (tree / "Train_Occ/FERA17_TR_F001_T1.csv").write_text(occurrence(rows))
    with pytest.raises(CorpusError) as raised:
        load(tree)
    one_line(raised, "FERA17_TR_F001_T1_1.mp4 has 4 frames", f"labels {rows} rows", "skip_missing=True")
    corpus = load(tree, views=["6"], skip_missing=True)
    assert (corpus.sequence == "TR_F001/T1").sum() == read


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (
            lambda t: (t / "FERA17_Valid_MV/FERA17_VA_F007_T2_3.mp4").unlink(),
            ["FERA17_VA_F007_T2 has no video of view 3", "FERA17_VA_F007_T2_3.mp4", "views="],
        ),
        (lambda t: (t / "Train_Occ/FERA17_TR_F001_T1.csv").unlink(), ["no labels FERA17_TR_F001_T1.csv"]),
        (
            lambda t: (t / "Train_Int/FERA17_TR_F001_T1_AU06_Int.csv").unlink(),
            ["no labels FERA17_TR_F001_T1_AU06_Int.csv"],
        ),
        (
            lambda t: (t / "Train_Int/FERA17_TR_F001_T1_AU06_Int.csv").write_text("1,0\n"),
            ["FERA17_TR_F001_T1_AU06_Int.csv: 1 labelled frames, FERA17_TR_F001_T1.csv has 4"],
        ),
        (
            lambda t: (t / "Train_Occ/FERA17_TR_F001_T1.csv").write_text("0,1\n1,0\n"),
            ["FERA17_TR_F001_T1.csv: no column for AU04"],
        ),
        (
            lambda t: (t / "Train_Occ/FERA17_TR_F001_T1.csv").write_text(occurrence(1, AU01=("-",))),
            ["FERA17_TR_F001_T1.csv: line 2, column 2 is '-'"],
        ),
        (
            lambda t: [f.unlink() for f in t.rglob("*.csv")],
            ["no labels under", "FERA17_TR_F001_T1_AU06_Int.csv"],
        ),
        (lambda t: [f.unlink() for f in t.rglob("*.mp4")], ["no video such as FERA17_TR_F001_T1_6.mp4"]),
        (
            lambda t: (t / "FERA17_TR_F001_T1_1.mp4").write_bytes(b""),
            ["FERA17_TR_F001_T1_1.mp4", "same name"],
        ),
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
        ({"views": ["10"]}, ["no view '10'"]),
        ({"partitions": ["test"]}, ["no partition 'test'", "train, validation"]),
        ({"view_pose": {"0": (0, 0, 0)}}, ["view_pose has no view '0'"]),
    ],
)
def test_options_are_checked(tree, one_line, options, words):
    with pytest.raises(CorpusError) as raised:
        load(tree, **options)
    one_line(raised, *words)


def test_no_folder(tmp_path, one_line):
    with pytest.raises(CorpusError) as raised:
        load(tmp_path / "away")
    one_line(raised, "away is not a folder")
