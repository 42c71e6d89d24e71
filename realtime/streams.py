"""Several pipelines in one process: each in a thread of its own, their results merged."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Sequence

from realtime.errors import LiveFacsError, OptionError
from realtime.openable import Openable
from realtime.pipeline import Pipeline
from realtime.types import FrameResult

WAITING_RESULTS = 4
"""Results of a stream that wait for whoever iterates, before the stream waits for him."""


class Streams(Openable):
    """Runs pipelines side by side; a context manager and an iterator, as one of them is.

    Iterating yields the results of all, each stream's in order, after its own sinks have taken them. It ends
    when every stream has ended, or after `stop()`. A stream that fails leaves the others alone. Sinks that
    several pipelines write to must be shared (`realtime.sinks.shared`); networks on a GPU should be
    (`engines.SharedNetworks`); a processor is, by giving each its turn (`realtime.turns`).

    Args:
        pipelines: not open yet, one for each stream.

    Raises:
        OptionError: two streams have the same name.

    Attributes:
        opened: whether all are open.
        failures: by the stream's name, why a stream ended before its source did.
    """

    def __init__(self, pipelines: Sequence[Pipeline]) -> None:
        self.pipelines = {pipeline.source.name: pipeline for pipeline in pipelines}
        if len(self.pipelines) < len(pipelines):
            names = [pipeline.source.name for pipeline in pipelines]
            twice = next(name for name in names if names.count(name) > 1)
            raise OptionError(f"two streams are named {twice!r}: give each a name of its own")
        self.opened = False
        self.failures: dict[str, LiveFacsError] = {}
        self._crash: BaseException | None = None
        self._loaded = threading.Barrier(len(pipelines))
        self._opened: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._all_open = threading.Event()
        self._stopping = threading.Event()
        self._results: queue.Queue[FrameResult | None] = queue.Queue(WAITING_RESULTS * len(pipelines))
        self._threads = [
            threading.Thread(target=self._follow, args=(pipeline,), name=f"stream {pipeline.source.name}")
            for pipeline in pipelines
        ]

    def open(self) -> None:
        """Load all networks, then open all sources and sinks.

        A live stream begins as soon as it is open, for it grows old: what it gives before the others are open
        goes to its sinks only. Recordings wait for the others.
        Raises LiveFacsError if one of them fails, and leaves nothing open.
        """
        for thread in self._threads:
            thread.start()
        try:
            fine = all(self._opened.get() for _ in self._threads)
        except BaseException:
            self.close()
            raise
        if not fine:
            self.close()
            self._raise_crash()
            raise next(iter(self.failures.values()))
        self.opened = True
        self._all_open.set()

    def __iter__(self) -> Iterator[FrameResult]:
        """Yield results until every stream has ended or `stop` is called; must be open."""
        working = len(self._threads)
        while working and not self._stopping.is_set():
            result = self._results.get()
            if result is None:
                working -= 1
            else:
                yield result
        self._raise_crash()

    def stop(self) -> None:
        """End every stream after the frame at hand. May be called from any thread or signal handler."""
        self._stopping.set()
        for pipeline in self.pipelines.values():
            pipeline.stop()

    @property
    def stopping(self) -> bool:
        """Whether `stop` has been called."""
        return self._stopping.is_set()

    def close(self) -> None:
        """End every stream, and close all that it uses. Safe to call twice."""
        self.opened = False
        self.stop()
        self._loaded.abort()
        self._all_open.set()
        for thread in self._threads:
            while thread.is_alive():
                self._make_room()
                thread.join(0.02)

    def _make_room(self) -> None:
        """Let go of results that nobody will take any more."""
        try:
            while True:
                self._results.get_nowait()
        except queue.Empty:
            pass

    def _raise_crash(self) -> None:
        crash, self._crash = self._crash, None
        if crash is not None:
            raise crash

    def _follow(self, pipeline: Pipeline) -> None:
        """Be one stream: networks, sockets and files belong to the thread that opened them."""
        opened = False
        try:
            pipeline.load()
            self._loaded.wait()
            with pipeline:
                opened = True
                self._opened.put(True)
                if not pipeline.source.live:
                    self._all_open.wait()
                for result in pipeline:
                    if self._all_open.is_set():  # before that nobody takes them
                        self._results.put(result)
        except threading.BrokenBarrierError:
            pass  # another could not be loaded, or all are to end
        except LiveFacsError as error:
            self.failures[pipeline.source.name] = error
        except BaseException as error:  # noqa: BLE001 - raised where the results are taken
            self._crash = error
            self.stop()
        finally:
            pipeline.close()
            if not opened:
                self._loaded.abort()
                self._opened.put(False)
            self._results.put(None)
