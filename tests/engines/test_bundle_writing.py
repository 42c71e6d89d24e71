import hashlib
import os
import tomllib
import zipfile

import numpy as np
import pytest
from bundle_factory import FIELDS, TINY_MODEL, Draft, make_model

from engines import Bundle, BundleError, bundle_writing, pack, write_bundle
from engines.manifest_writing import HEADER, encode_manifest

WRITABLE = {key: value for key, value in FIELDS.items() if key != "schema"}


def everything_below(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_a_written_bundle_opens(tmp_path):
    folder = write_bundle(
        tmp_path / "new" / "tiny", WRITABLE, {"head.onnx": TINY_MODEL, "data/card.md": b"card"}
    )
    assert everything_below(tmp_path / "new") == [
        "tiny",
        "tiny/bundle.toml",
        "tiny/data",
        "tiny/data/card.md",
        "tiny/head.onnx",
    ]
    with Bundle.open(folder) as bundle:
        assert bundle.id == "tiny 1.0.0"
        assert bundle.file_bytes("data/card.md") == b"card"
        assert bundle.manifest.files["head.onnx"] == hashlib.sha256(TINY_MODEL).hexdigest()
    assert (folder / "bundle.toml").read_text().startswith(HEADER)


def test_the_fields_of_a_bundle_write_it_again(tmp_path):
    first = write_bundle(tmp_path / "first", WRITABLE, {"head.onnx": TINY_MODEL})
    fields = tomllib.loads((first / "bundle.toml").read_text())
    second = write_bundle(
        tmp_path / "second", {**fields, "threshold_default": None}, {"head.onnx": TINY_MODEL}
    )
    assert "threshold_default" not in tomllib.loads((second / "bundle.toml").read_text())


def test_an_empty_folder_may_be_filled_and_a_full_one_is_kept(tmp_path):
    folder = tmp_path / "tiny"
    folder.mkdir()
    write_bundle(folder, WRITABLE, {"head.onnx": TINY_MODEL})
    before = (folder / "bundle.toml").read_bytes()
    with pytest.raises(BundleError, match="exists already: remove it, or write to another folder"):
        write_bundle(folder, {**WRITABLE, "version": "2.0.0"}, {"head.onnx": TINY_MODEL})
    assert (folder / "bundle.toml").read_bytes() == before
    assert everything_below(tmp_path) == ["tiny", "tiny/bundle.toml", "tiny/head.onnx"]


@pytest.mark.parametrize(
    ("changes", "models", "message"),
    [
        ({"name": "My Head"}, {"head.onnx": TINY_MODEL}, "lower-case"),
        ({"novelty": 1}, {"head.onnx": TINY_MODEL}, "unknown key 'novelty'"),
        ({}, {}, "does not list"),
        ({}, {"head.onnx": TINY_MODEL, "../evil": b""}, "'../evil'"),
        ({}, {"head.onnx": b"junk"}, "cannot load"),
        ({}, {"head.onnx": make_model(inputs={"blendshapes": ("N", 51)})}, "N x 52"),
        ({}, {"head.onnx": make_model(endings={"occurrence": "Identity"})}, "sigmoid"),
    ],
)
def test_what_would_be_refused_is_not_written(tmp_path, changes, models, message):
    with pytest.raises(BundleError, match=message) as caught:
        write_bundle(tmp_path / "tiny", {**WRITABLE, **changes}, models)
    assert str(tmp_path / "tiny") in str(caught.value)
    assert everything_below(tmp_path) == []


def test_a_full_disk_leaves_nothing_behind(tmp_path, monkeypatch):
    original, written = bundle_writing._write, []

    def second_fails(path, content):
        if written:
            raise OSError(28, "No space left on device")
        written.append(path)
        original(path, content)

    monkeypatch.setattr(bundle_writing, "_write", second_fails)
    with pytest.raises(BundleError, match="No space left on device.*check its permissions and space"):
        write_bundle(tmp_path / "tiny", WRITABLE, {"head.onnx": TINY_MODEL})
    assert written
    assert everything_below(tmp_path) == []


def test_a_zip_of_a_bundle_opens_and_holds_only_what_is_listed(tmp_path):
    draft = Draft()
    draft.extra["notes.txt"] = b"private"
    path = pack(draft.write(tmp_path / "tiny"), tmp_path / "tiny.zip")
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["bundle.toml", "head.onnx"]
        assert archive.testzip() is None
    with Bundle.open(path) as bundle:
        assert bundle.model_bytes("head.onnx") == TINY_MODEL


def test_the_same_bundle_gives_the_same_zip(tmp_path):
    draft = Draft()
    draft.files.update({"b.md": b"b", "a.md": b"a"})
    first = draft.write(tmp_path / "first")
    draft.files = dict(reversed(draft.files.items()))
    draft.text = (first / "bundle.toml").read_bytes()
    second = draft.write(tmp_path / "second")
    os.utime(second / "head.onnx", (1e9, 1e9))
    (second / "head.onnx").chmod(0o600)
    assert pack(first, tmp_path / "1.zip").read_bytes() == pack(second, tmp_path / "2.zip").read_bytes()


def test_a_broken_bundle_is_not_packed(tmp_path):
    folder = Draft().write(tmp_path / "tiny")
    (folder / "head.onnx").write_bytes(b"changed")
    with pytest.raises(BundleError, match="sha256"):
        pack(folder, tmp_path / "tiny.zip")
    assert not (tmp_path / "tiny.zip").exists()


def test_a_zip_that_cannot_be_written(tmp_path):
    folder = Draft().write(tmp_path / "tiny")
    with pytest.raises(BundleError, match="cannot be written"):
        pack(folder, tmp_path / "none" / "tiny.zip")


def test_numbers_of_numpy_are_written_as_numbers():
    text = encode_manifest({"a": np.float64(0.25), "b": np.int64(3), "c": (np.float32(0.5),), "d": 1})
    assert tomllib.loads(text) == {"a": 0.25, "b": 3, "c": [0.5], "d": 1}


def test_a_value_that_is_no_toml_is_an_error_of_the_program():
    with pytest.raises(TypeError, match="set"):
        encode_manifest({"a": {1, 2}})


def test_booleans_are_written_as_booleans() -> None:
    text = encode_manifest({"expressions": True, "counts": [1, 0]}, header="# mine\n")
    assert text.startswith("# mine\n")
    assert tomllib.loads(text) == {"expressions": True, "counts": [1, 0]}
    assert "expressions = true" in text
