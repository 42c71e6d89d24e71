"""A real outlet, read by a real inlet."""

from __future__ import annotations

import math
import time

import pylsl
import pytest
from wire_samples import AUS, EXPRESSIONS, face, result

from realtime.errors import SinkError
from realtime.sinks.lsl import LSLSink


@pytest.fixture
def name() -> str:
    """Of a stream that no other test run on this network has."""
    return f"test{time.monotonic_ns()}"


def inlet_of(name: str) -> pylsl.StreamInlet:
    (found,) = pylsl.resolve_byprop("name", f"LiveFACS {name}", timeout=20)
    inlet = pylsl.StreamInlet(found)
    inlet.open_stream(timeout=20)
    return inlet


def pulled(inlet: pylsl.StreamInlet) -> tuple[list[float], float]:
    sample, stamp = inlet.pull_sample(timeout=10)
    assert sample is not None
    return sample, stamp


def test_an_inlet_reads_what_was_published(name: str) -> None:
    with LSLSink(AUS, EXPRESSIONS, faces=2, model="tiny 1.0.0") as sink:
        sink.write(result(0, name))  # brings the outlet up
        inlet = inlet_of(name)
        info = inlet.info(timeout=10)
        labels = [label for label, _, _ in sink.channels]
        assert (info.type(), info.nominal_srate(), info.channel_format()) == ("FACS", 0.0, pylsl.cf_double64)
        assert info.channel_count() == len(labels) == 1 + 2 * (9 + 2 * len(AUS) + len(EXPRESSIONS))
        channel = info.desc().child("channels").child("channel")
        assert channel.child_value("label") == "frame"
        assert info.desc().child_value("model") == "tiny 1.0.0"

        seen = result(41, name, faces=(face(3, 0.5), face(5, 1.0, bbox=(0.0, 0.0, 9.0, 9.0))))
        sink.write(seen)
        sample, stamp = pulled(inlet)
        row = dict(zip(labels, sample, strict=True))
        assert row["frame"] == 42
        assert (row["track_id"], row["face2_track_id"]) == (3, 5)  # the larger one first
        assert row["AU45_r"] == pytest.approx(2.5)
        assert row["face2_AU45_p"] == pytest.approx(1.0)
        assert row["pose_yaw"] == pytest.approx(0.1)
        # Capture time on LSL's clock, which is the monotonic one moved.
        assert stamp == pytest.approx(pylsl.local_clock() - (time.monotonic() - seen.t_capture), abs=2e-3)

        partial = face(3, 0.5, au_occurrence=None, expression=None, au_intensity={"AU12": 4.0})
        sink.write(result(42, name, faces=(partial,)))
        row = dict(zip(labels, pulled(inlet)[0], strict=True))
        assert row["AU12_r"] == 4.0
        assert all(math.isnan(row[label]) for label in ("AU04_r", "AU12_p", "happiness", "face2_track_id"))

        sink.write(result(43, name, faces=()))
        sample = pulled(inlet)[0]
        assert sample[0] == 44
        assert all(math.isnan(value) for value in sample[1:])


def test_capture_times_are_kept_as_they_were(name: str) -> None:
    """Old frames are stamped old, whatever waited since."""
    with LSLSink(AUS, EXPRESSIONS) as sink:
        sink.write(result(0, name))
        inlet = inlet_of(name)
        begun = time.monotonic() - 5.0
        for seq in range(5):
            sink.write(result(seq + 1, name, t_capture=begun + seq * 0.04))
        stamps = [pulled(inlet)[1] for _ in range(5)]
    assert [b - a for a, b in zip(stamps, stamps[1:], strict=False)] == pytest.approx([0.04] * 4, abs=2e-3)
    assert pylsl.local_clock() - stamps[0] > 4.9


def test_every_channel_is_described() -> None:
    sink = LSLSink(("AU12",), ("happiness",))
    labels = [label for label, _, _ in sink.channels]
    assert len(set(labels)) == len(labels)
    assert all(unit and kind for _, unit, kind in sink.channels)


def test_without_the_package_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pylsl", None)
    with pytest.raises(SinkError, match=r"livefacs\[lsl\]"):
        LSLSink(()).open()


def test_no_face_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="1 or more"):
        LSLSink((), faces=0)
