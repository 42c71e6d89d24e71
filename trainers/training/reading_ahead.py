"""Which rows each iteration trains on, and the loader that has them ready."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import DataLoader, Dataset, Sampler

from trainers.errors import LiveFacsError
from trainers.training.batch import Batch
from trainers.training.errors import TrainingError
from trainers.training.samples import Samples
from trainers.training.seeds import Draw, generator
from trainers.training.task import Task


class Plan(Sampler[NDArray[np.int64]]):
    """The positions of every batch from one iteration to the last, a function of the seed alone.

    Rows that do not fill an epoch's last batch wait for the next epoch's draw. Of several devices, each
    takes its share of every batch.

    Attributes:
        epoch: iterations in one.
    """

    def __init__(self, task: Task, samples: Samples, batch: int, seed: int, share: tuple[int, int]) -> None:
        """`share`: number of this device, and how many there are."""
        self._task, self._samples, self._seed = task, samples, seed
        self._rank, self._devices = share
        self._rows = len(self._task.draw(samples, generator(seed, Draw.ORDER, 0)))
        if not self._rows:
            raise TrainingError("the task draws no training rows: nothing to train on")
        self._batch = min(batch, self._rows)
        if self._batch % self._devices:
            raise TrainingError(
                f"data.batch is {self._batch}: with {self._devices} devices it must be a multiple of that"
            )
        self.epoch = self._rows // self._batch
        self._from = self._to = 0

    def between(self, start: int, end: int) -> Plan:
        """Have the next pass begin at an iteration and end before another."""
        self._from, self._to = start, end
        return self

    def __len__(self) -> int:
        return self._to - self._from

    def __iter__(self) -> Iterator[NDArray[np.int64]]:
        number, order = -1, np.zeros(0, dtype=np.int64)
        for iteration in range(self._from, self._to):
            if iteration // self.epoch != number:
                number = iteration // self.epoch
                order = self._drawn(number)
            start = iteration % self.epoch * self._batch
            yield order[start : start + self._batch][self._rank :: self._devices]

    def _drawn(self, epoch: int) -> NDArray[np.int64]:
        order = self._task.draw(self._samples, generator(self._seed, Draw.ORDER, epoch))
        if len(order) != self._rows:
            raise TrainingError(
                f"the task draws {len(order)} rows in epoch {epoch + 1} and {self._rows} in the first: "
                "draw as many in each"
            )
        return order


def batches_of(samples: Samples, plan: Plan, workers: int) -> Iterator[Batch]:
    """Yield the plan's batches, read ahead by so many processes. Nothing random happens in them.

    Raises:
        CorpusError: a picture cannot be read.
    """
    ahead = DataLoader(
        _Tried(samples),
        sampler=plan,
        batch_size=None,
        num_workers=workers,
        worker_init_fn=_leave_signals_to_the_parent if workers else None,
    )
    for batch in ahead:
        if isinstance(batch, LiveFacsError):
            raise batch
        yield batch


class _Tried(Dataset[Any]):
    """Samples that return their errors: raised in another process, they would come with its traceback."""

    def __init__(self, samples: Samples) -> None:
        self._samples = samples

    def __getitem__(self, positions: Any) -> Batch | LiveFacsError:
        try:
            return self._samples[positions]
        except LiveFacsError as error:
            return error


def _leave_signals_to_the_parent(worker: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
