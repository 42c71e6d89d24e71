import logging
import os

import pytest
from zmq.utils import z85

from realtime.key_files import make_pair, read_public
from realtime.sinks.allow_list import AllowList


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "readers"
    folder.mkdir()
    return folder


@pytest.fixture
def new_key(tmp_path, folder):
    """Return a function: a name -> a new public key as ZeroMQ gives it, its file in the folder if allowed."""

    def make(name, allowed=True):
        public, _ = make_pair(tmp_path / "made", name)
        if allowed:
            (folder / public.name).write_bytes(public.read_bytes())
        return z85.decode(read_public(public))

    return make


def test_holds_the_keys_in_the_folder(folder, new_key):
    anna, ben, eve = new_key("anna"), new_key("ben"), new_key("eve", allowed=False)
    allowed = AllowList(folder)
    assert anna in allowed
    assert ben in allowed
    assert eve not in allowed


def test_follows_the_folder(folder, new_key):
    anna = new_key("anna")
    allowed = AllowList(folder)
    ben = new_key("ben")
    assert ben in allowed
    (folder / "anna.key").unlink()
    assert anna not in allowed
    (folder / "ben.key").rename(folder / "ben.txt")
    assert ben not in allowed
    (folder / "ben.txt").rename(folder / "ben.key")
    assert ben in allowed
    carla = new_key("carla", allowed=False)
    (folder / "ben.key").write_bytes((folder.parent / "made" / "carla.key").read_bytes())
    os.utime(folder / "ben.key", ns=(1, 1))  # a file system may count in seconds
    assert carla in allowed
    assert ben not in allowed


def test_what_cannot_be_read_lets_nobody_in_and_the_others_stay(folder, new_key, caplog):
    anna = new_key("anna")
    (folder / "broken.key").write_text("no key")
    (folder / "folder.key").mkdir()
    (folder / "secret.key").write_bytes((folder.parent / "made" / "anna.key_secret").read_bytes())
    with caplog.at_level(logging.WARNING):
        allowed = AllowList(folder)
        assert anna in allowed
        assert len(allowed.keys) == 1
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == [
        str(folder / name) for name in ("broken.key", "folder.key", "secret.key")
    ]  # each once, however often it is asked


def test_a_folder_that_goes_lets_nobody_in_until_it_is_back(folder, new_key, caplog):
    anna = new_key("anna")
    allowed = AllowList(folder)
    folder.rename(folder.parent / "elsewhere")
    with caplog.at_level(logging.WARNING):
        assert anna not in allowed
        assert anna not in allowed
    assert len(caplog.records) == 1
    (folder.parent / "elsewhere").rename(folder)
    assert anna in allowed


def test_an_empty_folder_is_worth_a_warning(folder, caplog):
    with caplog.at_level(logging.WARNING):
        AllowList(folder)
    assert "holds no .key file yet" in caplog.text


@pytest.mark.parametrize("name", ["none", "file"])
def test_a_folder_that_is_none_is_refused(tmp_path, name):
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match=f"{name}: is not a folder; "):
        AllowList(tmp_path / name)
