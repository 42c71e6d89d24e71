"""What a writer leaves on disk, when it succeeds and when it does not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tarfile
import time
import tomllib
from pathlib import Path

import numpy as np
import pytest

from trainers.corpora.store import CorpusWriter, open_corpus
from trainers.errors import CorpusError

COLUMNS = {"subject": "S1", "sequence": "S1/T1", "frame": [1], "intensity": [[2.0]], "occurrence": [[1.0]]}


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_same_rows_give_the_same_bytes(tmp_path, write):
    one = contents(write(tmp_path / "one"))
    time.sleep(1.1)  # tar counts in seconds
    two = contents(write(tmp_path / "two"))
    assert one == two
    assert sorted(one) == ["corpus.toml", "labels.npz", *(f"pictures-0000{k}.tar" for k in range(3))]
    assert contents(write(tmp_path / "other", seed=1)) != one


def test_shards_are_plain_tar_without_a_trace_of_the_machine(tmp_path, write):
    folder = write(tmp_path / "made")
    images = open_corpus(folder).images
    rows = 0
    for shard in sorted(folder.glob("*.tar")):
        with tarfile.open(shard) as archive:
            for member in archive:
                assert member.name == f"{rows:08d}.jpg"
                assert (member.mtime, member.uid, member.gid, member.uname) == (0, 0, 0, "")
                assert archive.extractfile(member).read() == images.encoded(rows)
                rows += 1
    assert rows == 8


def test_the_manifest_tells_how_it_was_made(tmp_path, write):
    document = tomllib.loads((write(tmp_path / "made") / "corpus.toml").read_text())
    assert document["plan"] == {"subjects": 2, "domain": "studio", "size": [10, 12]}
    assert (document["pictures"], document["aus"]) == (8, ["AU01", "AU12"])
    assert document["licence"] == "CC0-1.0"


def test_the_card_becomes_part_of_the_corpus(tmp_path, write):
    seen = {}

    def card(folder, corpus, about):
        seen.update(about, rows=len(corpus), mean=corpus.images[7].mean())
        (folder / "card").mkdir()
        (folder / "card" / "plot.png").write_bytes(b"plot")
        (folder / "README.md").write_text("card")

    folder = write(tmp_path / "made", card=card)
    files = tomllib.loads((folder / "corpus.toml").read_text())["files"]
    assert files["card/plot.png"]["bytes"] == 4
    assert seen["rows"] == seen["pictures"] == 8
    assert seen["plan"]["subjects"] == 2
    assert seen["mean"] == open_corpus(folder).images[7].mean()
    (folder / "README.md").write_text("cart")
    with pytest.raises(CorpusError, match=r"README\.md was changed"):
        open_corpus(folder)


# ------------------------------------------------------------------ the target


def test_an_existing_folder_is_never_touched(tmp_path, write):
    folder = write(tmp_path / "made")
    before = contents(folder)
    with pytest.raises(CorpusError, match=r"made: exists; add --overwrite or choose another folder"):
        write(folder, seed=1)
    assert contents(folder) == before

    mine = tmp_path / "thesis"
    mine.mkdir()
    (mine / "chapter1.tex").write_text("years of work")
    for overwrite in (False, True):
        with pytest.raises(CorpusError, match=r"thesis: exists and is no corpus"):
            write(mine, overwrite=overwrite)
    assert [path.name for path in mine.iterdir()] == ["chapter1.tex"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["made", "thesis"]


def test_an_empty_folder_is_filled_and_a_file_refused(tmp_path, write):
    (tmp_path / "empty").mkdir()
    assert len(open_corpus(write(tmp_path / "empty"))) == 8
    (tmp_path / "file").write_text("")
    with pytest.raises(CorpusError, match="file: exists and is no corpus"):
        write(tmp_path / "file", overwrite=True)


def test_overwriting_replaces_only_what_is_complete(tmp_path, write):
    folder = write(tmp_path / "made")
    before = contents(folder)
    with pytest.raises(ZeroDivisionError), CorpusWriter(folder, "new", ["AU01"], overwrite=True) as writer:
        writer.add([], {**COLUMNS, "frame": [], "intensity": [0.0], "occurrence": [0.0]})
        raise ZeroDivisionError
    assert contents(folder) == before
    write(folder, seed=1, overwrite=True)
    assert contents(folder) != before
    assert [path.name for path in tmp_path.iterdir()] == ["made"]


def test_a_link_to_a_corpus_stays_a_link(tmp_path, write):
    folder = write(tmp_path / "made")
    before = contents(folder)
    (tmp_path / "link").symlink_to(folder)
    write(tmp_path / "link", seed=1, overwrite=True)
    assert (tmp_path / "link").is_symlink()
    assert contents(folder) != before


def test_a_folder_that_appears_meanwhile_is_kept(tmp_path, jpeg):
    folder = tmp_path / "made"
    with pytest.raises(CorpusError, match="exists"), CorpusWriter(folder, "late", ["AU01"]) as writer:
        writer.add([jpeg(0)], COLUMNS)
        folder.mkdir()
        (folder / "theirs").write_text("here first")
    assert contents(tmp_path) == {"made/theirs": b"here first"}


def test_a_failed_run_leaves_nothing(tmp_path, jpeg):
    with pytest.raises(KeyboardInterrupt), CorpusWriter(tmp_path / "made", "x", ["AU01"]) as writer:
        writer.add([jpeg(0)], COLUMNS)
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_a_corpus_without_rows_is_refused(tmp_path):
    with (
        pytest.raises(CorpusError, match="no picture was added"),
        CorpusWriter(tmp_path / "made", "x", ["AU01"]),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


KILLED = """
import sys, time
from trainers.corpora.store import CorpusWriter
columns = {"subject": "S1", "sequence": "S1", "frame": [1], "intensity": [0.0], "occurrence": [0.0]}
with CorpusWriter(sys.argv[1], "x", ["AU01"]) as writer:
    writer.add([b"\\xff\\xd8\\xff not whole"], columns)
    print("added", flush=True)
    time.sleep(60)
