"""Lab Streaming Layer: results beside EEG, eye trackers and markers, on one clock."""

from __future__ import annotations

import math
import socket
import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from realtime.errors import SinkError
from realtime.facs import AU_NAMES
from realtime.sinks.face_slots import FaceSlots
from realtime.sinks.sink import Sink
from realtime.types import FaceResult, FrameResult

if TYPE_CHECKING:
    import pylsl

KIND = "FACS"
"""Content type of the outlets."""

Channel = tuple[str, str, str]
"""Label, unit, type."""

_FACE: tuple[Channel, ...] = (
    ("track_id", "none", "identity"),
    ("confidence", "normalized", "quality"),
    *((f"bbox_{edge}", "pixels", "position") for edge in ("x", "y", "width", "height")),
    *((f"pose_{angle}", "radians", "orientation") for angle in ("pitch", "yaw", "roll")),
)


class LSLSink(Sink):
    """One outlet for each stream: a sample per frame, stamped with the frame's capture time.

    Needs the `pylsl` package (`livefacs[lsl]`). Outlets are named `LiveFACS <stream>`, of type `FACS`, with
    an irregular rate (0) and channel format `cf_double64`. Channels are `frame`, then for each of `faces`
    places what `channels` lists, labelled `face2_AU12_r` and so on from the second place on. Scores are
    filtered ones (`filter_delay`); what is not known is NaN, as is everything while nobody is in a place.

    Args:
        aus: the model's AUs, as `AU01`.
        expressions: the model's expressions.
        faces: places; a face keeps its own while it is in sight (`FaceSlots`).
        model: bundle name and version, for the outlet's description.
    """

    def __init__(
        self, aus: Iterable[str], expressions: Iterable[str] = (), *, faces: int = 1, model: str = ""
    ) -> None:
        self._aus, self._expressions = tuple(aus), tuple(expressions)
        self._faces, self._model = faces, model
        FaceSlots(faces)
        self._outlets: dict[str, tuple[pylsl.StreamOutlet, FaceSlots]] = {}

    @property
    def channels(self) -> tuple[Channel, ...]:
        """Label, unit and type of every channel, in order."""
        one = (
            *_FACE,
            *((f"{au}_r", "FACS intensity 0-5", "intensity") for au in self._aus),
            *((f"{au}_p", "normalized", "probability") for au in self._aus),
            *((name, "normalized", "probability") for name in self._expressions),
        )
        places = [("" if place == 0 else f"face{place + 1}_") for place in range(self._faces)]
        return (
            ("frame", "count", "counter"),
            *((place + label, unit, kind) for place in places for label, unit, kind in one),
        )

    def open(self) -> None:
        """Load liblsl; outlets appear with their streams' first results. Raises SinkError with one line."""
        try:
            import pylsl  # noqa: F401
        except ImportError:
            raise SinkError('LSL needs a package: pip install "livefacs[lsl]"') from None
        except RuntimeError as error:  # the package is there, the library it calls is not
            reason = str(error).strip().splitlines()[0]
            raise SinkError(
                f"LSL: liblsl cannot be loaded ({reason}); install it, then start again"
            ) from None
        self.destination = "LSL outlets of type FACS"

    def write(self, result: FrameResult) -> None:
        """Push a sample; liblsl sends it in threads of its own."""
        import pylsl

        outlet, slots = self._outlets.get(result.stream) or self._make_outlet(result.stream)
        sample = [float(result.frame)]
        for face in slots.place(result.faces):
            sample += self._values(face)
        # Both clocks count seconds; what lies between them is measured now, while the frame is young.
        captured = pylsl.local_clock() - (time.monotonic() - result.t_capture)
        outlet.push_sample(sample, captured)

    def close(self) -> None:
        """Take the outlets off the network. Safe to call twice."""
        self._outlets.clear()

    def _make_outlet(self, stream: str) -> tuple[pylsl.StreamOutlet, FaceSlots]:
        import pylsl

        info = pylsl.StreamInfo(
            f"LiveFACS {stream}",
            KIND,
            len(self.channels),
            pylsl.IRREGULAR_RATE,
            pylsl.cf_double64,
            f"livefacs-{socket.gethostname()}-{stream}",  # else a lost one is found again elsewhere
        )
        description = info.desc()
        description.append_child_value("manufacturer", "LiveFACS")
        description.append_child_value("model", self._model)
        listed = description.append_child("channels")
        for label, unit, kind in self.channels:
            channel = listed.append_child("channel")
            channel.append_child_value("label", label)
            channel.append_child_value("unit", unit)
            channel.append_child_value("type", kind)
            if (name := AU_NAMES.get(label.removesuffix("_r").removesuffix("_p")[-4:])) is not None:
                channel.append_child_value("description", name)
        made = pylsl.StreamOutlet(info), FaceSlots(self._faces)
        self._outlets[stream] = made
        return made

    def _values(self, face: FaceResult | None) -> Sequence[float]:
        if face is None:
            return [math.nan] * (len(_FACE) + 2 * len(self._aus) + len(self._expressions))
        intensity, occurrence = face.au_intensity or {}, face.au_occurrence or {}
        expression, pose = face.expression or {}, face.pose
        return [
            float(face.track_id),
            face.confidence,
            *face.bbox,
            *(pose.pitch, pose.yaw, pose.roll),
            *(intensity.get(au, math.nan) for au in self._aus),
            *(occurrence.get(au, math.nan) for au in self._aus),
            *(expression.get(name, math.nan) for name in self._expressions),
        ]
