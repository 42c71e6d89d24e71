"""Every form a codec may give a picture in becomes upright RGB."""

from __future__ import annotations

import gc
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import av
import numpy as np
import pytest
from tiny_clips import number_in, numbered, write_clip

from realtime.sources import open_source
from realtime.sources.rgb import RgbConverter


def frames_of(path: Path):
    with open_source(str(path)) as source:
        return list(source)


def grey_frame(pixels: str, size: tuple[int, int] = (64, 48)) -> av.VideoFrame:
    """Left half black, right half white, in the wanted pixel format."""
    image = np.zeros((size[1], size[0], 3), np.uint8)
    image[:, size[0] // 2 :] = 255
    # several threads at work on an odd size leave stray pixels in some formats
    return av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format=pixels, threads=1)


@pytest.mark.parametrize("size", [(64, 48), (641, 359), (1, 1), (17, 2)])
@pytest.mark.parametrize(
    "pixels",
    [
        "yuv420p",
        "yuvj420p",
        "yuv422p10le",
        "yuv444p12le",
        "yuva420p",
        "nv12",
        "p010le",
        "yuyv422",
        "rgba",
        "bgr0",
        "gbrp",
        "rgb24",
        "rgb48le",
        "gray",
        "gray10le",
        "gray16le",
        "ya8",
    ],
)
def test_every_pixel_format_becomes_rgb(pixels, size):
    image = RgbConverter()(grey_frame(pixels, size))
    assert image.shape == (size[1], size[0], 3)
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous
    if size[0] >= 17:
        assert image[:, :4].max() <= 3
        assert image[:, -4:].min() >= 252


# As a camera may send them; at half the resolution of colour the bars' edges are blurred.
@pytest.mark.parametrize(
    "pixels", ["yuyv422", "uyvy422", "nv12", "p010le", "yuv422p", "bgr0", "gray", "gray16le"]
)
def test_a_live_source_of_any_pixel_format_shows_the_same_picture(pixels):
    def picture(form: str):
        with open_source(f"lavfi:smptebars=size=64x48:rate=100,format={form}") as source:
            return source.read(10).image.astype(int)

    true, seen = picture("rgb24"), picture(pixels)
    assert seen.shape == (48, 64, 3) and seen.dtype == true.dtype
    if pixels.startswith("gray"):
        assert np.ptp(seen, axis=2).max() == 0
        luma = true @ [0.299, 0.587, 0.114]
        assert np.abs(seen[..., 0] - luma).mean() < 3
    else:
        assert np.abs(seen - true).mean() < 6
        assert np.median(np.abs(seen - true)) <= 2


def test_a_live_source_that_is_turned_stands_upright(tmp_path):
    image = np.zeros((32, 64, 3), np.uint8)
    image[:8, :8] = 255
    path = write_clip(tmp_path / "turned.mp4", images=[image] * 3, rotation=90)
    with open_source(str(path), realtime=True) as source:
        frame = source.read(10)
    assert frame.size == (32, 64)
    assert frame.image[-1, 0, 0] > 128 > frame.image[0, 0, 0]


def test_one_converter_follows_changes_of_size_and_format():
    convert = RgbConverter()
    for pixels, size in (
        ("yuv420p", (64, 48)),
        ("gray", (32, 16)),
        ("rgba", (128, 96)),
        ("yuv420p", (64, 48)),
    ):
        assert convert(grey_frame(pixels, size)).shape == (size[1], size[0], 3)


@pytest.mark.parametrize("colorspace", range(16))
def test_no_colour_matrix_is_refused(colorspace):
    frame = grey_frame("yuv420p")
    frame.colorspace = colorspace
    image = RgbConverter()(frame)
    assert image[:, :4].max() <= 3
    assert image[:, -4:].min() >= 252


def test_limited_and_full_range_differ_as_they_should():
    frame = av.VideoFrame(16, 16, "yuv420p")
    for plane, value in zip(frame.planes, (126, 128, 128), strict=True):
        plane.update(bytes([value]) * plane.buffer_size)
    limited = RgbConverter()(frame)
    frame.color_range = 2
    full = RgbConverter()(frame)
    assert abs(int(full[0, 0, 0]) - 126) <= 1
    assert abs(int(limited[0, 0, 0]) - round((126 - 16) * 255 / 219)) <= 1


def test_an_rgb_picture_is_copied_because_the_decoder_may_need_it_again():
    frame = grey_frame("rgb24")
    image = RgbConverter()(frame)
    image[:] = 7
    assert frame.to_ndarray()[0, -1, 0] == 255


# A white block in the top left corner: where must it be once the picture is upright?
CORNERS = {"top left": (0, 0), "top right": (0, -1), "bottom left": (-1, 0), "bottom right": (-1, -1)}


