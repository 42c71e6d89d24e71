"""Pictures by their place in a shard."""

from __future__ import annotations

import multiprocessing
import pickle
import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from trainers.corpora.store import CorpusWriter, open_corpus
from trainers.errors import CorpusError

ROW = {"subject": "S", "sequence": "T", "frame": 1, "intensity": [0.0], "occurrence": [0.0]}


@pytest.mark.parametrize("index", [8, -1, 10**12])
def test_numbers_outside_are_index_errors(tmp_path, write, index):
    images = open_corpus(write(tmp_path / "made")).images
    with pytest.raises(IndexError, match="there are 8"):
        images[index]


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "PNG"])
def test_formats(tmp_path, encoded, kind):
    with CorpusWriter(tmp_path / "made", "x", ["AU01"]) as writer:
        writer.add([encoded(0, kind, (9, 31))], ROW)
    picture = open_corpus(tmp_path / "made").images[0]
    assert (picture.shape, picture.dtype) == ((9, 31, 3), np.uint8)
    assert picture.flags.c_contiguous
    assert picture.flags.writeable


def _sum_in_child(images, index, queue) -> None:
    queue.put(int(images[index].sum()))


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_other_processes_read_the_same(tmp_path, write, method):
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"no {method} here")
    images = open_corpus(write(tmp_path / "made")).images
    wanted = [int(images[k].sum()) for k in range(8)]
    copy = pickle.loads(pickle.dumps(images))
    assert [int(copy[k].sum()) for k in range(8)] == wanted
    context = multiprocessing.get_context(method)
    queue = context.SimpleQueue()
    child = context.Process(target=_sum_in_child, args=(images, 7, queue))
    child.start()
    child.join(30)
    assert queue.get() == wanted[7]


def test_several_threads_read_at_a_time(tmp_path, write):
    images = open_corpus(write(tmp_path / "made")).images
    wanted = [int(images[k].sum()) for k in range(8)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda k: int(images[k % 8].sum()), range(400))) == wanted * 50


def test_a_damaged_picture_names_file_and_row(tmp_path, write):
    folder = write(tmp_path / "made")
    images = open_corpus(folder).images
    shard = folder / "pictures-00001.tar"
    content = bytearray(shard.read_bytes())
    start = int(images.offset[4])
    content[start + 3 : start + int(images.length[4])] = bytes(int(images.length[4]) - 3)
    shard.write_bytes(content)
    with pytest.raises(CorpusError, match=r"pictures-00001\.tar: picture of row 4 is damaged"):
        images[4]
    assert images[5].shape == (12, 10, 3)


def test_a_shard_cut_short_or_gone_is_said(tmp_path, write):
    folder = write(tmp_path / "made")
    images = open_corpus(folder).images
    shard = folder / "pictures-00001.tar"
    shard.write_bytes(shard.read_bytes()[: int(images.offset[4]) + 10])
    with pytest.raises(CorpusError, match=r"pictures-00001\.tar: ends within the picture of row 4"):
        images[4]
    shutil.rmtree(folder)
    with pytest.raises(CorpusError, match=r"pictures-00001\.tar: picture of row 4 cannot be read"):
        images[4]
