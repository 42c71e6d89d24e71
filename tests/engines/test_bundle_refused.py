"""One case for every way in which a bundle can be broken."""

import os
import re
import struct
import zipfile

import onnx
import pytest
from bundle_factory import CROP, INPUTS, OUTPUTS, TINY_MODEL, Draft, make_frozen_model, make_model
from onnx import TensorProto

from engines import Bundle, BundleError, bundle_files


def refusal(path, *fragments, run=False):
    """Opens a broken bundle; the message must be one line that names the bundle and holds all fragments."""
    with pytest.raises(BundleError) as caught:
        bundle = Bundle.open(path)
        bundle.verify_models(run=run)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    assert message.startswith(f"bundle {path}: ")
    for fragment in fragments:
        assert fragment in message
    return message


def with_(**changes):
    return lambda draft: draft.fields.update(changes)


def without(key):
    return lambda draft: draft.fields.pop(key)


def in_group(**changes):
    return lambda draft: draft.group.update(changes)


def outputs(**names):
    return lambda draft: draft.group.update(outputs=names)


def crop(**changes):
    return lambda draft: draft.fields.update(inputs={"crop": {**CROP, **changes}})


def text(content):
    return lambda draft: setattr(draft, "text", content)


def second_group(first, **second):
    def change(draft):
        draft.group.update(first)
        draft.add_group(**second)

    return change


AU_OUT = {"au_occurrence": "occurrence"}

