"""Metrics as Prometheus gets them: over real HTTP, parsed by its own parser."""

from __future__ import annotations

import logging
import re
import socket
import threading
import urllib.request
from collections.abc import Iterator

import pytest
import wire_samples
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from realtime.errors import SinkError
from realtime.sinks.metrics import MetricsSink
from realtime.types import Percentiles


@pytest.fixture
def sink() -> Iterator[MetricsSink]:
    with MetricsSink("0") as sink:
        yield sink


def scraped(sink: MetricsSink) -> dict[tuple[str, ...], float]:
    """By name and label values, sorted by label."""
    with urllib.request.urlopen(f"http://127.0.0.1:{sink.port}/metrics", timeout=5) as answer:
        text = answer.read().decode()
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_every_stream_is_told(sink: MetricsSink) -> None:
    sink.status(
        wire_samples.status(
            "door",
            state="live",
            frames=90,
            dropped=10,
            captured=100,
            fps=24.5,
            captured_fps=25.0,
            faces=2,
            reconnects=3,
            tracks=7,
            stages={"track": Percentiles(0.01, 0.02, 0.03)},
        )  # fmt: skip
    )
    sink.status(wire_samples.status("desk", state="reconnecting", captured=None))
    found = scraped(sink)
    assert found["livefacs_frames_captured_total", "door"] == 100
    assert found["livefacs_frames_processed_total", "door"] == 90
    assert found["livefacs_frames_dropped_total", "door"] == 10
    assert found["livefacs_reconnects_total", "door"] == 3
    assert found["livefacs_tracks_total", "door"] == 7
    assert found["livefacs_fps", "door"] == 24.5
    assert found["livefacs_captured_fps", "door"] == 25.0
    assert found["livefacs_faces", "door"] == 2
    assert found["livefacs_state", "live", "door"] == 1
    assert found["livefacs_state", "live", "desk"] == 0
    assert found["livefacs_state", "reconnecting", "desk"] == 1
    assert found["livefacs_stage_seconds", "0.99", "track", "door"] == 0.03
    assert found["livefacs_status_age_seconds", "door"] >= 0
    assert ("livefacs_frames_captured_total", "desk") not in found
    assert found[("process_resident_memory_bytes",)] > 1e6


def test_a_later_status_replaces_the_earlier(sink: MetricsSink) -> None:
    for frames in (1, 2):
        sink.status(wire_samples.status("door", frames=frames))
    assert scraped(sink)["livefacs_frames_processed_total", "door"] == 2


def test_closing_frees_port_and_thread() -> None:
    before = threading.active_count()
    with MetricsSink("127.0.0.1:0") as sink:
        port = sink.port
    sink.close()
    with MetricsSink(str(port)):
        pass
    assert threading.active_count() == before


def test_a_taken_port_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SinkError, match=rf"metrics 127.0.0.1:{port}: .*in use.*; choose another port"):
            MetricsSink(f"127.0.0.1:{port}").open()


@pytest.mark.parametrize("address", ["", "host", "host:", "host:99999", "http://a:1", "a b:1", "::1:80"])
def test_what_is_no_address_is_told(address: str) -> None:
    with pytest.raises(SinkError, match="not an address; write HOST:PORT"):
        MetricsSink(address)


def test_an_open_door_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING), MetricsSink("0.0.0.0:0"):
        pass
    assert "reachable from other machines and not encrypted" in caplog.text
    caplog.clear()
    with caplog.at_level(logging.WARNING), MetricsSink("localhost:0"):
        pass
    assert not caplog.text


@given(st.text(max_size=30))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        sink = MetricsSink(text)
    except SinkError as error:
        assert "\n" not in str(error)
    else:
        assert re.search(r"\d+$", text) and 0 <= sink.port <= 65535
