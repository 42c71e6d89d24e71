"""The CUDA kernels that sample and crop pictures, compiled for the CPU: they do what its own code does."""

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

from realtime.tracking.crop import samples_across, warp_normalise
from realtime.tracking.native.region import Region
from realtime.tracking.native.sampling import sample

FOLDER = files("realtime.tracking.gpu")
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
#include "kernels.cu"
#define EVERYWHERE \\
    for (blockIdx.y = 0; blockIdx.y <= rows; ++blockIdx.y) \\
        for (blockIdx.x = 0; blockIdx.x <= columns; ++blockIdx.x)
extern "C" void run_sample(const unsigned char *image, int width, int height, const double *m, int columns,
                           int rows, float gain, float bias, int repeat_border, float *raster) {
    EVERYWHERE sample(image, width, height, m[0], m[1], m[2], m[3], m[4], m[5], columns, rows, gain, bias,
                      repeat_border, raster);
}
extern "C" void run_crop(const unsigned char *image, int width, int height, const double *m, int columns,
                         int rows, int n, int grey, const float *g, const float *b, float *raster) {
    EVERYWHERE crop(image, width, height, m[0], m[1], m[2], m[3], m[4], m[5], columns, rows, n, grey,
                    g[0], g[1], g[2], b[0], b[1], b[2], raster);
}
"""


@pytest.fixture(scope="module")
def kernel(tmp_path_factory) -> ctypes.CDLL:
    compiler = shutil.which("g++") or shutil.which("clang++")
    if compiler is None:
        pytest.skip("no C++ compiler is installed")
    folder = tmp_path_factory.mktemp("kernel")
    (folder / "kernels.cu").write_text((FOLDER / "kernels.cu").read_text())
    (folder / "run.cpp").write_text(PROGRAM)
    library = folder / "run.so"
    words = [compiler, "-O1", "-ffp-contract=off", "-shared", "-fPIC", "run.cpp", "-o", str(library)]
    subprocess.run(words, cwd=folder, check=True)
    return ctypes.CDLL(str(library))


def pointer(array: np.ndarray) -> ctypes.c_void_p:
    return array.ctypes.data_as(ctypes.c_void_p)


def sampled(
    kernel: ctypes.CDLL, image: np.ndarray, to_image: np.ndarray, span: tuple[float, float], repeat: bool
) -> np.ndarray:
    """What the kernel makes of a region (2, 3): (6, 8, 3)."""
    raster = np.full((6, 8, 3), np.nan, np.float32)
    gain = float(np.float32((span[1] - span[0]) / 255.0))
    kernel.run_sample(
        pointer(image), image.shape[1], image.shape[0], pointer(to_image), 8, 6, ctypes.c_float(gain),
        ctypes.c_float(span[0]), int(repeat), pointer(raster),
    )  # fmt: skip
    return raster


def cropped(
    kernel: ctypes.CDLL, image: np.ndarray, to_image: np.ndarray, gain: np.ndarray, bias: np.ndarray
) -> np.ndarray:
    """What the kernel makes of a crop's matrix (2, 3): (C, 6, 8)."""
    crop = np.full((len(gain), 6, 8), np.nan, np.float32)
    kernel.run_crop(
        pointer(image), image.shape[1], image.shape[0], pointer(to_image), 8, 6, samples_across(to_image),
        int(len(gain) == 1), pointer(np.resize(gain, 3)), pointer(np.resize(bias, 3)), pointer(crop),
    )  # fmt: skip
    return crop


@settings(deadline=None)
@given(
    x=st.floats(-10, 50),
    y=st.floats(-10, 34),
    side=st.floats(2, 60),
    angle=st.floats(-3.2, 3.2),
    span=st.sampled_from([(0.0, 1.0), (-1.0, 1.0), (0.0, 255.0)]),
    repeat=st.booleans(),
)
def test_it_samples_as_the_cpu_does(kernel, x, y, side, angle, span, repeat) -> None:
    to_image = Region(x, y, side, side, angle).to_image(8, 6)
    expected = np.empty((6, 8, 3), np.float32)
    sample(PICTURE, to_image, span, repeat, expected)
    np.testing.assert_allclose(sampled(kernel, PICTURE, to_image, span, repeat), expected, rtol=0, atol=1e-4)


@settings(deadline=None)
@given(
    x=st.floats(-10, 50),
    y=st.floats(-10, 34),
    side=st.floats(2, 60),
    angle=st.floats(-3.2, 3.2),
    grey=st.booleans(),
)
def test_it_crops_as_the_cpu_does(kernel, x, y, side, angle, grey) -> None:
    to_image = np.ascontiguousarray(Region(x, y, side, side, angle).to_image(8, 6))
    gain = np.array([1 / 255, 2 / 255, 0.5 / 255][: 1 if grey else 3], np.float32)
    bias = np.array([-0.5, 0.25, 0.0][: 1 if grey else 3], np.float32)
    expected = np.empty((len(gain), 6, 8), np.float32)
    warp_normalise(PICTURE, to_image, gain, bias, expected)
    np.testing.assert_allclose(cropped(kernel, PICTURE, to_image, gain, bias), expected, rtol=0, atol=1e-5)


def test_the_smallest_picture(kernel) -> None:
    picture = np.full((1, 1, 3), 7, np.uint8)
    to_image = np.array([[1.0, 0, 0], [0, 1.0, 0]])
    assert (sampled(kernel, picture, to_image, (0.0, 255.0), True) == 7).all()
    one, none = np.ones(1, np.float32), np.zeros(1, np.float32)
    np.testing.assert_allclose(cropped(kernel, picture, to_image, one, none), 7, rtol=1e-6)


def test_what_is_shipped_is_made_of_the_source(tmp_path: Path) -> None:
    shipped = (FOLDER / "kernels.ptx").read_text()
    assert ".entry sample(" in shipped and ".entry crop(" in shipped
    assert ".target sm_75" in shipped
    if shutil.which("nvcc") is None:
        pytest.skip("nvcc is not installed")
    (tmp_path / "kernels.cu").write_text((FOLDER / "kernels.cu").read_text())
    words = ["nvcc", "-ptx", "-arch=compute_75", "--fmad=false", "kernels.cu", "-o", "made.ptx"]
    subprocess.run(words, cwd=tmp_path, check=True)

    def code(text: str) -> list[str]:
        return [line for line in text.splitlines() if line.strip() and not re.match(r"//|\.version", line)]

    assert code((tmp_path / "made.ptx").read_text()) == code(shipped)
