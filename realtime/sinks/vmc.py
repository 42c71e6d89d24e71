"""Virtual Motion Capture protocol: Action Units as ARKit blendshapes, for avatars.

https://protocol.vmc.info/english
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator

from realtime.sinks.face_slots import FaceSlots
from realtime.sinks.sink import Sink
from realtime.sinks.udp_bundles import OscMessage, UdpBundles
from realtime.tracking.blendshapes import BLENDSHAPES
from realtime.types import TOP_INTENSITY, FaceResult, FrameResult, Pose

DEFAULT_PORT = 39539
"""Where marionettes listen."""

ARKIT_OF_AU: dict[str, dict[str, float]] = {
    "AU01": {"browInnerUp": 1.0},
    "AU02": {"browOuterUpLeft": 1.0, "browOuterUpRight": 1.0},
    "AU04": {"browDownLeft": 1.0, "browDownRight": 1.0},
    "AU05": {"eyeWideLeft": 1.0, "eyeWideRight": 1.0},
    "AU06": {"cheekSquintLeft": 1.0, "cheekSquintRight": 1.0},
    "AU07": {"eyeSquintLeft": 1.0, "eyeSquintRight": 1.0},
    "AU09": {"noseSneerLeft": 1.0, "noseSneerRight": 1.0},
    "AU10": {"mouthUpperUpLeft": 1.0, "mouthUpperUpRight": 1.0},
    "AU12": {"mouthSmileLeft": 1.0, "mouthSmileRight": 1.0},
    "AU14": {"mouthDimpleLeft": 1.0, "mouthDimpleRight": 1.0},
    "AU15": {"mouthFrownLeft": 1.0, "mouthFrownRight": 1.0},
    "AU16": {"mouthLowerDownLeft": 1.0, "mouthLowerDownRight": 1.0},
    "AU17": {"mouthShrugLower": 1.0, "mouthShrugUpper": 0.5},
    "AU18": {"mouthPucker": 1.0},
    "AU20": {"mouthStretchLeft": 1.0, "mouthStretchRight": 1.0},
    "AU22": {"mouthFunnel": 1.0},
    "AU23": {"mouthPressLeft": 0.5, "mouthPressRight": 0.5, "mouthRollLower": 0.4, "mouthRollUpper": 0.4},
    "AU24": {"mouthPressLeft": 1.0, "mouthPressRight": 1.0},
    "AU25": {
        "mouthLowerDownLeft": 0.6,
        "mouthLowerDownRight": 0.6,
        "mouthUpperUpLeft": 0.3,
        "mouthUpperUpRight": 0.3,
        "jawOpen": 0.1,
    },
    "AU26": {"jawOpen": 0.6},
    "AU27": {"jawOpen": 1.0},
    "AU28": {"mouthRollLower": 1.0, "mouthRollUpper": 1.0},
    "AU43": {"eyeBlinkLeft": 1.0, "eyeBlinkRight": 1.0},
    "AU45": {"eyeBlinkLeft": 1.0, "eyeBlinkRight": 1.0},
}
"""ARKit's blendshapes that an AU of intensity 5 (E) moves, and how far, 0-1."""

ARKIT = (*BLENDSHAPES[1:], "tongueOut")
"""ARKit's 52 names: MediaPipe's without its `_neutral`, and the tongue, which nothing here sees."""


class VMCSink(Sink):
    """Sends one face of each stream to an avatar program by UDP, frame by frame.

    Every blendshape is sent by both names in use, ARKit's `jawOpen` and Perfect Sync's `JawOpen`: receivers
    leave alone what they do not know. Intensities become 0-1 (`ARKIT_OF_AU`); several AUs that move one shape
    add up to 1 at most; left and right move alike. The head turns as the face does; while nobody is seen the
    avatar rests.

    Args:
        address: `HOST:PORT`, or a port of this machine.
    """

    def __init__(self, address: str = str(DEFAULT_PORT)) -> None:
        self._bundles = UdpBundles(address, "VMC")
        self._slots: dict[str, FaceSlots] = {}
        self._begun = time.monotonic()

    def open(self) -> None:
        """Get ready to send. Raises SinkError with one line."""
        self._bundles.open()
        self.destination = f"VMC to {self._bundles.address}"

    def write(self, result: FrameResult) -> None:
        """Move the avatar."""
        slots = self._slots.setdefault(result.stream, FaceSlots())
        (face,) = slots.place(result.faces)
        self._bundles.send(self._messages(face))

    def close(self) -> None:
        """Close the socket."""
        self._bundles.close()

    def _messages(self, face: FaceResult | None) -> Iterator[OscMessage]:
        yield "/VMC/Ext/OK", (1,)
        yield "/VMC/Ext/T", (time.monotonic() - self._begun,)
        turned = (0.0, 0.0, 0.0, 1.0) if face is None else quaternion(face.pose)
        yield "/VMC/Ext/Bone/Pos", ("Head", 0.0, 0.0, 0.0, *turned)
        for name, value in blendshapes(face).items():
            for spelt in (name, name[0].upper() + name[1:]):
                yield "/VMC/Ext/Blend/Val", (spelt, value)
        yield "/VMC/Ext/Blend/Apply", ()


def blendshapes(face: FaceResult | None) -> dict[str, float]:
    """Return ARKit's 52 blendshapes, 0-1, of a face's intensities (of a model without, its probabilities)."""
    shapes = dict.fromkeys(ARKIT, 0.0)
    if face is None:
        return shapes
    scores = face.au_intensity
    if scores is None:
        scores = {au: TOP_INTENSITY * p for au, p in (face.au_occurrence or {}).items()}
    for au, level in scores.items():
        for name, reach in ARKIT_OF_AU.get(au, {}).items():
            shapes[name] = min(1.0, shapes[name] + reach * level / TOP_INTENSITY)
    return shapes


def quaternion(pose: Pose) -> tuple[float, float, float, float]:
    """Return x, y, z, w of a head's rotation in Unity's axes (x right, y up, z forward, left-handed).

    Seen from a person, Unity's axes are x to the right, y up, z ahead; ours, which look at her, are x to her
    left, y down, z to her back: all three the other way round, which leaves a rotation as it is. The avatar's
    left is the person's left.
    """
    half = [angle / 2 for angle in (pose.pitch, pose.yaw, pose.roll)]
    (cx, cy, cz), (sx, sy, sz) = [math.cos(a) for a in half], [math.sin(a) for a in half]
    # Rx(pitch) Ry(yaw) Rz(roll), as `Pose` has it.
    x = sx * cy * cz + cx * sy * sz
    y = cx * sy * cz - sx * cy * sz
    z = cx * cy * sz + sx * sy * cz
    w = cx * cy * cz - sx * sy * sz
    return x, y, z, w
