"""One stream of the fleet, where it runs: a pipeline that serves only as long as its lease is renewed."""

from __future__ import annotations

import gc
import os
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from realtime.errors import LiveFacsError
from realtime.fleet.uplink import Continuation, Line, Uplink

if TYPE_CHECKING:
    from realtime.cameras import Camera
    from realtime.pipeline import Pipeline

LEASE_S = 4.0
"""Seconds without a renewal after which a stream ends itself: its supervisor may have given it to another."""
GUARD_S = 0.25

Phase = Literal["preparing", "ready", "serving", "ended", "failed", "crashed"]


@dataclass(frozen=True, slots=True)
class Equipment:
    """What a machine of the fleet needs to run a stream, sent there: nothing but LiveFACS is installed.

    Attributes:
        bundle: name of a built-in bundle, or the bytes of one as .zip.
        face_model: bytes of `face_landmarker.task`.
        tracker, device, precision: as in `realtime.assembly.build_pipeline`.
    """

    bundle: str | bytes
    face_model: bytes
    tracker: str
    device: str
    precision: str


@dataclass(frozen=True, slots=True)
class Report:
    """How a stream is doing.

    Attributes:
        phase: preparing until its networks are loaded, then ready until it is told to go.
        detail: why it has failed or crashed.
        node: id of the machine in Ray.
    """

    phase: Phase
    detail: str = ""
    node: str = ""


class ServedStream:
    """One camera's pipeline in a thread of its own; every method returns at once but `stop`.

    Args:
        camera: what to read.
        equipment: what to read it with.
        line: where results go.
        node: where this runs, for the reports.
        lapse: called once the lease is over; by default it ends the process, for a thread may be stuck.
    """

    def __init__(
        self,
        camera: Camera,
        equipment: Equipment,
        line: Line,
        node: str = "",
        lapse: Callable[[], None] = lambda: os._exit(1),
    ) -> None:
        self._camera = camera
        self._equipment = equipment
        self._node = node
        self._lapse = lapse
        self._phase: Phase = "preparing"
        self._detail = ""
        self._renewed = time.monotonic()
        self._go = threading.Event()
        self._stopped = threading.Event()
        self._uplink = Uplink(line)
        self._pipeline: Pipeline | None = None
        self._thread = threading.Thread(target=self._live, name="stream", daemon=True)
        self._thread.start()
        threading.Thread(target=self._guard, name="lease", daemon=True).start()

    def renew(self) -> Report:
        """Renew the lease; return how things are."""
        self._renewed = time.monotonic()
        return Report(self._phase, self._detail, self._node)

    def go(self, continuation: Continuation) -> None:
        """Open the camera and serve."""
        self._uplink.continuation = continuation
        self._go.set()

    def stop(self, timeout: float = 5.0) -> bool:
        """End the stream in good order; return whether it has ended within so many seconds."""
        self._stopped.set()
        self._go.set()
        if self._pipeline is not None:
            self._pipeline.stop()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _live(self) -> None:
        try:
            with tempfile.TemporaryDirectory(prefix="livefacs-") as folder:
                pipeline = self._pipeline = self._build(Path(folder))
                try:
                    self._serve(pipeline)
                finally:
                    pipeline.close()
            self._phase = "ended"
        except LiveFacsError as error:
            self._phase, self._detail = "failed", str(error)
        except BaseException as error:  # noqa: BLE001 - told to the supervisor
            self._phase, self._detail = "crashed", f"{type(error).__name__}: {error}"

    def _serve(self, pipeline: Pipeline) -> None:
        pipeline.load()
        gc.collect()
        gc.freeze()
        if not self._stopped.is_set():
            self._phase = "ready"
        self._go.wait()
        if not self._stopped.is_set():
            self._phase = "serving"
            pipeline.run()

    def _build(self, folder: Path) -> Pipeline:
        from realtime.assembly import build_pipeline

        equipment, camera = self._equipment, self._camera
        bundle: Path | str = folder / "bundle.zip"
        if isinstance(equipment.bundle, str):
            bundle = equipment.bundle
        else:
            Path(bundle).write_bytes(equipment.bundle)
        face_model = folder / "face_landmarker.task"
        face_model.write_bytes(equipment.face_model)
        return build_pipeline(
            camera.make_source(insist=True),
            bundle=bundle,
            face_model=face_model,
            offline=True,
            tracker=equipment.tracker,
            device=equipment.device,
            precision=equipment.precision,
            max_faces=camera.max_faces,
            window=camera.window,
            calibrate=camera.calibration,
            sinks=[self._uplink],
        )

    def _guard(self) -> None:
        while time.monotonic() - self._renewed < LEASE_S:
            time.sleep(GUARD_S)
            if not self._thread.is_alive():
                return
        self._lapse()
