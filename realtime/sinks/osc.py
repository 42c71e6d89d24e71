"""Open Sound Control: one message per score, for TouchDesigner, Max, Pure Data, Unity and their like."""

from __future__ import annotations

import math
from collections.abc import Iterator

from realtime.sinks.sink import Sink
from realtime.sinks.udp_bundles import OscMessage, UdpBundles
from realtime.types import FaceResult, FrameResult

DEFAULT_PORT = 9000


class OSCSink(Sink):
    """Sends, for each frame, a bundle of messages to one address by UDP.

    | address | arguments |
    |---|---|
    | `/livefacs/STREAM/frame` | frame number, faces in it |
    | `/livefacs/STREAM/TRACK/au/AU12` | intensity 0-5, or of a model without, occurrence probability 0-1 |
    | `/livefacs/STREAM/TRACK/occurrence/AU12` | probability 0-1 |
    | `/livefacs/STREAM/TRACK/expression/happiness` | probability 0-1 |
    | `/livefacs/STREAM/TRACK/pose` | yaw, pitch, roll in degrees, with the signs of `realtime.Pose` |
    | `/livefacs/STREAM/TRACK/box` | x, y, width, height as shares of the picture |

    Args:
        address: `HOST:PORT`, or a port of this machine.
    """

    def __init__(self, address: str = str(DEFAULT_PORT)) -> None:
        self._bundles = UdpBundles(address, "OSC")

    def open(self) -> None:
        """Get ready to send. Raises SinkError with one line."""
        self._bundles.open()
        self.destination = f"OSC to {self._bundles.address}"

    def write(self, result: FrameResult) -> None:
        """Send a frame's scores."""
        self._bundles.send(_messages(result))

    def close(self) -> None:
        """Close the socket."""
        self._bundles.close()


def _messages(result: FrameResult) -> Iterator[OscMessage]:
    yield f"/livefacs/{result.stream}/frame", (result.frame, len(result.faces))
    for face in result.faces:
        for address, arguments in _of_face(face, result.size):
            yield f"/livefacs/{result.stream}/{face.track_id}/{address}", arguments


def _of_face(face: FaceResult, size: tuple[int, int]) -> Iterator[OscMessage]:
    for au, level in (face.au_intensity or face.au_occurrence or {}).items():
        yield f"au/{au}", (float(level),)
    for au, probability in (face.au_occurrence or {}).items():
        yield f"occurrence/{au}", (float(probability),)
    for name, probability in (face.expression or {}).items():
        yield f"expression/{name}", (float(probability),)
    yield "pose", [math.degrees(angle) for angle in (face.pose.yaw, face.pose.pitch, face.pose.roll)]
    x, y, width, height = face.bbox
    yield "box", (x / size[0], y / size[1], width / size[0], height / size[1])
