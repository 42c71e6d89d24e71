"""What a file and a live source have in common: a reader thread that feeds them."""

from __future__ import annotations

from abc import abstractmethod
from typing import Generic, TypeVar

from realtime.errors import EndOfStream, SourceError
from realtime.sources.handover import Handover
from realtime.sources.reader import Reader
from realtime.sources.source import Source
from realtime.sources.spec import Spec

T = TypeVar("T")

# How long `close` waits for the reader thread. One that is stuck in a dead connection is left to itself.
FAREWELL_S = 1.0


class ThreadedSource(Source, Generic[T]):
    """A source whose pictures come from a `Reader` through a `Handover`.

    Args:
        spec: what to read.
        name: stream name, None for the one `spec` suggests.
        open_timeout: seconds `open` waits at most.

    Attributes:
        finite: whether what is read has an end, as a recording has; known once open.
    """

    def __init__(self, spec: Spec, *, name: str | None, open_timeout: float) -> None:
        self.name = spec.name if name is None else name
        self.label = spec.label
        self._spec = spec
        self._open_timeout = open_timeout
        self._handover: Handover[T] | None = None
        self._reader: Reader[T] | None = None
        self._loss_told = False
        self.finite = False

    @abstractmethod
    def _start(self) -> tuple[Handover[T], Reader[T]]:
        """A new handover and a new reader that fills it."""

    @abstractmethod
    def _farewell(self) -> str | None:
        """`detail` for a source that came to its end without an error."""

    def open(self) -> None:
        """Open the source; blocks for `open_timeout` seconds at most.

        Raises SourceError with one line if that is not possible or takes longer.
        """
        if self._reader is not None:
            raise SourceError(f"{self._spec.label} is open already: close it first")
        self.state, self.detail, self.damage = "connecting", None, None
        self.captured = self.dropped = 0
        self._loss_told = False
        self._handover, self._reader = self._start()
        try:
            self._reader.open(self._open_timeout)
        except BaseException as error:
            self._stop(0.0)
            self.detail = str(error) or None
            raise
        self.total, self.fps, self.finite = self._reader.total, self._reader.fps, self._reader.finite

    def close(self) -> None:
        """Stop reading and free everything. Safe to call twice, and from any thread.

        A `read` that is waiting, or comes later, raises EndOfStream. Takes a second at most: a reader that
        FFmpeg does not give back by then is left behind, and closes its container when it returns.
        """
        self._stop(FAREWELL_S)

    def wait(self, timeout: float | None = None) -> bool:
        """Whether a frame, or the end, is there within `timeout` seconds (None: waits for ever)."""
        return self._handover is None or self._handover.wait(timeout)

    def _stop(self, patience: float) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.stop(patience)
            self._take_counts()
        self.state = "ended"

    def _take(self, timeout: float | None) -> T | None:
        if self._handover is None:
            raise SourceError(f"{self._spec.label} is not open: call open() before read()")
        reader = self._reader
        try:
            taken = self._handover.take(timeout)
        except EndOfStream:
            self.state = "ended"
            self._take_counts()
            if reader is not None:
                self.damage = reader.damage
                self.detail = reader.loss or self._farewell()
                if reader.crash is not None:
                    raise reader.crash from None
                if reader.loss is not None and not self._loss_told:
                    self._loss_told = True
                    raise SourceError(reader.loss) from None
            raise
        if taken is None:
            return None
        item, counts = taken
        self.captured, self.dropped = counts.captured, counts.dropped
        if reader is not None:
            self.damage = reader.damage
        return item

    def _take_counts(self) -> None:
        if self._handover is not None:
            counts = self._handover.counts()
            self.captured, self.dropped = counts.captured, counts.dropped
