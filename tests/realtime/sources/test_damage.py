"""Damaged files: every sound frame is read, no smeared one, and one line says what is missing."""

from __future__ import annotations

import itertools
import random
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_clips import number_in, textured, write_clip

from realtime.errors import SourceError
from realtime.sources import open_source
from realtime.sources.damage import Damage, missing_bytes

FRAMES = 40


def make(folder: Path, file: str) -> Path:
    """A clip whose file name says how it is packed."""
    packing = {
        "first.mp4": {"options": {"movflags": "faststart"}},
        "parts.mp4": {"options": {"movflags": "frag_keyframe+empty_moov"}},
        "a.avi": {"codec": "mpeg4"},
        "a.mpg": {"codec": "mpeg2video"},
        "a.webm": {"codec": "libvpx-vp9"},
        "slices.mp4": {"codec_options": {"slices": "4"}},
    }
    images = [textured(number) for number in range(FRAMES)]
    return write_clip(folder / file, images=images, **packing.get(file, {}))


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    files = ["last.mp4", "first.mp4", "parts.mp4", "a.mov", "a.mkv", "a.ts", "a.avi", "a.mpg", "a.webm"]
    files.append("slices.mp4")
    return {file: make(folder, file) for file in files}


def read(path: Path):
    with open_source(str(path)) as source:
        return list(source), source.damage


@pytest.fixture(scope="module")
def pixels(clips):
    """Clip -> presentation time -> picture as it should be."""
    return {file: {frame.pts: frame.image for frame in read(path)[0]} for file, path in clips.items()}


def test_sound_files_are_not_called_damaged(clips):
    for path in clips.values():
        frames, damage = read(path)
        assert len(frames) == FRAMES
        assert damage is None
        assert missing_bytes(path) == 0


@pytest.mark.parametrize("file", ["first.mp4", "parts.mp4", "a.mkv", "a.ts", "a.avi", "a.mpg", "a.webm"])
@pytest.mark.parametrize("share", [0.35, 0.5, 0.7, 0.9])
def test_a_truncated_file_gives_every_frame_before_the_cut(clips, pixels, tmp_path, file, share):
    whole = clips[file].read_bytes()
    path = tmp_path / file
    cut = int(len(whole) * share) // 188 * 188 + 94  # between packets, MPEG-TS has nothing to notice it by
    path.write_bytes(whole[:cut])
    frames, damage = read(path)
    assert 0 < len(frames) < FRAMES
    # unharmed, in order, and none missing but those that the cut took from among the last (B-frames)
    order = sorted(pixels[file])
    places = [order.index(frame.pts) for frame in frames]
    assert places == sorted(set(places))
    assert places[: max(0, len(frames) - 4)] == list(range(max(0, len(frames) - 4)))
    assert places[-1] < len(frames) + 4
    assert all(np.array_equal(frame.image, pixels[file][frame.pts]) for frame in frames)
    assert frames[-1].number in range(len(frames), places[-1] + 2)
    known = " of 40" if file in ("first.mp4", "a.avi") else ""
    assert damage is not None
    assert re.match(rf"{file}: damaged after frame \d+{known} \(.+\); the .*frames .*were read$", damage)
    assert int(re.search(r"after frame (\d+)", damage)[1]) >= len(frames) - 4


def test_a_cut_mp4_says_how_much_is_missing(clips, tmp_path):
    whole = clips["first.mp4"].read_bytes()
    path = tmp_path / "clip.mp4"
    path.write_bytes(whole[:-9000])
    assert missing_bytes(path) == 9000
    assert "at least 9,000 bytes are missing at its end" in read(path)[1]


@pytest.mark.parametrize("share", [0.1, 0.5, 0.97])
def test_a_file_cut_before_its_index_cannot_be_opened(clips, tmp_path, share):
    whole = clips["last.mp4"].read_bytes()
    path = tmp_path / "clip.mp4"
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(SourceError, match=r"clip\.mp4 is cut off \(at least [\d,]+ bytes are missing\)"):
        open_source(str(path)).open()


def test_what_is_missing_behind_the_last_frame_is_no_damage(clips, tmp_path):
    path = tmp_path / "a.avi"
    path.write_bytes(clips["a.avi"].read_bytes()[:-300])  # the end of its index
    assert missing_bytes(path) == 300
    frames, damage = read(path)
    assert len(frames) == FRAMES
    assert damage is None


@pytest.mark.parametrize("tail", [b"\0" * 5000, b"appended by some other program " * 40])
def test_a_tail_that_is_not_video_is_no_damage(clips, tmp_path, tail):
    path = tmp_path / "clip.mp4"
    path.write_bytes(clips["last.mp4"].read_bytes() + tail)
    frames, damage = read(path)
    assert len(frames) == FRAMES
    assert damage is None


def spoil(whole: bytes, at: int, length: int, seed: int) -> bytes:
    noise = random.Random(seed).randbytes(length)
    return whole[:at] + noise + whole[at + length :]


