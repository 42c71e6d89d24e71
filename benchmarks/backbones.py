"""The papers' networks on this machine: `python benchmarks/backbones.py [NETWORK ...]`.

Each network, with random weights, in every backend that works here and in PyTorch, for each batch size: the
median of one call from arrays to arrays, rows a second, and the time as a share of PyTorch's. PyTorch runs
as fast as it is known to be without compiling: norms folded away; on a GPU in half precision, channels last,
as a CUDA graph, its pictures copied from pinned memory and its scores back.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from timing import timed
from torch import nn
from torch.fx.experimental.optimization import fuse

from engines import LiveFacsError, backend_names, create_engine
from engines.backends import converted_precisions
from trainers.backbones import backbone
from trainers.pose_dependent.networks import SIZE, Intensities, PoseDependent
from trainers.training.onnx_model import onnx_bytes

BATCHES = (1, 8, 16)


def resnet50() -> tuple[nn.Module, int]:
    """The whole of ResNet-50, a thousand classes; and its input channels."""
    trunk = backbone("resnet50", weights="random")
    return nn.Sequential(trunk, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(trunk.channels, 1000)), 3


def pose_dependent() -> tuple[nn.Module, int]:
    """Zhou, Pi and Shi's network of one AU: VGG-16, three regressors, a pose estimator that chooses."""
    return Intensities(PoseDependent(backbone("vgg16", weights="random", in_channels=1))), 1


NETWORKS: dict[str, Callable[[], tuple[nn.Module, int]]] = {
    "resnet50": resnet50,
    "pose-dependent": pose_dependent,
}


class Tuple(nn.Module):
    """A network whose output is a tuple, as the exporter wants it."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pictures: torch.Tensor) -> tuple[torch.Tensor]:
        return (self.network(pictures),)


def median_ms(call: Callable[[], Any], seconds: float) -> float:
    return 1e3 * statistics.median(timed(call, seconds, least=5))


def pytorch(network: nn.Module, pictures: np.ndarray, seconds: float) -> float:
    """Median ms of a batch in PyTorch, on the GPU if there is one."""
    folded = fuse(network)
    given = torch.from_numpy(pictures)
    with torch.inference_mode():
        if not torch.cuda.is_available():
            torch.set_num_threads(1)
            return median_ms(lambda: folded(given), seconds)
        torch.backends.cudnn.benchmark = True
        folded = folded.cuda().half().to(memory_format=torch.channels_last)
        pinned = given.pin_memory()
        uploaded = torch.empty_like(given, device="cuda")
        aside = torch.cuda.Stream()
        with torch.cuda.stream(aside):
            for _ in range(3):
                folded(uploaded.half().to(memory_format=torch.channels_last))
        aside.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            scores = folded(uploaded.half().to(memory_format=torch.channels_last)).float()
        said = torch.empty_like(scores, device="cpu", pin_memory=True)

        def call() -> None:
            uploaded.copy_(pinned, non_blocking=True)
            graph.replay()
            said.copy_(scores, non_blocking=True)
            torch.cuda.synchronize()

        return median_ms(call, seconds)


def measure(name: str, backends: Sequence[str], seconds: float, console: Console) -> list[dict[str, Any]]:
    torch.manual_seed(0)
    network, channels = NETWORKS[name]()
    network.eval()
    draw = np.random.default_rng(0)
    pictures = {rows: draw.random((rows, channels, SIZE, SIZE), dtype=np.float32) for rows in BATCHES}
    model = onnx_bytes(Tuple(network), {"pictures": torch.from_numpy(pictures[8][:2])}, ["scores"], name)
    found = []
    reference = {rows: pytorch(network, batch, seconds) for rows, batch in pictures.items()}
    for rows, taken in reference.items():
        found.append({"what": "torch", "rows": rows, "ms": taken, "of_torch": 1.0})
    for backend in backends:
        for precision in converted_precisions(backend) or ("fp32",):
            what = f"{backend} {precision}"
            try:
                start = time.perf_counter()
                with create_engine(backend, model, name, precision) as engine:
                    console.print(f"{name}: {what} ready in {time.perf_counter() - start:.1f} s")
                    for rows, batch in pictures.items():
                        taken = median_ms(lambda batch=batch: engine.infer({"pictures": batch}), seconds)
                        found.append(
                            {"what": what, "rows": rows, "ms": taken, "of_torch": taken / reference[rows]}
                        )
            except LiveFacsError as error:
                console.print(f"{name}: not run: {what}: {error}")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("networks", nargs="*", metavar="NETWORK", help=f"of {', '.join(NETWORKS)}")
    parser.add_argument("--backend", nargs="+", choices=backend_names(), default=backend_names())
    parser.add_argument("--seconds", type=float, default=1.0, help="for each batch size")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    args = parser.parse_args()
    console = Console(soft_wrap=True)
    figures = {}
    for name in args.networks or NETWORKS:
        if name not in NETWORKS:
            parser.error(f"network {name!r}: use one of {', '.join(NETWORKS)}")
        table = Table("what", "batch", "p50 ms", "rows/s", "of torch's time", box=None, title=name)
        figures[name] = measure(name, args.backend, args.seconds, console)
        for row in figures[name]:
            table.add_row(
                row["what"], str(row["rows"]), f"{row['ms']:.2f}", f"{1e3 * row['rows'] / row['ms']:.0f}",
                f"{row['of_torch']:.2f}",
            )  # fmt: skip
        console.print(table)
    if args.json:
        args.json.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
