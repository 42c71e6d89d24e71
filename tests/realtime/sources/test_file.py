"""Files: every frame once, in order, with its stamps; and what is said of files that are none."""

from __future__ import annotations

import os
import threading
import time
from fractions import Fraction

import av
import numpy as np
import pytest
from tiny_clips import number_in, numbered, write_clip

from realtime.errors import EndOfStream, SourceError
from realtime.sources import open_source


def test_every_frame_once_in_order_with_its_stamps(tmp_path):
    path = write_clip(tmp_path / "talk (1).mp4", frames=40)
    before = time.monotonic()
    with open_source(str(path)) as source:
        assert (source.name, source.live, source.total, source.fps) == ("talk-1", False, 40, 25.0)
        frames = list(source)
        assert source.state == "ended"
    assert [number_in(frame.image) for frame in frames] == list(range(40))
    assert [frame.number for frame in frames] == list(range(1, 41))
    assert [frame.media_time for frame in frames] == pytest.approx([n / 25 for n in range(40)])
    assert {frame.size for frame in frames} == {(128, 64)}
    assert {frame.generation for frame in frames} == {0}
    assert all(0 < frame.decode_s < 1 and 0 < frame.convert_s < 1 for frame in frames)
    stamps = [before, *(frame.t_capture for frame in frames), time.monotonic()]
    assert stamps == sorted(stamps)
    assert (source.captured, source.dropped, source.damage, source.detail) == (40, 0, None, None)


@pytest.mark.parametrize(
    ("file", "codec"),
    [
        ("a.mov", "libx264"),
        ("a.mkv", "libx264"),
        ("a.ts", "libx264"),
        ("a.avi", "mpeg4"),
        ("a.mp4", "libx265"),
        ("a.webm", "libvpx-vp9"),
        ("a.mpg", "mpeg2video"),
    ],
)
def test_containers_and_codecs(tmp_path, file, codec):
    quiet = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    path = write_clip(tmp_path / file, codec=codec, codec_options=quiet)
    with open_source(str(path)) as source:
        assert [number_in(frame.image) for frame in source] == list(range(30))
        assert source.damage is None


def test_fragmented_mp4(tmp_path):
    path = write_clip(tmp_path / "a.mp4", options={"movflags": "frag_keyframe+empty_moov"})
    with open_source(str(path)) as source:
        assert [number_in(frame.image) for frame in source] == list(range(30))
        assert source.damage is None


def test_a_slow_reader_holds_the_decoder_back(tmp_path):
    path = write_clip(tmp_path / "a.mp4", frames=60)
    with open_source(str(path)) as source:
        source.read()
        time.sleep(0.3)  # time enough to decode all of it
        frame = source.read()
        assert frame.number == 2
        assert source.captured <= 6
        assert [frame.number for frame in source] == list(range(3, 61))
        assert source.dropped == 0


def test_uneven_time_stamps_are_kept(tmp_path):
    pts = [0, 1, 5, 6, 20, 21, 30]
    path = write_clip(tmp_path / "a.mkv", frames=len(pts), pts=pts)
    with open_source(str(path)) as source:
        frames = list(source)
    assert [frame.media_time for frame in frames] == pytest.approx([p / 25 for p in pts])
    assert all(frame.time_base == Fraction(1, 1000) for frame in frames)


def test_pictures_without_time_stamps(tmp_path):
    path = write_clip(tmp_path / "a.h264", container="h264")
    with open_source(str(path)) as source:
        frames = list(source)
    assert [number_in(frame.image) for frame in frames] == list(range(30))
    assert {frame.pts for frame in frames} == {None}
    assert {frame.generation for frame in frames} == {0}


