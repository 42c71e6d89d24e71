"""Cameras that fail, for as long as you like: `python benchmarks/soak.py [CLIP] --minutes 10`.

`livefacs run` follows several RTSP cameras, real servers on loopback that play a clip with a face. Every so
often one of them is killed and comes back, freezes without closing, or stops for a moment and then sends all
at once. Told is, from what a subscriber sees: how soon a fault was noticed, how soon results came again once
the camera was back, how soon they were fresh again, whether anything leaked, and whether memory grew.

Age of a result is from the picture being sent by the camera, by the camera's own clock, to its publication:
what piles up in buffers on the way counts.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from clips import looped
from rich.console import Console
from rich.table import Table

import realtime
from realtime import FrameResult, LiveFacsError, StreamStatus
from realtime.commands.demo import demo_clip

FPS = 30
AWAY_S = 2.0
FROZEN_S = 8.0
HELD_S = 1.0
FRESH_S = 0.150
CALM_S = 12.0
WARM_UP_SHARE = 0.2
BARS = {"noticed_s": 5.0, "back_s": 2.0, "fresh_s": 3.0}


class Camera:
    """A server process, and the faults it can have."""

    def __init__(self, clip: Path) -> None:
        self._clip = clip
        self.port = 0
        self.start()

    def start(self) -> None:
        python = shutil.which("python3", path="/usr/bin:/bin")
        script = Path(__file__).with_name("rtsp_camera.py")
        command = [str(python), str(script), str(self._clip), str(self.port)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        said = self._process.stdout.readline().split()
        if len(said) != 2:
            sys.exit(
                "the RTSP server does not start: it needs GStreamer's RTSP server and its Python bindings"
            )
        self.port = int(said[1])

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def pause(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._process.send_signal(signal.SIGCONT)


@dataclass(slots=True)
class Fault:
    """What was done to a camera, when, and what came of it (s; None: it did not happen)."""

    kind: str
    stream: str
    began: float
    over: float = 0.0
    noticed_s: float | None = None
    back_s: float | None = None
    fresh_s: float | None = None


@dataclass(slots=True)
class Seen:
    """What a subscriber saw of one stream: when each result came and how old it was, and the states."""

    arrived: list[float] = field(default_factory=list)
    ages: list[float] = field(default_factory=list)
    states: list[tuple[float, str]] = field(default_factory=list)
    steps_back: int = 0
    seq: int = -1
    last: StreamStatus | None = None


class Subscriber(threading.Thread):
    """Collects everything until it is told to stop."""

    def __init__(self, endpoint: str, names: list[str]) -> None:
        super().__init__(daemon=True)
        self.seen = {name: Seen() for name in names}
        self.over = threading.Event()
        self._endpoint = endpoint

    def run(self) -> None:
        with realtime.subscribe(self._endpoint, "", timeout=1.0) as messages:
            while not self.over.is_set():
                try:
                    message = next(messages)
                except LiveFacsError:
                    continue
                seen = self.seen[message.stream]
                now = time.monotonic()
                if isinstance(message, FrameResult):
                    begun = message.t_capture
                    if message.t_camera is not None:
                        begun = min(begun, message.t_camera - message.wall_offset)
                    seen.arrived.append(now)
                    seen.ages.append(message.t_publish - begun)
                    seen.steps_back += message.seq <= seen.seq
                    seen.seq = message.seq
                elif isinstance(message, StreamStatus):
                    seen.states.append((now, message.state))
                    seen.last = message


@dataclass(slots=True)
class Resources:
    """What the process held, once a second."""

    t: list[float] = field(default_factory=list)
    megabytes: list[float] = field(default_factory=list)
    threads: list[int] = field(default_factory=list)
    files: list[int] = field(default_factory=list)

    def sample(self, process: psutil.Process) -> None:
        with process.oneshot():
            self.t.append(time.monotonic())
            self.megabytes.append(process.memory_info().rss / 1e6)
            self.threads.append(process.num_threads())
            self.files.append(process.num_fds())

    def growth(self) -> dict[str, float]:
        """From the first quarter after the warm-up to the last quarter of all."""
        first = int(len(self.t) * WARM_UP_SHARE)
        quarter = max(1, (len(self.t) - first) // 4)
        parts = {}
        for name in ("megabytes", "threads", "files"):
            values = getattr(self, name)
            before = statistics.median(values[first : first + quarter])
            after = statistics.median(values[-quarter:])
            parts[name] = before
            parts[f"{name}_growth"] = after - before
        parts["memory_growth_percent"] = 100 * parts["megabytes_growth"] / parts["megabytes"]
        return parts


def wait(seconds: float, watch: Callable[[], None]) -> None:
    """Pass the time, looking at the process once a second."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(1.0, left))
        watch()


def do(kind: str, camera: Camera, fault: Fault, watch: Callable[[], None]) -> None:
    """Do it, and note when the camera is all right again."""
    if kind == "killed":
        camera.kill()
        wait(AWAY_S, watch)
        camera.start()
    else:
        camera.pause()
        wait(FROZEN_S if kind == "frozen" else HELD_S, watch)
        camera.go_on()
    fault.over = time.monotonic()


