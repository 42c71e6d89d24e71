"""Running a network tells nobody."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

CODE = """
import engines, realtime.assembly, onnxruntime, os
from realtime.heads import Head
with realtime.assembly.open_bundle() as bundle, Head(bundle):
    pass
assert os.environ["ORT_DISABLE_TELEMETRY"] == "1"
"""


def test_onnx_runtime_keeps_no_record_of_its_use(tmp_path: Path) -> None:
    env = {**os.environ, "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    env.pop("ORT_DISABLE_TELEMETRY", None)
    subprocess.run([sys.executable, "-c", CODE], env=env, check=True)
    assert not [
        path for path in tmp_path.rglob("*") if "onnxruntime" in path.name or "Microsoft" in path.name
    ]
