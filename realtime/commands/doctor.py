"""`livefacs doctor`: what works on this machine, and what to do about what does not."""

from __future__ import annotations

import importlib
import os
import platform
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

import typer

from realtime.commands.camera_check import cameras
from realtime.commands.finding import Finding
from realtime.sinks.default_endpoint import DEFAULT_PORTS

# Each package by its name for pip and its name for `import`.
PACKAGES = {
    "av": "av",
    "ai-edge-litert": "ai_edge_litert.interpreter",
    "onnxruntime": "onnxruntime",
    "numba": "numba",
    "numpy": "numpy",
    "pyzmq": "zmq",
    "msgspec": "msgspec",
    "rich": "rich",
    "typer": "typer",
}
MARKS = {"ok": "[green]ok    [/]", "note": "[yellow]note  [/]", "broken": "[bold red]broken[/]"}


def doctor(
    quick: Annotated[bool, typer.Option("--quick", help="Skip the speed trial.")] = False,
) -> None:
    """Check this machine; exit status 1 if something keeps LiveFACS from running."""
    from rich.console import Console
    from rich.markup import escape

    console = Console(highlight=False, soft_wrap=True)
    broken = False
    checks = CHECKS if quick else (*CHECKS, speed)
    for check in checks:
        for finding in guarded(check):
            broken |= finding.verdict == "broken"
            console.print(f"{MARKS[finding.verdict]} {finding.subject:<17} {escape(finding.text)}")
            if finding.mend:
                console.print(f"{'':25}-> {escape(finding.mend)}")
    raise typer.Exit(1 if broken else 0)