def judge(fault: Fault, seen: Seen, until: float) -> None:
    """Fill in what came of a fault, given what was seen of its stream up to the next one."""
    troubled = (t for t, state in seen.states if fault.began < t < fault.over and state != "live")
    fault.noticed_s = next((t - fault.began for t in troubled), None)
    after = [(t, age) for t, age in zip(seen.arrived, seen.ages, strict=True) if fault.over < t < until]
    if after:
        fault.back_s = after[0][0] - fault.over
        stale = [t for t, age in after if age > FRESH_S]
        # Seldom one is late by chance: fresh is from where on 99 in 100 are.
        if len(stale) <= len(after) // 100:
            fault.fresh_s = fault.back_s
        else:
            last = stale[-1 - len(after) // 100]
            fault.fresh_s = next((t - fault.over for t, _ in after if t > last), None)


def soak(clip: Path, minutes: float, streams: int, seed: int, folder: Path) -> dict[str, Any]:
    """Run it; return the figures."""
    # A connection begins the clip anew; should none break, it lasts.
    long = looped(clip, folder / "long.mp4", frames=int(min(minutes, 20) * 60 * FPS) + 600, fps=FPS)
    names = [f"camera{number}" for number in range(streams)]
    cameras = {name: Camera(long) for name in names}
    endpoint = f"ipc://{folder}/faces"
    config = folder / "cameras.toml"
    tables = (
        f'[cameras.{name}]\nsource = "rtsp://127.0.0.1:{each.port}/clip"\n' for name, each in cameras.items()
    )
    config.write_text(f'publish = "{endpoint}"\nmax-faces = 1\nview = false\n' + "".join(tables))
    command = [Path(sys.executable).with_name("livefacs"), "run", "--config", config]
    subscriber = Subscriber(endpoint, names)
    run = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True)
    process, resources, faults = psutil.Process(run.pid), Resources(), []
    draw = random.Random(seed)

    def watch() -> None:
        if run.poll() is not None:
            sys.exit(f"livefacs ended with status {run.returncode}")
        resources.sample(process)

    try:
        subscriber.start()
        end = time.monotonic() + 60 * minutes
        wait(CALM_S, watch)
        while time.monotonic() < end:
            kind, name = draw.choice(["killed", "frozen", "held"]), draw.choice(names)
            fault = Fault(kind, name, time.monotonic())
            faults.append(fault)
            do(kind, cameras[name], fault, watch)
            wait(CALM_S, watch)
        run.send_signal(signal.SIGINT)
        run.wait(timeout=30)
        time.sleep(0.5)
    finally:
        subscriber.over.set()
        if run.poll() is None:
            run.kill()
        for camera in cameras.values():
            camera.kill()
    for number, fault in enumerate(faults):
        later = (other.began for other in faults[number + 1 :] if other.stream == fault.stream)
        judge(fault, subscriber.seen[fault.stream], next(later, float("inf")))
    return figures(minutes, run.returncode, faults, subscriber.seen, resources)


def figures(
    minutes: float, status: int, faults: list[Fault], seen: dict[str, Seen], resources: Resources
) -> dict[str, Any]:
    """Put what was found into numbers."""
    kinds = {}
    for kind in ("killed", "frozen", "held"):
        of_kind = [fault for fault in faults if fault.kind == kind]
        kinds[kind] = {"count": len(of_kind)}
        for what in BARS:
            values = [getattr(fault, what) for fault in of_kind]
            known = [value for value in values if value is not None]
            kinds[kind][what] = max(known, default=None)
            kinds[kind][f"{what}_median"] = statistics.median(known) if known else None
            kinds[kind][f"{what}_never"] = len(values) - len(known)
    calm = np.concatenate([np.array(each.ages) for each in seen.values()])
    last = [each.last for each in seen.values() if each.last is not None]
    return {
        "minutes": minutes,
        "exit_status": status,
        "results": sum(len(each.ages) for each in seen.values()),
        "age_ms": {str(p): 1e3 * float(np.percentile(calm, p)) for p in (50, 95, 99)} if len(calm) else {},
        "faults": kinds,
        "resources": resources.growth(),
        "seq_steps_back": sum(each.steps_back for each in seen.values()),
        "counts_exact": all(each.captured == each.frames + each.dropped for each in last),
        "all_faults": [asdict(fault) for fault in faults],
    }


def show(found: dict[str, Any], console: Console) -> None:
    table = Table("fault", "times", *(f"{what[:-2]} s, median / most (never)" for what in BARS), box=None)
    for kind, of_kind in found["faults"].items():
        cells = []
        for what in BARS:
            most, median, never = of_kind[what], of_kind[f"{what}_median"], of_kind[f"{what}_never"]
            cells.append(
                "" if most is None else f"{median:.2f} / {most:.2f}" + (f" ({never})" if never else "")
            )
        table.add_row(kind, str(of_kind["count"]), *cells)
    console.print(table)
    resources, ages = found["resources"], found["age_ms"]
    console.print(
        f"{found['results']} results; age by the camera's clock p50 {ages['50']:.1f}, p95 {ages['95']:.1f}, "
        f"p99 {ages['99']:.1f} ms, faults included\n"
        f"memory {resources['megabytes']:.0f} MB, grown by {resources['memory_growth_percent']:+.2f} %; "
        f"threads {resources['threads_growth']:+.0f}, files {resources['files_growth']:+.0f}; "
        f"numbers stepped back {found['seq_steps_back']} times; captured = processed + dropped: "
        f"{'yes' if found['counts_exact'] else 'NO'}; exit status {found['exit_status']}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clip", type=Path, nargs="?", help="an H.264 MP4 with a face; default: the demo's")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--streams", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0, help="of the faults")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        found = soak(args.clip or demo_clip(), args.minutes, args.streams, args.seed, Path(folder))
    show(found, Console(soft_wrap=True))
    if args.json:
        args.json.write_text(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