def test_size_may_change_and_time_step_back_in_the_middle(tmp_path):
    first = write_clip(tmp_path / "1.ts", size=(128, 64)).read_bytes()
    second = write_clip(tmp_path / "2.ts", size=(192, 96)).read_bytes()
    path = tmp_path / "joined.ts"
    path.write_bytes(first + second)
    with open_source(str(path)) as source:
        frames = list(source)
    small = [number_in(frame.image) for frame in frames if frame.size == (128, 64)]
    large = [number_in(frame.image) for frame in frames if frame.size == (192, 96)]
    # MPEG-TS counts its packets: at the joint some are missing, to all appearance, and the frames around it
    # are not trusted, up to the second key frame behind it
    assert small == sorted(set(small))
    assert len(small) >= 24
    assert large == list(range(large[0], 30))
    assert large[0] <= 10
    assert [frame.generation for frame in frames] == [0] * len(small) + [1] * len(large)
    assert "damaged after frame 2" in source.damage


def test_an_edit_list_hides_frames_and_is_no_damage(tmp_path):
    path = write_clip(
        tmp_path / "a.mp4",
        frames=30,
        hidden=3,
        codec_options={"bf": "0"},
        options={"avoid_negative_ts": "disabled"},
    )
    with open_source(str(path)) as source:
        assert source.total == 27
        assert [number_in(frame.image) for frame in source] == list(range(3, 30))
        assert source.damage is None


def test_avi_repeats_pictures_by_empty_packets_and_that_is_no_damage(tmp_path):
    path = tmp_path / "a.avi"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 128, 64, "yuv420p"
        place = 0
        for number in range(20):
            picture = av.VideoFrame.from_ndarray(numbered(number), format="rgb24")
            picture.pts = number
            for packet in stream.encode(picture):
                packets = [packet]
                if number in (5, 12):
                    packets.append(av.Packet(0))
                    packets[1].stream, packets[1].time_base = stream, packet.time_base
                for written in packets:
                    written.pts = written.dts = place
                    place += 1
                    output.mux(written)
    with open_source(str(path)) as source:
        frames = list(source)
        assert source.total == 22
    assert [number_in(frame.image) for frame in frames] == list(range(20))
    assert [frame.pts for frame in frames][4:8] == [4, 5, 7, 8]
    assert source.damage is None


@pytest.mark.parametrize(
    ("file", "codec", "pixels"), [("a.png", "png", "rgb24"), ("a.jpg", "mjpeg", "yuvj420p")]
)
def test_an_image_is_a_file_of_one_frame(tmp_path, file, codec, pixels):
    path = write_clip(tmp_path / file, frames=1, codec=codec, container="image2", pixels=pixels)
    with open_source(str(path)) as source:
        (frame,) = list(source)
    assert np.abs(frame.image.astype(int) - numbered(0)).mean() < 3


def test_names_that_ffmpeg_would_take_for_patterns_or_protocols(tmp_path):
    path = write_clip(tmp_path / "a.mp4", frames=3)
    for name in ("take:2.mp4", "100%02d.mp4", "[x] 'y' & z.mp4", "-i.mp4", "ñandú.mp4"):
        other = tmp_path / name
        other.write_bytes(path.read_bytes())
        with open_source(str(other)) as source:
            assert len(list(source)) == 3


# ------------------------------------------------------------------------------ reading and closing


def test_read_gives_up_after_its_timeout_and_ends_for_good(tmp_path):
    path = write_clip(tmp_path / "a.mp4", frames=3)
    source = open_source(str(path))
    with pytest.raises(SourceError, match="not open"):
        source.read()
    source.open()
    with pytest.raises(SourceError, match="open already"):
        source.open()
    assert [source.read(5).number for _ in range(3)] == [1, 2, 3]
    for _ in range(2):
        with pytest.raises(EndOfStream):
            source.read(5)
    source.close()
    source.close()
    with pytest.raises(EndOfStream):
        source.read()


def test_a_closed_source_can_be_opened_again(tmp_path):
    path = write_clip(tmp_path / "a.mp4", frames=20)
    source = open_source(str(path))
    for _ in range(3):
        with source:
            assert source.read().number == 1
            assert source.state == "live"


def test_closing_early_ends_the_reader_thread(tmp_path):
    path = write_clip(tmp_path / "a.mp4", frames=60)
    before = set(threading.enumerate())
    for _ in range(10):
        with open_source(str(path)) as source:
            source.read()
    assert set(threading.enumerate()) <= before


