"""What runs a bundle's network how fast here: `python benchmarks/backends.py [BUNDLE]`.

Every backend that works on this machine, in every precision it has, for each batch size: percentiles of one
call, rows a second, memory, and how far its scores are from those of ONNX Runtime in float32 on the same
noise. A backend that does not work here is listed with its reason: not run.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from rich.console import Console
from rich.table import Table
from timing import timed

from engines import DEFAULT_BACKEND, Bundle, LiveFacsError, backend_names
from engines.backends import converted_precisions
from realtime import open_bundle

BATCHES = (1, 2, 4, 8, 16)


def measure(path: str | None, backend: str, precision: str, seconds: float) -> list[dict[str, Any]]:
    """Time one backend in one precision, in this process; a row for each batch size."""
    process = psutil.Process()
    with open_bundle(path, models=False) as bundle:
        before = process.memory_info().rss
        rows = []
        with bundle.engine(bundle.models[0], backend, precision) as engine:
            for size in BATCHES:
                batch = noise(bundle, size)
                taken = timed(lambda batch=batch: engine.infer(batch), seconds, least=20)
                p50, p95, p99 = np.percentile(taken, (50, 95, 99)) * 1e3
                memory = (process.memory_info().rss - before) / 2**20
                row = {"batch": size, "p50_ms": p50, "p95_ms": p95, "p99_ms": p99}
                row |= {"rows_per_s": 1e3 * size / p50, "memory_mb": memory}
                rows.append(row | {"apart": apart(bundle, batch, engine.infer(batch))})
        return rows


def noise(bundle: Bundle, rows: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    manifest = bundle.manifest
    return {name: rng.random((rows, *manifest.input_row(name)), dtype=np.float32) for name in manifest.inputs}


def apart(bundle: Bundle, batch: dict[str, np.ndarray], scores: dict[str, np.ndarray]) -> float:
    """Return the largest difference from ONNX Runtime in float32."""
    with bundle.engine(bundle.models[0]) as plain:
        expected = plain.infer(batch)
    return max(float(np.abs(scores[name] - values).max()) for name, values in expected.items())


def attempt(*arguments: Any) -> list[dict[str, Any]] | str:
    """Measure; what does not work here is a reason, not an end."""
    try:
        return measure(*arguments)
    except LiveFacsError as error:
        return str(error)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("bundle", nargs="?", help="a folder or .zip; default: the one built in")
    parser.add_argument("--seconds", type=float, default=1.0, help="for each batch size")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    args = parser.parse_args()
    console = Console(soft_wrap=True)
    with open_bundle(args.bundle, models=False) as bundle:
        kinds = [(DEFAULT_BACKEND, precision) for precision in bundle.precisions]
        title = bundle.id
    for backend in backend_names():
        if backend != DEFAULT_BACKEND:
            kinds += [(backend, precision) for precision in converted_precisions(backend) or ("fp32",)]
    columns = ("backend", "precision", "batch", "p50 ms", "p95", "p99", "rows/s", "memory MB", "apart")
    table = Table(*columns, box=None, title=title)
    figures: dict[str, Any] = {}
    spawned = multiprocessing.get_context("spawn")  # each kind in a process of its own, with its own memory
    for backend, precision in kinds:
        with spawned.Pool(1) as pool:
            found = pool.apply(attempt, (args.bundle, backend, precision, args.seconds))
        figures[f"{backend} {precision}"] = found
        if isinstance(found, str):
            console.print(f"not run: {backend} {precision}: {found}")
            continue
        for row in found:
            table.add_row(
                backend, precision, str(row["batch"]), *(f"{row[f'p{p}_ms']:.2f}" for p in (50, 95, 99)),
                f"{row['rows_per_s']:.0f}", f"{row['memory_mb']:.0f}", f"{row['apart']:.3g}",
            )  # fmt: skip
    console.print(table)
    if args.json:
        args.json.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
