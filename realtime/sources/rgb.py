"""From a decoded picture in whatever form the codec has it to an upright RGB array."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

if TYPE_CHECKING:
    from av.sidedata.sidedata import SideData

_UNSPECIFIED = 2  # AVCOL_SPC_UNSPECIFIED: swscale then takes BT.601

# (a, b, c, d) of a display matrix: a pixel at (x, y), y down, is shown at (a x + c y, b x + d y).
_Orientation = tuple[int, int, int, int]
_FROM_ROTATION: dict[int, _Orientation] = {
    0: (1, 0, 0, 1),
    90: (0, -1, 1, 0),
    180: (-1, 0, 0, -1),
    270: (0, 1, -1, 0),
}


class RgbConverter:
    """Converts decoded pictures to RGB. One for each thread: its scaler is reused from frame to frame.

    Any size, pixel format, bit depth and colour range; they may change from one frame to the next.
    Alpha is dropped. Quarter turns and mirrorings that the file asks for are carried out.
    """

    def __init__(self) -> None:
        self._scaler = VideoReformatter()
        self._orientation = _FROM_ROTATION[0]
        self._rotation = 0

    def __call__(self, frame: VideoFrame) -> NDArray[np.uint8]:
        """Return the picture as an array (H, W, 3) uint8 RGB, C-contiguous and upright."""
        try:
            rgb = self._scaler.reformat(frame, format="rgb24", threads=1)
        except OSError:
            # swscale refuses the rarer matrices (YCgCo, ICtCp, reserved values); such a mark is more
            # often a slip of the encoder than the truth, and players ignore it.
            frame.colorspace = _UNSPECIFIED
            rgb = self._scaler.reformat(frame, format="rgb24", threads=1)
        image = cast("NDArray[np.uint8]", rgb.to_ndarray())
        if rgb is frame:  # it was RGB already: the decoder may still need these very pixels
            image = image.copy()
        if frame.rotation != self._rotation:
            # Only then: a frame asked for its side data is in a reference cycle with it, and its pixels
            # stay in memory until the garbage collector comes by (which crashes where there is an ICC
            # profile among the side data, PyAV 18.1).
            self._rotation, self._orientation = frame.rotation, _orientation(frame)
        return np.ascontiguousarray(_upright(image, self._orientation))


def _orientation(frame: VideoFrame) -> _Orientation:
    try:
        matrix = cast("SideData | None", frame.side_data.get("DISPLAYMATRIX"))
    except ValueError:  # PyAV does not know the kind of other side data on the frame, such as Exif
        return _FROM_ROTATION[round(frame.rotation / 90) * 90 % 360]
    if matrix is None:
        return _FROM_ROTATION[0]
    a, b, _, c, d = np.frombuffer(bytes(matrix), np.int32, 5).tolist()
    return a, b, c, d


def _upright(image: NDArray[np.uint8], orientation: _Orientation) -> NDArray[np.uint8]:
    a, b, c, d = orientation
    if abs(b) + abs(c) > abs(a) + abs(d):
        image = image.transpose(1, 0, 2)
        mirror_x, mirror_y = c < 0, b < 0
    else:
        mirror_x, mirror_y = a < 0, d < 0
    return image[:: -1 if mirror_y else 1, :: -1 if mirror_x else 1]
