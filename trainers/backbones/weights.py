"""Weights of backbones: ImageNet's from torchvision's own files, or a file of the user's.

torchvision's loader is `torch.hub.load_state_dict_from_url` with an address of the table below. It is called
here directly, so that the same files come into the same cache (`torch.hub.get_dir()`, `TORCH_HOME`) whether
or not torchvision imports.
"""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Iterable, Mapping
from pathlib import Path

import torch
from torch import Tensor

from engines.errors import first_line
from trainers.errors import LiveFacsError

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
"""Of red, green and blue scaled to 0-1: torchvision's networks were trained on (pixel - mean) / std."""

IMAGENET_FILES = {
    "vgg16": "vgg16-397923af.pth",
    "vgg19": "vgg19-dcbb9e9d.pth",
    "resnet18": "resnet18-f37072fd.pth",
    "resnet34": "resnet34-b627a593.pth",
    "resnet50": "resnet50-0676ba61.pth",
    "resnet101": "resnet101-63fe2227.pth",
    "mobilenet_v3_small": "mobilenet_v3_small-047dcff4.pth",
    "mobilenet_v3_large": "mobilenet_v3_large-8738ca79.pth",
}
"""torchvision's `IMAGENET1K_V1` of each; the digits are the beginning of the file's sha256."""

ADDRESS = "https://download.pytorch.org/models/"

# More names than this do not help to see what a file is.
NAMES_SHOWN = 3


class WeightsError(LiveFacsError):
    """Weights cannot be fetched or read, or are another network's."""


def fetch_imagenet(name: str) -> dict[str, Tensor]:
    """Return torchvision's ImageNet weights, from torch.hub's cache or fetched into it.

    Raises:
        WeightsError: there are none for this backbone, or they cannot be fetched.
    """
    file = IMAGENET_FILES.get(name)
    if file is None:
        raise WeightsError(f"backbone {name}: torchvision has no ImageNet weights for it")
    try:
        return torch.hub.load_state_dict_from_url(
            ADDRESS + file, map_location="cpu", check_hash=True, weights_only=True
        )
    except (OSError, RuntimeError, pickle.UnpicklingError) as error:
        raise WeightsError(f"{ADDRESS}{file}: cannot be had ({first_line(error)})") from error


def read_weights(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a `.safetensors` file or of a state dict saved by torch, by name.

    A checkpoint that holds its weights under `state_dict` is opened there. Nothing is unpickled but tensors.

    Raises:
        WeightsError: no such file, or it holds no tensors by name.
    """
    if not path.is_file():
        raise WeightsError(f"weights {path}: no such file")
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            return load_file(path)
        held = torch.load(path, map_location="cpu", weights_only=True)
    # safetensors raises its own kind, which derives from Exception only.
    except Exception as error:  # noqa: BLE001
        raise WeightsError(f"weights {path}: cannot be read ({first_line(error)})") from error
    if isinstance(held, Mapping) and isinstance(held.get("state_dict"), Mapping):
        held = held["state_dict"]
    if not isinstance(held, Mapping) or not all(isinstance(value, Tensor) for value in held.values()):
        raise WeightsError(f"weights {path}: holds no tensors by name; save a network's `state_dict()`")
    return {str(name): value for name, value in held.items()}


def fingerprint(path: Path) -> str:
    """Return the first 12 digits of a file's sha256."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:12]


def fitted(
    given: Mapping[str, Tensor],
    wanted: Mapping[str, Tensor],
    *,
    source: str,
    network: str,
    first: str,
    classifier: str,
) -> dict[str, Tensor]:
    """Return those of the given weights that a network takes, ready for `load_state_dict`.

    A first convolution over three channels becomes one over grey by the sum of its kernels: what it would
    make of the grey picture repeated three times.

    Args:
        given: by the names of the complete network.
        wanted: the network's own tensors, by the same names.
        source, network: as errors name them.
        first: name of the first convolution's kernel.
        classifier: how the names begin that may be given and not wanted.

    Raises:
        WeightsError: naming the first weights that are missing, unknown or of another shape.
    """
    chosen = {name: value for name, value in given.items() if name in wanted}
    kernel = chosen.get(first)
    if kernel is not None and kernel.ndim == 4 and kernel.shape[1] == 3 and wanted[first].shape[1] == 1:
        chosen[first] = kernel.sum(dim=1, keepdim=True)
    # Files from before batch norm counted its batches lack the count, which nothing here reads.
    missing = [n for n in wanted if n not in given and not n.endswith(".num_batches_tracked")]
    unknown = [n for n in given if n not in wanted and not n.startswith(classifier)]
    shapes = [
        f"{n} is {tuple(v.shape)} instead of {tuple(wanted[n].shape)}"
        for n, v in chosen.items()
        if v.shape != wanted[n].shape
    ]
    faults = [
        f"{what} {_some(names)}"
        for what, names in (("lacks", missing), ("has unknown", unknown), ("differs:", shapes))
        if names
    ]
    if faults:
        raise WeightsError(
            f"weights {source}: are not those of {network}: {'; '.join(faults)}; "
            "give a file with torchvision's names, or another backbone"
        )
    return chosen


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    rest = len(listed) - NAMES_SHOWN
    return ", ".join(listed[:NAMES_SHOWN]) + (f" and {rest} more" if rest > 0 else "")