MANIFESTS = {
    "not TOML": (text(b"name = = 1"), ["not valid TOML", "line 1", "correct that place"]),
    "not UTF-8": (text(b"name = '\xff'"), ["not valid TOML", "correct that place"]),
    "deep nesting": (text(b"a = " + b"[" * 100_000), ["not valid TOML"]),
    "endless number": (text(b"schema = 0x" + b"F" * 5000), ["schema", "far too long", "upgrade"]),
    "too large": (text(b"#" * 2_000_000), ["2000000 bytes", "keep data in other files"]),
    "empty": (text(b""), ["'schema' is missing", "add schema = 1"]),
    "newer schema": (with_(schema=3, novelty=1), ["made for schema 3", "reads up to 1", "upgrade livefacs"]),
    "schema of text": (with_(schema="1"), ["schema is '1'", "schema = 1"]),
    "schema of nought": (with_(schema=0), ["schema is 0", "schema = 1"]),
    "missing key": (without("licence"), ["'licence' is missing", "add it"]),
    "missing inputs": (without("inputs"), ["'inputs' is missing", "add it"]),
    "unknown key": (with_(license="MIT"), ["unknown key 'license'", "licence"]),
    "unknown key in input": (
        with_(inputs={"blendshapes": {"size": [1, 1]}}),
        ["unknown key 'size' in [inputs.blendshapes]", "use one of kind"],
    ),
    "unknown key in group": (in_group(roll=[0, 1]), ["unknown key 'roll' in [pose_groups #1]", "pitch"]),
    "unknown key in outputs": (
        outputs(au="x"),
        ["'au' in [pose_groups #1.outputs]", "au_intensity"],
    ),
    "unknown key in training": (with_(training={"gpu": "x"}), ["unknown key 'gpu' in [training]", "corpus"]),
    "key with a line break": (with_(**{"a\nb": 1}), ["unknown key 'a\\nb'"]),
    "wrong type": (with_(aus="AU01"), ["aus is 'AU01'", "write [text in quotes, ...]"]),
    "wrong type in a list": (with_(aus=["AU01", 2]), ["aus is ['AU01', 2]", "write [text in quotes, ...]"]),
    "wrong type in a table": (
        with_(thresholds={"AU01": "0.5"}),
        ["thresholds.AU01 is '0.5'", "write a number"],
    ),
    "wrong type in a group": (
        in_group(pitch=[1.0]),
        ["pose_groups #1.pitch is [1.0]", "write [a number, a number]"],
    ),
    "truth is no number": (
        text(b"schema = 1\ninputs.pose.kind = 'pose'\nname = true"),
        ["name is True", "write text in quotes"],
    ),
    "table as a value": (with_(thresholds=0.5), ["thresholds is 0.5", "write a table, [thresholds]"]),
    "inputs as a value": (with_(inputs=1), ["inputs is 1", "write a table, [inputs]"]),
    "input as a value": (with_(inputs={"crop": 1}), ["inputs.crop is 1", "write a table, [inputs.crop]"]),
    "groups as a table": (with_(pose_groups={"a": 1}), ["pose_groups is {'a': 1}", "[[pose_groups]]"]),
    "groups of numbers": (with_(pose_groups=[1]), ["pose_groups is [1]", "[[pose_groups]]"]),
    "bad name": (with_(name="My Head"), ["name is 'My Head'", "lower-case"]),
    "bad version": (with_(version=""), ["version is ''", "such as 1.0.0"]),
    "no description": (with_(description=" "), ["description is ' '", "one line"]),
    "two-line licence": (with_(licence="a\nb"), ["licence is 'a\\nb'", "one line"]),
    "AU not padded": (with_(aus=["AU1"]), ["'AU1'", "write AU01"]),
    "AU in lower case": (with_(aus=["au_12"]), ["'au_12'", "write AU12"]),
    "no AU": (with_(aus=["smile"]), ["'smile'", "such as AU01"]),
    "AU twice": (with_(aus=["AU01", "AU02", "AU01"]), ["'AU01' twice", "list each AU once"]),
    "expression twice": (with_(expressions=["anger", "anger"]), ["'anger' twice", "list each once"]),
    "bad expression": (with_(expressions=["a,b", "c"]), ["'a,b'", "letters"]),
    "threshold of no AU": (with_(thresholds={"AU45": 0.5}), ["'AU45'", "not in aus", "remove it"]),
    "threshold too high": (with_(thresholds={"AU01": 1.5}), ["thresholds.AU01 is 1.5", "from 0 to 1"]),
    "threshold too low": (with_(threshold_default=-0.1), ["threshold_default is -0.1", "from 0 to 1"]),
    "resting share too high": (with_(resting_share=0.6), ["resting_share is 0.6", "from 0 to 0.5"]),
    "resting share below 0": (with_(resting_share=-0.1), ["resting_share is -0.1"]),
    "resting share no number": (with_(resting_share=float("nan")), ["resting_share is nan"]),
    "threshold no number": (
        with_(threshold_default=float("nan")),
        ["default is nan", "from 0 to 1"],
    ),
    "no inputs": (with_(inputs={}), ["inputs is empty", "[inputs.crop]"]),
    "unknown kind": (with_(inputs={"audio": {}}), ["inputs.audio has the kind 'audio'", "use one of crop"]),
    "kind of no text": (with_(inputs={"crop": {"kind": [1]}}), ["has the kind [1]", "use one of crop"]),
    "one kind twice": (
        with_(inputs={"a": {"kind": "pose"}, "b": {"kind": "pose"}}),
        ["two inputs are of the kind 'pose'", "one name"],
    ),
    "crop without size": (crop(size=None), ["'size' is missing in [inputs.crop]"]),
    "crop of no pixels": (crop(size=[0, 5]), ["inputs.crop.size is [0, 5]", "from 1 to 4096"]),
    "crop too large": (
        crop(size=[9, 5000]),
        ["inputs.crop.size is [9, 5000]", "from 1 to 4096"],
    ),
    "crop of no colour": (crop(colour="bgr"), ["inputs.crop.colour is 'bgr'", "write 'rgb' or 'grey'"]),
    "crop mean of one channel": (crop(mean=[0.5]), ["inputs.crop.mean is [0.5]", "needs 3"]),
    "crop std of nought": (crop(std=[1.0, 0.0, 1.0]), ["inputs.crop.std is [1.0, 0.0, 1.0]", "positive"]),
    "crop std of no number": (crop(std=[1.0, float("nan"), 1.0]), ["inputs.crop.std", "finite"]),
    "crop anchors too few": (crop(anchors=[[1], [2]]), ["2 anchors and 3 template points", "one point"]),
    "crop anchor out of range": (crop(anchors=[[1], [2], [478]]), ["has [478]", "from 0 to 477"]),
    "crop anchor empty": (crop(anchors=[[1], [2], []]), ["has []", "from 0 to 477"]),
    "crop template infinite": (
        crop(template=[[0.1, 0.2], [0.3, 0.4], [float("inf"), 0.0]]),
        ["has [inf, 0.0]", "finite"],
    ),
    "crop with one point": (
        crop(template=[[0.5, 0.5]] * 3),
        ["fewer than two different anchor points", "needs two"],
    ),
    "no groups": (with_(pose_groups=[]), ["0 pose_groups", "[[pose_groups]]"]),
    "too many groups": (
        lambda draft: [draft.add_group(f"g{i}") for i in range(64)],
        ["65 pose_groups", "1 to 64"],
    ),
    "bad group name": (in_group(name=""), ["the name ''", "letters"]),
    "group turned round": (
        in_group(pitch=[10.0, -10.0]),
        ["'any' has pitch = [10.0, -10.0]", "low"],
    ),
    "group out of range": (in_group(yaw=[-180, 90]), ["'any' has yaw = [-180.0, 90.0]", "from -90 to 90"]),
    "group of no number": (
        in_group(yaw=[float("nan"), 90]),
        ["'any' has yaw = [nan, 90.0]", "degrees"],
    ),
    "groups of one name": (
        second_group({"yaw": [-90, 0]}, name="any", yaw=[0, 90]),
        ["two pose groups have the name 'any'", "give each its own"],
    ),
    "groups overlap": (
        second_group({"pitch": [-90, 12]}, name="down", pitch=[10, 90]),
        ["'any' and 'down' both cover pitch 10 to 12, yaw -90 to 90", "end one where the other begins"],
    ),
    "groups leave a gap": (
        second_group({"pitch": [-90, 10]}, name="down", pitch=[12, 90]),
        ["no pose group covers pitch 10 to 12, yaw -90 to 90", "widen a group"],
    ),
    "groups leave an end": (in_group(yaw=[-90, 80]), ["covers pitch -90 to 90, yaw 80 to 90", "widen"]),
    "groups differ in outputs": (
        second_group({"yaw": [-90, 0]}, name="left", yaw=[0, 90], outputs=AU_OUT),
        ["'left' offers au_occurrence, but 'any' offers", "the same outputs"],
    ),
    "no outputs": (outputs(), ["'any' has no outputs", "au_occurrence, au_intensity, expression"]),
    "outputs missing": (
        lambda draft: draft.group.pop("outputs"),
        ["'outputs' is missing in [pose_groups #1]"],
    ),
    "one output for two": (
        outputs(au_occurrence="x", au_intensity="x", expression="e"),
        ["'any' reads two outputs from 'x'", "name one for each"],
    ),
    "expressions without output": (outputs(**AU_OUT), ["expressions are listed", "add it, or remove them"]),
    "output without expressions": (with_(expressions=[]), ["expressions is empty", "list the names"]),
    "AUs without output": (outputs(expression="expression"), ["aus are listed", "add au_occurrence"]),
    "output without AUs": (with_(aus=[], thresholds={}), ["aus is empty", "list the AUs"]),
    "absolute path": (with_(files={"/etc/passwd": "0" * 64}), ["files has '/etc/passwd'", "relative path"]),
    "path upwards": (with_(files={"../head.onnx": "0" * 64}), ["files has '../head.onnx'", "relative path"]),
    "path up and down": (with_(files={"a/../../x": "0" * 64}), ["files has 'a/../../x'", "relative path"]),
    "path of Windows": (with_(files={"C:\\x.onnx": "0" * 64}), ["files has", "forward slashes"]),
    "manifest lists itself": (with_(files={"bundle.toml": "0" * 64}), ["files has 'bundle.toml'"]),
    "bad sha256": (with_(files={"head.onnx": "ABC"}), ["files.'head.onnx' is 'ABC'", "64 lower-case hex"]),
    "model not listed": (in_group(model="tail.onnx"), ["'any' uses 'tail.onnx'", "[files]", "add it there"]),
    "infinite metric": (
        with_(metrics=[{"name": "ICC", "value": float("inf"), "protocol": "none"}]),
        ["metric 'ICC' is inf", "finite"],
    ),
}


