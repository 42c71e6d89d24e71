"""Who has a file open is found among real processes."""

from __future__ import annotations

import os
import stat
import subprocess
import sys

import pytest

from realtime.sources.webcam.holders import Holder, holders

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="only Linux tells")  # noqa: PTH112

HOLD = "import sys; held = open(sys.argv[1]); print('held', flush=True); sys.stdin.read()"


def test_a_program_that_has_a_file_open_is_named(tmp_path):
    path, link = tmp_path / "video0", tmp_path / "by-id"
    path.write_bytes(b"")
    link.symlink_to(path)
    assert holders(str(path)) == []
    words = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout.readline() == "held\n"
        (holder,) = holders(str(link))
        assert holder.pid == program.pid
        assert str(holder) == f"{holder.program} (pid {program.pid})"
        assert holder.program.startswith("python")
        with path.open():
            assert {found.pid for found in holders(str(path))} == {program.pid, os.getpid()}
        program.stdin.close()
    assert holders(str(path)) == []


def test_two_files_of_one_device_are_one_device(tmp_path):
    zero = tmp_path / "zero"
    try:
        os.mknod(zero, stat.S_IFCHR | 0o600, os.makedev(1, 5))
        held = zero.open()
    except PermissionError:
        pytest.skip("devices are made by root only")
    with held:
        assert os.getpid() in [holder.pid for holder in holders("/dev/zero")]
        assert os.getpid() not in [holder.pid for holder in holders("/dev/full")]


def test_a_file_that_is_not_there_has_no_holders(tmp_path):
    assert holders(str(tmp_path / "video0")) == []
    assert Holder(7, "zoom") == Holder(7, "zoom")
