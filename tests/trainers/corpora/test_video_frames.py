import os
import pickle
from concurrent.futures import ThreadPoolExecutor

import av
import numpy as np
import pytest
from tiny_clips import number_in, textured, write_clip

from trainers.corpora import video_frames
from trainers.corpora.video_frames import VideoFrames, count_frames
from trainers.errors import CorpusError

FRAMES = 40
# Name, codec and its options: what cameras and corpora have, with and without B-frames, open and closed
# groups of pictures, several key frames in a row.
CLIPS = {
    "h264.mp4": ("libx264", {}),
    "open.mp4": ("libx264", {"x264-params": "open-gop=1:keyint=3:min-keyint=1:bframes=2:b-adapt=0"}),
    "dense.mp4": ("libx264", {"x264-params": "keyint=2:min-keyint=1:bframes=3"}),
    "mpeg4.avi": ("mpeg4", {}),
    "xvid_like.avi": ("mpeg4", {"bf": "2"}),
    "h264.avi": ("libx264", {}),
    "h264_open.avi": ("libx264", {"x264-params": "open-gop=1:keyint=7:min-keyint=1:bframes=2:b-adapt=0"}),
    "h264_no_b.avi": ("libx264", {"bf": "0"}),
    "no_key_frames.mp4": ("libx264", {"x264-params": "intra-refresh=1:keyint=10"}),
    "mjpeg.avi": ("mjpeg", {}),
}


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    for name, (codec, options) in CLIPS.items():
        pixels = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        write_clip(folder / name, FRAMES, codec=codec, codec_options=options, pixels=pixels)
    return folder


def frames_of(path, numbers):
    return VideoFrames([path], np.zeros(len(numbers), dtype=np.int64), np.array(numbers))


@pytest.mark.parametrize("name", CLIPS)
def test_any_frame_in_any_order_is_the_right_one(clips, name):
    order = [*range(FRAMES), 5, 4, 3, 39, 0, 20, 21, 19, 23, 22, 23, 35, 12]
    order += np.random.default_rng(0).permutation(FRAMES).tolist()
    with frames_of(clips / name, order) as frames:
        assert len(frames) == len(order)
        assert [number_in(frames[i]) for i in range(len(order))] == order


@pytest.mark.parametrize("name", CLIPS)
def test_frames_are_counted(clips, name):
    assert count_frames(clips / name) == FRAMES


def test_frames_that_an_edit_list_hides_do_not_count(tmp_path):
    path = write_clip(tmp_path / "cut.mp4", 30, hidden=13, codec_options={"bf": "0"})
    assert count_frames(path) == 17
    with frames_of(path, [0, 16, 5, 4, 7]) as frames:
        assert [number_in(frames[i]) for i in range(5)] == [13, 29, 18, 17, 20]


def test_going_forward_neither_seeks_nor_opens_again(clips, monkeypatch):
    opened = []
    monkeypatch.setattr(
        video_frames.av,
        "open",
        lambda *a, _open=video_frames.av.open, **k: opened.append(a) or _open(*a, **k),
    )
    monkeypatch.setattr(video_frames._OpenVideo, "_start_at", lambda *_: pytest.fail("went to a key frame"))
    with frames_of(clips / "h264.mp4", [*range(9), 9]) as frames:
        assert [number_in(frames[i]) for i in range(10)] == list(range(10))
    assert len(opened) == 2  # once for its key frames, once to decode


@pytest.mark.parametrize("name", [name for name in CLIPS if name != "no_key_frames.mp4"])
def test_a_far_frame_is_reached_from_its_key_frame(clips, monkeypatch, name):
    decoded = []
    decode = video_frames._decode
    monkeypatch.setattr(
        video_frames, "_decode", lambda packets: (decoded.append(f) or f for f in decode(packets))
    )
    with frames_of(clips / name, np.arange(FRAMES)) as frames:
        frames[0]  # reads the file's table, which may take decoding all of it
        for number in range(FRAMES - 1, 13, -1):
            decoded.clear()
            assert number_in(frames[number]) == number
            assert len(decoded) <= 13  # key frames are twelve apart at most


def test_several_files_take_turns_and_few_stay_open(clips, monkeypatch):
    monkeypatch.setattr(video_frames, "OPEN_AT_MOST", 2)
    paths = [clips / name for name in ("h264.mp4", "mpeg4.avi", "mjpeg.avi")]
    video, number = np.tile([0, 1, 2], 10), np.repeat(np.arange(10), 3)
    with VideoFrames(paths, video, number) as frames:
        assert [number_in(frames[i]) for i in range(30)] == number.tolist()
        assert len(frames._own.files()) == 2
    assert not frames._own.files()


