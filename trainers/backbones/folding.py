"""What training needs and use does not, folded away before export."""

from __future__ import annotations

import copy
from typing import TypeVar

from torch import nn

from trainers.backbones.mobileone import BranchedConvolution
from trainers.backbones.slim_resnet import NormedConvolution

M = TypeVar("M", bound=nn.Module)


def folded(network: M) -> M:
    """Return a copy of a network in evaluation mode, each block of branches or norms made one convolution.

    What to export: the same numbers, a fraction of the work. Networks without such blocks are only copied.
    """
    copied = copy.deepcopy(network).eval()
    for name, module in list(copied.named_modules()):
        if isinstance(module, BranchedConvolution | NormedConvolution):
            parent, _, child = name.rpartition(".")
            setattr(copied.get_submodule(parent), child, module.folded())
    return copied