@pytest.mark.parametrize(("change", "fragments"), MANIFESTS.values(), ids=MANIFESTS.keys())
def test_manifest(tmp_path, change, fragments):
    draft = Draft()
    change(draft)
    refusal(draft.write(tmp_path), "bundle.toml: ", *fragments)


def test_the_draft_that_is_broken_here_is_sound(tmp_path):
    Bundle.open(Draft().write(tmp_path)).verify_models(run=True)


# ------------------------------------------------------------------------------------ files


def test_no_such_path(tmp_path):
    refusal(tmp_path / "none", "does not exist", "give the path")


def test_path_with_a_line_break(tmp_path):
    with pytest.raises(BundleError) as caught:
        Bundle.open(tmp_path / "a\nb")
    assert str(caught.value).endswith(
        "a b: does not exist: give the path of a bundle folder or a bundle .zip"
    )
    assert len(str(caught.value).splitlines()) == 1


def test_path_with_a_zero_byte():
    with pytest.raises(BundleError, match="give the path"):
        Bundle.open("a\0b")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_neither_folder_nor_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    refusal(tmp_path / "pipe", "neither a folder nor a file")


def test_folder_without_manifest(tmp_path):
    refusal(tmp_path, "has no bundle.toml", "give the path of a bundle")


def test_listed_file_missing(tmp_path):
    Draft().write(tmp_path)
    (tmp_path / "head.onnx").unlink()
    refusal(tmp_path, "'head.onnx' is listed in [files] but missing", "again")


