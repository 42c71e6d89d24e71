"""The CUDA kernel that samples pictures, compiled for the CPU: it does what the CPU's own code does."""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.tracking.native.region import Region
from realtime.tracking.native.sampling import sample

FOLDER = files("realtime.tracking.native.gpu")
PICTURE = np.random.default_rng(3).integers(0, 256, (24, 40, 3), dtype=np.uint8)
# Threads one after the other, in place of all at once.
PROGRAM = """
#include <algorithm>
#include <cmath>
#include <cstddef>
using std::max; using std::min;
#define __global__
struct Index { int x, y, z; };
static Index blockIdx, blockDim = {1, 1, 1}, threadIdx = {0, 0, 0};
#include "sampling.cu"
extern "C" void run(const unsigned char *image, int width, int height, const double *to_image, int columns,
                    int rows, float gain, float bias, int repeat_border, float *rasters, int count) {
    for (blockIdx.z = 0; blockIdx.z < count; ++blockIdx.z)
        for (blockIdx.y = 0; blockIdx.y <= rows; ++blockIdx.y)
            for (blockIdx.x = 0; blockIdx.x <= columns; ++blockIdx.x)
                sample(image, width, height, to_image, columns, rows, gain, bias, repeat_border, rasters);
}
"""


@pytest.fixture(scope="module")
def kernel(tmp_path_factory) -> ctypes.CDLL:
    compiler = shutil.which("g++") or shutil.which("clang++")
    if compiler is None:
        pytest.skip("no C++ compiler is installed")
    folder = tmp_path_factory.mktemp("kernel")
    (folder / "sampling.cu").write_text((FOLDER / "sampling.cu").read_text())
    (folder / "run.cpp").write_text(PROGRAM)
    library = folder / "run.so"
    words = [compiler, "-O1", "-ffp-contract=off", "-shared", "-fPIC", "run.cpp", "-o", str(library)]
    subprocess.run(words, cwd=folder, check=True)
    return ctypes.CDLL(str(library))


def sampled(
    kernel: ctypes.CDLL, image: np.ndarray, regions: np.ndarray, span: tuple[float, float], repeat: bool
) -> np.ndarray:
    """What the kernel makes of regions (n, 2, 3): (n, 6, 8, 3)."""
    rasters = np.full((len(regions), 6, 8, 3), np.nan, np.float32)
    gain = float(np.float32((span[1] - span[0]) / 255.0))
    kernel.run(
        image.ctypes.data_as(ctypes.c_void_p), image.shape[1], image.shape[0],
        regions.ctypes.data_as(ctypes.c_void_p), 8, 6, ctypes.c_float(gain), ctypes.c_float(span[0]),
        int(repeat), rasters.ctypes.data_as(ctypes.c_void_p), len(regions),
    )  # fmt: skip
    return rasters


@settings(deadline=None)
@given(
    places=st.lists(st.tuples(st.floats(-10, 50), st.floats(-10, 34)), min_size=1, max_size=3),
    side=st.floats(2, 60),
    angle=st.floats(-3.2, 3.2),
    span=st.sampled_from([(0.0, 1.0), (-1.0, 1.0), (0.0, 255.0)]),
    repeat=st.booleans(),
)
def test_it_samples_as_the_cpu_does(kernel, places, side, angle, span, repeat) -> None:
    regions = np.stack([Region(x, y, side, side, angle).to_image(8, 6) for x, y in places])
    found = sampled(kernel, PICTURE, regions, span, repeat)
    for raster, to_image in zip(found, regions, strict=True):
        expected = np.empty((6, 8, 3), np.float32)
        sample(PICTURE, to_image, span, repeat, expected)
        np.testing.assert_allclose(raster, expected, rtol=0, atol=1e-4)


def test_the_smallest_picture(kernel) -> None:
    picture = np.full((1, 1, 3), 7, np.uint8)
    regions = np.array([[[1.0, 0, 0], [0, 1.0, 0]]])
    assert (sampled(kernel, picture, regions, (0.0, 255.0), True) == 7).all()


def test_what_is_shipped_is_made_of_the_source(tmp_path: Path) -> None:
    shipped = (FOLDER / "sampling.ptx").read_text()
    assert ".entry sample(" in shipped and ".target sm_75" in shipped
    if shutil.which("nvcc") is None:
        pytest.skip("nvcc is not installed")
    (tmp_path / "sampling.cu").write_text((FOLDER / "sampling.cu").read_text())
    words = ["nvcc", "-ptx", "-arch=compute_75", "--fmad=false", "sampling.cu", "-o", "made.ptx"]
    subprocess.run(words, cwd=tmp_path, check=True)

    def code(text: str) -> list[str]:
        return [line for line in text.splitlines() if line.strip() and not re.match(r"//|\.version", line)]

    assert code((tmp_path / "made.ptx").read_text()) == code(shipped)
