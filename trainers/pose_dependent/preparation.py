"""Pictures as Zhou et al. section III.A prepare them: grey, histogram equalised, 224x224, not aligned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trainers.corpora.equalisation import equalised
from trainers.corpora.images import Images

if TYPE_CHECKING:
    from torch import Tensor

SIZE = 224

# Equalised, the 256 greys are about equally frequent: their mean, and the spread of an even distribution.
MEAN, STD = 0.5, 12**-0.5


def prepared(picture: NDArray[np.uint8], size: int = SIZE) -> NDArray[np.uint8]:
    """Return a (H, W, 3) RGB picture as (size, size) uint8: grey (Rec. 601), equalised, then resized.

    The whole picture is resized, as the paper does, so one that is not square is squeezed; the same for all
    pictures of a corpus. Bilinear, over all pixels that a smaller picture's pixel covers.
    """
    from PIL import Image

    grey = np.asarray(Image.fromarray(picture).convert("L"))
    level = Image.fromarray(equalised(grey))
    return np.asarray(level.resize((size, size), Image.Resampling.BILINEAR))


class PreparedImages:
    """A corpus' pictures, prepared when asked for: (size, size) uint8 each."""

    def __init__(self, images: Images, size: int = SIZE) -> None:
        self._images = images
        self._size = size

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: int) -> NDArray[np.uint8]:
        """Return picture `index`.

        Raises:
            CorpusError: if it cannot be read.
        """
        return prepared(self._images[index], self._size)


def as_input(pictures: NDArray[np.uint8] | Tensor) -> Tensor:
    """Return (n, size, size) prepared uint8 pictures as the networks' (n, 1, size, size) float32 input.

    One grey channel of mean 0 and spread 1, for a backbone made with `in_channels=1`. The paper repeats the
    grey picture for VGG's three channels; one channel and kernels summed over the colours do the same in a
    third of the first layer's work.
    """
    import torch

    grey = torch.as_tensor(pictures).unsqueeze(1).to(torch.float32)
    return (grey / 255.0 - MEAN) / STD
