"""What must hold for every manifest and every file, found by trying many."""

import tomllib

import pytest
from bundle_factory import AUS, Draft
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engines import Bundle, BundleError, decode_manifest
from engines.manifest import Manifest
from engines.manifest_writing import encode_manifest

# The same examples on every run; `tmp_path` may be shared by all of one test, each writes the file anew.
SAME = settings(derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
SOUND = Draft().contents()["bundle.toml"]


@st.composite
def partitions(draw):
    """Rectangles that divide pitch and yaw, each cut in two some times over, each side drawn at random."""
    groups = [{"pitch": [-90.0, 90.0], "yaw": [-90.0, 90.0]}]
    for _ in range(draw(st.integers(0, 6))):
        group = groups.pop(draw(st.integers(0, len(groups) - 1)))
        axis = draw(st.sampled_from(["pitch", "yaw"]))
        low, high = group[axis]
        cut = low + (high - low) * draw(st.floats(0.01, 0.99))
        parts = [low, cut], [cut, high]
        groups.extend({**group, axis: part} for part in parts)
    return groups


def manifest_of(groups) -> Manifest:
    draft = Draft()
    outputs = draft.group["outputs"]
    draft.fields["pose_groups"] = [
        {"name": f"g{i}", "model": "head.onnx", "outputs": outputs, **group} for i, group in enumerate(groups)
    ]
    return decode_manifest(draft.contents()["bundle.toml"], "b")


@settings(SAME, max_examples=60)
@given(partitions(), st.floats(-200, 200), st.floats(-200, 200))
def test_every_pose_falls_in_exactly_one_group_of_a_partition(groups, pitch, yaw):
    manifest = manifest_of(groups)
    for edge in (group["pitch"][0] for group in groups):
        for where in ((pitch, yaw), (edge, yaw)):
            assert [group.contains(*where) for group in manifest.pose_groups].count(True) == 1


@settings(SAME, max_examples=60)
@given(partitions(), st.data())
def test_a_partition_with_a_gap_is_refused(groups, data):
    group = groups[data.draw(st.integers(0, len(groups) - 1))]
    axis = data.draw(st.sampled_from(["pitch", "yaw"]))
    low, high = group[axis]
    middle = (low + high) / 2
    group[axis] = data.draw(st.sampled_from([[low, middle], [middle, high]]))
    with pytest.raises(BundleError, match="no pose group covers"):
        manifest_of(groups)


@settings(SAME, max_examples=60)
@given(partitions(), st.data())
def test_a_partition_with_an_overlap_is_refused(groups, data):
    groups.append(data.draw(st.sampled_from(groups)))
    group = dict(groups[-1])
    axis = data.draw(st.sampled_from(["pitch", "yaw"]))
    group[axis] = [group[axis][0], (group[axis][0] + group[axis][1]) / 2]
    groups[-1] = group
    with pytest.raises(BundleError, match="both cover"):
        manifest_of(groups)


@pytest.mark.parametrize(
    ("pitch", "name"),
    [
        (-91, "g0"),
        (-90, "g0"),
        (-12.01, "g0"),
        (-12, "g1"),
        (11.9, "g1"),
        (12, "g2"),
        (90, "g2"),
        (180, "g2"),
    ],
)
def test_the_lower_end_of_a_group_belongs_to_it_and_the_upper_does_not(pitch, name):
    manifest = manifest_of([{"pitch": [-90, -12]}, {"pitch": [-12, 12]}, {"pitch": [12, 90]}])
    assert [group.name for group in manifest.pose_groups if group.contains(pitch, 0.0)] == [name]


def decodes_or_refuses(text):
    try:
        decode_manifest(text, "b")
    except BundleError as error:
        assert len(str(error).splitlines()) == 1


@settings(SAME, max_examples=150)
@given(st.binary())
def test_any_bytes_as_manifest_are_read_or_refused(text):
    decodes_or_refuses(text)


@settings(SAME, max_examples=150)
@given(st.integers(0, len(SOUND) - 1), st.integers(0, 40), st.binary(max_size=6))
def test_a_damaged_manifest_is_read_or_refused(start, length, other):
    decodes_or_refuses(SOUND[:start] + other + SOUND[start + length :])


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
values = st.recursive(
    st.one_of(st.booleans(), st.integers(), st.floats(), texts),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)


def toml(value):
    """Like `encode_manifest`, but for anything: inline tables and truth values, too."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{toml(str(key))} = {toml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return (
        encode_manifest({"x": value}).rpartition("x = ")[2].strip() if isinstance(value, str) else str(value)
    )


@settings(SAME, max_examples=300)
@given(st.data(), values)
def test_any_value_in_any_place_is_read_or_refused(data, value):
    document = tomllib.loads(SOUND.decode())
    place = document
    while True:
        key = data.draw(st.sampled_from(list(place) if isinstance(place, dict) else range(len(place))))
        if not isinstance(place[key], dict | list) or not place[key] or data.draw(st.booleans()):
            place[key] = value
            break
        place = place[key]
    text = "\n".join(f"{key} = {toml(each)}" for key, each in document.items())
    tomllib.loads(text)
    decodes_or_refuses(text.encode())


@pytest.fixture(scope="module")
def sound_zip(tmp_path_factory):
    return Draft().zip(tmp_path_factory.mktemp("zip") / "sound.zip").read_bytes()


@settings(SAME, max_examples=60)
@given(content=st.binary())
def test_any_bytes_as_zip_are_refused(tmp_path, content):
    (tmp_path / "any.zip").write_bytes(content)
    with pytest.raises(BundleError):
        Bundle.open(tmp_path / "any.zip")


@settings(SAME, max_examples=200)
@given(data=st.data(), other=st.binary(min_size=1, max_size=4))
def test_a_damaged_zip_is_read_unchanged_or_refused(tmp_path, sound_zip, data, other):
    # The directory is at the end and decides most, so half of the damage goes there.
    at = data.draw(st.integers(0, len(sound_zip) - 1) | st.integers(len(sound_zip) - 200, len(sound_zip) - 1))
    (tmp_path / "any.zip").write_bytes(sound_zip[:at] + other + sound_zip[at + len(other) :])
    try:
        bundle = Bundle.open(tmp_path / "any.zip", models=False)
    except BundleError as error:
        assert len(str(error).splitlines()) == 1
    else:
        assert bundle.aus == AUS


plain = st.one_of(texts, st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False))
tables = st.recursive(
    st.dictionaries(texts, plain | st.lists(plain, max_size=3), max_size=4),
    lambda inner: st.dictionaries(texts, plain | inner | st.lists(inner, min_size=1, max_size=3), max_size=3),
    max_leaves=6,
)


@settings(SAME, max_examples=150)
@given(tables)
def test_what_is_written_as_toml_is_read_back(table):
    assert tomllib.loads(encode_manifest(table)) == table
