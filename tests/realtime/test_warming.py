"""Whatever is compiled is compiled before the first frame: a camera must not lose frames to it."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import gc, sys
from numba.core.dispatcher import Dispatcher
import realtime

def signatures():
    ours = [each for each in gc.get_objects() if isinstance(each, Dispatcher)]
    return {
        f"{each.py_func.__module__}.{each.py_func.__qualname__}": len(each.signatures)
        for each in ours
        if each.py_func.__module__.split(".")[0] in ("engines", "realtime")
    }

pipeline = realtime.build_pipeline(sys.argv[1], max_faces=int(sys.argv[2]))
pipeline.load()
before = signatures()
with pipeline:
    faces = sum(len(result.faces) for result in pipeline)
assert faces > 50
late = {name: count for name, count in signatures().items() if count != before.get(name)}
sys.exit(f"compiled while frames came: {', '.join(late)}" if late else 0)
"""


def test_nothing_is_compiled_while_frames_come(clip, face_model_path) -> None:
    for faces in ("1", "4"):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, clip("single_face.mp4"), faces], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr.splitlines()[-1]
