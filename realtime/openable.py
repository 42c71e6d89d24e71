"""What is opened before use and closed after it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class Openable(ABC):
    """A context manager by its own two verbs: `with` opens and closes it."""

    @abstractmethod
    def open(self) -> None:
        """Get ready for use. Raises LiveFacsError with one line if that is not possible."""

    @abstractmethod
    def close(self) -> None:
        """Free everything. Safe to call twice, and without `open`."""

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
