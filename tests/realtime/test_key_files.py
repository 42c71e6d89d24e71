import os
import stat
import sys

import pytest
import zmq
import zmq.auth
from hypothesis import given
from hypothesis import strategies as st
from wire_samples import repeatable

from realtime.key_files import MAX_KEY_FILE, make_pair, others_may_read, read_pair, read_public


def one_line(refused, path):
    assert "\n" not in str(refused.value)
    assert str(path) in str(refused.value)


def test_a_pair_is_what_pyzmq_reads(tmp_path):
    public, secret = make_pair(tmp_path, "door")
    assert (public, secret) == (tmp_path / "door.key", tmp_path / "door.key_secret")
    assert zmq.auth.load_certificate(public) == (read_public(public), None)
    pair = read_pair(secret)
    assert zmq.auth.load_certificate(secret) == (pair.public, pair.secret)
    assert pair.public == read_public(public) == zmq.curve_public(pair.secret)
    assert sorted(tmp_path.iterdir()) == [public, secret]


def test_a_secret_is_not_shown_by_accident(tmp_path):
    pair = read_pair(make_pair(tmp_path, "door")[1])
    assert pair.secret.decode() not in repr(pair)


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX'")
def test_only_the_owner_may_read_the_secret_and_a_new_folder(tmp_path):
    before = os.umask(0)  # whatever the user's is
    try:
        public, secret = make_pair(tmp_path / "new" / "keys", "door")
    finally:
        os.umask(before)
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert stat.S_IMODE(public.stat().st_mode) == 0o644
    assert stat.S_IMODE(secret.parent.stat().st_mode) == 0o700
    assert not others_may_read(secret)
    secret.chmod(0o640)
    assert others_may_read(secret)


@pytest.mark.parametrize("taken", ["door.key", "door.key_secret"])
def test_nothing_is_replaced(tmp_path, taken):
    (tmp_path / taken).write_text("precious")
    with pytest.raises(ValueError, match="exists; choose another name") as refused:
        make_pair(tmp_path, "door")
    one_line(refused, tmp_path / taken)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["precious"]


@pytest.mark.parametrize("name", ["", ".door", "../door", "a/b", "a b", "door\n", "tür"])
def test_a_name_is_plain(tmp_path, name):
    with pytest.raises(ValueError, match="use letters, digits"):
        make_pair(tmp_path, name)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_none_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match="cannot be written there") as refused:
        make_pair(tmp_path / "file", "door")
    one_line(refused, tmp_path / "file")


def test_each_side_is_told_which_file_it_wants(tmp_path):
    public, secret = make_pair(tmp_path, "door")
    with pytest.raises(ValueError, match=r"holds no secret key; name the \.key_secret file") as refused:
        read_pair(public)
    one_line(refused, public)
    with pytest.raises(ValueError, match=r"holds a secret key, .*; name the \.key file") as refused:
        read_public(secret)
    one_line(refused, secret)


def test_a_secret_key_that_is_not_its_public_keys_is_refused(tmp_path):
    one, other = make_pair(tmp_path, "one")[1], make_pair(tmp_path, "other")[0]
    public = read_public(other).decode()
    mixed = one.read_text().replace(read_pair(one).public.decode(), public)
    one.write_text(mixed)
    with pytest.raises(ValueError, match="is damaged"):
        read_pair(one)


def test_what_is_not_there_or_no_file_is_named(tmp_path):
    for path in (tmp_path, tmp_path / "none"):
        for read in (read_pair, read_public):
            with pytest.raises(ValueError, match="`livefacs keys NAME` makes") as refused:
                read(path)
            one_line(refused, path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no /dev/zero")
def test_nothing_endless_is_read(tmp_path):
    long = tmp_path / "long.key"
    long.write_bytes(b"#" * (MAX_KEY_FILE + 1))
    link = tmp_path / "endless.key"
    link.symlink_to("/dev/zero")
    for path in (long, link):
        with pytest.raises(ValueError, match="not a"):
            read_public(path)


@repeatable
@given(st.binary() | st.sampled_from([b"public-key", b"secret-key = ", b"public-key = " + b"0" * 40]))
def test_any_bytes_are_a_key_file_or_refused_in_one_line(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.key"
    path.write_bytes(content)
    for read in (read_pair, read_public):
        try:
            read(path)
        except ValueError as error:
            assert "\n" not in str(error)