def test_listed_file_is_a_folder(tmp_path):
    Draft().write(tmp_path)
    (tmp_path / "head.onnx").unlink()
    (tmp_path / "head.onnx").mkdir()
    refusal(tmp_path, "'head.onnx' is listed in [files] but missing")


def test_wrong_hash(tmp_path):
    Draft().write(tmp_path)
    (tmp_path / "head.onnx").write_bytes(TINY_MODEL + b"\0")
    refusal(tmp_path, "'head.onnx' has sha256", "changed or damaged", "again")


def test_wrong_hash_of_a_file_that_is_no_model(tmp_path):
    draft = Draft()
    draft.files["card.md"] = b"honest"
    draft.write(tmp_path)
    (tmp_path / "card.md").write_bytes(b"forged")
    refusal(tmp_path, "'card.md' has sha256")


def test_unreadable_file(tmp_path, monkeypatch):
    Draft().write(tmp_path)
    monkeypatch.setattr(
        "pathlib.Path.read_bytes", lambda path: (_ for _ in ()).throw(PermissionError("denied"))
    )
    refusal(tmp_path, "'bundle.toml' cannot be read (denied)", "permissions")


@pytest.mark.parametrize("name", ["head.onnx", "bundle.toml"])
def test_link_out_of_the_folder(tmp_path, name):
    folder = Draft().write(tmp_path / "bundle")
    (folder / name).rename(tmp_path / name)
    (folder / name).symlink_to(tmp_path / name)
    refusal(folder, f"{name!r} points out of the bundle", "copy of the file")


def test_folder_linked_out_of_the_bundle(tmp_path):
    draft = Draft()
    draft.files = {"models/head.onnx": TINY_MODEL}
    draft.group["model"] = "models/head.onnx"
    folder = draft.write(tmp_path / "bundle")
    (folder / "models").rename(tmp_path / "models")
    (folder / "models").symlink_to(tmp_path / "models")
    refusal(folder, "points out of the bundle")


def test_links_in_a_circle(tmp_path):
    folder = Draft().write(tmp_path / "bundle")
    (folder / "head.onnx").unlink()
    (folder / "head.onnx").symlink_to("head.onnx")
    refusal(folder, "head.onnx")


def test_a_link_that_stays_inside_is_fine(tmp_path):
    folder = Draft().write(tmp_path / "bundle")
    (folder / "head.onnx").rename(folder / "real.onnx")
    (folder / "head.onnx").symlink_to("real.onnx")
    Bundle.open(folder)


# ------------------------------------------------------------------------------------ zips


def zip_of(path, entries):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return path


def test_file_that_is_no_zip(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"PK nothing")
    refusal(tmp_path / "a.zip", "not a readable zip", "again")


