"""Face crops of a corpus, cut by the runtime's aligner: training sees what a live head sees."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engines.manifest import CropInput
from realtime.tracking.crop import Aligner
from trainers.corpora.corpus import Corpus
from trainers.corpora.images import Images
from trainers.errors import CorpusError
from trainers.evaluation.tracked import Tracked


class Crops:
    """One aligned, normalised crop per row, cut when it is asked for. Picklable."""

    def __init__(self, corpus: str, images: Images, tracked: Tracked, spec: CropInput) -> None:
        self._corpus = corpus
        self._images = images
        self._found = tracked.found
        self._landmarks = tracked.landmarks
        self._align = Aligner(spec)

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: int) -> NDArray[np.float32]:
        """Return the (C, H, W) float32 crop of one row.

        Raises:
            CorpusError: if no face was found there, or the picture cannot be read.
        """
        if not self._found[index]:
            raise CorpusError(
                f"corpus {self._corpus}: no face was found in row {index}; select the rows that are `found`"
            )
        return self._align(self._images[index], self._landmarks[index])


def crops(corpus: Corpus, tracked: Tracked, spec: CropInput) -> Crops:
    """Return the corpus' faces as a bundle with this crop input sees them.

    Raises:
        CorpusError: if `tracked` has another number of rows than the corpus.
    """
    tracked.check(corpus)
    return Crops(corpus.name, corpus.images, tracked, spec)
