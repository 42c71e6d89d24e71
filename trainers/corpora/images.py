"""Where a corpus' pictures come from: files, frames of videos, choices of other pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from trainers.errors import CorpusError


class Images(Protocol):
    """Pictures by number; reading one leaves the others on disk."""

    def __len__(self) -> int:
        """How many there are."""
        ...

    def __getitem__(self, index: int) -> NDArray[np.uint8]:
        """Return picture `index` as (H, W, 3) uint8 RGB, contiguous.

        Raises:
            CorpusError: if it cannot be read.
        """
        ...


class ImageFiles:
    """One file (JPEG, PNG, WebP, ...) per picture."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self.paths = list(paths)

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> NDArray[np.uint8]:
        """Decode one file, turned upright as its EXIF says."""
        from PIL import Image, ImageOps

        path = self.paths[index]
        try:
            with Image.open(path) as image:
                return np.ascontiguousarray(ImageOps.exif_transpose(image).convert("RGB"))
        except (OSError, ValueError, SyntaxError) as error:
            raise CorpusError(f"{path}: not a readable picture ({error})") from error


class ArrayImages:
    """Pictures already in memory: (n, H, W, 3) uint8 RGB or a list of (H, W, 3)."""

    def __init__(self, arrays: Sequence[NDArray[np.uint8]] | NDArray[np.uint8]) -> None:
        self.arrays = arrays

    def __len__(self) -> int:
        return len(self.arrays)

    def __getitem__(self, index: int) -> NDArray[np.uint8]:
        """Return one of the arrays."""
        return self.arrays[index]


class SelectedImages:
    """Some of another's pictures, in the order asked for."""

    def __init__(self, images: Images, indices: NDArray[np.integer]) -> None:
        self.images: Images = images
        self.indices: NDArray[np.int64] = np.asarray(indices, dtype=np.int64)
        if isinstance(images, SelectedImages):  # a selection of a selection reads straight through
            self.images, self.indices = images.images, images.indices[self.indices]

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: int) -> NDArray[np.uint8]:
        """Read the picture this one stands for."""
        return self.images[int(self.indices[index])]


class JoinedImages:
    """Several sets of pictures one after the other."""

    def __init__(self, parts: Sequence[Images]) -> None:
        self.parts = list(parts)
        self._ends = np.cumsum([len(part) for part in self.parts])

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._ends) else 0

    def __getitem__(self, index: int) -> NDArray[np.uint8]:
        """Read the picture from the part it lies in."""
        if not 0 <= index < len(self):
            raise IndexError(index)
        part = int(np.searchsorted(self._ends, index, side="right"))
        return self.parts[part][index - (int(self._ends[part - 1]) if part else 0)]