@pytest.mark.parametrize(
    ("degrees", "mirrored", "corner", "size"),
    [
        (None, False, "top left", (64, 32)),
        (0, False, "top left", (64, 32)),
        # FFmpeg counts a display matrix's degrees counter-clockwise
        (90, False, "bottom left", (32, 64)),
        (180, False, "bottom right", (64, 32)),
        (270, False, "top right", (32, 64)),
        (-90, False, "top right", (32, 64)),
        (0, True, "top right", (64, 32)),
    ],
)
@pytest.mark.parametrize("container", ["mp4", "mkv"])
def test_rotation_in_the_file_is_carried_out(tmp_path, container, degrees, mirrored, corner, size):
    image = np.zeros((32, 64, 3), np.uint8)
    image[:8, :8] = 255
    path = write_clip(
        tmp_path / f"turned.{container}", images=[image] * 3, rotation=degrees, mirrored=mirrored
    )
    for frame in frames_of(path):
        assert frame.size == size
        assert frame.image.flags.c_contiguous
        for name, (row, column) in CORNERS.items():
            assert (frame.image[row, column, 0] > 128) == (name == corner), name


def exif(orientation: int) -> bytes:
    """A JPEG segment that holds nothing but the camera's orientation."""
    tag = b"\x01\x12\x00\x03\x00\x00\x00\x01\x00" + bytes([orientation]) + b"\x00\x00"
    body = b"Exif\0\0MM\0*\x00\x00\x00\x08\x00\x01" + tag + b"\x00\x00\x00\x00"
    return b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body


@pytest.mark.parametrize(
    ("orientation", "corner"), [(1, "top left"), (3, "bottom right"), (6, "top right"), (8, "bottom left")]
)
def test_a_photograph_is_turned_as_its_exif_says(tmp_path, orientation, corner):
    image = np.zeros((32, 64, 3), np.uint8)
    image[:8, :8] = 255
    path = write_clip(
        tmp_path / "p.jpg", images=[image], codec="mjpeg", container="image2", pixels="yuvj420p"
    )
    data = path.read_bytes()
    path.write_bytes(data[:2] + exif(orientation) + data[2:])
    (frame,) = frames_of(path)
    for name, (row, column) in CORNERS.items():
        assert (frame.image[row, column, 0] > 128) == (name == corner), name


@pytest.mark.parametrize(
    ("file", "codec", "pixels"),
    [
        ("a.mkv", "libx264", "yuv444p"),
        ("a.mkv", "ffv1", "bgra"),
        ("a.mkv", "ffv1", "gray"),
        ("a.mkv", "ffv1", "gray10le"),
        ("a.mkv", "ffv1", "yuv420p10le"),
        ("a.mov", "qtrle", "argb"),
        ("a.avi", "mjpeg", "yuvj420p"),
        ("a.webm", "libvpx-vp9", "yuva420p"),
    ],
)
def test_files_of_every_kind_and_odd_size(tmp_path, file, codec, pixels):
    path = write_clip(tmp_path / file, frames=4, size=(161, 91), codec=codec, pixels=pixels)
    frames = frames_of(path)
    assert [number_in(frame.image) for frame in frames] == [0, 1, 2, 3]
    assert {frame.size for frame in frames} == {(161, 91)}


def test_lossless_pixels_come_through_unchanged(tmp_path):
    path = write_clip(tmp_path / "a.mkv", frames=2, codec="ffv1", pixels="bgr0")
    assert [np.array_equal(frame.image, numbered(i)) for i, frame in enumerate(frames_of(path))] == [True] * 2


def test_converting_leaves_nothing_to_the_garbage_collector():
    # A frame in a reference cycle keeps its pixels until the collector comes by: memory that looks leaked.
    def frames_alive() -> int:
        return sum(isinstance(thing, av.VideoFrame) for thing in gc.get_objects())

    convert = RgbConverter()
    convert(grey_frame("yuv420p"))  # the first of each orientation is asked for its display matrix
    gc.collect()
    before = frames_alive()
    gc.disable()
    try:
        for _ in range(3):
            convert(grey_frame("yuv420p"))
        assert frames_alive() == before
    finally:
        gc.enable()


def test_a_png_with_a_colour_profile_is_read(tmp_path: Path):
    # Its profile is side data; asking such a frame for side data crashed at the next garbage collection.
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + b"\x40\x80\xc0" * 16 for _ in range(8))
    path = tmp_path / "profile.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 16, 8, 8, 2, 0, 0, 0))
        + chunk(b"iCCP", b"profile\0\0" + zlib.compress(bytes(256)))
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
    code = (
        "import gc, realtime.sources as s\n"
        f"with s.open_source({str(path)!r}) as source: frames = list(source)\n"
        "gc.collect(); assert frames[0].image[0, 0].tolist() == [64, 128, 192]; del frames; gc.collect()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
