import os
import resource
from pathlib import Path

import pytest

from realtime.errors import SinkError
from realtime.sinks import text_file
from realtime.sinks.text_file import TextFile


@pytest.fixture
def never_due(monkeypatch):
    monkeypatch.setattr(text_file, "FLUSH_SECONDS", 1e9)


def opened(path, **options):
    file = TextFile(path, **options)
    file.open(b"head\n")
    return file


def refused(path, **options):
    with pytest.raises(SinkError) as error:
        TextFile(path, **options).open()
    assert "\n" not in str(error.value)
    assert str(path)[:100] in str(error.value)
    return str(error.value)


def test_writes_head_and_lines(tmp_path):
    file = opened(tmp_path / "out")
    file.append(b"one\ntwo\n")
    file.append(b"")
    file.append(b"three\n")
    file.close()
    file.close()
    assert (tmp_path / "out").read_bytes() == b"head\none\ntwo\nthree\n"


def test_refuses_to_overwrite(tmp_path):
    path = tmp_path / "out"
    path.write_text("precious")
    assert "add --overwrite or choose another name" in refused(path)
    assert path.read_text() == "precious"


def test_overwrites_when_told(tmp_path):
    path = tmp_path / "out"
    path.write_text("precious and longer than what follows")
    opened(path, overwrite=True).close()
    assert path.read_text() == "head\n"


@pytest.mark.parametrize("overwrite", [False, True])
def test_names_what_is_in_the_way(tmp_path, overwrite):
    (tmp_path / "file").touch()
    assert "is a folder" in refused(tmp_path, overwrite=overwrite)
    assert f"there is no folder {tmp_path / 'no'}" in refused(tmp_path / "no" / "out", overwrite=overwrite)
    assert "there is no folder" in refused(tmp_path / "file" / "out", overwrite=overwrite)
    assert "cannot be created" in refused(tmp_path / ("a" * 300), overwrite=overwrite)
    assert "cannot be created" in refused(Path("nul\0character"), overwrite=overwrite)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_names_a_missing_permission(tmp_path):
    tmp_path.chmod(0o500)
    assert "no permission" in refused(tmp_path / "out")


def test_names_a_missing_permission_also_for_root(tmp_path, monkeypatch):
    def forbid(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", forbid)
    assert "no permission" in refused(tmp_path / "out")


def test_readers_see_lines_when_a_flush_is_due(tmp_path, monkeypatch, never_due):
    path = tmp_path / "out"
    file = opened(path)
    assert path.read_bytes() == b"head\n"
    file.append(b"one\n")
    file.flush_if_due()
    assert path.read_bytes() == b"head\n"
    monkeypatch.setattr(text_file, "FLUSH_SECONDS", 0.0)
    file.flush_if_due()
    assert path.read_bytes() == b"head\none\n"
    file.append(b"two\n")
    assert path.read_bytes() == b"head\none\ntwo\n"
    file.close()


def test_a_file_never_used_is_taken_away(tmp_path):
    opened(tmp_path / "out").close()
    assert not (tmp_path / "out").exists()


def test_a_file_used_without_a_line_stays(tmp_path):
    file = opened(tmp_path / "out")
    file.append(b"")
    file.close()
    assert (tmp_path / "out").read_bytes() == b"head\n"


def test_appending_needs_an_open_file(tmp_path):
    with pytest.raises(RuntimeError):
        TextFile(tmp_path / "out").append(b"one\n")
    file = opened(tmp_path / "out")
    file.append(b"one\n")
    file.close()
    with pytest.raises(RuntimeError):
        file.append(b"two\n")
    file.flush_if_due()


@pytest.fixture
def small_disk():
    """Let no file grow beyond 100,000 bytes: a write then fails as it does on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("overwrite", [False, True])
def test_tells_once_that_the_disk_is_full(tmp_path, small_disk, overwrite):
    file = opened(tmp_path / "out", overwrite=overwrite)
    with pytest.raises(SinkError, match="cannot be written further .* free some space"):
        for _ in range(200):
            file.append(b"x" * 999 + b"\n")
    file.append(b"more\n")
    file.flush_if_due()
    file.close()
    assert (tmp_path / "out").stat().st_size == 100_000


def test_tells_that_the_last_lines_do_not_fit(tmp_path, small_disk, never_due):
    file = opened(tmp_path / "out")
    for _ in range(110):
        file.append(b"x" * 999 + b"\n")
    with pytest.raises(SinkError, match="cannot be written further"):
        file.close()
    file.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_tells_on_opening_that_the_disk_is_full():
    with pytest.raises(SinkError, match="/dev/full: cannot be written further"):
        opened(Path("/dev/full"), overwrite=True)
    assert Path("/dev/full").exists()
