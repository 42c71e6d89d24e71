"""Key files of ZeroMQ's CURVE: `NAME.key` holds a public key, `NAME.key_secret` that and the secret one."""

from __future__ import annotations

import os
import re
import struct
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import zmq
from zmq.utils import z85

MAX_KEY_FILE = 65536
"""Bytes of the longest file that is read for keys; pyzmq writes about 400."""

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*")


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A CURVE key pair, each key 40 characters of Z85."""

    public: bytes
    secret: bytes = field(repr=False)


def make_pair(folder: Path, name: str) -> tuple[Path, Path]:
    """Make a new pair in a folder, which is made if need be; existing files are never replaced.

    Returns:
        The public file, `NAME.key`, and the secret one, `NAME.key_secret`, which only its owner may read.

    Raises:
        ValueError: the name cannot be used or is taken, or the folder cannot be written to, in one line.
    """
    import zmq.auth

    if not _NAME.fullmatch(name):
        raise ValueError(f"key name {name!r}: use letters, digits, - _ and . only, no . at the beginning")
    public, secret = folder / f"{name}.key", folder / f"{name}.key_secret"
    for path in (public, secret):
        if path.exists():
            raise ValueError(f"{path}: exists; choose another name, or delete it if nobody uses it any more")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Written where nobody else can look, since pyzmq creates files that everybody may read.
        with tempfile.TemporaryDirectory(dir=folder, prefix=".") as unseen:
            made = [Path(file) for file in zmq.auth.create_certificates(unseen, name)]
            for file, path, mode in zip(made, (public, secret), (0o644, 0o600), strict=True):
                file.chmod(mode)
                file.rename(path)
    except OSError as error:
        raise ValueError(f"{folder}: keys cannot be written there ({error.strerror or error})") from error
    return public, secret


def read_pair(path: Path) -> KeyPair:
    """Read a `.key_secret` file. Raises ValueError with one line if it is not a sound one."""
    public, secret = _read(path)
    if secret is None:
        raise ValueError(f"{path}: holds no secret key; name the .key_secret file that was made with it")
    try:
        belongs = zmq.curve_public(secret) == public
    except zmq.ZMQError:
        belongs = False
    if not belongs:
        raise ValueError(f"{path}: is damaged; copy it again, or make a new pair with `livefacs keys`")
    return KeyPair(public, secret)


def read_public(path: Path) -> bytes:
    """Read somebody else's `.key` file. Raises ValueError with one line if it is not a sound one."""
    public, secret = _read(path)
    if secret is not None:
        raise ValueError(f"{path}: holds a secret key, which stays with its owner; name the .key file")
    return public


def others_may_read(path: Path) -> bool:
    """Whether other users of this machine may read the file; never on Windows, which has no such modes."""
    return os.name == "posix" and bool(path.stat().st_mode & 0o077)


def _read(path: Path) -> tuple[bytes, bytes | None]:
    try:
        if not path.is_file():
            what = "is not a file" if path.exists() else "does not exist"
            raise ValueError(f"{path}: {what}; `livefacs keys NAME` makes NAME.key and NAME.key_secret")
        long = path.stat().st_size > MAX_KEY_FILE
        public, secret = (b"", None) if long else _keys_in(path)
    except OSError as error:
        raise ValueError(f"{path}: cannot be read ({error.strerror or error})") from error
    if not _is_key(public) or (secret is not None and not _is_key(secret)):
        raise ValueError(f"{path}: is not a key file of ZeroMQ; `livefacs keys NAME` makes one")
    return public, secret


def _keys_in(path: Path) -> tuple[bytes, bytes | None]:
    import zmq.auth

    try:
        return zmq.auth.load_certificate(path)
    except (ValueError, IndexError):  # no public key, or a line that breaks off
        return b"", None


def _is_key(text: bytes) -> bool:
    try:
        return len(text) == 40 and len(z85.decode(text)) == 32
    except (KeyError, struct.error):  # not of Z85's alphabet, or too large a number
        return False
