import pytest

from trainers.corpora.licensed import LOADERS, load
from trainers.errors import CorpusError

NAMES = ["bp4d", "fera2017", "disfa", "ck+", "bu-3dfe", "sfew", "emotionet", "celeba", "lfw"]


def test_all_corpora_are_there():
    assert list(LOADERS) == NAMES
    for loader in LOADERS.values():
        assert "\n" not in loader.description
        assert loader.licence_page.startswith("http")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("content", ["missing", "empty", "file"])
def test_a_wrong_path_gets_one_line(tmp_path, one_line, name, content):
    path = tmp_path / "data"
    if content == "empty":
        path.mkdir()
    elif content == "file":
        path.write_text("")
    with pytest.raises(CorpusError) as raised:
        load(name, path)
    one_line(raised, path, "pass ")


def test_options_reach_the_loader(tmp_path, paint):
    paint(tmp_path / "Zico/Zico_0001.jpg", 7)
    assert load("lfw", str(tmp_path)).subject.tolist() == ["Zico"]
    with pytest.raises(CorpusError, match="active_from=7, expected an intensity of 1 to 5"):
        load("disfa", tmp_path, active_from=7)


def test_unknown_names_and_options(tmp_path, one_line):
    with pytest.raises(CorpusError) as raised:
        load("mmi", tmp_path)
    one_line(raised, "corpus 'mmi': not known", *NAMES)
    with pytest.raises(CorpusError) as raised:
        load("disfa", tmp_path, threshold=2)
    one_line(raised, "disfa has no option 'threshold'", "active_from, skip_missing")
    with pytest.raises(CorpusError) as raised:
        load("lfw", tmp_path, threshold=2)
    one_line(raised, "it has none")


def test_the_home_folder_is_understood(tmp_path, monkeypatch, one_line):
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(CorpusError) as raised:
        load("lfw", "~/away")
    one_line(raised, tmp_path / "away")
