"""The small typed values that travel from stage to stage, and the messages that leave the process.

    Source --Frame--> Tracker --Face[]--> Router --pose group--> Head --Scores--> Smoother
           --FrameResult--> Sinks

`Frame`, `Face` and `Scores` stay inside the process and hold NumPy arrays. The `msgspec` structs below
them are the wire format: what sinks write, what `realtime.stream` yields and what `realtime.subscribe`
decodes. Names, units and ranges in `docs/wire-format.md` are generated from their annotations.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

SCHEMA = "livefacs/1"

# ---------------------------------------------------------------------------- inside the process


@dataclass(frozen=True, slots=True)
class Frame:
    """One decoded picture and when it was taken.

    Attributes:
        image: (H, W, 3) uint8 RGB, C-contiguous, upright (rotation metadata already applied).
        number: position in the source, counted from 1, frames that were dropped included.
        t_capture: seconds on the monotonic clock (`time.monotonic`), read right after the blocking
            read of its data returned, before decoding; strictly rising within a source.
        pts: presentation time stamp in units of `time_base`, None where the source gives none.
        time_base: seconds per `pts` unit.
        generation: rises on every reconnect, where time stamps step back or leap, and where the size of the
            pictures changes; tracks and filters start anew.
        dropped: frames the source has overwritten unread since it was opened.
        decode_s: seconds that decoding this picture took, after `t_capture`, waiting not counted.
        convert_s: seconds that making it RGB took, after decoding.
        t_camera: Unix time in seconds by the camera's own clock, right or wrong, when the picture was taken;
            None where the camera does not tell it.
    """

    image: NDArray[np.uint8]
    number: int
    t_capture: float
    pts: int | None = None
    time_base: Fraction | None = None
    generation: int = 0
    dropped: int = 0
    decode_s: float = 0.0
    convert_s: float = 0.0
    t_camera: float | None = None

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return self.image.shape[1], self.image.shape[0]

    @property
    def media_time(self) -> float | None:
        """Presentation time in seconds, None where the source gives no time stamp."""
        if self.pts is None or self.time_base is None:
            return None
        return float(self.pts * self.time_base)

    @property
    def stream_time(self) -> float:
        """Seconds on the stream's own clock: the presentation time, or `t_capture` where there is none."""
        media_time = self.media_time
        return self.t_capture if media_time is None else media_time


TOP_INTENSITY = 5.0
"""The highest AU intensity: FACS' A to E as 1 to 5, absent as 0."""


class Pose(msgspec.Struct, frozen=True):
    """Head rotation in radians, in camera axes: x to the right of the image, y down, z into the scene.

    The rotation matrix from head to camera is Rx(pitch) Ry(yaw) Rz(roll); all three are 0 for a head
    facing the camera upright. These are OpenFace's `pose_Rx, pose_Ry, pose_Rz`.
    """

    yaw: Annotated[float, Meta(description="rad, > 0: face turned to the left of the image")]
    pitch: Annotated[float, Meta(description="rad, > 0: face turned down")]
    roll: Annotated[float, Meta(description="rad, > 0: head tilted clockwise as seen in the image")]


class LateCrop(ABC):
    """A crop (C, S, S) float32 that is cut when it is read; `numpy.asarray` reads it."""

    @staticmethod
    @abstractmethod
    def together(crops: Sequence[LateCrop]) -> Any:
        """Return crops as rows of a network's input, for engines that let them be written in place."""

    @abstractmethod
    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """Cut it. Raises EngineError if what it is cut from has gone: some frames later."""


