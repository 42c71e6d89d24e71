import numpy as np
import pytest

from trainers.corpora.licensed.bu3dfe import load
from trainers.errors import CorpusError

POSES = ("+0_+0", "+15_-30")
SHOWN = {
    "AN": "anger",
    "DI": "disgust",
    "FE": "fear",
    "HA": "happiness",
    "SA": "sadness",
    "SU": "surprise",
    "NE": "neutral",
}


def scans(levels):
    return [("NE", 0)] + [(code, level) for code in SHOWN if code != "NE" for level in levels]


def code_of_scan(expression, level, pose=0):
    return list(SHOWN).index(expression) * 20 + level * 3 + pose


@pytest.fixture
def release(tmp_path, paint):
    for subject in ("F0001", "M0044"):
        for expression, level in scans((1, 2, 3, 4)):
            name = f"{subject}_{expression}{level:02d}WH"
            paint(tmp_path / subject / f"{name}_F2D.bmp", code_of_scan(expression, level))
            paint(tmp_path / subject / f"{name}_F3D.bmp", 250)
            (tmp_path / subject / f"{name}_F3D.wrl").write_text("#VRML")
    return tmp_path


@pytest.fixture
def renders(tmp_path, paint):
    for subject in ("F0001", "M0044"):
        for expression, level in scans((3, 4)):
            for number, pose in enumerate(POSES):
                name = f"{subject}_{expression}{level:02d}WH_{pose}.png"
                paint(tmp_path / subject / name, code_of_scan(expression, level, number))
    return tmp_path


def test_textures_of_the_release(release, codes):
    corpus = load(release, pictures="textures")
    assert (corpus.name, corpus.aus, len(corpus)) == ("BU-3DFE", (), 2 * 25)
    assert corpus.intensity.shape == (50, 0)
    assert set(corpus.subject) == {"F0001", "M0044"}
    for row, code in enumerate(codes(corpus)):
        subject, expression = corpus.sequence[row].split("/")
        assert subject == corpus.subject[row]
        assert corpus.expression[row] == SHOWN[expression]
        assert code == code_of_scan(expression, 0 if expression == "NE" else corpus.frame[row])
    assert not corpus.pose.any()
    assert set(corpus.view) == {""}
    assert set(corpus.domain) == {"studio"}


def test_levels_can_be_chosen(release):
    corpus = load(release, pictures="textures", levels=(3, 4))
    assert len(corpus) == 2 * 13
    assert set(corpus.frame[corpus.expression != "neutral"]) == {3, 4}


def test_renders_have_the_pose_of_their_name(renders, codes):
    corpus = load(renders, levels=(3, 4))
    assert len(corpus) == 2 * 13 * len(POSES)
    assert set(corpus.view) == set(POSES)
    turned = corpus.view == "+15_-30"
    np.testing.assert_array_equal(np.unique(corpus.pose[turned], axis=0), [[15, -30, 0]])
    np.testing.assert_array_equal(np.unique(corpus.pose[~turned], axis=0), [[0, 0, 0]])
    for row, code in enumerate(codes(corpus)):
        expression = corpus.sequence[row].split("/")[1]
        level = 0 if expression == "NE" else corpus.frame[row]
        assert code == code_of_scan(expression, level, int(turned[row]))


def test_a_missing_render_is_named(renders, one_line):
    (renders / "M0044/M0044_SA04WH_+15_-30.png").unlink()
    with pytest.raises(CorpusError) as raised:
        load(renders, levels=(3, 4))
    one_line(raised, "M0044 lacks sadness at level 4, yaw +15, pitch -30", "levels=")


def test_levels_that_were_not_rendered_are_named(renders, one_line):
    with pytest.raises(CorpusError) as raised:
        load(renders, levels=(1, 3, 4))
    one_line(raised, "F0001 lacks anger at level 1", "levels=")


def test_the_levels_that_were_rendered_are_read_and_told(renders):
    corpus = load(renders)
    assert len(corpus) == len(load(renders, levels=(3, 4)))
    neutral = corpus.expression == "neutral"
    assert set(corpus.attributes["level"][neutral]) == {0}
    np.testing.assert_array_equal(corpus.attributes["level"][~neutral], corpus.frame[~neutral])


def test_one_pose_written_in_two_ways_is_refused(renders, paint, one_line):
    paint(renders / "F0001/F0001_NE00WH_-0_0.png", 1)
    with pytest.raises(CorpusError) as raised:
        load(renders, levels=(3, 4))
    one_line(raised, "F0001_NE00WH_-0_0.png", "F0001_NE00WH_+0_+0.png", "same pose")


def test_the_other_kind_of_pictures_is_hinted_at(release, one_line):
    with pytest.raises(CorpusError) as raised:
        load(release)
    one_line(raised, "no picture such as F0001/F0001_AN03WH_+15_-30.png", "pictures='textures'")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"pictures": "scans"}, ["pictures='scans'", "textures or renders"]),
        ({"levels": (5,)}, ["no level 5", "1, 2, 3, 4"]),
    ],
)
def test_options_are_checked(release, one_line, options, words):
    with pytest.raises(CorpusError) as raised:
        load(release, **options)
    one_line(raised, *words)


def test_no_folder(tmp_path, one_line):
    with pytest.raises(CorpusError) as raised:
        load(tmp_path / "away")
    one_line(raised, "away is not a folder")
