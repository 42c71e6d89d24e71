"""The `livefacs` command as tests run it: a process of its own, or, where many are wanted, in this one."""

from __future__ import annotations

import io
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest.mock import patch

from realtime.commands import main

LIVEFACS = Path(sys.executable).with_name("livefacs")


def livefacs(*args: object, timeout: float = 120.0, **options) -> subprocess.CompletedProcess[str]:
    command = [str(LIVEFACS), *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False, **options)


def livefacs_here(*args: object) -> subprocess.CompletedProcess[str]:
    """The same without the second that a process takes to start; for what ends before anything is read."""
    out, errors = io.StringIO(), io.StringIO()
    command = [str(LIVEFACS), *map(str, args)]
    with patch.object(sys, "argv", command), redirect_stdout(out), redirect_stderr(errors):
        try:
            main()
        except SystemExit as end:
            return subprocess.CompletedProcess(command, int(end.code or 0), out.getvalue(), errors.getvalue())
    raise AssertionError("main() always exits")