@pytest.mark.parametrize("file", ["last.mp4", "a.mkv", "a.ts", "a.mpg"])
def test_reading_recovers_behind_damage_in_the_middle(clips, pixels, tmp_path, file):
    whole = clips[file].read_bytes()
    path = tmp_path / file
    told = smeared = recovered = 0
    for seed, share in itertools.product(range(3), (0.3, 0.45, 0.6)):
        path.write_bytes(spoil(whole, int(len(whole) * share), 1500, seed))
        frames, damage = read(path)
        if damage is not None:
            told += 1
            assert damage.startswith(f"{file}: damaged after frame ")
            assert "lost to damaged data" in damage
        numbers = [frame.number for frame in frames]
        assert numbers == sorted(set(numbers))
        recovered += number_in(frames[-1].image) == FRAMES - 1
        smeared += sum(not np.array_equal(frame.image, pixels[file].get(frame.pts)) for frame in frames)
    assert recovered >= 8
    if file == "a.mkv":  # blocks that it cannot find again are skipped without a word
        assert told >= 4
    else:
        assert told == 9
        # a B-frame may be shown before the picture it was made from is known to be damaged
        assert smeared <= 9


def test_a_few_wrong_bytes_do_not_go_unnoticed(clips, tmp_path):
    # H.264's decoder conceals them without a word as soon as several threads share a picture
    whole = clips["slices.mp4"].read_bytes()
    path = tmp_path / "clip.mp4"
    told = 0
    for seed in range(30):
        path.write_bytes(spoil(whole, 4000 + 900 * seed, 6, seed))
        told += read(path)[1] is not None
    assert told >= 20


def test_packets_lost_in_transit_leave_no_smeared_frames(clips, pixels, tmp_path):
    whole = clips["a.ts"].read_bytes()
    path = tmp_path / "a.ts"
    for lost in range(30, 230, 7):
        path.write_bytes(whole[: lost * 188] + whole[(lost + 2) * 188 :])
        frames, damage = read(path)
        # tables of the stream may be lost without harm; no picture is
        assert len(frames) == FRAMES or damage is not None
        assert len(frames) >= FRAMES - 22
        assert all(np.array_equal(frame.image, pixels["a.ts"].get(frame.pts)) for frame in frames)


def test_frames_keep_their_numbers_behind_lost_ones(clips, tmp_path):
    path = tmp_path / "clip.mp4"
    path.write_bytes(spoil(clips["last.mp4"].read_bytes(), 8000, 800, 1))
    frames, damage = read(path)
    lost = FRAMES - len(frames)
    assert lost > 0
    assert f"{lost} pictures were lost to damaged data" in damage
    assert "the other frames were read" in damage
    assert frames[-1].number == FRAMES


# ------------------------------------------------------------------------------ sizes that files declare


@pytest.mark.parametrize("file", ["last.mp4", "first.mp4", "parts.mp4", "a.mov", "a.mkv", "a.avi", "a.webm"])
def test_a_missing_byte_is_missed(clips, tmp_path, file):
    path = tmp_path / file
    path.write_bytes(clips[file].read_bytes()[:-1])
    assert missing_bytes(path) == 1
    path.write_bytes(clips[file].read_bytes() + b"\0")
    assert missing_bytes(path) in (0, 7)  # MP4: a box of which one byte is there


def test_transport_stream_packets_are_whole(clips, tmp_path):
    path = tmp_path / "a.ts"
    path.write_bytes(clips["a.ts"].read_bytes()[:-100])
    assert missing_bytes(path) == 100


def test_sizes_that_mean_unknown(tmp_path):
    path = tmp_path / "a"
    for start in (
        b"RIFF\xff\xff\xff\xffAVI ",
        b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff",  # a live recording
        b"\0\0\0\0mdat" + bytes(100),  # "to the end of the file"
        b"\0\0\0\x08free\0\0\0\x01mdat" + (24).to_bytes(8, "big") + bytes(8),  # a size of 64 bits
    ):
        path.write_bytes(start)
        assert missing_bytes(path) == 0


@given(st.binary(max_size=300), st.sampled_from([b"", b"RIFF", b"\x1a\x45\xdf\xa3", b"\0\0\0\x08ftyp", b"G"]))
def test_no_file_is_too_odd_to_measure(tmp_path_factory, content, start):
    path = tmp_path_factory.mktemp("odd") / "file"
    path.write_bytes(start + content)
    assert missing_bytes(path) >= 0


def test_lines_about_damage():
    damage = Damage()
    assert damage.line("a.mp4", 10, 20) is None
    assert damage.live_line("door") is None
    damage.lose(1, 10)
    assert damage.line("a.mp4", 10, None) == (
        "a.mp4: damaged after frame 10 (1 picture was lost to damaged data); the frames before it were read"
    )
    assert damage.live_line("door") == "door: 1 picture was damaged on arrival and left out"
    damage.lose(2, 15)
    damage.cut = 0
    assert damage.line("a.mp4", 17, 20) == (
        "a.mp4: damaged after frame 10 of 20 (it ends early; 3 pictures were lost to damaged data); "
        "the other frames were read"
    )
    assert damage.live_line("door") == "door: 3 pictures were damaged on arrival and left out"