def test_zip_without_manifest(tmp_path):
    refusal(zip_of(tmp_path / "a.zip", [("x", b"")]), "has no bundle.toml")


def test_zip_of_the_folder_rather_than_its_contents(tmp_path):
    refusal(Draft().zip(tmp_path / "a.zip", prefix="tiny/"), "'tiny/bundle.toml'", "zip the contents")


def test_truncated_zip(tmp_path):
    path = Draft().zip(tmp_path / "a.zip")
    path.write_bytes(path.read_bytes()[:-40])
    refusal(path, "not a readable zip", "again")


def test_damaged_zip(tmp_path):
    path = Draft().zip(tmp_path / "a.zip")
    content = path.read_bytes()
    at = content.index(TINY_MODEL) + 20
    path.write_bytes(content[:at] + bytes([content[at] ^ 255]) + content[at + 1 :])
    refusal(path, "not a readable zip", "CRC", "again")


@pytest.mark.parametrize("name", ["../evil", "/evil", "a/../../evil", "..\\evil", "C:/evil", "a\nb"])
def test_zip_that_reaches_out(tmp_path, name):
    path = zip_of(tmp_path / "a.zip", [*Draft().contents().items(), (name, b"")])
    refusal(path, "would leave the bundle", "do not use this zip")


def test_zip_with_a_link(tmp_path):
    link = zipfile.ZipInfo("head.onnx")
    link.external_attr = 0o120777 << 16
    path = zip_of(tmp_path / "a.zip", [("bundle.toml", b""), (link, b"/etc/passwd")])
    refusal(path, "'head.onnx' of the zip is a symbolic link", "pack the bundle again")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_zip_with_a_file_twice(tmp_path):
    path = zip_of(tmp_path / "a.zip", [*Draft().contents().items(), ("head.onnx", b"other")])
    refusal(path, "'head.onnx' is in the zip twice", "pack the bundle again")


def test_zip_bomb(tmp_path, monkeypatch):
    monkeypatch.setattr(bundle_files, "MAX_UNPACKED_BYTES", 1_000_000)
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bundle.toml", bytes(600_000))
        archive.writestr("more", bytes(600_000))
    assert (tmp_path / "a.zip").stat().st_size < 2000
    refusal(tmp_path / "a.zip", "would unpack to 1200000 bytes, more than 1000000", "unpack it yourself")


