"""The thread that reads a source, and what starts, watches and stops it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

import av
from av.video.frame import VideoFrame

from realtime.errors import SourceError
from realtime.sources.container import MissingFormatError, NoVideoError, UnreadableError
from realtime.sources.continuity import Continuity
from realtime.sources.decoder import Decoder, Picture
from realtime.sources.faults import check_file, explain, lost, silent
from realtime.sources.frame_rate_cap import FrameRateCap
from realtime.sources.handover import Handover
from realtime.sources.pace import Pacer
from realtime.sources.rgb import RgbConverter
from realtime.sources.spec import Spec
from realtime.types import Frame

T = TypeVar("T")

# What `t_capture` rises by at least from one picture to the next.
_TICK_S = 1e-6


@dataclass(frozen=True, slots=True)
class Stamped:
    """A decoded picture with the stamps a `Frame` carries; `realtime.types.Frame` says what they mean."""

    frame: VideoFrame
    number: int
    t_capture: float
    pts: int | None
    time_base: Fraction | None
    generation: int
    decode_s: float
    t_camera: float | None = None

    def to_frame(self, rgb: RgbConverter, dropped: int = 0) -> Frame:
        """The picture as RGB, converted in the calling thread."""
        before = time.monotonic()
        image = rgb(self.frame)
        convert_s = time.monotonic() - before
        return Frame(
            image,
            self.number,
            self.t_capture,
            self.pts,
            self.time_base,
            self.generation,
            dropped,
            decode_s=self.decode_s,
            convert_s=convert_s,
            t_camera=self.t_camera,
        )


class Reader(threading.Thread, Generic[T]):
    """Opens a source, decodes it to its end and closes it; no other thread touches the container.

    Args:
        spec: what to open.
        handover: where the pictures go.
        prepare: run on each picture in this thread before it is handed over.
        paced: play a recording at the speed it was taken.
        cap: chooses the pictures to hand over; None: all of them.

    Attributes:
        total, fps: as in `Source`; valid once `open` returned.
        finite: as in `Decoder`.
        damage: as in `Source`.
        loss: one line saying why the source broke off; None if it simply came to its end.
        crash: an unexpected error, for the consumer to raise.
    """

    def __init__(
        self,
        spec: Spec,
        handover: Handover[T],
        prepare: Callable[[Stamped], T],
        paced: bool,
        cap: FrameRateCap | None = None,
    ) -> None:
        # A daemon: a driver or a server that never answers must not keep the program from ending.
        super().__init__(name=f"read {spec.name}", daemon=True)
        self._spec = spec
        self._handover = handover
        self._prepare = prepare
        self._paced = paced
        self._cap = cap
        self._stop_asked = threading.Event()
        self._answered = threading.Event()
        self._failure: SourceError | None = None
        self._patience = 0.0
        self._continuity = Continuity(live=spec.kind != "file")
        self._last_t = float("-inf")
        self.total: int | None = None
        self.fps: float | None = None
        self.finite = False
        self.damage: str | None = None
        self.loss: str | None = None
        self.crash: BaseException | None = None

    def open(self, timeout: float) -> None:
        """Start the thread and wait until the source is open; a file until its first picture is decoded.

        Raises SourceError if that fails or takes longer than `timeout` seconds. Call `stop` even then.
        """
        self._patience = timeout
        self.start()
        if not self._answered.wait(timeout):
            raise silent(self._spec, timeout)
        if self._failure is not None:
            raise self._failure
        if self.crash is not None:
            raise self.crash

    def stop(self, timeout: float) -> None:
        """Ask the thread to end and wait for it, but no longer than `timeout` seconds.

        A thread that is stuck in FFmpeg until then is left behind: when FFmpeg returns to it, it closes
        what it opened and ends.
        """
        self._stop_asked.set()
        self._handover.close()
        if self.is_alive():
            self.join(timeout)

    def run(self) -> None:
        """The thread's life; ends when the source does or `stop` was called."""
        try:
            self._read()
        except (NoVideoError, UnreadableError, MissingFormatError, av.FFmpegError, OSError) as error:
            if not self._answered.is_set():
                self._failure = explain(error, self._spec)
            elif not self._stop_asked.is_set():
                self.loss = lost(error, self._spec)
        except SourceError as error:
            self._failure = error
        except BaseException as error:  # noqa: BLE001 - passed on to the consumer's thread
            self.crash = error
        finally:
            self._handover.finish()
            self._answered.set()

    def _read(self) -> None:
        # One connection; `ReconnectingSource` makes another reader for the next.
        if self._spec.kind == "file":
            check_file(self._spec)
        decoder = Decoder(self._spec, self._patience)
        try:
            if self._stop_asked.is_set():  # what never sends a packet may count as open once time is up
                return
            self.total, self.fps, self.finite = decoder.total, decoder.fps, decoder.finite
            if self._spec.kind in ("webcam", "url"):
                self._answered.set()  # its first picture may be a key frame interval away
            self._pump(decoder)
        finally:
            decoder.close()
        if not self._answered.is_set() and not self._stop_asked.is_set():
            raise NoVideoError("nothing")

    def _pump(self, decoder: Decoder) -> None:
        recording = decoder.finite and self._spec.kind != "file"  # http serves files too, lavfi never waits
        pacer = Pacer(decoder.fps) if self._paced or recording else None
        wait = None if pacer is None else partial(pacer.wait, stop=self._stop_asked)
        shown = Path(self._spec.label).name if self._spec.kind == "file" else self._spec.label
        for picture in decoder.pictures(wait, self._stop_asked.is_set):
            if pacer is not None and picture.gap > 0:
                pacer.space(picture.gap, self._stop_asked)
                picture = replace(picture, t_capture=time.monotonic())
            if self._stop_asked.is_set():
                return
            stamped = self._stamp(picture)
            self.damage = decoder.damage_line(shown)
            if self._cap is None or self._cap.admits(stamped.t_capture):
                handed = self._handover.put(self._prepare(stamped))
            else:
                handed = True
                self._handover.skip()
            self._answered.set()
            if not handed:
                return
        self.damage = decoder.damage_line(shown)

    def _stamp(self, picture: Picture) -> Stamped:
        frame = picture.frame
        # B-frames are shown after pictures that arrived later
        self._last_t = max(picture.t_capture, self._last_t + _TICK_S)
        pts = self._continuity.follow(
            frame.pts, frame.time_base, self._last_t, (frame.width, frame.height, frame.rotation)
        )
        return Stamped(
            frame,
            picture.number,
            self._last_t,
            pts,
            frame.time_base,
            self._continuity.generation,
            picture.decode_s,
            picture.t_camera,
        )
