"""What a corpus shall contain, before anything is drawn."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from trainers.corpora.behaviour.poses import CONTINUOUS
from trainers.corpora.corpus import PARTITIONS
from trainers.corpora.rendering.scene import DOMAINS
from trainers.errors import CorpusError

POSES = ("fera", "bu3dfe", CONTINUOUS)
BEHAVIOURS = ("spontaneous", "expressions", "posed")
# Shares of the subjects in the train, validation and test partition.
SHARES = (0.6, 0.2, 0.2)
SMALLEST, LARGEST = 64, 1024
STRONGEST_HABITS = 3.0
# Larger seeds would fill two words of NumPy's entropy and could meet another plan's.
LARGEST_SEED = 2**32 - 1


@dataclass(frozen=True)
class CorpusPlan:
    """What to render. The same plan gives the same bytes on the same machine.

    Attributes:
        name: of the corpus, as tables will print it.
        subjects: how many people; frames: how many pictures in all.
        domain: the look, one of `DOMAINS`.
        poses: "fera" (nine views, each spontaneous moment of validation and test subjects seen from all),
            "bu3dfe" (143 views), "continuous" (moving heads). In "fera", a subject's last moment is cut short
            where its number of pictures is no multiple of nine.
        behaviour: "spontaneous" (AUs with published statistics), "expressions" (the six basic ones and
            neutral, at four levels) or "posed" (any AUs, each as often as every other).
        habits: how much people differ in how often they show which AUs: standard deviation of each AU's
            preference, in log-odds of showing it throughout a take. 0: all behave alike, by the published
            statistics. For spontaneous behaviour.
        seed: two corpora of other seeds or domains share no subject.
        size: height and width of the pictures, pixels.
    """

    name: str
    subjects: int
    frames: int
    domain: str = "studio"
    poses: str = "fera"
    behaviour: str = "spontaneous"
    seed: int = 0
    size: int = 256
    habits: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what cannot be rendered, naming the option and the way out."""
        if not self.name.strip() or "/" in self.name:
            raise CorpusError(f'corpus name "{self.name}": give a name without slashes, such as faces-studio')
        for option, value, choices in (
            ("domain", self.domain, DOMAINS),
            ("poses", self.poses, POSES),
            ("behaviour", self.behaviour, BEHAVIOURS),
        ):
            if value not in choices:
                raise CorpusError(f'{option} "{value}" is not known; choose from {", ".join(choices)}')
        if not 0 <= self.habits <= STRONGEST_HABITS or (self.habits and self.behaviour != "spontaneous"):
            raise CorpusError(
                f"habits {self.habits:g}: give 0 to {STRONGEST_HABITS:g}, and only with spontaneous behaviour"
            )
        if self.subjects < 1:
            raise CorpusError(f"subjects {self.subjects}: at least one person must act")
        if self.frames < self.subjects:
            raise CorpusError(
                f"frames {self.frames} for {self.subjects} subjects: frames counts all pictures, so give at "
                f"least one per subject"
            )
        if not SMALLEST <= self.size <= LARGEST:
            raise CorpusError(f"size {self.size}: pictures are {SMALLEST} to {LARGEST} pixels square")
        if not 0 <= self.seed <= LARGEST_SEED:
            raise CorpusError(f"seed {self.seed}: seeds are 0 to {LARGEST_SEED}")

    def frames_of(self, subject: int) -> int:
        """How many pictures subject number `subject` gets; all get the same, or one more."""
        return self.frames // self.subjects + (1 if subject < self.frames % self.subjects else 0)

    def partition_of(self, subject: int) -> str:
        """Return the partition of a subject: 60 : 20 : 20, dealt at random, no subject in two."""
        # A stream beside those of `rng_of`, whose second number is a domain's; both domains are dealt alike.
        order = np.random.default_rng([self.seed, 7]).permutation(self.subjects)
        ends = np.floor(np.cumsum(SHARES) * self.subjects + 0.5)
        place = int(np.flatnonzero(order == subject)[0])
        return PARTITIONS[int(np.searchsorted(ends, place, side="right").clip(max=2))]

    def rng_of(self, subject: int) -> np.random.Generator:
        """Return the source of all that is random about one subject and its pictures, as new each time."""
        return np.random.default_rng([self.seed, DOMAINS.index(self.domain), subject])

    def as_table(self) -> dict[str, Any]:
        """Return the plan as plain values, as the manifest keeps it; habits only where there are any."""
        table = asdict(self)
        return table if self.habits else {key: value for key, value in table.items() if key != "habits"}