def test_zip_bomb_that_lies_about_its_size(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bundle.toml", bytes(600_000))
    content = (tmp_path / "a.zip").read_bytes()
    (tmp_path / "a.zip").write_bytes(content.replace(struct.pack("<I", 600_000), struct.pack("<I", 10)))
    refusal(tmp_path / "a.zip", "not a readable zip")


def test_encrypted_zip(tmp_path):
    path = Draft().zip(tmp_path / "a.zip")
    content = bytearray(path.read_bytes())
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        for match in re.finditer(re.escape(signature), bytes(content)):
            content[match.start() + flags] |= 1
    path.write_bytes(content)
    refusal(path, "not a readable zip", "encrypted")


# ------------------------------------------------------------------------------------ models


def shapes(what, **changes):
    return {"inputs": INPUTS, "outputs": OUTPUTS} | {
        what: {**(INPUTS if what == "inputs" else OUTPUTS), **changes}
    }


MODELS = {
    "no ONNX": (b"not a model", ["ONNX Runtime cannot load it", "export it again"]),
    "empty": (b"", ["ONNX Runtime cannot load it", "export it again"]),
    "truncated": (TINY_MODEL[: len(TINY_MODEL) // 2], ["ONNX Runtime cannot load it", "export it again"]),
    "other input name": (
        make_model(inputs={"shapes": ("N", 52)}),
        ["input 'shapes' is not in the manifest", "declare it as [inputs.shapes]"],
    ),
    "input size": (
        make_model(**shapes("inputs", blendshapes=("N", 51))),
        ["input 'blendshapes' float32 N x 51", "manifest says 'blendshapes' float32 N x 52", "export it so"],
    ),
    "input rank": (
        make_model(**shapes("inputs", blendshapes=("N", 52, 1))),
        ["input 'blendshapes' float32 N x 52 x 1", "manifest says 'blendshapes' float32 N x 52"],
    ),
    "fixed batch": (
        make_model(**shapes("inputs", blendshapes=(1, 52))),
        ["input 'blendshapes' has a batch axis fixed at 1", "dynamic batch axis"],
    ),
    "output name": (
        make_model(outputs={"occurrence": ("N", 3), "intensity": ("N", 3), "mood": ("N", 2)}),
        ["no output 'expression', which pose group 'any' reads", "'mood'"],
    ),
    "output size": (
        make_model(**shapes("outputs", intensity=("N", 4))),
        ["output 'intensity' float32 N x 4", "manifest says 'intensity' float32 N x 3"],
    ),
    "expression size": (
        make_model(**shapes("outputs", expression=("N", 3))),
        ["output 'expression' float32 N x 3", "manifest says 'expression' float32 N x 2"],
    ),
    "output type": (
        make_model(output_type=TensorProto.DOUBLE),
        ["output 'occurrence' float64 N x 3", "manifest says 'occurrence' float32 N x 3"],
    ),
    "output of odd type": (
        make_model(output_type=TensorProto.BFLOAT16),
        ["'occurrence' is of type tensor(bfloat16)", "tensor(float)"],
    ),
}


@pytest.mark.parametrize(("model", "fragments"), MODELS.values(), ids=MODELS.keys())
def test_model(tmp_path, model, fragments):
    draft = Draft()
    draft.files["head.onnx"] = model
    refusal(draft.write(tmp_path), "head.onnx: ", *fragments)


def test_input_that_the_model_does_not_take(tmp_path):
    draft = Draft()
    draft.fields["inputs"]["pose"] = {}
    refusal(draft.write(tmp_path), "head.onnx: takes no input 'pose'", "remove [inputs.pose]")


def test_weights_outside_the_model_are_never_sought_in_the_working_folder(tmp_path, monkeypatch):
    model = onnx.load_from_string(TINY_MODEL)
    for index, tensor in enumerate(model.graph.initializer):
        if tensor.name == "nine":
            continue
        (tmp_path / f"{index}.bin").write_bytes(tensor.raw_data)
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value=f"{index}.bin")
    draft = Draft()
    draft.files["head.onnx"] = model.SerializeToString()
    folder = draft.write(tmp_path / "bundle")
    monkeypatch.chdir(tmp_path)
    refusal(folder, "head.onnx: ", "xternal data", "one .onnx file with its weights inside")


MISBEHAVIOURS = {
    "logits": ({"occurrence": "Identity"}, ["'occurrence' reaches from", "0 to 1", "sigmoid"]),
    "intensity unbounded": ({"intensity": "TimesNine"}, ["'intensity' reaches from", "0 to 5", "clip"]),
    "no softmax": ({"expression": "Sigmoid"}, ["'expression'", "do not sum to 1", "softmax"]),
    "rows mixed": ({"occurrence": "MeanOverBatch"}, ["'occurrence' of a row depends", "evaluation mode"]),
    "not finite": ({"intensity": "Log"}, ["'intensity' is not finite", "weights"]),
}


@pytest.mark.parametrize(("endings", "fragments"), MISBEHAVIOURS.values(), ids=MISBEHAVIOURS.keys())
def test_model_that_misbehaves_when_run(tmp_path, endings, fragments):
    draft = Draft()
    draft.files["head.onnx"] = make_model(endings=endings)
    refusal(draft.write(tmp_path), "head.onnx: ", *fragments, run=True)


@pytest.mark.parametrize(
    ("how", "fragments"),
    [
        ("takes", ["ONNX Runtime failed on this batch", "free batch axis"]),
        ("gives", ["'occurrence' has the shape (1, 3) for two rows", "dynamic batch axis"]),
    ],
)
def test_model_with_a_batch_size_frozen_inside(tmp_path, how, fragments):
    draft = Draft()
    draft.files["head.onnx"] = make_frozen_model(how)
    Bundle.open(draft.write(tmp_path))
    refusal(tmp_path, "head.onnx: ", *fragments, run=True)
