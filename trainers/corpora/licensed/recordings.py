"""A corpus of recordings: what all frames of one have in common is said once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainers.corpora.corpus import Corpus
from trainers.corpora.images import Images

UNKNOWN_POSE = (np.nan, np.nan, np.nan)


@dataclass(frozen=True, eq=False)
class Recording:
    """The labelled frames of one recording, m of them.

    Attributes:
        subject, sequence, view, partition: as in `Corpus`, the same for all frames.
        frame: (m,) int64 from 1.
        intensity: (m, A) float32.
        occurrence: (m, A) float32.
        pose: yaw, pitch, roll in degrees, the same for all frames.
    """

    subject: str
    sequence: str
    frame: NDArray[np.int64]
    intensity: NDArray[np.float32]
    occurrence: NDArray[np.float32]
    pose: tuple[float, float, float] = UNKNOWN_POSE
    view: str = ""
    partition: str = ""


def corpus_of_recordings(
    name: str, aus: Sequence[str], images: Images, recordings: Sequence[Recording], domain: str
) -> Corpus:
    """Return the recordings' frames one after the other, as `images` has them."""
    lengths = [len(recording.frame) for recording in recordings]

    def each(values: Sequence[str]) -> NDArray[np.str_]:
        return np.repeat(np.array(values, dtype=np.str_), lengths)

    return Corpus(
        name=name,
        aus=tuple(aus),
        images=images,
        subject=each([recording.subject for recording in recordings]),
        sequence=each([recording.sequence for recording in recordings]),
        frame=np.concatenate([recording.frame for recording in recordings]),
        intensity=np.concatenate([recording.intensity for recording in recordings]),
        occurrence=np.concatenate([recording.occurrence for recording in recordings]),
        pose=np.repeat(np.array([r.pose for r in recordings], dtype=np.float32), lengths, axis=0),
        view=each([recording.view for recording in recordings]),
        domain=np.full(sum(lengths), domain),
        partition=each([recording.partition for recording in recordings]),
    )