def test_an_unexpected_error_in_the_reader_reaches_the_consumer(tmp_path, monkeypatch):
    path = write_clip(tmp_path / "a.mp4", frames=20)
    with open_source(str(path)) as source:
        monkeypatch.setattr("realtime.sources.rgb._upright", lambda image, orientation: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            list(source)


# ------------------------------------------------------------------------------ files that are none


def refusal(spec: str) -> str:
    with pytest.raises(SourceError) as refused:
        open_source(spec).open()
    message = str(refused.value)
    assert "\n" not in message
    return message


def test_what_is_no_file_is_refused(tmp_path):
    assert "does not exist: check the path" in refusal(str(tmp_path / "none.mp4"))
    assert "for a camera write webcam:0" in refusal("0")
    assert f"{tmp_path} is a folder: give one video file" == refusal(str(tmp_path))
    (tmp_path / "empty.mp4").touch()
    assert "is empty: copy or record it again" in refusal(str(tmp_path / "empty.mp4"))
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        assert "is a pipe" in refusal(str(tmp_path / "pipe"))


@pytest.mark.skipif(not os.path.exists("/dev/null"), reason="no such device here")  # noqa: PTH110
def test_a_device_is_no_file():
    assert "write webcam:/dev/null" in refusal("/dev/null")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_refused(tmp_path):
    path = write_clip(tmp_path / "a.mp4", frames=2)
    path.chmod(0)
    assert "cannot be read (Permission denied)" in refusal(str(path))


def test_permission_denied_is_told_even_when_root_runs_the_tests(tmp_path, monkeypatch):
    path = write_clip(tmp_path / "a.mp4", frames=2)

    def denied(*args, **kwargs):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("pathlib.Path.open", denied)
    assert "cannot be read (Permission denied): check the path and your rights" in refusal(str(path))


def test_an_unknown_codec_is_told(tmp_path):
    path = write_clip(tmp_path / "a.mp4", frames=2)
    path.write_bytes(path.read_bytes().replace(b"avc1", b"zzzz"))
    assert "holds no video but video of an unknown codec" in refusal(str(path))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("notes.txt", b"plain text\n" * 50, "holds no video but text"),
        ("table.csv", b"a,b\n1,2\n" * 50, "is not a video, or its recording was not finished"),
        ("noise.mp4", bytes(range(7, 251)) * 90, "is not a video, or its recording was not finished"),
        ("page.html", b"<html><body>hello</body></html>" * 9, "is not a video"),
        ("a.srt", b"1\n00:00:00,000 --> 00:00:01,000\nhello\n", "holds no video but subtitle"),
    ],
)
def test_what_is_no_video_is_refused(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    text = refusal(str(path))
    assert message in text
    assert str(path) in text
    assert "give a video such as .mp4" in text


def test_a_file_that_vanishes_while_it_is_looked_at_is_refused_all_the_same(tmp_path, monkeypatch):
    def vanished(path):
        raise FileNotFoundError(2, "No such file or directory", path)

    monkeypatch.setattr("realtime.sources.faults.missing_bytes", vanished)
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\n1,2\n" * 50)
    assert "is not a video" in refusal(str(path))


def test_sound_alone_is_refused_even_with_a_cover(tmp_path):
    for name, codec in (("song.wav", "pcm_s16le"), ("song.m4a", "aac")):
        path = tmp_path / name
        with av.open(str(path), "w", format="mp4" if codec == "aac" else None) as output:
            stream = output.add_stream(codec, rate=8000, layout="mono")
            cover = None
            if codec == "aac":
                cover = output.add_stream("mjpeg", rate=1)
                cover.width, cover.height, cover.pix_fmt = 128, 64, "yuvj420p"
                cover.disposition = av.stream.Disposition.attached_pic
            sound = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            sound.rate = 8000
            output.mux([*stream.encode(sound), *stream.encode()])
            if cover is not None:
                picture = av.VideoFrame.from_ndarray(numbered(0), format="rgb24")
                picture.pts = 0
                output.mux([*cover.encode(picture), *cover.encode()])
        assert "holds no video but audio" in refusal(str(path))
