"""A real RTSP server's answers are spoilt on the way: a word or pictures, and nothing left behind."""

from __future__ import annotations

import random
import threading
import time

import pytest
from rtp_network import RtpNetwork

from realtime.errors import EndOfStream, SourceError
from realtime.sources import open_source

PATIENCE = 10.0


def readers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("read ")]


def assert_no_reader_is_left() -> None:
    end = time.monotonic() + 15
    while readers():
        assert time.monotonic() < end, f"{readers()} are stuck"
        time.sleep(0.05)


def test_a_title_in_any_encoding_is_no_fault(rtsp_server):
    with RtpNetwork(rtsp_server.port) as network:
        network.answer = lambda message: message.replace(b"s=Session", "s=Büro Ost".encode("latin-1")[:9])
        with open_source(f"rtsp://127.0.0.1:{network.port}/h264") as source:
            assert source.read(PATIENCE).size == (320, 240)


def test_a_codec_that_nobody_knows_is_told(rtsp_server):
    with RtpNetwork(rtsp_server.port) as network:
        network.answer = lambda message: message.replace(b" H264/90000", b" X264/90000")
        with pytest.raises(SourceError, match="sends video of an unknown codec"):
            open_source(f"rtsp://127.0.0.1:{network.port}/h264").open()


def test_packets_of_another_kind_than_was_announced_hold_nobody_up_and_leave_nothing_behind(rtsp_server):
    with RtpNetwork(rtsp_server.port) as network:
        network.answer = lambda message: message.replace(b"RTP/AVP 96", b"RTP/AVP 97")
        with pytest.raises(SourceError, match=r"did not answer within 0\.5 s"):
            open_source(f"rtsp://127.0.0.1:{network.port}/h264", open_timeout=0.5).open()
        assert_no_reader_is_left()


def test_a_stream_that_never_gives_a_picture_can_be_closed(rtsp_server):
    def emptied(packet):
        return packet[:14] + bytes(len(packet) - 14)

    with RtpNetwork(rtsp_server.port) as network:
        network.rtp = emptied
        with open_source(f"rtsp://127.0.0.1:{network.port}/h264", stall_timeout=0.5) as source:
            assert source.read(1.0) is None
            assert (source.state, source.captured) == ("stalled", 0)
        assert_no_reader_is_left()


@pytest.mark.parametrize("seed", range(6))
def test_answers_of_nonsense_end_in_a_word_or_in_pictures(rtsp_server, seed):
    draw = random.Random(seed)

    def spoilt(message):
        for _ in range(draw.randint(1, 6)):
            message[draw.randrange(len(message))] = draw.choice([*b"0 :;=-\r\n", draw.randrange(256)])
        return message

    with RtpNetwork(rtsp_server.port) as network:
        network.answer = spoilt
        source = open_source(f"rtsp://me:s3cret@127.0.0.1:{network.port}/h264", open_timeout=1.0)
        try:
            with source:
                source.read(1.0)
        except SourceError as error:
            assert "s3cret" not in str(error) and "\n" not in str(error)
        except EndOfStream:
            assert source.detail
    assert_no_reader_is_left()
