"""Which TensorRT is installed: the one for data centres and Jetson, or the one for GeForce RTX."""

from __future__ import annotations

import importlib
import importlib.util
import logging
from dataclasses import dataclass
from typing import Any

from engines.errors import EngineError

RTX = "tensorrt_rtx"
MODULES = ("tensorrt", RTX)
"""By preference, where both are installed and the GPU does not decide."""
OLDEST = 10
INSTALL = (
    "pip install tensorrt (data centre, Jetson; from NVIDIA's index) or tensorrt-rtx-cu13 (GeForce RTX), "
    "and 'livefacs[gpu]'"
)

log = logging.getLogger("livefacs.tensorrt")


@dataclass(frozen=True, slots=True)
class Flavour:
    """An importable TensorRT; the two have nearly one interface.

    Attributes:
        module: `tensorrt` or `tensorrt_rtx`.
        name: of the module.
        version: "11.4.0.1".
    """

    module: Any
    name: str
    version: str

    def logger(self) -> Any:
        """Return a TensorRT logger that tells Python's logging, so that nothing is printed."""
        module = self.module

        class Logger(module.ILogger):  # type: ignore[name-defined, misc]
            def __init__(self) -> None:
                module.ILogger.__init__(self)

            def log(self, severity: Any, text: str) -> None:
                serious = severity in (module.ILogger.ERROR, module.ILogger.INTERNAL_ERROR)
                log.log(logging.WARNING if serious else logging.DEBUG, text)

        return Logger()


def installed() -> tuple[str, ...]:
    """Return the TensorRT modules that are there; whether they work shows when one is imported."""
    found = {name: importlib.util.find_spec(name) for name in MODULES}
    # A mere folder of that name on the path is a module without an origin.
    return tuple(name for name, spec in found.items() if spec is not None and spec.origin)


def serves(module: str, sm: str) -> bool:
    """Tell whether a TensorRT runs on GPUs of a compute capability such as "8.9"; "" if there is none.

    The one for RTX leaves out the chips of data centres (9.0 Hopper, 10.x Blackwell) and all before Turing.
    https://docs.nvidia.com/deeplearning/tensorrt-rtx/latest/getting-started/support-matrix.html
    """
    if module != RTX or not sm:
        return True
    version = tuple(int(part) for part in sm.split("."))
    return (7, 5) <= version < (9, 0) or version >= (12, 0)


def find_flavour(gpu: str = "", name: str = "TensorRT", sm: str = "") -> Flavour:
    """Return the TensorRT for a GPU.

    Args:
        gpu: its name, such as "NVIDIA GeForce RTX 5090"; "" if there is none.
        name: begins every message.
        sm: its compute capability, such as "12.0".

    Raises:
        EngineError: none is installed, or none can be imported, or serves this GPU; with the way out.
    """
    names = list(installed())
    if "RTX" in gpu:
        names.sort(key=lambda each: each != RTX)
    reasons = []
    for each in names:
        if not serves(each, sm):
            reasons.append(f"{each} does not run on {gpu or 'a GPU'} of compute capability {sm}")
            continue
        try:
            module = importlib.import_module(each)
        except Exception as error:  # noqa: BLE001 - a library that does not load raises anything
            reasons.append(f"{each} cannot be imported ({' '.join(str(error).split())[:200]})")
            continue
        version = str(module.__version__)
        if each == "tensorrt" and int(version.split(".")[0]) < OLDEST:
            reasons.append(f"tensorrt {version} is older than {OLDEST}")
            continue
        return Flavour(module, each, version)
    raise EngineError(f"{name}: {'; '.join(reasons) or 'TensorRT is not installed'}: {INSTALL}")