"""


def test_a_killed_run_leaves_nothing_that_looks_like_a_corpus(tmp_path):
    command = [sys.executable, "-c", KILLED, str(tmp_path / "made")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "added\n"
        process.send_signal(signal.SIGKILL)
    assert [path.name[0] for path in tmp_path.iterdir()] == ["."]
    assert not list(tmp_path.rglob("corpus.toml"))


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a folder that may not be written")
def test_a_folder_without_permission_is_one_line(tmp_path):
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(CorpusError, match=r"made: cannot be written \(Permission denied\)"):
            CorpusWriter(tmp_path / "made", "x", ["AU01"]).__enter__()
    finally:
        tmp_path.chmod(0o755)


def test_a_file_in_the_way_of_the_folder_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CorpusError, match=r"file/made: cannot be written"):
        CorpusWriter(tmp_path / "file" / "made", "x", ["AU01"]).__enter__()


def test_a_plan_that_toml_cannot_hold_fails_at_once(tmp_path):
    with pytest.raises(TypeError):
        CorpusWriter(tmp_path / "made", "x", ["AU01"], plan={"rng": object()})


# ------------------------------------------------------------------ rows


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"colour": "red"}, "unknown column 'colour'"),
        ({"frame": None}, "column 'frame' is missing"),
        ({"frame": [1, 2]}, r"column frame is \(2,\), expected \(1,\)"),
        ({"frame": "first"}, "column frame is not usable"),
        ({"intensity": [[1.0, 2.0]]}, r"column intensity is \(1, 2\), expected \(1, 1\)"),
        ({"expression": "smug"}, "expression has 'smug'; use neutral, anger"),
        ({"partition": "dev"}, "partition has 'dev'; use train, validation, test"),
        ({"landmarks": [[1.0, 2.0, 3.0]]}, "column landmarks is"),
    ],
)
def test_columns_that_do_not_fit_are_refused(tmp_path, jpeg, change, message):
    columns = {name: value for name, value in (COLUMNS | change).items() if value is not None}
    with pytest.raises(CorpusError, match=message), CorpusWriter(tmp_path / "made", "x", ["AU01"]) as writer:
        writer.add([jpeg(0)], columns)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ({"age": 3}, {}, "only some of the rows have attribute.age"),
        ({"age": 3}, {"age": "three"}, "attribute.age is <U5"),
        ({"age": [object()]}, {}, "attribute age is of type object"),
        ({"age/2": 1}, {}, "attribute 'age/2': use letters"),
        ({"age": [1, 2]}, {}, r"attribute age is \(2,\), expected \(1,\)"),
        (
            {"gaze": [[1, 2]]},
            {"gaze": [[1, 2, 3]]},
            r"attribute.gaze is int64 \(3,\) after",
        ),
    ],
)
def test_attributes_that_do_not_fit_are_refused(tmp_path, jpeg, first, second, message):
    with pytest.raises(CorpusError, match=message), CorpusWriter(tmp_path / "made", "x", ["AU01"]) as writer:
        writer.add([jpeg(0)], COLUMNS, first)
        writer.add([jpeg(1)], COLUMNS, second)


def test_landmarks_are_given_for_all_or_none(tmp_path, jpeg):
    with (
        pytest.raises(CorpusError, match="only some of the rows have landmarks"),
        CorpusWriter(tmp_path / "made", "x", ["AU01"]) as writer,
    ):
        writer.add([jpeg(0)], COLUMNS)
        writer.add([jpeg(1)], COLUMNS | {"landmarks": np.zeros((1, 5, 2))})


def test_what_is_no_picture_is_refused(tmp_path, jpeg):
    with (
        pytest.raises(CorpusError, match="picture of row 1 starts with 42 4d"),
        CorpusWriter(tmp_path / "made", "x", ["AU01"]) as writer,
    ):
        writer.add([jpeg(0)], COLUMNS)
        writer.add([b"BM is a bitmap"], COLUMNS)


def test_a_row_that_was_refused_cannot_be_passed_over(tmp_path, jpeg):
    """Its labels are in, its picture is not: completing would shift every later row."""
    with (
        pytest.raises(CorpusError, match="the manifest says 1 pictures"),
        CorpusWriter(tmp_path / "made", "x", ["AU01"]) as writer,
    ):
        writer.add([jpeg(0)], COLUMNS)
        with pytest.raises(CorpusError):
            writer.add([b"not a picture"], COLUMNS)
    assert list(tmp_path.iterdir()) == []


def test_the_callers_arrays_may_be_filled_again(tmp_path, jpeg):
    intensity = np.array([[1.0]], dtype=np.float32)
    with CorpusWriter(tmp_path / "made", "x", ["AU01"]) as writer:
        for k in (1, 2):
            intensity[:] = k
            writer.add([jpeg(k)], COLUMNS | {"intensity": intensity})
    assert open_corpus(tmp_path / "made").intensity.tolist() == [[1.0], [2.0]]
