"""Generators that were trained before, for a task that holds them still or goes on with them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import nn

from trainers.cycle_attention.cycle_options import (
    D_AUXILIARY,
    D_SOURCE,
    TO_AUXILIARY,
    TO_SOURCE,
    CycleAttentionOptions,
)
from trainers.training.earlier_run import take_networks
from trainers.training.errors import TrainingError
from trainers.training.run_folder import RunFolder, read_record

SHAPING = ("width", "blocks", "repaints")
"""Options that make a generator what it is; weights of others may fit and paint something else."""


def generators_from(networks: Mapping[str, nn.Module], options: CycleAttentionOptions, run: Path) -> str:
    """Give generators, and discriminators if there are any, a run's weights; return what they are, in words.

    Raises:
        TrainingError: no such run, not trained, or other generators.
    """
    folder = RunFolder(run)
    there = read_record(folder).recipe.options
    if not isinstance(there, CycleAttentionOptions):
        raise TrainingError(f"generators {run}: has none; name a run of task cycle-attention")
    for key in SHAPING:
        has, wanted = getattr(there, key), getattr(options, key)
        if has != wanted:
            raise TrainingError(f"generators {run}: have task.{key} {has}, not {wanted}; set it alike")
    names = (TO_AUXILIARY, TO_SOURCE, D_SOURCE, D_AUXILIARY)
    taken = {name: networks[name] for name in names if name in networks}
    way_out = "name a run of the same discriminators and data.colour"
    named = take_networks(taken, folder, f"generators {run}: do not fit", way_out)
    return f"generators are those of {named}"
