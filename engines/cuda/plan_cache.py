"""Plans that were built before. They are a cache: lost, stale or damaged, they are built again."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

from engines.user_cache import cache_folder
from engines.whole_file import write_whole

LAYOUT = 1
"""Of the graph that is built from a model (`half_graph`) and of the file; counts up when either changes."""
DIGEST_BYTES = 32


def plan_key(
    model: bytes, *, flavour: str, version: str, gpu: str, sm: str, precision: str, buckets: Sequence[int]
) -> str:
    """Return the name of a plan's file: everything that makes a plan another one.

    Args:
        model: the ONNX file, as it is in the bundle.
        flavour, version: of TensorRT.
        gpu, sm: name and compute capability, "8.9".
        precision: "fp16" or "fp32".
        buckets: batch sizes.
    """
    digest = hashlib.sha256(model).hexdigest()
    facts = (LAYOUT, digest, flavour, version, gpu, sm, precision, tuple(buckets))
    return f"{digest[:12]}-{precision}-{hashlib.sha256(repr(facts).encode()).hexdigest()[:16]}"


class PlanCache:
    """Plans as files, each with its own hash in front, so that half a file is noticed."""

    def __init__(self, folder: Path | None = None) -> None:
        """`folder`: the user's cache if left out."""
        self.folder = folder or cache_folder() / "plans"

    def path(self, key: str) -> Path:
        """Return where a plan is kept."""
        return self.folder / f"{key}.plan"

    def load(self, key: str) -> bytes | None:
        """Return a plan, or None: not there, or damaged."""
        try:
            content = self.path(key).read_bytes()
        except OSError:
            return None
        digest, plan = content[:DIGEST_BYTES], content[DIGEST_BYTES:]
        return plan if plan and hashlib.sha256(plan).digest() == digest else None

    def store(self, key: str, plan: bytes) -> None:
        """Keep a plan, whole or not at all. Where nothing can be written it is built again next time."""
        with contextlib.suppress(OSError):
            write_whole(self.path(key), hashlib.sha256(plan).digest() + plan)

    def drop(self, key: str) -> None:
        """Forget a plan that turned out to be of no use."""
        with contextlib.suppress(OSError):
            self.path(key).unlink(missing_ok=True)

    def fetch(self, key: str, build: Callable[[], bytes]) -> bytes:
        """Return the plan that is kept, or build and keep it."""
        plan = self.load(key)
        if plan is None:
            plan = build()
            self.store(key, plan)
        return plan
