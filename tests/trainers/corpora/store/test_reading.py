"""A corpus folder with anything wrong with it is refused with one line."""

from __future__ import annotations

import re
import shutil

import numpy as np
import pytest

from trainers.corpora.store import open_corpus, read_manifest
from trainers.corpora.store.labels import write_labels
from trainers.corpora.store.manifest import encode, file_entry
from trainers.errors import CorpusError


@pytest.fixture
def folder(tmp_path, write):
    return write(tmp_path / "made")


def refusal(folder, *, verify: bool = True) -> str:
    """The one line that says why."""
    with pytest.raises(CorpusError) as caught:
        open_corpus(folder, verify=verify)
    line = str(caught.value)
    assert "\n" not in line
    assert str(folder) in line
    return line


def edit(folder, pattern: str, replacement: str) -> None:
    path = folder / "corpus.toml"
    text, count = re.subn(pattern, replacement, path.read_text(), count=1, flags=re.MULTILINE)
    assert count == 1
    path.write_text(text)


def relabel(folder, **changes) -> None:
    """Change arrays of labels.npz (None: leave it out), and let the manifest agree with the file."""
    path = folder / "labels.npz"
    with np.load(path) as archive:
        arrays = {**archive, **changes}
    write_labels(path, {name: values for name, values in arrays.items() if values is not None})
    entry = file_entry(path)
    edit(
        folder,
        r'(\[files\."labels\.npz"\]\n)(.*\n){2}',
        rf'\1sha256 = "{entry.sha256}"\nbytes = {entry.bytes}\n',
    )


def test_a_whole_corpus_opens(folder):
    assert len(open_corpus(folder)) == len(open_corpus(str(folder), verify=False)) == 8


# ------------------------------------------------------------------ the manifest


def test_no_corpus_folder(tmp_path):
    assert "is not a folder; name a folder that" in refusal(tmp_path / "nowhere")
    assert "has no corpus.toml; name a folder" in refusal(tmp_path)


@pytest.mark.parametrize(
    ("pattern", "replacement", "message"),
    [
        (r"^schema = 1", "schema = 2", "is of schema 2, this LiveFACS reads up to 1; upgrade livefacs"),
        (r"^schema = 1", "schema = true", "says schema = True, wanted a whole number"),
        (r"^schema = 1\n", "", "says schema = None"),
        (r"livefacs-corpus", "livefacs-bundle", "kind = 'livefacs-bundle', wanted 'livefacs-corpus'"),
        (r"^schema = 1", "schema 1", "is not valid TOML"),
        (r"^pictures = 8", 'pictures = "8"', "is incomplete or damaged"),
        (r"^pictures = 8\n", "", "is incomplete or damaged"),
        (r"^aus = .*", 'aus = ["AU1"]', "aus has 'AU1'"),
        (r"^aus = .*", 'aus = ["AU01", "AU01"]', "aus has 'AU01'; each stands there once"),
        (r'\[files\."labels\.npz"\]', '[files."../labels.npz"]', "lists '../labels.npz'"),
        (r'\[files\."labels\.npz"\]', '[files."table.npz"]', "lists no labels.npz"),
    ],
)
def test_a_manifest_that_is_not_right(folder, pattern, replacement, message):
    edit(folder, pattern, replacement)
    assert message in refusal(folder)
    assert message in refusal(folder, verify=False)


def test_a_newer_schema_is_told_whatever_else_it_holds(folder):
    edit(folder, r"^schema = 1\nkind = (.*)\n(.*\n)*", r"schema = 9\nkind = \1\nfiles = 3\n")
    assert "is of schema 9" in refusal(folder)


def test_a_manifest_that_is_not_text(folder):
    (folder / "corpus.toml").write_bytes(b"\xff\xfe\x00")
    assert "corpus.toml is not valid TOML" in refusal(folder)


def test_unknown_keys_are_left_for_their_reader(folder):
    edit(folder, r"^pictures", 'thanks = "to all"\npictures')
    assert len(open_corpus(folder)) == 8


