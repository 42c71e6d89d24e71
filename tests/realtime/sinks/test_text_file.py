import os
import resource
import socket
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


class TestReplacing:
    @pytest.fixture
    def precious(self, tmp_path):
        path = tmp_path / "out"
        path.write_text("precious and longer than what follows")
        return path

    def test_keeps_the_old_file_until_the_first_line(self, precious, never_due):
        precious.chmod(0o640)
        file = opened(precious, overwrite=True)
        file.append(b"")
        file.flush_if_due()
        assert precious.read_text().startswith("precious")
        file.append(b"one\n")
        assert precious.read_bytes() == b"head\none\n"  # for `tail -f` from here on
        assert precious.stat().st_mode & 0o777 == 0o640
        file.append(b"two\n")
        file.close()
        assert precious.read_bytes() == b"head\none\ntwo\n"
        assert list(precious.parent.iterdir()) == [precious]

    def test_keeps_the_old_file_if_nothing_came(self, precious):
        opened(precious, overwrite=True).close()
        assert precious.read_text().startswith("precious")
        assert list(precious.parent.iterdir()) == [precious]

    def test_replaces_it_at_the_end_if_there_was_no_line(self, precious):
        file = opened(precious, overwrite=True)
        file.append(b"")
        file.close()
        assert precious.read_bytes() == b"head\n"
        assert list(precious.parent.iterdir()) == [precious]

    def test_keeps_the_old_file_if_the_first_line_does_not_fit(self, precious, small_disk):
        file = opened(precious, overwrite=True)
        with pytest.raises(SinkError, match="cannot be written further"):
            file.append(b"x" * 100_000 + b"\n")
        assert precious.read_text().startswith("precious")
        assert list(precious.parent.iterdir()) == [precious]

    def test_leaves_a_link_a_link(self, precious, tmp_path):
        link = tmp_path / "link"
        link.symlink_to(precious)
        file = opened(link, overwrite=True)
        file.append(b"one\n")
        file.close()
        assert link.is_symlink()
        assert precious.read_bytes() == b"head\none\n"

    def test_asks_the_old_files_permission(self, precious, monkeypatch):
        monkeypatch.setattr(text_file.os, "access", lambda *_: False)  # root may write anywhere
        assert "no permission" in refused(precious, overwrite=True)
        assert list(precious.parent.iterdir()) == [precious]

    def test_takes_an_unused_new_file_away_too(self, tmp_path):
        opened(tmp_path / "new", overwrite=True).close()
        assert not (tmp_path / "new").exists()


class TestPipesAndDevices:
    @pytest.fixture
    def pipe(self, tmp_path):
        os.mkfifo(tmp_path / "pipe")
        return tmp_path / "pipe"

    @pytest.fixture
    def reader(self, pipe):
        """The reading end, which nothing is read from unless the test does."""
        descriptor = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb", buffering=0) as end:
            yield end

    def test_the_null_device_needs_no_overwrite(self):
        file = opened(os.devnull)
        file.append(b"one\n")
        file.close()
        opened(os.devnull).close()
        assert Path(os.devnull).is_char_device()

    def test_refuses_a_pipe_that_nobody_reads(self, pipe):
        assert "nobody reads this pipe; start its reader first" in refused(pipe)
        assert pipe.is_fifo()

    def test_a_pipe_gets_lines_at_once_and_stays(self, pipe, reader, never_due):
        file = opened(pipe)
        file.append(b"one\n")
        assert reader.read(100) == b"head\none\n"
        file.close()
        opened(pipe).close()
        assert pipe.is_fifo()

    def test_a_slow_reader_misses_nothing(self, pipe, reader):
        file = opened(pipe)
        for _ in range(200):  # more than a pipe holds
            file.append(b"x" * 999 + b"\n")
        received = bytearray()
        while len(received) < 200_005:
            received += reader.read(1 << 20)
            file.flush_if_due()
        file.close()
        assert received == b"head\n" + 200 * (b"x" * 999 + b"\n")

    def test_a_reader_that_hangs_is_told_of(self, pipe, reader):
        file = opened(pipe)
        with pytest.raises(SinkError, match=r"pipe: its reader is too slow[^\n]*$"):
            for _ in range(20):
                file.append(b"x" * 99_999 + b"\n")
        file.close()

    def test_closing_does_not_wait_for_a_reader_that_hangs(self, pipe, reader):
        file = opened(pipe)
        file.append(b"x" * 500_000 + b"\n")
        with pytest.raises(SinkError, match="its reader is too slow"):
            file.close()
        file.close()

    def test_a_reader_that_leaves_is_told_of(self, pipe, reader):
        file = opened(pipe)
        reader.close()
        with pytest.raises(SinkError, match=r"pipe: its reader has gone[^\n]*$"):
            file.append(b"one\n")
        file.close()

    def test_refuses_sockets_and_links_to_nothing(self, tmp_path):
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(tmp_path / "socket"))
            assert "neither a file nor a pipe" in refused(tmp_path / "socket", overwrite=True)
        (tmp_path / "link").symlink_to(tmp_path / "nowhere")
        assert "is a link to nothing" in refused(tmp_path / "link", overwrite=True)


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

    monkeypatch.setattr(text_file.os, "open", forbid)
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


@pytest.mark.parametrize("existing", [False, True])
def test_tells_that_the_disk_is_full_and_leaves_no_torn_line(tmp_path, small_disk, existing):
    if existing:
        (tmp_path / "out").touch()
    file = opened(tmp_path / "out", overwrite=existing)
    with pytest.raises(SinkError, match="cannot be written further .* free some space"):
        for _ in range(200):
            file.append(b"x" * 999 + b"\n")
    file.flush_if_due()
    file.close()
    assert (tmp_path / "out").read_bytes() == b"head\n" + 99 * (b"x" * 999 + b"\n")
    assert list(tmp_path.iterdir()) == [tmp_path / "out"]


def test_tells_that_the_last_lines_do_not_fit(tmp_path, small_disk, never_due):
    file = opened(tmp_path / "out")
    for _ in range(110):
        file.append(b"x" * 999 + b"\n")
    with pytest.raises(SinkError, match="cannot be written further"):
        file.close()
    file.close()
    assert (tmp_path / "out").read_bytes() == b"head\n" + 99 * (b"x" * 999 + b"\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_tells_on_opening_that_the_disk_is_full():
    with pytest.raises(SinkError, match="/dev/full: cannot be written further"):
        opened(Path("/dev/full"), overwrite=True)
    assert Path("/dev/full").exists()
