"""The contract of everything that runs a network: load, infer, close.

The shape of it is Polygraphy's runner: public verbs check the state and the arguments once for all
backends, private `_..._impl` methods do the work.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import get_ident
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from engines.errors import EngineError


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """An input or output of a network.

    Attributes:
        name: as in the ONNX file.
        dtype: element type.
        shape: None for an axis whose size may change; axis 0 is the batch.
    """

    name: str
    dtype: np.dtype[Any]
    shape: tuple[int | None, ...]

    def __str__(self) -> str:
        axes = [str("?" if size is None else size) for size in self.shape]
        if self.shape[:1] == (None,):
            axes[0] = "N"
        return f"{self.name!r} {self.dtype} {' x '.join(axes) or 'without axes'}"

    def of_rows(self, rows: int) -> tuple[int, ...]:
        """Return the shape of so many rows; further free axes get the size 1."""
        return (rows, *(size or 1 for size in self.shape[1:]))

    def fits(self, array: NDArray[Any]) -> bool:
        """Tell whether `array` has this dtype, these fixed sizes, and at least one row."""
        return (
            array.dtype == self.dtype
            and array.ndim == len(self.shape)
            and len(array) > 0
            and all(want is None or want == have for want, have in zip(self.shape, array.shape, strict=True))
        )


Batch = Mapping[str, Any]
"""Name of an input -> array whose axis 0 is the batch; or what writes one of `resident` in place."""


class Engine(ABC):
    """A network ready to run: `with engine: engine.infer({"crop": crops})`.

    States: new -> loaded -> closed; a closed engine stays closed. An engine belongs to the thread of its
    first `infer`: that thread alone runs it, and should close it. (A GPU context is bound to a thread.)
    `release` lets it go, for another thread to run.

    Subclasses implement `_load_impl`, `_infer_impl` and `_close_impl`.
    """

    resident: frozenset[str] = frozenset()
    """Inputs that the caller may write by himself where they are read (`RowsOnGpu`)."""

    def __init__(self, name: str) -> None:
        """`name` begins every message: what runs here, such as the ONNX file's path."""
        self.name = name
        self._loaded = False
        self._closed = False
        self._owner: int | None = None
        self._inputs: tuple[TensorSpec, ...] = ()
        self._outputs: tuple[TensorSpec, ...] = ()
        self._output_names: tuple[str, ...] = ()

    def load(self) -> None:
        """Make the network ready to run. Does nothing if it already is.

        Raises:
            EngineError: the backend is not installed, refuses the model, or the engine was closed.
        """
        if self._loaded:
            return
        if self._closed:
            raise EngineError(f"{self.name}: was closed: create a new one")
        inputs, outputs = self._load_impl()
        for spec in inputs:
            if not spec.shape:
                self.close()
                raise EngineError(f"{self.name}: input {spec} has no batch axis: export it with one")
        self._inputs, self._outputs = inputs, outputs
        self._output_names = tuple(spec.name for spec in outputs)
        self._loaded = True

    def infer(self, batch: Batch, outputs: Sequence[str] | None = None) -> dict[str, NDArray[Any]]:
        """Run the network on a batch of one row or more.

        Args:
            batch: for every input of the network, by name, an array of its dtype and shape, (N, ...);
                N > 0 and the same for all of them. The arrays are only read.
            outputs: names of the outputs wanted; all of them if None. A backend may skip the rest.

        Returns:
            Output name -> array (N, ...), in the order asked for. The arrays belong to the caller.

        Raises:
            EngineError: not loaded, called from a second thread, arguments that do not fit, or the
                backend failed.
        """
        if not self._loaded or get_ident() != self._owner:
            self._claim()
        if not self._accepts(batch):
            raise EngineError(f"{self.name}: {self._complaint(batch)}")
        if outputs is None:
            outputs = self._output_names
        elif not outputs or not all(name in self._output_names for name in outputs):
            raise EngineError(
                f"{self.name}: asked for the outputs {list(outputs)}: "
                f"name one or more of {', '.join(self._output_names)}"
            )
        return self._infer_impl(batch, outputs)

    def release(self) -> None:
        """Let go of the thread: the next `infer` may come from any, which then keeps the engine.

        For those who warm a network up in one thread and run it in another. Does nothing if no thread has
        it yet.

        Raises:
            EngineError: called from another thread than the one that has it.
        """
        if self._owner is not None:
            if get_ident() != self._owner:
                raise EngineError(f"{self.name}: belongs to another thread: release it there")
            self._owner = None

    def close(self) -> None:
        """Free the network. Does nothing if it is closed already."""
        if not self._closed:
            self._closed = True
            self._loaded = False
            self._close_impl()

    def __enter__(self) -> Self:
        self.load()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def loaded(self) -> bool:
        """Whether `infer` may be called."""
        return self._loaded

    @property
    def inputs(self) -> tuple[TensorSpec, ...]:
        """What the network takes. Known once loaded.

        Raises:
            EngineError: not loaded.
        """
        self._check_loaded()
        return self._inputs

    @property
    def outputs(self) -> tuple[TensorSpec, ...]:
        """What the network returns. Known once loaded.

        Raises:
            EngineError: not loaded.
        """
        self._check_loaded()
        return self._outputs

    @abstractmethod
    def _load_impl(self) -> tuple[tuple[TensorSpec, ...], tuple[TensorSpec, ...]]:
        """Load; return the inputs and the outputs. On EngineError nothing is left behind."""

    @abstractmethod
    def _infer_impl(self, batch: Batch, outputs: Sequence[str]) -> dict[str, NDArray[Any]]:
        """Run a batch that has been checked, for outputs that exist. Raises EngineError."""

    @abstractmethod
    def _close_impl(self) -> None:
        """Free what `_load_impl` took; also called on an engine that never was loaded."""

    def _check_loaded(self) -> None:
        if self._closed:
            raise EngineError(f"{self.name}: was closed: create a new one")
        if not self._loaded:
            raise EngineError(f"{self.name}: is not loaded: call load() or use `with engine:`")

    def _claim(self) -> None:
        """Make the thread of the first `infer` the owner; turn any other away."""
        self._check_loaded()
        if self._owner is not None:
            raise EngineError(
                f"{self.name}: belongs to another thread: run it from one, or create one for each"
            )
        self._owner = get_ident()

    def _accepts(self, batch: Batch) -> bool:
        # Every batch passes here, so the reasons are left to `_complaint`.
        specs = self._inputs
        if len(batch) != len(specs):
            return False
        rows = 0
        for spec in specs:
            given: Any = batch.get(spec.name)
            if isinstance(given, np.ndarray):
                if not spec.fits(given):
                    return False
            elif not self._written_in_place(spec, given):
                return False
            rows = rows or len(given)
            if len(given) != rows:
                return False
        return True

    def _written_in_place(self, spec: TensorSpec, given: Any) -> bool:
        return spec.name in self.resident and hasattr(given, "write") and len(given) > 0

    def _complaint(self, batch: Batch) -> str:
        """Say what `_accepts` found wrong, and the way out."""
        names = [spec.name for spec in self._inputs]
        missing = [name for name in names if name not in batch]
        extra = [name for name in batch if name not in names]
        if missing or extra:
            return f"the batch holds {_listed(batch)}: feed exactly {_listed(names)}"
        for spec in self._inputs:
            array: Any = batch[spec.name]
            if self._written_in_place(spec, array):
                continue
            if not isinstance(array, np.ndarray):
                return f"input {spec.name!r} is a {type(array).__name__}: feed a NumPy array, {spec}"
            if array.ndim and not len(array):
                return f"input {spec.name!r} has no rows: skip the call when there is nothing to run"
            if not array.ndim or not spec.fits(array):
                have = TensorSpec(spec.name, array.dtype, array.shape)
                return f"the batch has {have}: feed {spec}"
        rows = {name: len(batch[name]) for name in names}
        return f"inputs differ in their number of rows {rows}: give every input the same rows"


def _listed(names: Mapping[str, object] | Sequence[str]) -> str:
    return ", ".join(repr(name) for name in names) or "nothing"
