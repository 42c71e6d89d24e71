"""Makes bundles: a folder from a manifest and models, a zip from a folder."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engines.bundle import Bundle
from engines.errors import BundleError
from engines.manifest import MANIFEST_NAME, SCHEMA
from engines.manifest_writing import encode_manifest


def write_bundle(
    folder: str | os.PathLike[str], manifest_fields: Mapping[str, Any], models: Mapping[str, bytes]
) -> Path:
    """Write a new bundle folder, whole or not at all.

    Everything is checked before anything is written: the manifest's rules, the models against the
    manifest, and the models' scores on noise.

    Args:
        folder: where to; must not exist yet, or be empty.
        manifest_fields: what `bundle.toml` shall say, under its keys. `schema` and `files` are filled in
            here; a key whose value is None is left out.
        models: file name -> content; further files, such as a data card, may be among them.

    Returns:
        The folder.

    Raises:
        BundleError: the manifest or a model would be refused, or the folder cannot be written.
        TypeError: a manifest field that is no text, number, list or mapping.
    """
    folder = Path(folder)
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in models.items()}
    text = encode_manifest({**manifest_fields, "schema": SCHEMA, "files": hashes}).encode()
    contents = {MANIFEST_NAME: text, **models}
    with Bundle(folder, _InMemory(contents)) as bundle:
        bundle.verify()
        for precision in bundle.precisions:
            bundle.verify_models(run=True, precision=precision)
    partial = folder.absolute().with_name(f".{folder.name}.{os.getpid()}.partial")
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise BundleError(f"bundle {folder}: exists already: remove it, or write to another folder")
        partial.mkdir(parents=True)
        for name, content in contents.items():
            _write(partial / name, content)
        if folder.exists():
            folder.rmdir()
        partial.rename(folder)
    except OSError as error:
        raise _unwritable(folder, error) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder


def pack(folder: str | os.PathLike[str], zip_path: str | os.PathLike[str]) -> Path:
    """Pack a bundle folder into a zip: the manifest and the files it lists, nothing else.

    The same bundle gives the same bytes everywhere: fixed order, time stamps and permissions, and no
    compression, which gains little on weights and differs between versions of zlib. An existing zip is
    replaced.

    Args:
        folder: the bundle; checked first.
        zip_path: the zip to write.

    Returns:
        The path of the zip.

    Raises:
        BundleError: the bundle is refused, or the zip cannot be written.
    """
    zip_path = Path(zip_path)
    partial = zip_path.absolute().with_name(f".{zip_path.name}.{os.getpid()}.partial")
    with Bundle.open(folder) as bundle:
        try:
            with zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as archive:
                archive.writestr(_entry(MANIFEST_NAME), bundle.manifest_text)
                for name in bundle.manifest.files:
                    archive.writestr(_entry(name), bundle.file_bytes(name))
            partial.replace(zip_path)
        except OSError as error:
            raise _unwritable(zip_path, error) from error
        finally:
            partial.unlink(missing_ok=True)
    return zip_path


class _InMemory:
    """The files of a bundle that is not written yet."""

    def __init__(self, contents: Mapping[str, bytes]) -> None:
        self._contents = contents

    def read(self, name: str) -> bytes | None:
        """See `BundleFiles.read`."""
        return self._contents.get(name)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())  # or the rename may reach the disk before the content does


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    entry.create_system = 3  # Unix, also where this runs on Windows
    entry.external_attr = (stat.S_IFREG | 0o644) << 16
    return entry


def _unwritable(path: Path, error: OSError) -> BundleError:
    return BundleError(f"bundle {path}: cannot be written ({error}): check its permissions and space")
