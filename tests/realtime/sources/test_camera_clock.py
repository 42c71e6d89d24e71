"""The camera's own clock, from RTCP: right, None where it is not known, and never hours wrong."""

from __future__ import annotations

import time
from contextlib import ExitStack
from fractions import Fraction

import pytest
from av.packet import Packet, PacketSideData, packet_sidedata_type_from_literal
from hypothesis import given
from hypothesis import strategies as st
from rtp_network import NTP_TO_UNIX_S, TICKS, RtpNetwork, shift_time

from realtime.sources import open_source
from realtime.sources.camera_clock import CameraClock
from realtime.types import Frame

PATIENCE = 30.0
NOW = 1_800_000_000.0
HOUR = 3600.0


def seconds_off(frame: Frame) -> float:
    """How far the camera's clock is from ours, which in these tests is the same."""
    assert frame.t_camera is not None
    return frame.t_camera - (frame.t_capture + time.time() - time.monotonic())


def read_until(source, truth) -> list[Frame]:
    frames: list[Frame] = []
    end = time.monotonic() + PATIENCE
    while not frames or not truth(frames[-1]):
        assert time.monotonic() < end, f"{source.state}: {source.detail}"
        frame = source.read(0.5)
        if frame is not None:
            frames.append(frame)
    return frames


def read_for(source, seconds: float) -> list[Frame]:
    end = time.monotonic() + seconds
    return read_until(source, lambda frame: time.monotonic() > end)


def test_a_real_servers_clock_is_read_from_its_first_report_on(rtsp_server) -> None:
    paths = ("bframes", "mjpeg", "wrapping")
    with ExitStack() as stack:
        sources = [stack.enter_context(open_source(rtsp_server.url(path))) for path in paths]
        before = [read_until(source, lambda frame: frame.t_camera is not None) for source in sources]
        after = [read_for(source, 0.8) for source in sources]
    assert before[0][0].t_camera is None
    for path, early, late in zip(paths, before, after, strict=True):
        assert {frame.generation for frame in early + late} == {0}
        # B-frames: what was sent before the report is shown among what was sent after it
        assert all(abs(seconds_off(frame)) < 1.0 for frame in late[6:]) and len(late) > 6
        if path != "bframes":  # where the server reports the order of sending
            times = [frame.t_camera for frame in late]
            assert times == sorted(set(times))


def test_time_stamps_set_anew_give_no_time_until_the_camera_reports_again(rtsp_server) -> None:
    with (
        RtpNetwork(rtsp_server.port) as network,
        open_source(f"rtsp://127.0.0.1:{network.port}/h264") as source,
    ):
        first = read_until(source, lambda frame: frame.t_camera is not None)
        assert abs(seconds_off(first[-1])) < 1.0
        # the encoder begins anew with other stamps, and the last report is about the old ones
        network.rtp = lambda packet: shift_time(packet, 5 * 3600 * TICKS)
        wrong = read_until(source, lambda frame: frame.generation == 1) + read_for(source, 0.5)
        assert {frame.t_camera for frame in wrong if frame.generation == 1} == {None}
        network.report = lambda packet: shift_time(packet, 5 * 3600 * TICKS)
        right = read_until(source, lambda frame: frame.t_camera is not None)
        assert abs(seconds_off(right[-1])) < 1.0 and right[-1].generation == 1


def packet(dts: float, taken: float | None = None, report: float | None = None) -> Packet:
    """A packet as FFmpeg gives it; `taken` as it reckons, `report` as the sender wrote it, Unix times."""
    made = Packet(b"x")
    made.dts, made.time_base = round(dts * TICKS), Fraction(1, TICKS)
    if taken is not None:
        _attach(made, "prft", round(taken * 1e6).to_bytes(8, "little", signed=True) + bytes(8))
    if report is not None:
        ntp = round((report + NTP_TO_UNIX_S) * 2**32)
        _attach(made, "rtcp_sr", bytes(8) + ntp.to_bytes(8, "little") + bytes(16))
    return made


def _attach(made: Packet, kind: str, content: bytes) -> None:
    data = PacketSideData(packet_sidedata_type_from_literal(kind), len(content))
    data.update(content)
    made.set_sidedata(data)


def test_what_is_reckoned_from_a_report_of_hours_ago_is_believed_until_the_stamps_have_wrapped() -> None:
    clock = CameraClock()
    assert clock.taken(packet(0.0, NOW, report=NOW), 100.0) == NOW
    for age in (6.0 * HOUR, 6.5 * HOUR):
        assert clock.taken(packet(age, NOW + age), 100.0 + age) == NOW + age
    # 2**31 stamps on, FFmpeg takes later for earlier
    age = 7.0 * HOUR
    assert clock.taken(packet(age, NOW + age - 2**32 / TICKS), 100.0 + age) is None
    assert clock.taken(packet(age + 1, NOW + age + 1, report=NOW + age + 1), 101.0 + age) == NOW + age + 1


def test_reports_that_are_not_passed_on_are_believed_where_they_agree() -> None:
    clock = CameraClock()
    assert clock.taken(packet(0.0, NOW), 0.0) == NOW
    assert clock.taken(packet(1.0, NOW + 1), 1.0) == NOW + 1
    assert clock.taken(packet(0.0, NOW - HOUR), 2.0) is None
    assert clock.taken(packet(1.0, NOW + 3), 3.0) is None, "it may have been reported by now, or may not"
    assert clock.taken(packet(18.0, NOW + 20), 20.0) == NOW + 20
    assert clock.taken(packet(19.0, NOW - HOUR), 21.0) is None


@pytest.mark.parametrize("jump", [-2.0, 3.0])
def test_a_small_jump_is_noticed_as_well(jump) -> None:
    clock = CameraClock()
    assert clock.taken(packet(10.0, NOW, report=NOW), 0.0) == NOW
    assert clock.taken(packet(11.0, NOW + 1), 1.0) == NOW + 1
    assert clock.taken(packet(12.0 + jump, NOW + 2 + jump), 2.0) is None
    assert clock.taken(packet(13.0 + jump, NOW + 3, report=NOW + 3), 3.0) == NOW + 3


def test_packets_that_were_held_back_keep_their_time() -> None:
    clock = CameraClock()
    assert clock.taken(packet(0.0, NOW, report=NOW), 0.0) == NOW
    for n in range(1, 76):  # three seconds at once
        assert abs(clock.taken(packet(n / 25, NOW + n / 25), 3.0) - (NOW + n / 25)) < 1e-5


@pytest.mark.parametrize("report", [-NTP_TO_UNIX_S, 500.0 - NTP_TO_UNIX_S])
def test_a_camera_without_a_clock_tells_no_time(report) -> None:
    clock = CameraClock()
    assert clock.taken(packet(0.0, report, report=report), 0.0) is None
    assert clock.taken(packet(1.0, report + 1), 1.0) is None


@given(
    st.lists(
        st.tuples(
            st.floats(-1e5, 1e5),
            st.none() | st.floats(0, 4e9),
            st.none() | st.floats(-NTP_TO_UNIX_S, 2e9),
            st.floats(0, 1e5),
        ),
        max_size=20,
    )
)
def test_a_time_is_never_far_from_what_was_known(sent) -> None:
    clock = CameraClock()
    reported = None
    for dts, taken, report, arrival in sorted(sent, key=lambda one: one[3]):
        if report is not None:
            reported = report, arrival
        told = clock.taken(packet(dts, taken, report), arrival)
        if told is not None:
            assert abs(told - taken) < 1e-5
            reported = reported or (told, arrival)
            assert abs(told - reported[0] - (arrival - reported[1])) < 10.0