@dataclass(slots=True)
class Face:
    """One tracked face in one frame.

    Attributes:
        track_id: stable identity, counted from 1 within a stream; never used twice.
        bbox: (x, y, width, height) in pixels of the landmarks' bounding box; may reach over the border.
        landmarks: (478, 3) float32; x and y in pixels from the picture's left and upper edge, z in the
            same scale, smaller is nearer (MediaPipe's face mesh with irises).
        blendshapes: (52,) float32 in 0-1, in MediaPipe's order (`realtime.tracking.BLENDSHAPES`).
        pose: head rotation.
        confidence: 0-1, the share of landmarks inside the picture.
        neutral: (52,) float32, the person's own resting blendshapes so far; zeros without calibration.
        pose_group: name of the bundle's pose group that serves this face; set by the router.
        crop: (C, S, S) float32, aligned and normalised as the bundle declares; None if no head asks for it.
            On a GPU it is cut when it is read, until two frames later.
        mean_crop: (C, S, S) float32, the mean of the person's crops so far; None if no head asks for it.
    """

    track_id: int
    bbox: tuple[float, float, float, float]
    landmarks: NDArray[np.float32]
    blendshapes: NDArray[np.float32]
    pose: Pose
    confidence: float
    neutral: NDArray[np.float32] | None = None
    pose_group: str = ""
    crop: NDArray[np.float32] | LateCrop | None = None
    mean_crop: NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True)
class Scores:
    """What a head says of one face, before or after smoothing; None where the bundle has no such output.

    Attributes:
        au_occurrence: (A,) float32 probabilities, AUs in the bundle's order.
        au_intensity: (A,) float32 in 0-5.
        expression: (E,) float32 probabilities that sum to 1.
    """

    au_occurrence: NDArray[np.float32] | None
    au_intensity: NDArray[np.float32] | None
    expression: NDArray[np.float32] | None


# ---------------------------------------------------------------------------- on the wire

Probability = Annotated[float, Meta(ge=0.0, le=1.0)]
Intensity = Annotated[float, Meta(ge=0.0, le=TOP_INTENSITY)]
ActionUnit = Annotated[str, Meta(pattern=r"^AU[0-9]{2}$")]

Occurrences = Annotated[
    dict[ActionUnit, Probability],
    Meta(
        description="probability that each Action Unit is present (FACS level A or above), from the "
        "person's own rest where calibration is on"
    ),
]
Intensities = Annotated[
    dict[ActionUnit, Intensity],
    Meta(
        description="intensity of each Action Unit, 0 absent, 1-5 for FACS levels A-E, from the person's "
        "own rest where calibration is on"
    ),
]
Expressions = Annotated[
    dict[str, Probability],
    Meta(description="probability of each prototypical expression; they sum to 1"),
]


class RawScores(msgspec.Struct, frozen=True, omit_defaults=True):
    """The frame's own scores, calibrated, before the temporal median."""

    au_occurrence: Occurrences | None = None
    au_intensity: Intensities | None = None
    expression: Expressions | None = None


class FaceResult(msgspec.Struct, frozen=True, omit_defaults=True):
    """One face of one frame. A score the model does not give is absent, never 0."""

    track_id: Annotated[
        int, Meta(ge=1, description="stable identity within the stream, from 1, never reused")
    ]
    bbox: Annotated[
        tuple[float, float, float, float],
        Meta(description="px, x, y, width, height; may reach over the picture's border"),
    ]
    pose: Pose
    pose_group: Annotated[str, Meta(description="the bundle's pose group that served this face")]
    confidence: Annotated[
        float, Meta(ge=0.0, le=1.0, description="share of the face's landmarks inside the picture")
    ]
    filter_delay: Annotated[
        int, Meta(ge=0, description="frames, by which filtered scores lag raw ones: (window - 1) / 2")
    ]
    au_occurrence: Occurrences | None = None
    au_intensity: Intensities | None = None
    expression: Expressions | None = None
    raw: Annotated[RawScores | None, Meta(description="the same scores before the temporal median")] = None