def test_threads_that_read_side_by_side_each_get_their_frames(clips):
    # One decoder that two threads use at once crashes the process; and of files whose time stamps are the
    # same small numbers, none may lose a frame to another.
    paths = [clips / name for name in ("h264.avi", "xvid_like.avi", "h264_open.avi", "mpeg4.avi", "h264.mp4")]
    passes = 6
    video, number = np.repeat(np.arange(5), FRAMES * passes), np.tile(np.arange(FRAMES), 5 * passes)
    rows = np.arange(len(video)).reshape(5 * passes, FRAMES)
    with VideoFrames(paths, video, number) as frames, ThreadPoolExecutor(5) as pool:
        seen = list(pool.map(lambda row: [number_in(frames[i]) for i in row], rows[::-1]))
        jumps = np.random.default_rng(0).permutation(len(video))[:60]
        jumped = list(pool.map(lambda index: number_in(frames[index]), jumps))
    assert seen == [list(range(FRAMES))] * len(rows)
    assert jumped == number[jumps].tolist()


def test_pictures_are_rgb_and_contiguous(clips):
    image = frames_of(clips / "h264.mp4", [3])[0]
    assert (image.shape, image.dtype, image.flags.c_contiguous) == ((64, 128, 3), np.uint8, True)


def test_a_pickled_copy_reads_for_itself(clips):
    frames = frames_of(clips / "h264.mp4", [3, 30])
    before = pickle.loads(pickle.dumps(frames))
    assert number_in(frames[1]) == 30
    after = pickle.loads(pickle.dumps(frames))
    assert [number_in(copy[0]) for copy in (before, after)] == [3, 3]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_copy_leaves_its_parent_in_place(tmp_path):
    # Too large to have been read ahead as a whole.
    images = [textured(number) for number in range(FRAMES)]
    path = write_clip(tmp_path / "a.avi", images=images, codec="mjpeg", pixels="yuvj420p")
    assert path.stat().st_size > 100_000
    frames = frames_of(path, [3, 4, 30, *range(5, 30)])
    assert number_in(frames[0]) == 3
    opened = frames._own.files()[0]
    if (child := os.fork()) == 0:
        number = number_in(frames[2])
        os._exit(number if frames._own.files()[0] is not opened else 255)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 30
    assert [number_in(frames[i]) for i in (1, *range(3, len(frames)))] == [*range(4, 30)]


def test_a_frame_beyond_the_end_is_named(clips):
    frames = frames_of(clips / "mpeg4.avi", [FRAMES, 7])
    with pytest.raises(CorpusError, match=r"mpeg4\.avi: has no frame 40, it ends before"):
        frames[0]
    assert number_in(frames[1]) == 7


def test_a_file_cut_short_says_so(tmp_path, clips):
    path = tmp_path / "cut.avi"
    path.write_bytes((clips / "mjpeg.avi").read_bytes()[:8_000])
    found = count_frames(path)
    assert 0 < found < FRAMES
    with pytest.raises(CorpusError, match="has no frame 39"):
        frames_of(path, [39])[0]
    with frames_of(path, [5, 2, 4]) as frames:
        assert [number_in(frames[i]) for i in range(3)] == [5, 2, 4]


def test_a_damaged_frame_says_so_and_the_rest_can_be_read(tmp_path):
    path = write_clip(tmp_path / "a.avi", FRAMES, codec="ffv1", key_every=10)
    content = bytearray(path.read_bytes())
    with av.open(str(path)) as container:
        packet = next(p for n, p in enumerate(container.demux(video=0)) if n == 15)
    content[packet.pos : packet.pos + packet.size] = b"\xff" * packet.size
    path.write_bytes(content)
    with frames_of(path, [14, 15, 25, 3]) as frames:
        with pytest.raises(CorpusError, match=r"a\.avi: frame 15 cannot be read"):
            frames[1]
        assert [number_in(frames[i]) for i in (0, 2, 3)] == [14, 25, 3]


@pytest.mark.parametrize("content", [None, b"", b"no video"])
def test_what_is_no_video_is_named(tmp_path, content):
    path = tmp_path / "broken.mp4"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CorpusError, match=r"broken\.mp4: not a readable video"):
        count_frames(path)
    with pytest.raises(CorpusError, match=r"broken\.mp4: frame 0 cannot be read"):
        frames_of(path, [0])[0]
