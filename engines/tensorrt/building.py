"""From an ONNX graph to a TensorRT plan. Needs no GPU with `tensorrt_rtx`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from engines.cuda.engine import BUCKETS
from engines.errors import EngineError
from engines.tensorrt.flavour import Flavour

TURING = "7.5"
"""Compute capability that TensorRT for RTX builds for only if it is asked to."""


def build_plan(
    flavour: Flavour,
    model: bytes,
    name: str,
    buckets: Sequence[int] = BUCKETS,
    progress: Callable[[str, float], None] | None = None,
    sm: str = "",
) -> bytes:
    """Build a plan for the batch sizes in `buckets`, smallest first, one optimisation profile each.

    Args:
        model: ONNX, its types as they shall be computed (`engines.cuda.half_graph`).
        name: begins every message.
        progress: called with what is being done and how far it is, 0-1.
        sm: compute capability to build for, "8.9"; what the library takes by itself if left out.

    Raises:
        EngineError: TensorRT cannot parse or build it.
    """
    trt = flavour.module
    logger = flavour.logger()
    builder = trt.Builder(logger)
    # Version 11 knows nothing but strong typing, and has no flag for it.
    strongly_typed = getattr(trt.NetworkDefinitionCreationFlag, "STRONGLY_TYPED", None)
    network = builder.create_network(0 if strongly_typed is None else 1 << int(strongly_typed))
    parser = trt.OnnxParser(network, logger)
    if not parser.parse(model):
        reasons = [str(parser.get_error(i).desc()) for i in range(parser.num_errors)]
        raise EngineError(
            f"{name}: {flavour.name} {flavour.version} cannot parse it ({_line(reasons)}): "
            "run it with --device cpu, or export it for another opset"
        )
    config = builder.create_builder_config()
    for bucket in buckets:
        profile = builder.create_optimization_profile()
        for number in range(network.num_inputs):
            taken = network.get_input(number)
            shape = (bucket, *tuple(taken.shape)[1:])
            if -1 in shape:
                raise EngineError(f"{name}: input {taken.name!r} has a second free axis: export it fixed")
            profile.set_shape(taken.name, shape, shape, shape)
        config.add_optimization_profile(profile)
    if sm == TURING and hasattr(trt, "ComputeCapability"):
        config.num_compute_capabilities = 1
        config.set_compute_capability(trt.ComputeCapability.SM75, 0)
    if progress is not None and hasattr(trt, "IProgressMonitor"):
        config.progress_monitor = _monitor(trt, progress)
    plan = builder.build_serialized_network(network, config)
    if plan is None:
        raise EngineError(
            f"{name}: {flavour.name} {flavour.version} cannot build it: "
            "see the log of livefacs.tensorrt for why, or run it with --device cpu"
        )
    return bytes(memoryview(plan))


def _monitor(trt: Any, progress: Callable[[str, float], None]) -> Any:
    """Return TensorRT's progress monitor; it tells of phases inside phases, of which the outermost counts."""

    class Monitor(trt.IProgressMonitor):  # type: ignore[misc]
        def __init__(self) -> None:
            trt.IProgressMonitor.__init__(self)
            self._steps: dict[str, int] = {}

        def phase_start(self, phase: str, parent: str | None, steps: int) -> None:
            if not parent:
                self._steps[phase] = max(1, steps)
                progress(phase, 0.0)

        def step_complete(self, phase: str, step: int) -> bool:
            if phase in self._steps:
                progress(phase, min(1.0, (step + 1) / self._steps[phase]))
            return True

        def phase_finish(self, phase: str) -> None:
            if self._steps.pop(phase, None):
                progress(phase, 1.0)

    return Monitor()


def _line(reasons: Sequence[str]) -> str:
    return " ".join("; ".join(reasons).split())[:300] or "no reason given"
