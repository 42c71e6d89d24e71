"""Trainings that break off, and how a resumed one is compared with one that did not."""

from __future__ import annotations

import signal

import torch
from safetensors.torch import load_file

from trainers.training.metrics_log import read
from trainers.training.progress import Report


class Stop(Report):
    """Sends this process a signal after so many iterations, as a terminal would."""

    def __init__(self, after: int, number: int = signal.SIGINT) -> None:
        self.left, self.number = after, number

    def advance(self, losses) -> None:
        self.left -= 1
        if self.left == 0:
            signal.raise_signal(self.number)


class Crash(Report):
    """Dies after so many iterations."""

    def __init__(self, after: int) -> None:
        self.left = after

    def advance(self, losses) -> None:
        self.left -= 1
        if self.left == 0:
            raise MemoryError


def same(one, other) -> None:
    """The same tensors, figures and log, whatever time it took."""
    for name in ("best.safetensors", "last.safetensors"):
        first, second = load_file(one.run.folder / name), load_file(other.run.folder / name)
        assert first.keys() == second.keys()
        for key in first:
            assert torch.equal(first[key], second[key]), key
    logs = [[{**line, "seconds": 0} for line in read(run.run.metrics)] for run in (one, other)]
    assert logs[0] == logs[1]
    assert (one.figures, one.best_iteration) == (other.figures, other.best_iteration)
