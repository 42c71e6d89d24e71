"""Weights and the state of a training on disk: safetensors, never pickle; whole files or none.

`best.safetensors` holds the networks, each tensor as "network/NAME/KEY". `last.safetensors` holds besides
them the optimisers' tensors ("optimiser/NAME/INDEX/KEY"), the task's own ("task/KEY"), and in its header
the rest as JSON ("state"): what an exact resume needs, in one file that cannot be half new.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.optim import Optimizer

from trainers.training.errors import TrainingError
from trainers.training.predicting import device_of
from trainers.training.task import Task

Tensors = dict[str, Tensor]


def network_tensors(task: Task) -> Tensors:
    """Return every weight and buffer of a task's networks."""
    return {
        f"network/{name}/{key}": value
        for name, network in task.networks.items()
        for key, value in network.state_dict().items()
    }


def load_networks(task: Task, tensors: Tensors, path: Path) -> None:
    """Put weights and buffers back. `path` is where they come from, for messages.

    Raises:
        TrainingError: they are not those of this task's networks.
    """
    way_out = "the task's code or the recipe in run.toml has changed since; train again"
    for name, network in task.networks.items():
        fault = f"weights {path}: do not fit network {name!r}"
        load_network(network, network_of(tensors, name), fault, way_out)


def network_of(tensors: Tensors, name: str) -> Tensors:
    """Return the weights and buffers of one of a task's networks, as its own `state_dict` names them."""
    return _below(f"network/{name}/", tensors)


def load_network(network: nn.Module, tensors: Tensors, fault: str, way_out: str) -> None:
    """Put weights and buffers into a network.

    Args:
        fault, way_out: begin and end the message if they do not fit.

    Raises:
        TrainingError: they do not fit.
    """
    try:
        network.load_state_dict(tensors)
    except RuntimeError as error:
        reason = " ".join(str(error).split())
        raise TrainingError(f"{fault} ({reason[:200]}): {way_out}") from error


def training_tensors(task: Task, optimisers: Mapping[str, Optimizer]) -> tuple[Tensors, dict[str, Any]]:
    """Return all tensors of a training, and what else its optimisers keep: name -> index -> key -> value."""
    tensors = network_tensors(task)
    tensors |= {f"task/{key}": value for key, value in task.extra_state().items()}
    rest: dict[str, Any] = {name: {} for name in optimisers}
    for name, optimiser in optimisers.items():
        for index, kept in optimiser.state_dict()["state"].items():
            for key, value in kept.items():
                if isinstance(value, Tensor):
                    tensors[f"optimiser/{name}/{index}/{key}"] = value
                else:
                    rest[name].setdefault(str(index), {})[key] = value
    return tensors, rest


def load_training(
    task: Task,
    optimisers: Mapping[str, Optimizer],
    tensors: Tensors,
    rest: Mapping[str, Any],
    path: Path,
) -> None:
    """Put back what `training_tensors` returned. Raises TrainingError, as `load_networks`."""
    load_networks(task, tensors, path)
    device = device_of(task)
    task.load_extra_state({key: value.to(device) for key, value in _below("task/", tensors).items()})
    for name, optimiser in optimisers.items():
        state: dict[int, dict[str, Any]] = {int(i): dict(kept) for i, kept in rest.get(name, {}).items()}
        for place, value in _below(f"optimiser/{name}/", tensors).items():
            index, _, key = place.partition("/")
            state.setdefault(int(index), {})[key] = value
        document = optimiser.state_dict()
        document["state"] = state
        optimiser.load_state_dict(document)


def _below(prefix: str, tensors: Tensors) -> Tensors:
    return {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}


def write_tensors(path: Path, tensors: Mapping[str, Tensor], state: Mapping[str, Any] | None = None) -> None:
    """Write a safetensors file, whole or not at all.

    Args:
        state: JSON for the header; floats come back as they are.

    Raises:
        TrainingError: it cannot be written.
    """
    # Networks may share weights; safetensors wants each tensor by itself.
    own = {key: value.detach().cpu().contiguous().clone() for key, value in tensors.items()}
    metadata = None if state is None else {"state": json.dumps(state)}
    partial = path.with_name(path.name + ".part")
    try:
        partial.touch()
        usual = partial.stat().st_mode
        save_file(own, partial, metadata=metadata)
        partial.chmod(usual)  # safetensors' own files are for their owner's eyes only
        partial.replace(path)
    except (OSError, SafetensorError) as error:
        raise TrainingError(f"checkpoint {path}: cannot be written ({error}): check the disk") from error


def read_state(path: Path) -> dict[str, Any]:
    """Return the state alone, without reading the tensors. Raises TrainingError, as `read_tensors`."""
    with _opened(path) as file:
        return _state(file)


def read_tensors(path: Path) -> tuple[Tensors, dict[str, Any]]:
    """Return what `write_tensors` wrote: tensors on the CPU, and the state, {} if there is none.

    Raises:
        TrainingError: no such file, or a damaged one.
    """
    with _opened(path) as file:
        return {key: file.get_tensor(key) for key in file.keys()}, _state(file)  # noqa: SIM118


def _state(file: Any) -> dict[str, Any]:
    state: dict[str, Any] = json.loads((file.metadata() or {}).get("state", "{}"))
    return state


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        with safe_open(path, framework="pt") as file:
            yield file
    except FileNotFoundError as error:
        raise TrainingError(f"checkpoint {path}: is missing: train first, or name another run") from error
    except (OSError, SafetensorError, ValueError) as error:
        raise TrainingError(f"checkpoint {path}: cannot be read ({error}): train again") from error
