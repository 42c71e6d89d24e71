"""Which precision of a bundle's networks is the fastest on this machine: by trying, once.

Eight-bit integers are three times as fast as floats where the processor multiplies them by fours (VNNI, dot
product instructions), and no faster, or slower, where it does not.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from engines.backends import DEFAULT_BACKEND, converted_precisions
from engines.bundle import Bundle
from engines.choices import AUTO, PRECISIONS
from engines.engine import Engine
from engines.model_rules import noise
from engines.user_cache import cache_folder
from engines.whole_file import write_whole

WARM_UPS, TURNS = 3, 15
WORTH_IT = 0.9
"""A lower precision is chosen if it takes at most this share of the time."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What was measured.

    Attributes:
        seconds: precision -> median time of one face through the bundle's first network.
        chosen: the precision to run.
    """

    seconds: Mapping[str, float]
    chosen: str


def choose_precision(bundle: Bundle, wanted: str = AUTO, backend: str = DEFAULT_BACKEND) -> str:
    """Return the precision to run a bundle in: the one wanted, or for "auto" the fastest here.

    A backend that makes lower precisions by itself has no trial: it takes its usual one.

    A bundle with one precision needs no trial. Otherwise the first call on a machine takes about half a
    second, and the result is kept in the user's cache.

    Raises:
        BundleError: the bundle has no such precision, or a network cannot be loaded.
    """
    made = converted_precisions(backend)
    if made and wanted in (AUTO, *made):
        return made[0] if wanted == AUTO else wanted
    if wanted == AUTO:
        return bundle.precisions[0] if len(bundle.precisions) == 1 else try_precisions(bundle).chosen
    bundle.form(bundle.models[0], wanted)
    return wanted


def try_precisions(bundle: Bundle, folder: Path | None = None) -> Trial:
    """Return what the precisions of a bundle cost here, from the cache if it was measured before.

    Args:
        folder: of the cache; the user's if left out.
    """
    kept = (cache_folder() if folder is None else folder) / "trials" / f"{_key(bundle)}.json"
    with contextlib.suppress(OSError, ValueError, TypeError, AttributeError):
        known = {str(name): float(seconds) for name, seconds in json.loads(kept.read_bytes()).items()}
        if set(known) == set(bundle.precisions) and min(known.values()) > 0:
            return _judged(known)
    seconds = _measure(bundle)
    with contextlib.suppress(OSError):  # measured again next time
        write_whole(kept, json.dumps(seconds).encode())
    return _judged(seconds)


def _judged(seconds: Mapping[str, float]) -> Trial:
    plain, *others = (name for name in PRECISIONS if name in seconds)
    best = min(others, key=lambda name: seconds[name], default=plain)
    return Trial(seconds, best if seconds[best] <= WORTH_IT * seconds[plain] else plain)


def _measure(bundle: Bundle) -> dict[str, float]:
    """Run one face of noise through the first network in each precision, in turns."""
    engines: dict[str, Engine] = {}
    taken: dict[str, list[float]] = {name: [] for name in bundle.precisions}
    try:
        for name in bundle.precisions:
            engines[name] = bundle.engine(bundle.models[0], precision=name)
            engines[name].load()
        batch = noise(bundle.manifest, 1)
        for turn in range(WARM_UPS + TURNS):
            for name, engine in engines.items():
                start = time.perf_counter()
                engine.infer(batch)
                if turn >= WARM_UPS:
                    taken[name].append(time.perf_counter() - start)
    finally:
        for engine in engines.values():
            engine.close()
    return {name: statistics.median(times) for name, times in taken.items()}


def _key(bundle: Bundle) -> str:
    """Tell what a trial's outcome depends on: the networks, the processor and what runs them."""
    import onnxruntime
    from llvmlite import binding

    facts = [onnxruntime.__version__, binding.get_host_cpu_name(), *sorted(bundle.manifest.files.items())]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]
