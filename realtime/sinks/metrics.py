"""What Prometheus scrapes: how every stream is doing, from the same statuses that subscribers get.

No score of any face is among it, but how many faces there are is.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args

from realtime.errors import SinkError
from realtime.sinks.sink import Sink
from realtime.tcp_address import parse
from realtime.types import FrameResult, State, StreamStatus

if TYPE_CHECKING:
    from wsgiref.simple_server import WSGIServer

_log = logging.getLogger(__name__)

COUNTERS: dict[str, tuple[str, Callable[[StreamStatus], int | None]]] = {
    "frames_captured": ("Frames that the source gave.", lambda status: status.captured),
    "frames_processed": ("Frames that were processed and published.", lambda status: status.frames),
    "frames_dropped": ("Frames overwritten unread or left out by a cap.", lambda status: status.dropped),
    "reconnects": ("Times the source was lost and found again.", lambda status: status.reconnects),
    "tracks": ("Different track ids seen.", lambda status: status.tracks),
}
GAUGES: dict[str, tuple[str, Callable[[StreamStatus], float | None]]] = {
    "fps": ("Frames processed a second, over the last second.", lambda status: status.fps),
    "captured_fps": ("Frames the source gave a second.", lambda status: status.captured_fps),
    "faces": ("Faces in the latest frame.", lambda status: status.faces),
    "generation": ("Rises when the source restarts.", lambda status: status.generation),
}


class MetricsSink(Sink):
    """Serves `http://HOST:PORT/metrics`; needs the `prometheus_client` package (`livefacs[metrics]`).

    Args:
        address: `HOST:PORT`, or a port on 127.0.0.1; port 0 for any free one. IPv6 hosts in brackets.

    Attributes:
        port: the real one once open.
    """

    def __init__(self, address: str) -> None:
        try:
            self._where = parse(address)
        except ValueError as error:
            raise SinkError(f"metrics {error}") from None
        self.port = self._where.port
        self._address = address
        self._statuses: dict[str, StreamStatus] = {}
        self._server: WSGIServer | None = None
        self._thread: threading.Thread | None = None

    def open(self) -> None:
        """Start serving. Raises SinkError with one line."""
        try:
            from prometheus_client import CollectorRegistry, ProcessCollector, start_http_server
        except ImportError:
            raise SinkError('metrics need a package: pip install "livefacs[metrics]"') from None
        registry = CollectorRegistry()
        registry.register(self)
        ProcessCollector(registry=registry)
        try:
            self._server, self._thread = start_http_server(self.port, self._where.host, registry)
        except (OSError, OverflowError) as error:
            raise SinkError(
                f"metrics {self._address}: cannot be served ({getattr(error, 'strerror', None) or error}); "
                "choose another port"
            ) from None
        self.port = self._server.server_port
        where = replace(self._where, port=self.port)
        self.destination = f"metrics http://{where}/metrics"
        if where.reachable_from_outside:
            _log.warning("%s: reachable from other machines and not encrypted", self.destination)

    def write(self, result: FrameResult) -> None:
        """Do nothing: metrics come from statuses."""

    def status(self, status: StreamStatus) -> None:
        """Take a stream's latest status."""
        self._statuses[status.stream] = status

    def close(self) -> None:
        """Stop serving. Safe to call twice."""
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
            self._server = self._thread = None

    def collect(self) -> Iterator[Any]:
        """Yield the metric families as they are now; called by Prometheus' client for every scrape."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

        statuses = tuple(self._statuses.values())
        for name, (words, count_of) in COUNTERS.items():
            counter = CounterMetricFamily(f"livefacs_{name}", words, labels=["stream"])
            for status in statuses:
                if (count := count_of(status)) is not None:
                    counter.add_metric([status.stream], count)
            yield counter
        for name, (words, value_of) in GAUGES.items():
            gauge = GaugeMetricFamily(f"livefacs_{name}", words, labels=["stream"])
            for status in statuses:
                if (value := value_of(status)) is not None:
                    gauge.add_metric([status.stream], value)
            yield gauge
        states = GaugeMetricFamily(
            "livefacs_state", "1 for what the source does.", labels=["stream", "state"]
        )
        age = GaugeMetricFamily("livefacs_status_age_seconds", "Since the last status.", labels=["stream"])
        stages = Metric("livefacs_stage_seconds", "How long a stage of a frame takes.", "summary")
        for status in statuses:
            for state in get_args(State):
                states.add_metric([status.stream, state], float(status.state == state))
            age.add_metric([status.stream], max(0.0, time.monotonic() - status.t))
            for stage, values in (status.stages or {}).items():
                for quantile, seconds in (("0.5", values.p50), ("0.95", values.p95), ("0.99", values.p99)):
                    labels = {"stream": status.stream, "stage": stage, "quantile": quantile}
                    stages.add_sample("livefacs_stage_seconds", labels, seconds)
        yield from (states, age, stages)