def test_a_manifest_reads_back_as_it_was(folder):
    manifest = read_manifest(folder)
    assert encode(manifest) == (folder / "corpus.toml").read_bytes()
    assert manifest.shards == tuple(f"pictures-0000{k}.tar" for k in range(3))


# ------------------------------------------------------------------ the files


@pytest.mark.parametrize("name", ["labels.npz", "pictures-00001.tar"])
def test_a_file_that_is_missing_cut_or_changed(folder, name):
    path = folder / name
    content = path.read_bytes()
    path.unlink()
    assert f"{name} is missing" in refusal(folder, verify=False)
    path.write_bytes(content[:-1])
    line = refusal(folder, verify=False)
    assert f"{name} has {len(content) - 1} bytes, {len(content)} expected" in line
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert f"{name} was changed or damaged" in refusal(folder)


def test_one_changed_bit_is_seen_only_when_verifying(folder):
    path = folder / "pictures-00000.tar"
    content = bytearray(path.read_bytes())
    content[600] ^= 1
    path.write_bytes(content)
    assert "pictures-00000.tar was changed" in refusal(folder)
    assert len(open_corpus(folder, verify=False)) == 8


def test_further_files_do_no_harm(folder):
    (folder / "notes.txt").write_text("seen on Tuesday")
    assert len(open_corpus(folder)) == 8


def test_a_moved_folder_still_opens(folder, tmp_path):
    shutil.move(folder, tmp_path / "elsewhere")
    assert open_corpus(tmp_path / "elsewhere").images[7].shape == (12, 10, 3)


# ------------------------------------------------------------------ the labels


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"aus": np.array(["AU01", "AU15"])}, "labels AU01, AU15, the manifest says AU01, AU12"),
        ({"subject": np.array(["S1"] * 7)}, "subject is (7,), the manifest says 8 pictures"),
        ({"attribute.age": np.zeros(9)}, "attribute.age is (9,), the manifest"),
        ({"shard": np.full(8, 3)}, "the picture of row 0 lies outside the shards"),
        ({"offset": np.full(8, -1)}, "the picture of row 0 lies outside the shards"),
        ({"length": np.array([1] * 7 + [10**9])}, "the picture of row 7 lies outside the shards"),
        ({"intensity": None}, "has no column intensity"),
        ({"frame": np.zeros(8)}, "column frame is of type float64"),
        ({"intensity": np.zeros((8, 3), np.float32)}, "column intensity is (8, 3), expected (8, 2)"),
    ],
)
def test_labels_that_contradict_the_manifest(folder, changes, message):
    relabel(folder, **changes)
    assert message in _line(folder)


def test_a_manifest_that_counts_wrong(folder):
    edit(folder, r"^pictures = 8", "pictures = 9")
    assert "subject is (8,), the manifest says 9 pictures" in refusal(folder)


def test_a_shard_that_the_manifest_does_not_list(folder):
    edit(folder, r'\[files\."pictures-00000\.tar"\]\n(.*\n){2}', "")
    assert "not numbered from 0 without a gap" in refusal(folder)


@pytest.mark.parametrize("content", [b"", b"PK\x05\x06 nothing", b"\x93NUMPY\x01\x00 cut"])
def test_labels_that_are_no_table(folder, content):
    path = folder / "labels.npz"
    path.write_bytes(content)
    edit(folder, r'(\[files\."labels\.npz"\]\n.*\n)bytes = \d+', rf"\1bytes = {len(content)}")
    assert "labels.npz: is no readable table of labels" in refusal(folder, verify=False)


def test_labels_are_never_unpickled(folder):
    path = folder / "labels.npz"
    with np.load(path) as archive:
        arrays = dict(archive)
    np.savez(path, **arrays | {"attribute.age": np.array([None] * 8, dtype=object)})
    edit(folder, r'(\[files\."labels\.npz"\]\n.*\n)bytes = \d+', rf"\1bytes = {path.stat().st_size}")
    assert "is no readable table of labels" in refusal(folder, verify=False)


def _line(folder) -> str:
    with pytest.raises(CorpusError) as caught:
        open_corpus(folder)
    assert "\n" not in str(caught.value)
    return str(caught.value)
