"""The `livefacs` command as tests run it: a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

LIVEFACS = Path(sys.executable).with_name("livefacs")


def livefacs(*args: object, **options) -> subprocess.CompletedProcess[str]:
    command = [str(LIVEFACS), *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **options)
