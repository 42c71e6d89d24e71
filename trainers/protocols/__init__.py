"""Who is trained on and who is tested: subject-independent splits of a corpus, and what is drawn from them.

Papers are cited by the names that `trainers.metrics` lists.
"""

from trainers.protocols.by_name import PROTOCOLS, protocol
from trainers.protocols.by_subject import (
    everything,
    leave_one_subject_out,
    own_partitions,
    subject_folds,
    subject_partitions,
    training_and_validation,
)
from trainers.protocols.cross_corpus import cross_corpus
from trainers.protocols.masking import mask_labels
from trainers.protocols.sampling import balanced_intensity_sample, positive_resampling
from trainers.protocols.split import Sample, Split

__all__ = [
    "PROTOCOLS",
    "Sample",
    "Split",
    "balanced_intensity_sample",
    "cross_corpus",
    "everything",
    "leave_one_subject_out",
    "mask_labels",
    "own_partitions",
    "positive_resampling",
    "protocol",
    "subject_folds",
    "subject_partitions",
    "training_and_validation",
]