def guarded(check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """What a check finds; a check that fails itself becomes a finding, and the others still run."""
    subject = check.__name__.replace("_", " ")
    try:
        yield from check()
    except ImportError as error:
        mend = f"pip install --force-reinstall {error.name or 'livefacs'}"
        yield Finding("broken", subject, _in_words(error), mend)
    except Exception as error:  # noqa: BLE001 - whatever is wrong here is what the doctor is asked for
        mend = "reinstall livefacs; if that does not help, report this line"
        yield Finding("broken", subject, _in_words(error), mend)


def versions() -> Iterator[Finding]:
    """LiveFACS, Python and the packages it runs on."""
    yield Finding("ok", "livefacs", f"{version('livefacs')}, Python {platform.python_version()}")
    found = []
    for package, module in PACKAGES.items():
        try:
            text = f"{package} {version(package)}"
        except PackageNotFoundError:
            yield Finding("broken", package, "not installed", f"pip install {package}")
            continue
        try:
            importlib.import_module(module)
            found.append(text)
        except Exception as error:  # noqa: BLE001 - a broken package may raise anything
            mend = f"pip install --force-reinstall {package}"
            yield Finding("broken", package, f"cannot be imported: {_in_words(error)}", mend)
    yield Finding("ok", "packages", ", ".join(found))


def processor() -> Iterator[Finding]:
    """Cores and vector instructions."""
    flags = ""
    cpuinfo = Path("/proc/cpuinfo")
    name = platform.processor() or platform.machine()
    if cpuinfo.exists():
        lines = (line.partition(":") for line in cpuinfo.read_text().splitlines())
        fields = {key.strip(): value.strip() for key, _, value in lines}
        name = fields.get("model name", name)
        flags = ", ".join(f for f in ("avx2", "avx512f") if f in fields.get("flags", "").split())
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    yield Finding("ok", "CPU", f"{name}, {usable} cores" + (f", {flags}" if flags else ""))


def graphics() -> Iterator[Finding]:
    """An NVIDIA GPU, if there is one."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        yield Finding("ok", "GPU", "no NVIDIA driver; everything runs on the CPU")
        return
    query = [tool, "--query-gpu=name,driver_version", "--format=csv,noheader"]
    try:
        done = subprocess.run(query, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        yield Finding("note", "GPU", f"nvidia-smi does not answer ({error})", "reinstall the NVIDIA driver")
        return
    if done.returncode != 0:
        reason = (done.stdout + done.stderr).strip().splitlines()
        yield Finding("note", "GPU", reason[0] if reason else "nvidia-smi failed", "check the NVIDIA driver")
        return
    from engines.backends import backend_for
    from engines.errors import EngineError

    try:
        text, hint = f"--device cuda runs networks there by {backend_for('cuda')}", ""
    except EngineError as error:
        text, hint = "not used", str(error)
    for line in done.stdout.strip().splitlines():
        yield Finding("ok", "GPU", f"{line}; {text}", hint)


def mediapipe() -> Iterator[Finding]:
    """What `--tracker mediapipe` needs."""
    from realtime.tracking.mediapipe_landmarker import install_line, installed, missing_libraries

    missing = missing_libraries()
    if not installed():
        yield Finding("ok", "mediapipe", "not installed, nor needed but for --tracker mediapipe")
    elif missing:
        yield Finding("note", "mediapipe", f"needs {', '.join(missing)}", install_line())
    else:
        yield Finding("ok", "mediapipe", "installed, --tracker mediapipe can use it")


def face_model() -> Iterator[Finding]:
    """The cached face model."""
    from engines.user_cache import cache_folder
    from realtime.errors import FaceModelError
    from realtime.tracking.face_model import NAME, check

    path = cache_folder() / NAME
    if not path.exists():
        yield Finding("note", "face model", f"not in {path.parent} yet", "the first run fetches it (3.8 MB)")
        return
    try:
        check(path)
        yield Finding("ok", "face model", f"{path}, hash as expected")
    except FaceModelError as error:
        yield Finding("broken", "face model", str(error))


def default_bundle() -> Iterator[Finding]:
    """The built-in model bundle."""
    from engines.trial import try_precisions
    from realtime.assembly import open_bundle
    from realtime.errors import LiveFacsError
    from realtime.heads import Head

    try:
        with open_bundle() as bundle, Head(bundle):
            yield Finding("ok", "default bundle", f"{bundle.id}, {len(bundle.aus)} AUs, loads and runs")
            if len(bundle.precisions) > 1:
                trial = try_precisions(bundle)
                times = ", ".join(f"{name} {1e3 * took:.2g} ms" for name, took in trial.seconds.items())
                yield Finding("ok", "precision", f"{trial.chosen} is run ({times} a face)")
    except LiveFacsError as error:
        yield Finding("broken", "default bundle", str(error), "reinstall livefacs")


def ports() -> Iterator[Finding]:
    """The default publishing ports."""
    taken = taken_ports()
    if taken:
        mend = "another livefacs may be running; choose others with --publish tcp://127.0.0.1:PORT"
        yield Finding("note", "ports", f"in use: {', '.join(map(str, taken))}", mend)
    else:
        yield Finding("ok", "ports", f"{DEFAULT_PORTS[0]}-{DEFAULT_PORTS[-1]} are free on 127.0.0.1")


def taken_ports() -> list[int]:
    """Those of the default ports that nothing more can be published on."""
    taken = []
    for port in DEFAULT_PORTS:
        with socket.socket() as probe:
            if sys.platform != "win32":  # as ZeroMQ does: a connection closed just now holds nothing
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                probe.listen()
            except OSError:
                taken.append(port)
    return taken


def speed() -> Iterator[Finding]:
    """A short trial: how long the face search takes here on a picture without a face."""
    import time

    import numpy as np

    from realtime.errors import LiveFacsError
    from realtime.tracking.face_model import face_model as find_model
    from realtime.tracking.landmarkers import DEFAULT_LANDMARKER, create_landmarker

    image = np.random.default_rng(0).integers(0, 256, (360, 640, 3), dtype=np.uint8)
    try:
        with create_landmarker(DEFAULT_LANDMARKER, find_model(offline=True)) as landmarker:
            times = []
            for number in range(30):
                start = time.perf_counter()
                landmarker.detect(image, number / 30)
                times.append(time.perf_counter() - start)
    except LiveFacsError as error:
        yield Finding("note", "speed trial", f"skipped: {error}")
        return
    median = sorted(times)[len(times) // 2] * 1000
    text = f"searching an empty picture takes {median:.1f} ms; a face found costs several times that"
    yield Finding("ok", "speed trial", text)


def _in_words(error: Exception) -> str:
    """An exception in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())


CHECKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    versions,
    processor,
    graphics,
    mediapipe,
    face_model,
    default_bundle,
    cameras,
    ports,
)
