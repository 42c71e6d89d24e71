"""What is to be read as one of several streams, and how much of the machine it gets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from realtime.assembly import DEFAULT_MAX_FACES, DEFAULT_WINDOW
from realtime.errors import OptionError
from realtime.sources import Source, open_source
from realtime.sources.spec import parse_spec


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """One stream: a camera, an address or a file.

    Attributes:
        source: what `realtime.sources.open_source` takes; may hold a password.
        name: of the stream; "" for the one the source suggests.
        max_fps: most frames a second; None for all that the machine can keep up with.
        priority: share of an overloaded machine: twice the priority, twice the frames. Above 0.
        max_faces, window, calibration, realtime, reconnect: as options of `livefacs run`.
        secrets: parts of the source that no message may show, beside the user's name and password.
        cpus, gpus: cores and share of GPUs that it takes of a fleet's machine; a GPU may be shared, 0.25.
        node: the only machine of a fleet that may serve it, such as the one a webcam hangs on; "" for any.

    Raises:
        OptionError: the priority is none.
    """

    source: str = field(repr=False)
    name: str = ""
    max_fps: float | None = None
    priority: float = 1.0
    max_faces: int = DEFAULT_MAX_FACES
    window: int = DEFAULT_WINDOW
    calibration: bool = True
    realtime: bool = False
    reconnect: bool = True
    secrets: tuple[str, ...] = field(default=(), repr=False)
    cpus: float = 0.5
    gpus: float = 0.0
    node: str = ""

    def __post_init__(self) -> None:
        if not 0 < self.priority < float("inf"):
            raise OptionError(f"camera '{self.name}': priority {self.priority:g} must be above 0")
        if not 0 <= self.cpus < float("inf") or not 0 <= self.gpus < float("inf"):
            raise OptionError(f"camera '{self.name}': cpus and gpus must be 0 or more")

    def make_source(self, *, insist: bool = False) -> Source:
        """Return its source, not open yet. Raises LiveFacsError if it can never be opened.

        Args:
            insist: open it even if the camera is not there yet, unless `reconnect` is off.
        """
        return open_source(
            self.source,
            realtime=self.realtime,
            name=self.name or None,
            reconnect=self.reconnect,
            max_fps=self.max_fps,
            insist=insist and self.reconnect,
            secrets=self.secrets,
        )


def with_names(cameras: Sequence[Camera]) -> list[Camera]:
    """Return the cameras, each with a name of its own: the one its source suggests, numbered if taken.

    Raises SourceError for a source that is none.
    """
    taken = {camera.name for camera in cameras}
    named = []
    for camera in cameras:
        name, number = camera.name, 1
        if not name:
            name = suggested = parse_spec(camera.source, secrets=camera.secrets).name
            while name in taken:
                number += 1
                name = f"{suggested}-{number}"
            taken.add(name)
        named.append(replace(camera, name=name))
    return named