class Header(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What every message about a frame carries."""

    schema: Annotated[str, Meta(description="wire format and its version, `livefacs/1`")]
    stream: Annotated[str, Meta(description="name of the stream, without dots")]
    generation: Annotated[
        int, Meta(ge=0, description="rises when the source begins anew; track ids and filters start anew")
    ]
    seq: Annotated[int, Meta(ge=0, description="number of the processed frame, from 0, without gaps")]
    frame: Annotated[
        int, Meta(ge=1, description="number of the frame in the source, from 1, dropped included")
    ]
    t_capture: Annotated[float, Meta(description="s, publisher's monotonic clock, when the frame was read")]
    wall_offset: Annotated[float, Meta(description="s, add to a monotonic time for Unix time")]
    t_publish: Annotated[float, Meta(description="s, publisher's monotonic clock, when this was sent")]
    dropped: Annotated[int, Meta(ge=0, description="frames overwritten unread since the source opened")]
    size: Annotated[tuple[int, int], Meta(description="px, width and height of the picture")]
    model: Annotated[str, Meta(description="bundle name and version")]
    pts: Annotated[int | None, Meta(description="presentation time stamp in units of time_base")] = None
    time_base: Annotated[
        tuple[int, int] | None, Meta(description="numerator and denominator of seconds per pts unit")
    ] = None
    t_camera: Annotated[
        float | None,
        Meta(description="s, Unix time by the camera's own clock, right or wrong, when it took the picture"),
    ] = None

    @property
    def media_time(self) -> float | None:
        """Presentation time in seconds, None where the source gives no time stamp."""
        if self.pts is None or self.time_base is None:
            return None
        return self.pts * self.time_base[0] / self.time_base[1]


class FrameResult(Header, kw_only=True, omit_defaults=True):
    """Topic `frame.<stream>.`: one per processed frame, also with no face in it (the heartbeat)."""

    faces: Annotated[tuple[FaceResult, ...], Meta(description="every face in the frame, by track id")]


class FaceUpdate(Header, kw_only=True, omit_defaults=True):
    """Topic `face.<stream>.<track>.`: one face of a frame, for those who follow one person."""

    face: FaceResult


class Percentiles(msgspec.Struct, frozen=True):
    """Half, 95 % and 99 % of the frames took no longer."""

    p50: Annotated[float, Meta(ge=0.0, description="s, the median")]
    p95: Annotated[float, Meta(ge=0.0, description="s, 95th percentile")]
    p99: Annotated[float, Meta(ge=0.0, description="s, 99th percentile")]


State = Literal["connecting", "live", "stalled", "reconnecting", "ended"]


class StreamStatus(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Topic `status.<stream>.`: on every change of state, and every second."""

    schema: Annotated[str, Meta(description="wire format and its version, `livefacs/1`")]
    stream: Annotated[str, Meta(description="name of the stream, without dots")]
    state: Annotated[State, Meta(description="what the source is doing")]
    t: Annotated[float, Meta(description="s, publisher's monotonic clock, when this was sent")]
    wall_offset: Annotated[float, Meta(description="s, add to a monotonic time for Unix time")]
    generation: Annotated[int, Meta(ge=0, description="as in frame messages")]
    frames: Annotated[int, Meta(ge=0, description="frames processed so far")]
    dropped: Annotated[int, Meta(ge=0, description="frames overwritten unread so far")]
    faces: Annotated[int, Meta(ge=0, description="faces in the latest frame")]
    fps: Annotated[float, Meta(ge=0.0, description="1/s, frames processed, over the last second")]
    model: Annotated[str, Meta(description="bundle name and version")]
    detail: Annotated[
        str | None,
        Meta(description="one line for people: why the state is what it is, or that it is overloaded"),
    ] = None
    captured: (
        Annotated[int, Meta(ge=0, description="frames the source gave so far: processed, dropped or unread")]
        | None
    ) = None
    captured_fps: (
        Annotated[float, Meta(ge=0.0, description="1/s, frames the source gave, over the last second")] | None
    ) = None
    max_fps: (
        Annotated[float, Meta(gt=0.0, description="1/s, cap on this stream's frames; others are dropped")]
        | None
    ) = None
    reconnects: Annotated[int, Meta(ge=0, description="times the source was lost and found again")] | None = (
        None
    )
    tracks: Annotated[int, Meta(ge=0, description="different track ids seen so far")] | None = None
    stages: Annotated[
        dict[str, Percentiles] | None,
        Meta(
            description="how long each stage took, `latency` from capture to publish, over some ten seconds"
        ),
    ] = None
