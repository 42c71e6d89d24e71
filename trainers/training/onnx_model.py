"""A torch network as one .onnx file with a free batch axis.

By torch's current exporter (torch.export, then onnxscript), not the older one that traces TorchScript: that
one is deprecated since torch 2.9, and it bakes what depends on the batch's size into the graph in silence,
where the current one refuses. It takes some seconds more.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from trainers.training.errors import TrainingError

OPSET = 18
"""Of ONNX; every ONNX Runtime and TensorRT that LiveFACS runs on knows it."""


def onnx_bytes(network: nn.Module, inputs: Mapping[str, Tensor], outputs: Sequence[str], name: str) -> bytes:
    """Return the model, weights inside.

    Args:
        network: on the CPU, in evaluation mode; its forward takes the inputs in their order and returns a
            tuple of tensors, axis 0 of all being the batch.
        inputs: name -> example of two rows or more.
        outputs: names.
        name: of the file, for messages.

    Raises:
        TrainingError: torch cannot export it.
    """
    batch = torch.export.Dim("N")
    arguments = tuple(inputs.values())
    with _quiet():
        try:
            program = torch.onnx.export(
                _Positional(network),
                arguments,
                input_names=list(inputs),
                output_names=list(outputs),
                dynamic_shapes=(tuple({0: batch} for _ in arguments),),
                opset_version=OPSET,
                dynamo=True,
                external_data=False,
                verbose=False,
            )
        except Exception as error:  # its errors share no base class
            reason = " ".join(str(error).split())
            raise TrainingError(f"network {name}: torch cannot export it ({reason[:300]})") from error
    assert program is not None
    return _bare(program.model_proto)


class _Positional(nn.Module):
    """The network under a signature that has no names, so that no name of its own gets in the way."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, *inputs: Tensor) -> Any:
        return self.network(*inputs)


def _bare(model: Any) -> bytes:
    """The model without the notes that torch leaves in it: source lines, and paths on this machine."""
    graph = model.graph
    for each in (
        model,
        graph,
        *graph.node,
        *graph.input,
        *graph.output,
        *graph.value_info,
        *graph.initializer,
    ):
        del each.metadata_props[:]
        each.doc_string = ""
    content: bytes = model.SerializeToString(deterministic=True)
    return content


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence the exporter's remarks on torchvision and on its own deprecated parts."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
