"""Opens a camera in the mode that suits best where the user left it open."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import av
from av.container import InputContainer

from realtime.sources.webcam.address import V4L2, v4l2_options
from realtime.sources.webcam.cameras import camera_modes, locate
from realtime.sources.webcam.modes import wished_mode

if TYPE_CHECKING:
    from realtime.sources.spec import Spec


def open_webcam(spec: Spec) -> InputContainer:
    """Open a camera with PyAV.

    On Linux the mode is chosen from what the camera offers: left to itself FFmpeg takes raw pictures of
    whatever size the program before it wanted, five a second with many cameras at 1080p, and it takes
    another mode than the wished one without a word. Elsewhere, and where a driver does not say what it
    offers, FFmpeg chooses.

    Raises:
        SourceError: no camera has the name in `spec`, or it does not offer what is wished for.
        av.FFmpegError, OSError, ValueError: it cannot be opened.
    """
    if spec.format != V4L2:
        return av.open(spec.address, mode="r", format=spec.format, options=dict(spec.options))
    path = locate(spec.address)
    offered = camera_modes(path, spec.wishes)
    options = dict(spec.options)
    if offered:
        options = v4l2_options(wished_mode(offered, spec.wishes, spec.label), spec.wishes)
    try:
        return av.open(path, mode="r", format=V4L2, options=options)
    except av.FFmpegError as error:
        # a driver that lists more than it can do: what nobody asked for must not keep it from being read
        if error.errno != errno.EINVAL or options == spec.options:
            raise
    return av.open(path, mode="r", format=V4L2, options=dict(spec.options))
