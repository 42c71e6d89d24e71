import numpy as np
import pytest
from tiny_clips import number_in, write_clip

from trainers.corpora.licensed.disfa import AU_NUMBERS, AUS, load
from trainers.errors import CorpusError

FRAMES = 6


def label(folder, rows, **levels):
    """The twelve files of one subject; an AU's intensities as given ("au12"), 0 elsewhere."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in AU_NUMBERS:
        values = levels.get(f"au{number}", [0] * len(rows))
        lines = [f"{frame},{value}" for frame, value in zip(rows, values, strict=True)]
        (folder / f"{folder.name}_au{number}.txt").write_text("\r\n".join(lines) + "\r\n")


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "Videos_LeftCamera").mkdir()
    for subject, codec in (("SN001", "mpeg4"), ("SN032", "libx264")):
        clip = tmp_path / f"Videos_LeftCamera/LeftVideo{subject}_comp.avi"
        write_clip(clip, FRAMES, codec=codec, codec_options={"bf": "2"})
        frames = range(1, FRAMES + 1)
        label(tmp_path / f"ActionUnit_Labels/{subject}", frames, au12=(0, 1, 2, 3, 4, 5))
    return tmp_path


def test_labels_lie_on_their_frames(tree):
    corpus = load(tree)
    assert (corpus.name, corpus.aus, len(corpus)) == ("DISFA", AUS, 2 * FRAMES)
    assert corpus.subject.tolist() == ["SN001"] * FRAMES + ["SN032"] * FRAMES
    assert corpus.frame.tolist() == [*range(1, FRAMES + 1)] * 2
    order = np.random.default_rng(0).permutation(len(corpus))
    # The pictures count from 0, the labels from 1.
    assert [number_in(corpus.images[i]) for i in order] == [corpus.frame[i] - 1 for i in order]
    twelve = AUS.index("AU12")
    assert corpus.intensity[:FRAMES, twelve].tolist() == [0, 1, 2, 3, 4, 5]
    assert not corpus.intensity[:, [a for a in range(12) if a != twelve]].any()


@pytest.mark.parametrize(("active_from", "active"), [(1, [0, 1, 1, 1, 1, 1]), (2, [0, 0, 1, 1, 1, 1])])
def test_presence_begins_where_the_paper_says(tree, active_from, active):
    corpus = load(tree, active_from=active_from)
    assert corpus.occurrence[:FRAMES, AUS.index("AU12")].tolist() == active


def test_the_other_name_of_the_videos_folder(tree):
    (tree / "Videos_LeftCamera").rename(tree / "Video_LeftCamera")
    assert len(load(tree)) == 2 * FRAMES


def test_labels_beyond_the_video_are_an_error_or_left_out(tree, one_line):
    label(tree / "ActionUnit_Labels/SN001", range(1, FRAMES + 2))
    with pytest.raises(CorpusError) as raised:
        load(tree)
    one_line(raised, "SN001 labels frame 7", "LeftVideoSN001_comp.avi has frames 1 to 6", "skip_missing=True")
    assert load(tree, skip_missing=True).frame.tolist() == [*range(1, FRAMES + 1)] * 2


def test_a_subject_without_a_video_is_an_error_or_left_out(tree, one_line):
    (tree / "Videos_LeftCamera/LeftVideoSN032_comp.avi").unlink()
    with pytest.raises(CorpusError) as raised:
        load(tree)
    one_line(raised, "ActionUnit_Labels/SN032 has no video", "LeftVideoSN032_comp.avi", "skip_missing=True")
    assert set(load(tree, skip_missing=True).subject) == {"SN001"}


def set_label(name, text):
    return lambda tree: (tree / "ActionUnit_Labels/SN001" / name).write_text(text)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (
            lambda t: (t / "ActionUnit_Labels").rename(t / "labels"),
            [
                "DISFA: no ActionUnit_Labels/",
                "looked for ActionUnit_Labels/SN001/SN001_au1.txt",
                "pass the folder",
            ],
        ),
        (
            lambda t: (t / "Videos_LeftCamera").rename(t / "videos"),
            ["no Videos_LeftCamera/ (nor Video_LeftCamera/)"],
        ),
        (lambda t: (t / "ActionUnit_Labels/SN001/SN001_au9.txt").unlink(), ["no ", "SN001_au9.txt", "AU09"]),
        (set_label("SN001_au9.txt", "1,0\n"), ["SN001_au9.txt: labels other frames than SN001_au1.txt"]),
        (set_label("SN001_au1.txt", "1,0\n1,0\n"), ["SN001_au1.txt: frame 1 is labelled twice"]),
        (set_label("SN001_au1.txt", "1;0\n"), ["SN001_au1.txt: line 1 has 1 columns, expected 2"]),
        (set_label("SN001_au1.txt", "1,zero\n"), ["SN001_au1.txt: line 1, column 2 is 'zero'"]),
        (set_label("SN001_au1.txt", "\n"), ["SN001_au1.txt: empty"]),
        (
            set_label("SN001_au12.txt", "".join(f"{n},6\n" for n in range(1, FRAMES + 1))),
            ["SN001_au12.txt: frame 1 has intensity 6, expected 0 to 5"],
        ),
        (
            lambda t: (t / "Videos_LeftCamera/LeftVideoSN001_comp.avi").write_bytes(b"RIFF"),
            ["LeftVideoSN001_comp.avi: not a readable video"],
        ),
    ],
)
def test_a_damaged_tree_gets_one_line(tree, one_line, damage, words):
    damage(tree)
    with pytest.raises(CorpusError) as raised:
        load(tree)
    one_line(raised, *words)


def test_empty_label_and_video_folders(tmp_path, tree, one_line):
    for folder in ("ActionUnit_Labels", "Videos_LeftCamera"):
        (tmp_path / "empty" / folder).mkdir(parents=True)
    with pytest.raises(CorpusError) as raised:
        load(tmp_path / "empty")
    one_line(raised, "no subject's folder in")
    for video in (tree / "Videos_LeftCamera").iterdir():
        video.unlink()
    with pytest.raises(CorpusError) as raised:
        load(tree, skip_missing=True)
    one_line(raised, "no video in", "of any subject")


@pytest.mark.parametrize("active_from", [0, 6])
def test_presence_must_begin_at_an_intensity(tree, one_line, active_from):
    with pytest.raises(CorpusError) as raised:
        load(tree, active_from=active_from)
    one_line(raised, f"active_from={active_from}", "1 to 5")
